//! Why a WSDL or an OpenAPI document can't be offered; found when the route is made.

use std::path::PathBuf;

use crate::xml;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} can't be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: {source}", path.display())]
    Xml {
        path: PathBuf,
        #[source]
        source: xml::Error,
    },
    #[error("{}: more than {most} {of}; leave out what the service does not need", path.display())]
    TooMany { path: PathBuf, most: usize, of: &'static str },
    /// Something in it can't be understood or is not supported.
    #[error("{}, line {line}: {detail}", path.display())]
    Wrong { path: PathBuf, line: u32, detail: String },
    /// What the policy asks for is not in it.
    #[error("{}: {detail}", path.display())]
    Missing { path: PathBuf, detail: String },
}
