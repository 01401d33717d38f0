//! Path templates of `google.api.http`: `/v1/{name=shelves/*}/books:search`.
//!
//! Source: `google/api/http.proto`, "Path template syntax" and what follows it on percent-coding.

use naru_model::message::Refusal;
use percent_encoding::percent_decode_str;

use crate::body::refused;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Literal(String),
    /// `*`: one segment, not empty.
    One,
    /// `**`: all that are left, or none; the last part.
    Rest,
}

/// What stands in a variable: the parts from `from` up to `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    /// A field's path, with dots.
    pub(super) field: String,
    from: usize,
    to: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
    /// Behind a colon at the end.
    verb: Option<String>,
    pub(super) variables: Vec<Variable>,
}

/// A request's path, cut at its slashes.
#[derive(Debug)]
pub(super) struct Path<'p> {
    segments: Vec<&'p str>,
}

impl<'p> Path<'p> {
    /// The path begins with a slash, as all do.
    pub(super) fn new(path: &'p str) -> Self {
        Path { segments: path.strip_prefix('/').unwrap_or(path).split('/').collect() }
    }
}

impl Template {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str) -> Result<Template, String> {
        let mut rest = text.strip_prefix('/').ok_or("it does not begin with a slash")?;
        let mut template = Template { parts: Vec::new(), verb: None, variables: Vec::new() };
        loop {
            rest = match rest.strip_prefix('{') {
                Some(inside) => template.read_variable(inside)?,
                None => template.read_segment(rest, &['/', ':'])?,
            };
            rest = match rest.split_at_checked(1) {
                None => break,
                Some(("/", next)) => next,
                Some((":", verb)) if is_literal(verb) => {
                    template.verb = Some(verb.to_owned());
                    break;
                }
                Some(_) => return Err(format!("{rest:?} is neither a segment nor a verb")),
            };
        }
        match template.parts.iter().rev().skip(1).any(|part| *part == Part::Rest) {
            true => Err("** is not its last segment".to_owned()),
            false => Ok(template),
        }
    }

    fn read_segment<'t>(&mut self, text: &'t str, ends: &[char]) -> Result<&'t str, String> {
        let (segment, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        self.parts.push(match segment {
            "*" => Part::One,
            "**" => Part::Rest,
            literal if is_literal(literal) => Part::Literal(literal.to_owned()),
            other => return Err(format!("{other:?} is no segment")),
        });
        Ok(rest)
    }

    fn read_variable<'t>(&mut self, text: &'t str) -> Result<&'t str, String> {
        let (inside, rest) = text.split_once('}').ok_or("a variable is not closed")?;
        let (field, mut segments) = inside.split_once('=').unwrap_or((inside, "*"));
        let from = self.parts.len();
        loop {
            segments = match self.read_segment(segments, &['/'])?.strip_prefix('/') {
                Some(next) => next,
                None => break,
            };
        }
        self.variables.push(Variable { field: field.to_owned(), from, to: self.parts.len() });
        Ok(rest)
    }

    /// What decides which of two templates is tried first: the lesser is the more exact one.
    pub(super) fn rank(&self) -> (Vec<u8>, bool) {
        let rank = |part: &Part| match part {
            Part::Literal(_) => 0,
            Part::One => 1,
            Part::Rest => 2,
        };
        (self.parts.iter().map(rank).collect(), self.verb.is_none())
    }

    pub(super) fn has_verb(&self) -> bool {
        self.verb.is_some()
    }

    /// Tells whether both match the same paths.
    pub(super) fn is_same(&self, other: &Template) -> bool {
        self.parts == other.parts && self.verb == other.verb
    }

    /// The values of the variables, when the path is one of these.
    ///
    /// # Errors
    /// A value is not in UTF-8.
    pub(super) fn values(&self, path: &Path<'_>) -> Option<Result<Vec<String>, Refusal>> {
        let mut segments = path.segments.clone();
        if let Some(verb) = &self.verb {
            let last = segments.last_mut()?;
            *last = last.strip_suffix(verb.as_str())?.strip_suffix(':')?;
        }
        let is_open = self.parts.last() == Some(&Part::Rest);
        let fits = match is_open {
            true => segments.len() + 1 >= self.parts.len(),
            false => segments.len() == self.parts.len(),
        };
        let is = |part: &Part, segment: &str| match part {
            Part::Literal(literal) => percent_decode_str(segment).eq(literal.bytes()),
            Part::One => !segment.is_empty(),
            Part::Rest => true,
        };
        if !fits || !self.parts.iter().zip(&segments).all(|(part, segment)| is(part, segment)) {
            return None;
        }
        let value = |variable: &Variable| {
            let one = variable.to == variable.from + 1 && self.parts[variable.from] != Part::Rest;
            let open = self.parts[variable.from..variable.to].contains(&Part::Rest);
            let to = if open { segments.len() } else { variable.to };
            let within = segments.get(variable.from..to).unwrap_or_default();
            if one { decoded(within[0]) } else { decoded_but_slashes(&within.join("/")) }
        };
        Some(self.variables.iter().map(value).collect())
    }
}

