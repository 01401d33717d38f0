//! Knows formats: what a client speaks is turned into what its service does, and back.
//!
//! The gateway moves bytes and asks a [`Shape`] for everything that needs to understand a body; [`shape`] makes one from a
//! route's or link's policy. It reads the files that the policy names when it is made, and nothing after that. Whatever comes
//! from a client or a service is bounded, and nothing in it can panic.

mod body;
mod chain;
mod error;
mod fields;
mod grpc;
pub mod json;
pub mod map;
pub mod mask;
pub mod openapi;
mod plain;
mod problems;
pub mod soap;
#[cfg(test)]
mod tests;
pub mod xml;

use std::sync::Arc;

use naru_model::message::Shape;
use naru_model::policy::{Conversion, Policy, Speaker, Xml};

pub use chain::Chain;
pub use error::Error;
pub use openapi::import;

use fields::FieldShape;
use map::MappedShape;
use mask::{MaskShape, Masks};
use openapi::ValidateShape;
use plain::PlainShape;
use problems::ProblemShape;

/// What a policy does to bodies. For requests: validation, then each conversion in the order given. For responses the other way
/// round, then problems, and masks last. None when it does nothing to them.
///
/// # Errors
/// A file that the policy names can't be read or is not what it should be.
pub fn shape(policy: &Policy) -> Result<Option<Arc<dyn Shape>>, Error> {
    let mut shapes: Vec<Arc<dyn Shape>> = Vec::new();
    let validate = policy.validate.as_ref().filter(|validate| validate.requests || validate.responses);
    let reads_requests = !policy.convert.is_empty() || validate.is_some_and(|validate| validate.requests);
    let reads_responses = !policy.convert.is_empty()
        || validate.is_some_and(|validate| validate.responses)
        || !policy.mask.is_empty();
    if reads_requests || reads_responses || policy.problems {
        shapes.push(Arc::new(PlainShape { requests: reads_requests, responses: reads_responses }));
    }
    if !policy.mask.is_empty() {
        shapes.push(Arc::new(MaskShape::new(Masks::new(&policy.mask)?)));
    }
    // Problems are made, and an OpenAPI document checked, where JSON is spoken: a client of another protocol is told of both by
    // the conversion of what it speaks.
    let (outer, inner) =
        policy.convert.split_at(policy.convert.iter().rposition(is_of_client).map_or(0, |at| at + 1));
    for conversion in outer {
        shapes.push(converter(conversion)?);
    }
    if policy.problems {
        shapes.push(Arc::new(ProblemShape));
    }
    if let Some(validate) = validate {
        shapes.push(Arc::new(ValidateShape::new(validate)?));
    }
    for conversion in inner {
        shapes.push(converter(conversion)?);
    }
    Ok(Chain::of(shapes))
}

fn is_of_client(conversion: &Conversion) -> bool {
    matches!(conversion, Conversion::OfferSoap(_) | Conversion::Xml(Xml { spoken_by: Speaker::Client, .. }))
}

fn converter(conversion: &Conversion) -> Result<Arc<dyn Shape>, Error> {
    match conversion {
        Conversion::Fields(fields) => Ok(Arc::new(FieldShape::new(fields))),
        Conversion::Xml(xml) => Ok(Arc::new(MappedShape::new(xml)?)),
        Conversion::Soap(soap) => Ok(soap::as_rest(soap)?),
        Conversion::OfferSoap(offered) => soap::as_soap(offered),
        Conversion::Grpc(grpc) => grpc::as_rest(grpc),
        Conversion::GrpcWeb => Ok(grpc::web()),
    }
}
