//! What a path looks like once the parts are left out that name one thing among many: `/orders/1234` is `/orders/{n}`. By rules
//! that look at one path alone; names with many values need all paths and are found in `templates`.

/// Parts of a path beyond these are not told apart.
const MAX_PARTS: usize = 8;
/// A part longer than this is no word that a program was written with.
const MAX_PART: usize = 64;

/// Endings of files that do not change from request to request.
const ASSETS: &[&[u8]] = &[
    b"css", b"js", b"mjs", b"map", b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"avif", b"ico", b"bmp",
    b"woff", b"woff2", b"ttf", b"eot", b"otf", b"swf", b"mp4", b"webm", b"mp3", b"ogg", b"cur", b"htc",
];

/// What is asked for, as far as its path tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Page,
    /// A picture, script, style, font or the like.
    Asset,
    /// `/robots.txt`, which people do not ask for.
    RobotsTxt,
}

/// The path of a request's target: without host, query, fragment and session id.
#[inline]
pub(super) fn path(target: &[u8]) -> &[u8] {
    let mut path = target;
    if !path.starts_with(b"/")
        && let Some(scheme) = memchr::memmem::find(&path[..path.len().min(16)], b"://")
    {
        let host = &path[scheme + 3..];
        path = memchr::memchr(b'/', host).map_or(b"/", |at| &host[at..]);
    }
    let end = memchr::memchr3(b'?', b';', b'#', path).unwrap_or(path.len());
    &path[..end]
}

fn ending(path: &[u8]) -> Option<&[u8]> {
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |at| at + 1)..];
    let point = memchr::memrchr(b'.', name)?;
    let ending = &name[point + 1..];
    (point > 0 && (1..=8).contains(&ending.len()) && ending.iter().all(u8::is_ascii_alphanumeric))
        .then_some(ending)
}

/// Which kind of thing a path asks for.
pub(super) fn kind(path: &[u8]) -> Kind {
    if path == b"/robots.txt" {
        Kind::RobotsTxt
    } else if ending(path).is_some_and(|ending| ASSETS.iter().any(|asset| asset.eq_ignore_ascii_case(ending)))
    {
        Kind::Asset
    } else {
        Kind::Page
    }
}

/// Writes a path's shape over `shape`. Of assets the first folder and the ending alone.
pub(super) fn write(path: &[u8], kind: Kind, shape: &mut Vec<u8>) {
    shape.clear();
    if kind == Kind::Asset {
        let folder = path
            .strip_prefix(b"/")
            .and_then(|rest| rest.split(|b| *b == b'/').next())
            .filter(|first| first.len() + 1 < path.len() && path.get(first.len() + 1) == Some(&b'/'));
        if let Some(folder) = folder.filter(|folder| !folder.is_empty()) {
            shape.push(b'/');
            part(folder, shape);
        }
        shape.extend_from_slice(b"/*.");
        shape.extend(ending(path).unwrap_or_default().iter().map(u8::to_ascii_lowercase));
        return;
    }
    for (index, text) in path.split(|b| *b == b'/').filter(|text| !text.is_empty()).enumerate() {
        shape.push(b'/');
        if index == MAX_PARTS {
            shape.extend_from_slice(b"**");
            break;
        }
        part(text, shape);
    }
    if shape.is_empty() {
        shape.push(b'/');
    }
}

/// Writes what one part between slashes looks like.
fn part(text: &[u8], shape: &mut Vec<u8>) {
    let (stem, tail) = match memchr::memrchr(b'.', text) {
        // What is behind a mail address's last point is no ending.
        Some(point) if point > 0 && ending(text).is_some() && !text.contains(&b'@') => text.split_at(point),
        _ => (text, &[][..]),
    };
    match name_of(stem) {
        Some(name) => shape.extend_from_slice(name),
        None => numbers(stem, shape),
    }
    shape.extend_from_slice(tail);
}

/// What names one thing among many, as a whole: a number, a date, a uuid, a hash, a token, a text that was typed in.
fn name_of(text: &[u8]) -> Option<&'static [u8]> {
    let all = |is: fn(&u8) -> bool| text.iter().all(is);
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    if all(u8::is_ascii_digit) {
        return Some(if is_date(text) { b"{date}" } else { b"{n}" });
    }
    if text.len() == 10 && text[4] == b'-' && text[7] == b'-' && digits == 8 {
        return Some(b"{date}");
    }
    let is_uuid = text.len() == 36
        && text
            .iter()
            .enumerate()
            .all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() });
    if is_uuid {
        return Some(b"{uuid}");
    }
    if text.len() >= 16 && digits >= 2 && all(u8::is_ascii_hexdigit) {
        return Some(b"{hash}");
    }
    let letters = text.iter().filter(|b| b.is_ascii_uppercase()).count();
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'+' | b'~');
    if text.len() >= 20 && digits >= 3 && letters >= 3 && all(is_token) {
        return Some(b"{token}");
    }
    // Typed in or taken from a database: other scripts, blanks, mail addresses.
    let typed = text.iter().filter(|b| **b == b'%' || **b >= 0x80).count() >= 2 || text.contains(&b'@');
    (typed || text.len() > MAX_PART).then_some(b"{name}")
}

/// `20240131`.
fn is_date(digits: &[u8]) -> bool {
    let number = |part: &[u8]| part.iter().fold(0_u32, |n, b| n * 10 + u32::from(b - b'0'));
    digits.len() == 8
        && (1990..2100).contains(&number(&digits[..4]))
        && (1..=12).contains(&number(&digits[4..6]))
        && (1..=31).contains(&number(&digits[6..]))
}

/// Writes a text with each run of three or more digits as `{n}`: shorter ones are versions and sizes, as in `v2`.
fn numbers(text: &[u8], shape: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|b| b.is_ascii_digit() == first.is_ascii_digit()).count();
        if first.is_ascii_digit() && run >= 3 {
            shape.extend_from_slice(b"{n}");
        } else {
            shape.extend_from_slice(&rest[..run]);
        }
        rest = &rest[run..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(target: &str) -> String {
        let path = path(target.as_bytes());
        let mut shape = Vec::new();
        write(path, kind(path), &mut shape);
        String::from_utf8_lossy(&shape).into_owned()
    }

    #[test]
    fn what_names_one_thing_among_many_is_left_out() {
        for (target, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/orders/1234", "/orders/{n}"),
            ("/orders/1234/items?page=2", "/orders/{n}/items"),
            ("/board/view.do;jsessionid=0A1B", "/board/view.do"),
            ("http://example.go.kr/a/b#c", "/a/b"),
            ("/u/0b5c2f1e-9a77-4d22-8a0e-1c2d3e4f5a6b", "/u/{uuid}"),
            ("/f/9e107d9d372bb6826bd81d3542a419d6.pdf", "/f/{hash}.pdf"),
            ("/day/20240131/x", "/day/{date}/x"),
            ("/day/2024-01-31", "/day/{date}"),
            ("/ORD2024001/v2", "/ORD{n}/v2"),
            ("/search/%EA%B0%95%EB%82%A8", "/search/{name}"),
            ("/mail/kim@example.kr", "/mail/{name}"),
            ("/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/**"),
            ("/css/a/b/main.1234.css?v=3", "/css/*.css"),
            ("/logo.PNG", "/*.png"),
            ("*", "/*"),
        ] {
            assert_eq!(shape(target), expected, "{target}");
        }
    }
}
