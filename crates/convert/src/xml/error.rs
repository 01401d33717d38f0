//! Why a document is not read, and where in it.

/// Where counts from 1; columns are characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct Error {
    pub line: usize,
    pub column: usize,
    #[source]
    pub fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("not in UTF-8; send XML in UTF-8, or say in its declaration that it is in EUC-KR")]
    NotUtf8,
    #[error("not in EUC-KR, as it says; send XML in UTF-8, and say so")]
    NotEucKr,
    #[error("encoding {0} is not read; send XML in UTF-8 or EUC-KR")]
    Encoding(String),
    #[error(
        "it says that it is in {0} and in {1}; say the same in content type, byte order mark and declaration"
    )]
    TwoEncodings(String, String),
    #[error("XML version {0} is not read; only 1.0 is")]
    Version(String),
    #[error("a document type (DTD) is not accepted")]
    Doctype,
    #[error("entity &{0}; is not known; only amp, lt, gt, apos and quot are")]
    Entity(String),
    #[error("character U+{0:04X} may not stand in XML")]
    Character(u32),
    #[error("`{0}` is no name")]
    Name(String),
    #[error("prefix `{0}` is not bound to a namespace")]
    Prefix(String),
    #[error("namespace declaration of `{0}` is not allowed")]
    Declaration(String),
    #[error("attribute `{0}` is there twice")]
    Duplicate(String),
    #[error("more than {0} bytes")]
    TooLarge(usize),
    #[error("elements more than {0} deep")]
    TooDeep(usize),
    #[error("more than {0} elements, attributes and texts")]
    TooMany(usize),
    #[error("more than {0} attributes of one element")]
    TooManyAttributes(usize),
    #[error("more than {0} namespace declarations at once")]
    TooManyDeclarations(usize),
    #[error("element `{0}` is not closed")]
    Unclosed(String),
    #[error("no element in the document")]
    Empty,
    #[error("text outside of the root element, or a second root element")]
    Outside,
    #[error("{0}")]
    Malformed(String),
}
