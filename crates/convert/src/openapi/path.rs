//! Which path of a document a request's path is.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// `/orders/{id}/report.{format}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// Texts and the names between them: one text more than names.
    Named {
        texts: Vec<String>,
        names: Vec<String>,
    },
}

impl Template {
    pub(super) fn parse(path: &str) -> Result<Template, String> {
        let path = path.strip_prefix('/').ok_or_else(|| format!("path `{path}` must begin with a slash"))?;
        let segments = path.split('/').map(Segment::parse).collect::<Result<_, _>>()?;
        Ok(Template { segments })
    }

    /// The order in which templates are tried: literal before named, from the left. Source: OpenAPI 3.1, Paths Object.
    pub(super) fn rank(&self) -> Vec<bool> {
        self.segments.iter().map(|segment| matches!(segment, Segment::Named { .. })).collect()
    }

    /// The values of its names, decoded, if it is this path.
    pub(super) fn matches<'t>(&'t self, path: &str) -> Option<Vec<(&'t str, String)>> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let mut values = Vec::new();
        for segment in &self.segments {
            let part = parts.next()?;
            match segment {
                Segment::Literal(text) => {
                    if decoded(part) != **text {
                        return None;
                    }
                }
                Segment::Named { texts, names } => named(texts, names, part, &mut values)?,
            }
        }
        parts.next().is_none().then_some(values)
    }

    /// The path as routes of a naru.yaml have it: any segment with a name is `*`.
    pub(super) fn pattern(&self) -> String {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Named { .. } => "/*".to_owned(),
        });
        segments.collect()
    }
}

impl Segment {
    fn parse(segment: &str) -> Result<Segment, String> {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        let mut rest = segment;
        while let Some((text, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| format!("`{segment}` has a {{ without a }}"))?;
            texts.push(text.to_owned());
            names.push(name.to_owned());
            rest = after;
        }
        if names.is_empty() {
            return Ok(Segment::Literal(segment.to_owned()));
        }
        texts.push(rest.to_owned());
        Ok(Segment::Named { texts, names })
    }
}

/// Each name takes as little as it can, but the last; none takes nothing.
fn named<'t>(
    texts: &'t [String],
    names: &'t [String],
    part: &str,
    values: &mut Vec<(&'t str, String)>,
) -> Option<()> {
    let (first, others) = texts.split_first()?;
    let mut rest = part.strip_prefix(first.as_str())?;
    for (at, (name, text)) in names.iter().zip(others).enumerate() {
        let length = match at + 1 == names.len() {
            true => rest.strip_suffix(text.as_str())?.len(),
            // Two names with nothing between: the first has one character.
            false if text.is_empty() => rest.chars().next()?.len_utf8(),
            false => rest.get(1..)?.find(text.as_str())? + 1,
        };
        if length == 0 {
            return None;
        }
        values.push((name, decoded(&rest[..length]).into_owned()));
        rest = &rest[length + text.len()..];
    }
    Some(())
}

fn decoded(part: &str) -> Cow<'_, str> {
    percent_decode_str(part).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_take_their_segments() {
        let matched = |template: &str, path: &str| {
            let template = Template::parse(template).unwrap();
            let values = template.matches(path)?;
            Some(values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(","))
        };
        assert_eq!(matched("/a/{id}/b", "/a/x%2Fy/b").as_deref(), Some("id=x/y"));
        assert_eq!(matched("/r.{f}", "/r.json").as_deref(), Some("f=json"));
        assert_eq!(matched("/{a}-{b}", "/1-2-3").as_deref(), Some("a=1,b=2-3"));
        assert_eq!(matched("/%EA%B0%80", "/가"), None);
        assert_eq!(matched("/가", "/%EA%B0%80").as_deref(), Some(""));
        for (template, path) in
            [("/a/{id}", "/a/"), ("/a/{id}", "/a"), ("/a/{id}", "/a/b/c"), ("/{a}-{b}", "/-2"), ("/", "/a")]
        {
            assert_eq!(matched(template, path), None, "{template} {path}");
        }
        assert_eq!(Template::parse("/a/{id}/r.{f}").unwrap().pattern(), "/a/*/*");
        assert!(Template::parse("a").is_err());
    }

    proptest! {
        #[test]
        fn whatever_path_comes_does_not_panic(path in "/?[a가%{}/.-]{0,20}", template in "/[a가{}/.-]{0,10}") {
            if let Ok(template) = Template::parse(&template) {
                let _ = template.matches(&path);
            }
        }
    }
}
