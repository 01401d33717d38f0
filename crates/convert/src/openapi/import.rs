//! Routes of a naru.yaml for what an OpenAPI document describes.

use std::fmt::Write;

use super::document::Document;
use super::path::Template;
use super::{METHODS, bases};
use crate::Error;

/// The `routes:` of a naru.yaml: one for each path of the document, with all of its methods, to this service.
///
/// # Errors
/// The document is no OpenAPI 3, or has no paths.
pub fn import(document: &str, service: &str) -> Result<String, Error> {
    let failed = |what: String| Error::Import { what };
    let document = Document::parse(document).map_err(failed)?;
    let base = bases(&document).into_iter().next().unwrap_or_default();
    // Path, methods; templates that are one pattern are one route.
    let mut routes: Vec<(String, Vec<&str>)> = Vec::new();
    for (path, item) in document.root().get("paths").map(|all| all.members()).unwrap_or_default() {
        let item = document.resolved(item).map_err(failed)?;
        let pattern = base.clone() + &Template::parse(path).map_err(failed)?.pattern();
        let methods = METHODS.into_iter().filter(|method| item.get(&method.to_ascii_lowercase()).is_some());
        match routes.iter_mut().find(|(there, _)| *there == pattern) {
            Some((_, there)) => {
                for method in methods {
                    if !there.contains(&method) {
                        there.push(method);
                    }
                }
            }
            None => routes.push((pattern, methods.collect())),
        }
    }
    routes.retain(|(_, methods)| !methods.is_empty());
    if routes.is_empty() {
        return Err(failed("the document has no paths with methods".to_owned()));
    }
    let mut out = String::from("routes:\n");
    for (path, methods) in routes {
        let path = quoted(&path);
        let methods = match methods.as_slice() {
            [one] => format!("method: {one}"),
            several => format!("methods: [{}]", several.join(", ")),
        };
        // Writing to a string can't fail.
        let _ = write!(out, "  - match: {{ path: {path}, {methods} }}\n    to: {}\n", quoted(service));
    }
    Ok(out)
}

/// Plain where that means the same in YAML, within braces too.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
    let word = text.chars().all(|c| plain(c) || c == '*')
        && text.starts_with(|c: char| c == '/' || c.is_alphabetic());
    if word { text.to_owned() } else { crate::json::Value::string(text).write() }
}
