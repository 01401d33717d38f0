//! Which scopes a token gets. Source: RFC 6749 §3.3.

use crate::error::Error;

/// Scopes of one request or client.
pub(crate) const MAX: usize = 100;
/// Bytes of one scope.
const MAX_LEN: usize = 100;

/// Whether this can be a scope: visible ASCII without `"` and `\`.
pub(crate) fn is_scope(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !text.is_empty() && text.len() <= MAX_LEN && text.bytes().all(fits)
}

/// Of what may be had, what is asked for; all of it when nothing is.
///
/// # Errors
/// [`Error::InvalidScope`] if anything is asked for that can't be had: a token with less than a program needs would only
/// fail later and elsewhere.
pub(crate) fn choose(asked: Option<&str>, allowed: &[String]) -> Result<Vec<String>, Error> {
    let Some(asked) = asked else { return Ok(allowed.to_vec()) };
    let mut chosen: Vec<String> = Vec::new();
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        if !is_scope(scope) {
            return Err(Error::InvalidScope("a scope has a character that scopes can't have".to_owned()));
        }
        if !allowed.iter().any(|allowed| allowed == scope) {
            return Err(Error::InvalidScope(format!("this client has no scope {scope}")));
        }
        if !chosen.iter().any(|chosen| chosen == scope) {
            chosen.push(scope.to_owned());
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_gets_what_is_asked_for_within_what_may_be_had() {
        let allowed = ["booking.read".to_owned(), "booking.write".to_owned()];
        let chosen = |asked| choose(asked, &allowed);
        assert_eq!(chosen(None).unwrap(), allowed);
        assert_eq!(chosen(Some("booking.write booking.write")).unwrap(), ["booking.write"]);
        assert_eq!(
            chosen(Some("  booking.write  booking.read ")).unwrap(),
            ["booking.write", "booking.read"]
        );
        for wrong in
            ["admin", "booking.read admin", "booking.rea", "예약", "a\"b", "booking.read\tbooking.write"]
        {
            assert!(matches!(chosen(Some(wrong)), Err(Error::InvalidScope(_))), "{wrong}");
        }
    }
}
