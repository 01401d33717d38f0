//! E-mail by SMTP (RFC 5321), with TLS as the file says. A report's files are attached (RFC 2183).

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use naru_model::alert::{Smtp, SmtpTls};
use naru_model::service_level::ReportFile;
use naru_model::watch::Outgoing;

use crate::{Attach, Environment};

/// Of each step of the conversation.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) async fn send(
    outgoing: &Outgoing,
    to: &[String],
    smtp: Option<&Smtp>,
    environment: &Environment,
    attach: &dyn Attach,
) -> Result<(), String> {
    let smtp = smtp.ok_or("naru.yaml has no notices.smtp, so nothing delivers e-mail")?;
    let files = match &outgoing.notice.report {
        Some(report) => attach.files(report).await?,
        None => Vec::new(),
    };
    let message = message(outgoing, to, smtp, files)?;
    let failed = |error| format!("{}:{} did not take the e-mail: {error}", smtp.host, smtp.port);
    transport(smtp, environment)?.send(message).await.map(drop).map_err(failed)
}

fn message(
    outgoing: &Outgoing,
    to: &[String],
    smtp: &Smtp,
    files: Vec<ReportFile>,
) -> Result<Message, String> {
    let mailbox = |address: &str| {
        let of = address.parse().map_err(|_| format!("{address} is no e-mail address"))?;
        Ok::<_, String>(Mailbox::new(None, of))
    };
    let mut builder = Message::builder()
        .from(Mailbox { name: Some("naru".to_owned()), ..mailbox(&smtp.from)? })
        .subject(&outgoing.notice.subject);
    for address in to {
        builder = builder.to(mailbox(address)?);
    }
    let text = outgoing.notice.text.clone();
    let unmade = |error: &dyn std::fmt::Display| format!("no e-mail can be made of it: {error}");
    if files.is_empty() {
        return builder.header(ContentType::TEXT_PLAIN).body(text).map_err(|error| unmade(&error));
    }
    let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(text));
    for file in files {
        let media_type = ContentType::parse(file.media_type).map_err(|error| unmade(&error))?;
        parts = parts.singlepart(Attachment::new(file.name).body(file.content, media_type));
    }
    builder.multipart(parts).map_err(|error| unmade(&error))
}

fn transport(smtp: &Smtp, environment: &Environment) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let parameters =
        || TlsParameters::new(smtp.host.clone()).map_err(|error| format!("TLS can't be set up: {error}"));
    let tls = match smtp.tls {
        SmtpTls::Offered => Tls::Opportunistic(parameters()?),
        SmtpTls::Required => Tls::Required(parameters()?),
        SmtpTls::Always => Tls::Wrapper(parameters()?),
        SmtpTls::Never => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    if let (Some(user), Some(variable)) = (&smtp.user, &smtp.password_env) {
        let password = environment.get(variable);
        let password = password.ok_or_else(|| format!("naru's environment has no variable {variable}"))?;
        builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
    }
    Ok(builder.build())
}
