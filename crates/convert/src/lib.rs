//! Knows formats: what a client speaks is turned into what its service does, and back.
//!
//! The gateway moves bytes and asks a [`Shape`] for everything that needs to understand a body; [`shape`] makes one from a
//! route's or link's policy. It reads the files that the policy names when it is made, and nothing after that. Whatever comes
//! from a client or a service is bounded, and nothing in it can panic.

mod chain;
mod error;
pub mod xml;

use std::sync::Arc;

use naru_model::message::Shape;
use naru_model::policy::{Conversion, Policy};

pub use chain::Chain;
pub use error::Error;

/// What a policy does to bodies: for requests validation, then each conversion in the order given; for responses the other way
/// round. None when it does nothing to them.
///
/// # Errors
/// A file that the policy names can't be read or is not what it should be.
pub fn shape(policy: &Policy) -> Result<Option<Arc<dyn Shape>>, Error> {
    let mut shapes = Vec::new();
    for conversion in &policy.convert {
        shapes.push(converter(conversion)?);
    }
    Ok(Chain::of(shapes))
}

fn converter(conversion: &Conversion) -> Result<Arc<dyn Shape>, Error> {
    match conversion {
        Conversion::Fields(_) => Err(Error::Unknown { conversion: "fields" }),
        Conversion::Xml(_) => Err(Error::Unknown { conversion: "xml" }),
        Conversion::Soap(_) => Err(Error::Unknown { conversion: "soap" }),
        Conversion::OfferSoap(_) => Err(Error::Unknown { conversion: "offer_soap" }),
        Conversion::Grpc(_) => Err(Error::Unknown { conversion: "grpc" }),
        Conversion::GrpcWeb => Err(Error::Unknown { conversion: "grpc_web" }),
    }
}
