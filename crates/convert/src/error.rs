//! Why a policy can't be done; found when it is read, never while requests come.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} can't be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("this naru has no conversion `{conversion}`; take it out of `convert`")]
    Unknown { conversion: &'static str },
}
