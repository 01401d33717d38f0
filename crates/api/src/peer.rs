//! Who is at the other end of a connection, as the event of what they ask will name them.

use std::net::IpAddr;

/// The user's login name, or `uid 1000` when the machine knows none for it.
pub(crate) fn local_user(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in(&users, uid).unwrap_or_else(|| format!("uid {uid}"))
}

/// Whoever holds the token, from this address.
pub(crate) fn remote(address: IpAddr) -> String {
    format!("api {}", address.to_canonical())
}

/// Finds a user in the text of passwd(5): `name:password:uid:...` per line.
fn name_in(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\n# odd line\nminji:x:1000:1000::/home/minji:/bin/sh\n";
        assert_eq!(name_in(users, 1000).as_deref(), Some("minji"));
        assert_eq!(name_in(users, 0).as_deref(), Some("root"));
        assert_eq!(name_in(users, 7), None);
    }
}
