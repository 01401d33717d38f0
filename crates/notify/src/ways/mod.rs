//! The ways out: one message by one channel.

mod email;
mod fill;
mod post;
mod sms;
mod webhook;

use naru_model::alert::{Channel, Way};
use naru_model::watch::Outgoing;

use crate::gather::OWNERS;
use crate::{Attach, Environment, Settings};

/// Sends a message once.
///
/// # Errors
/// Why it has not arrived, without anything secret.
pub(crate) async fn send(
    outgoing: &Outgoing,
    settings: &Settings,
    environment: &Environment,
    attach: &dyn Attach,
) -> Result<(), String> {
    let (notices, name) = (&settings.notices, &outgoing.notice.channel);
    if name == OWNERS && !outgoing.to.is_empty() {
        return email::send(outgoing, &outgoing.to, notices.smtp.as_ref(), environment, attach).await;
    }
    let channel = notices.channels.iter().find(|channel| channel.name == *name);
    let channel = channel.ok_or_else(|| format!("there is no channel {name} any more"))?;
    match &channel.way {
        Way::Email { to } => email::send(outgoing, to, notices.smtp.as_ref(), environment, attach).await,
        Way::Webhook { url, shape } => {
            webhook::send(outgoing, url, *shape, &settings.platform, environment).await
        }
        Way::Sms { url, method, headers, body, to } => {
            let gateway = sms::Gateway { url, method, headers, body };
            sms::send(outgoing, &gateway, to, environment).await
        }
    }
}

/// A channel's way and where it leads, without anything secret: of a URL the host alone.
pub fn describe(channel: &Channel) -> (&'static str, String) {
    match &channel.way {
        Way::Email { to } => ("email", to.join(", ")),
        Way::Webhook { url, .. } => ("webhook", fill::host(url)),
        Way::Sms { url, to, .. } => ("sms", format!("{} ({})", to.join(", "), fill::host(url))),
    }
}
