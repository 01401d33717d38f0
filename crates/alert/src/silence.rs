//! Of what nobody is told: silences that somebody asked for, and maintenance that the file has.

use naru_model::alert::Silence;
use naru_model::metric::Owner;
use naru_model::units::Timestamp;

/// Whether what is covered by `by` covers `owner` too: itself, everything under the platform, the instances of a service.
pub fn covered(by: &Owner, owner: &Owner) -> bool {
    match (by, owner) {
        (Owner::Platform, _) => true,
        (Owner::Service(service), Owner::Instance(id)) => id.service == *service,
        _ => by == owner,
    }
}

/// Whether nobody is told of what `item` finds of `owner` at `now`. `maintenance` are the owners of the windows that are
/// open; `None` stands for everything.
pub fn is_silenced(
    silences: &[Silence],
    maintenance: &[Option<Owner>],
    owner: &Owner,
    item: &str,
    now: Timestamp,
) -> bool {
    let covers = |of: &Option<Owner>| of.as_ref().is_none_or(|by| covered(by, owner));
    let silence = |silence: &Silence| {
        silence.from <= now
            && now < silence.until
            && covers(&silence.owner)
            && silence.item.as_deref().is_none_or(|name| name == item)
    };
    silences.iter().any(silence) || maintenance.iter().any(covers)
}
