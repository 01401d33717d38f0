//! The path that a service sees in the place of the one its client asked for.

use naru_model::policy;

/// One segment of a pattern, or of what is made of it.
#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Star,
}

#[derive(Debug)]
struct Pattern {
    segments: Vec<Segment>,
    /// It ends with `**`: all that is left.
    rest: bool,
}

#[derive(Debug)]
pub(crate) struct PathChange {
    from: Pattern,
    to: Pattern,
}

impl Pattern {
    fn new(text: &str) -> Self {
        let (text, rest) = match text.strip_suffix("/**") {
            Some(prefix) => (prefix, true),
            None => (text, false),
        };
        let segment = |text: &str| match text {
            "*" => Segment::Star,
            literal => Segment::Literal(literal.to_owned()),
        };
        Pattern { segments: text.split('/').skip(1).map(segment).collect(), rest }
    }
}

impl PathChange {
    pub(crate) fn new(policy: &policy::PathChange) -> Self {
        PathChange { from: Pattern::new(&policy.from), to: Pattern::new(&policy.to) }
    }

    /// The new path; `None`: this one is not spoken of.
    pub(crate) fn apply(&self, path: &str) -> Option<String> {
        let mut left = Some(path.strip_prefix('/')?);
        let mut stars = Vec::new();
        for segment in &self.from.segments {
            let here = left?;
            let (found, behind) = match here.split_once('/') {
                Some((found, behind)) => (found, Some(behind)),
                None => (here, None),
            };
            match segment {
                Segment::Star if found.is_empty() => return None,
                Segment::Star => stars.push(found),
                Segment::Literal(literal) if literal == found => {}
                Segment::Literal(_) => return None,
            }
            left = behind;
        }
        if left.is_some() && !self.from.rest {
            return None;
        }
        let mut stars = stars.into_iter();
        let mut changed = String::with_capacity(path.len() + 32);
        for segment in &self.to.segments {
            changed.push('/');
            match segment {
                Segment::Star => changed.push_str(stars.next().unwrap_or_default()),
                Segment::Literal(literal) => changed.push_str(literal),
            }
        }
        if let Some(rest) = left.filter(|_| self.to.rest) {
            changed.push('/');
            changed.push_str(rest);
        }
        if changed.is_empty() {
            changed.push('/');
        }
        Some(changed)
    }
}

/// Tells of a path that a service may read as another one, outside of what the route was meant to reach: with `.` or `..`
/// as a segment, in whatever spelling (RFC 3986 §5.2.4).
pub(crate) fn wanders(path: &str) -> bool {
    path.split('/').any(|segment| {
        let plain: Vec<u8> = crate::route::decoded(segment).collect();
        plain.split(|b| matches!(b, b'/' | b'\\')).any(|part| part == b"." || part == b"..")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn change(from: &str, to: &str, path: &str) -> Option<String> {
        PathChange::new(&policy::PathChange { from: from.into(), to: to.into() }).apply(path)
    }

    #[test]
    fn what_the_wildcards_match_moves_along() {
        assert_eq!(change("/v1/**", "/**", "/v1/a/b").as_deref(), Some("/a/b"));
        assert_eq!(change("/v1/**", "/**", "/v1").as_deref(), Some("/"));
        assert_eq!(change("/v1/**", "/api/**", "/v1/").as_deref(), Some("/api/"));
        assert_eq!(change("/v1/*/x/*", "/x/*/*", "/v1/1/x/2").as_deref(), Some("/x/1/2"));
        assert_eq!(change("/v1/*/**", "/u/*/all/**", "/v1/7/a/b").as_deref(), Some("/u/7/all/a/b"));
        assert_eq!(change("/a", "/b", "/a").as_deref(), Some("/b"));
        for (from, path) in
            [("/a", "/a/"), ("/a/*", "/a/"), ("/a/*", "/a/b/c"), ("/a/**", "/ab"), ("/a", "*")]
        {
            assert_eq!(change(from, "/b", path), None, "{from} {path}");
        }
    }

    #[test]
    fn paths_that_wander_are_found_out() {
        for path in ["/a/../b", "/..", "/a/%2e%2E/b", "/a/.%2e", "/./a", "/a\\..\\b", "/a/..%2fb", "/a/%2e"] {
            assert!(wanders(path), "{path}");
        }
        for path in ["/a/b", "/", "/a//b", "/...", "/a.b/c..d"] {
            assert!(!wanders(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_path_is_always_a_path(path in "[/*.a%]{0,12}", from in "(/[a*]{1,2}){0,3}(/\\*\\*)?", to in "(/[a*]{1,2}){0,3}(/\\*\\*)?") {
            if let Some(changed) = change(&from, &to, &path) {
                prop_assert!(changed.starts_with('/'));
            }
        }
    }
}
