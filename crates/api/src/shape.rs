//! What a body must look like, by the OpenAPI document: what the document promises to refuse is refused.
//!
//! serde takes a list where an object is meant, its fields in their order; the document says object, and readers of it rely on
//! that.

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// The shape of one operation's JSON body.
#[derive(Debug, Clone)]
pub(crate) struct Shape(Arc<Validator>);

impl Shape {
    /// Of an operation of the document; `None`: it takes no JSON.
    pub(crate) fn of(operation: &Value, document: &Value) -> Option<Shape> {
        let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
        let whole =
            json!({ "allOf": [schema], "components": { "schemas": document["components"]["schemas"] } });
        let options = jsonschema::options().with_draft(Draft::Draft202012).offline();
        let validator =
            options.build(&whole).expect("the document's schemas are JSON Schema: a test builds them all");
        Some(Shape(Arc::new(validator)))
    }

    /// How large a number, a text or a list may be is left to the handler, which can say why.
    ///
    /// # Errors
    /// Where the body is not as the document has it, and how.
    pub(crate) fn check(&self, body: &Value) -> Result<(), String> {
        let Some(error) = self.0.iter_errors(body).find(|error| !is_of_size(error.kind())) else {
            return Ok(());
        };
        let place = error.instance_path().to_string();
        Err(if place.is_empty() { error.to_string() } else { format!("at {place}: {error}") })
    }
}

fn is_of_size(kind: &ValidationErrorKind) -> bool {
    use ValidationErrorKind::{MaxItems, MaxLength, Maximum, MinItems, MinLength, Minimum};
    matches!(
        kind,
        Maximum { .. }
            | Minimum { .. }
            | MaxItems { .. }
            | MinItems { .. }
            | MaxLength { .. }
            | MinLength { .. }
    )
}
