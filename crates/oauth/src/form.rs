//! What a client asks: a form and the header that says who it is.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::error::Error;

/// The longest body, in bytes: an assertion, a token, and room.
pub(crate) const MAX_BODY: usize = 64 << 10;
const MAX_FIELDS: usize = 50;

/// One request, taken out of HTTP.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) authorization: Option<String>,
    pub(crate) form: Form,
    /// Who asks, as the gateway saw it; `None`: it can't be told.
    pub(crate) address: Option<IpAddr>,
}

#[derive(Debug, Default)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`. A field without a value is as good as none (RFC 6749 §3.1).
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]: a field came twice (RFC 6749 §3.2).
    pub(crate) fn read(body: &[u8]) -> Result<Form, Error> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body).filter(|(_, value)| !value.is_empty()) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Error::InvalidRequest("a field came twice".to_owned()));
            }
            if fields.len() > MAX_FIELDS {
                return Err(Error::InvalidRequest(format!("more than {MAX_FIELDS} fields came")));
            }
        }
        Ok(Form(fields))
    }

    pub(crate) fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// # Errors
    /// [`Error::InvalidRequest`]: it is not there.
    pub(crate) fn required(&self, field: &'static str) -> Result<&str, Error> {
        self.get(field).ok_or_else(|| Error::InvalidRequest(format!("the field {field} is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_a_field_that_comes_twice_refused() {
        let form = Form::read(b"grant_type=client_credentials&scope=a+b%2Fc&empty=").unwrap();
        assert_eq!((form.get("scope"), form.get("empty")), (Some("a b/c"), None));
        assert!(form.required("token").is_err());
        assert!(matches!(Form::read(b"a=1&b=2&a=1"), Err(Error::InvalidRequest(_))));
        let many: String = (0..60).map(|n| format!("f{n}=1&")).collect();
        assert!(matches!(Form::read(many.as_bytes()), Err(Error::InvalidRequest(_))));
        assert!(Form::read(b"%ff%fe=%00&&&==").is_ok());
    }
}
