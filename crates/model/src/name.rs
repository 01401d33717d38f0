//! Names that people give to things, checked once when they are made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The longest name, in bytes. Instance ids add at most 22 to it and must still fit a DNS label of 63 (RFC 1035 §2.3.4).
pub const MAX_LEN: usize = 40;
/// What [`check`] lets pass, beside the length, for who reads the API's document.
const PATTERN: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a name can't be empty")]
    Empty,
    #[error("{0:?} is longer than {MAX_LEN} characters")]
    TooLong(String),
    #[error("{0:?} must start with a letter, and hold only a-z, 0-9 and single '-' between them")]
    BadCharacter(String),
}

/// Checks that `name` is a lower-case DNS label of at most [`MAX_LEN`] bytes that starts with a letter.
fn check(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::Empty);
    }
    if name.len() > MAX_LEN {
        return Err(Error::TooLong(name.to_owned()));
    }
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(()) } else { Err(Error::BadCharacter(name.to_owned())) }
}

macro_rules! name {
    ($(#[doc = $doc:literal])* $type:ident) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self, Error> {
                check(name)?;
                Ok(Self(name.to_owned()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = Error;

            fn try_from(name: String) -> Result<Self, Error> {
                check(&name)?;
                Ok(Self(name))
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some(concat!($($doc),*).trim()));
                text.max_length(Some(MAX_LEN)).pattern(Some(PATTERN)).into()
            }
        }

        impl ToSchema for $type {}

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(
    /// A service: one program, run as any number of instances.
    ServiceName
);
name!(
    /// A business function (업무): what its owner and its users call the thing that a group of routes does.
    FunctionName
);
name!(
    /// A registered client: a program that calls.
    ClientName
);
name!(
    /// A link: an outside system that services reach through naru (연계 시스템).
    LinkName
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_dns_label_that_starts_with_a_letter() {
        for good in ["a", "booking", "booking-2", "a1"] {
            assert!(good.parse::<ServiceName>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "a-", "a--b", "A", "a_b", "예약", &"a".repeat(41)] {
            assert!(bad.parse::<ServiceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_name_is_refused_when_read_from_json() {
        assert!(serde_json::from_str::<ServiceName>("\"Booking\"").is_err());
    }
}
