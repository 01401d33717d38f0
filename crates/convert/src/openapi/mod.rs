//! Checks requests and answers against an OpenAPI document, and makes routes of one.

mod check;
mod document;
mod import;
mod operation;
mod parameter;
mod path;
mod schema;
#[cfg(test)]
mod tests;
mod yaml;

use std::path::Path;
use std::sync::Arc;

use naru_model::message::{Converted, Refusal, Request, Response, Shape, header};
use naru_model::policy::Validate;
use naru_model::problem::Problem;

use crate::Error;
use crate::body::{Untouched, Whole, refused};
use operation::{Compilers, Operation};
use path::Template;
use schema::{Direction, Schemas};

pub use document::{At, Document};
pub use import::import;

/// Methods that a path can have. Source: OpenAPI 3.1, Path Item Object.
const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// Stands between the client and the conversions: what it checks is what the client speaks.
#[derive(Debug)]
pub(crate) struct ValidateShape {
    api: Api,
    requests: bool,
    responses: bool,
}

#[derive(Debug)]
struct Api {
    /// The first that matches is meant.
    paths: Vec<PathItem>,
    /// Paths of the servers, which stand before those of the document; none ends with a slash.
    bases: Vec<String>,
}

#[derive(Debug)]
struct PathItem {
    template: Template,
    operations: Vec<(&'static str, Arc<Operation>)>,
}

impl ValidateShape {
    pub(crate) fn new(policy: &Validate) -> Result<ValidateShape, Error> {
        let document = Document::load(&policy.openapi)?;
        let api = Api::new(&document);
        let api = api.map_err(|what| Error::Document { path: policy.openapi.clone(), what })?;
        Ok(ValidateShape { api, requests: policy.requests, responses: policy.responses })
    }

    fn check(&self, request: &Request) -> Result<Checked, Refusal> {
        let Some((item, values)) = self.api.find(&request.path) else {
            return Err(refused(404, format!("there is nothing at {}", Path::new(&request.path).display())));
        };
        let Some(operation) = item.operation(&request.method) else {
            let mut allowed: Vec<&str> = item.operations.iter().map(|(method, _)| *method).collect();
            if allowed.contains(&"GET") && !allowed.contains(&"HEAD") {
                allowed.push("HEAD");
            }
            return Ok(Checked::NotAllowed(allowed.join(", ")));
        };
        if self.requests {
            operation.check_request(request, &values)?;
        }
        Ok(Checked::Fits(Arc::clone(operation)))
    }
}

enum Checked {
    Fits(Arc<Operation>),
    /// With the methods that are.
    NotAllowed(String),
}

impl Shape for ValidateShape {
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        let operation = match self.check(&request) {
            Ok(Checked::Fits(operation)) => Some(operation),
            Ok(Checked::NotAllowed(allowed)) if self.requests => {
                let detail = format!("{} is not allowed here; {allowed} are", request.method);
                let mut response = Problem::new(405, detail).response(header(&request.headers, "accept"));
                response.headers.push(("allow".to_owned(), allowed));
                return Ok(Converted::Answer(response));
            }
            Err(refusal) if self.requests => return Err(refusal),
            // Of what the document does not have, it says nothing about answers either.
            Ok(Checked::NotAllowed(_)) | Err(_) => None,
        };
        let Some(operation) = operation.filter(|_| self.responses) else {
            return Ok(Converted::Send(request, Box::new(Untouched)));
        };
        // A piece of a body can't be checked.
        request.headers.retain(|(name, _)| name != "range");
        let method = request.method.clone();
        let change = move |response: Response| {
            operation.check_response(&method, &response)?;
            Ok(response)
        };
        Ok(Converted::Send(request, Box::new(Whole { wanted: |_: &Response| true, change })))
    }
}

impl Api {
    fn new(document: &Document) -> Result<Api, String> {
        let compilers = Compilers {
            document,
            requests: Schemas::new(document, Direction::Request),
            responses: Schemas::new(document, Direction::Response),
        };
        let mut paths = Vec::new();
        for (path, item) in document.root().get("paths").map(|all| all.members()).unwrap_or_default() {
            let item = document.resolved(item)?;
            let template = Template::parse(path)?;
            let mut operations = Vec::new();
            for method in METHODS {
                if let Some(operation) = item.get(&method.to_ascii_lowercase()) {
                    operations.push((method, Arc::new(compilers.operation(&item, &operation)?)));
                }
            }
            paths.push(PathItem { template, operations });
        }
        paths.sort_by_key(|item| item.template.rank());
        Ok(Api { paths, bases: bases(document) })
    }

    /// With a server's path before it, or without.
    fn find<'a>(&'a self, path: &str) -> Option<(&'a PathItem, Vec<(&'a str, String)>)> {
        let below = self.bases.iter().filter_map(|base| path.strip_prefix(base.as_str()));
        let find = |path: &str| {
            self.paths.iter().find_map(|item| item.template.matches(path).map(|values| (item, values)))
        };
        below.chain([path]).find_map(find)
    }
}

impl PathItem {
    fn operation(&self, method: &str) -> Option<&Arc<Operation>> {
        let by_method = |method: &str| self.operations.iter().find(|(there, _)| *there == method);
        let found = by_method(method).or_else(|| if method == "HEAD" { by_method("GET") } else { None });
        found.map(|(_, operation)| operation)
    }
}

/// The path of each server's address, without variables, which could be anything.
fn bases(document: &Document) -> Vec<String> {
    let servers = document.root().get("servers").map(|all| all.items()).unwrap_or_default();
    let paths = servers.iter().filter_map(|server| {
        let url = server.text("url")?;
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => url,
        };
        let path = path.trim_end_matches('/');
        (path.starts_with('/') && !path.contains('{')).then(|| path.to_owned())
    });
    paths.collect()
}
