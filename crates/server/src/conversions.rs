//! What routes and links do to bodies: made for the gateway, and tried before a file is taken.

use std::path::Path;
use std::sync::Arc;

use naru_convert::mask::Masks;
use naru_model::message::Shape;
use naru_model::platform::Platform;
use naru_model::policy::Policy;
use naru_telemetry::Masker;

/// Makes what a policy does to bodies.
pub(crate) fn shape(policy: &Policy) -> Result<Option<Arc<dyn Shape>>, String> {
    naru_convert::shape(policy).map_err(|error| error.to_string())
}

/// What is masked in targets by a policy, for logs and transactions; `None`: nothing. One that can't be made was refused with
/// its file.
pub(crate) fn masker(policy: &Policy) -> Option<Masker> {
    let masks = Masks::new(&policy.mask).ok().filter(|masks| !masks.is_empty())?;
    Some(Arc::new(move |text| masks.target(text)))
}

/// Says of each route and link of a file whose conversions can't be made why not; nothing when all can.
pub(crate) fn problems(file: &Path, platform: &Platform) -> Vec<String> {
    let routes = platform.routes.iter().map(|route| (format!("route {}", route.name), &route.policy));
    let links = platform.links.iter().map(|(name, link)| (format!("link {name}"), &link.policy));
    let problem = |(whose, policy): (String, &Policy)| {
        Some(format!("{}: {whose}: {}", file.display(), shape(policy).err()?))
    };
    routes.chain(links).filter_map(problem).collect()
}
