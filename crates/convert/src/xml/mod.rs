//! XML as a tree: read safely from outside, written so that what comes out is always well-formed.
//!
//! Both mappings of XML in this crate (to JSON, and SOAP) work on [`Element`]s. [`read`] takes no DTD and no entities but the
//! five of XML and character references, within [`Limits`]; [`write()`] refuses what XML can't hold.

mod attribute;
mod character;
mod encoding;
mod error;
mod read;
mod tree;
mod write;

#[cfg(test)]
mod tests;

pub use character::{is_name, is_space};
pub(crate) use encoding::is_known;
pub use error::{Error, Fault};
pub use read::{Limits, read, read_said, read_within};
pub use tree::{Attribute, Element, Name, Node, Scope};
pub use write::{WriteError, write};

/// Of `xml:lang` and the like; bound to the prefix `xml` in every document. Source: Namespaces in XML 1.0, 3.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Of declarations themselves; can't be bound. Source: Namespaces in XML 1.0, 3.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// Of `xsi:nil` and `xsi:type`. Source: XML Schema 1.0 part 1, 2.6.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