/// Characters of a path that mean nothing in a template. Source: RFC 3986, 3.3.
fn is_literal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"/{}*:?#%".contains(&byte))
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Into::into).map_err(|_| refused(400, "the path is not in UTF-8"))
}

/// A coded slash is no border between segments and stays coded.
fn decoded_but_slashes(text: &str) -> Result<String, Refusal> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find("%2f") {
        out.push_str(&decoded(&rest[..at])?);
        out.push_str(&rest[at..at + 3]);
        rest = &rest[at + 3..];
    }
    out.push_str(&decoded(rest)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(template: &str, path: &str) -> Option<Vec<String>> {
        Template::read(template).unwrap().values(&Path::new(path)).map(Result::unwrap)
    }

    #[test]
    fn templates_match_what_they_say() {
        for (template, path, expected) in [
            ("/v1/shelves", "/v1/shelves", Some(vec![])),
            ("/v1/shelves", "/v1/shelves/", None),
            ("/v1/shelves", "/v1/shel%76es", Some(vec![])),
            ("/v1/{id}", "/v1/7", Some(vec!["7"])),
            ("/v1/{id}", "/v1/", None),
            ("/v1/{id}", "/v1/a%2Fb%20%EA%B0%80", Some(vec!["a/b 가"])),
            ("/v1/{name=shelves/*}", "/v1/shelves/3", Some(vec!["shelves/3"])),
            ("/v1/{name=shelves/*}", "/v1/shelf/3", None),
            (
                "/v1/{name=shelves/*/books/*}",
                "/v1/shelves/1/books/a%2fb%20c",
                Some(vec!["shelves/1/books/a%2fb c"]),
            ),
            ("/v1/{name=**}", "/v1/a/b/c", Some(vec!["a/b/c"])),
            ("/v1/{name=files/**}", "/v1/files", Some(vec!["files"])),
            ("/v1/{name=files/**}:copy", "/v1/files/a:b:copy", Some(vec!["files/a:b"])),
            ("/v1/{name=*}:cancel", "/v1/7:cancel", Some(vec!["7"])),
            ("/v1/{name=*}:cancel", "/v1/7", None),
            ("/v1/{name=*}:cancel", "/v1/:cancel", None),
            ("/v1/{a}/x/{b.c}", "/v1/1/x/2", Some(vec!["1", "2"])),
            ("/v1/*/x", "/v1/any/x", Some(vec![])),
        ] {
            let expected = expected.map(|all: Vec<&str>| all.into_iter().map(str::to_owned).collect());
            assert_eq!(values(template, path), expected, "{template} {path}");
        }
        let broken = Template::read("/{a}").unwrap().values(&Path::new("/%FF")).unwrap();
        assert_eq!(broken.unwrap_err().status, 400);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in [
            "",
            "v1",
            "/",
            "/v1//a",
            "/{a",
            "/{a=}",
            "/{a=**}/b",
            "/a:",
            "/a:b/c",
            "/a b",
            "/{a={b}}",
            "/{a}b",
        ] {
            assert!(Template::read(template).is_err(), "{template}");
        }
    }

    #[test]
    fn the_more_exact_one_comes_first() {
        let mut templates = ["/v1/**", "/v1/{a}", "/v1/{a}:go", "/v1/b", "/v1/{a=**}:go"]
            .map(|text| (Template::read(text).unwrap().rank(), text));
        templates.sort();
        assert_eq!(
            templates.map(|(_, text)| text),
            ["/v1/b", "/v1/{a}:go", "/v1/{a}", "/v1/{a=**}:go", "/v1/**"]
        );
    }

    proptest! {
        #[test]
        fn no_template_and_no_path_panics(template in "[/{}*:=a%.]{0,16}", path in "/[/a:%2fF가]{0,16}") {
            if let Ok(template) = Template::read(&template) {
                let _ = template.values(&Path::new(&path));
            }
        }
    }
}
