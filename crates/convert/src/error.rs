//! Why a policy can't be done; found when it is read, never while requests come.

use std::path::PathBuf;

use crate::soap;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} can't be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: {what}", path.display())]
    Document { path: PathBuf, what: String },
    #[error("can't import: {what}")]
    Import { what: String },
    #[error(transparent)]
    Soap(#[from] soap::Error),
    #[error(
        "`{name}` can't be the name of an element; begin with a letter, and go on with letters, digits, `-`, `_` and `.`"
    )]
    Name { name: String },
    #[error("prefix `{prefix}` can't stand for namespace `{namespace}`")]
    Namespace { prefix: String, namespace: String },
    #[error("`{pattern}` is no regular expression")]
    Pattern {
        pattern: String,
        #[source]
        source: regex::Error,
    },
}
