//! `naru client`: who may call, and the keys that prove it.

mod terms;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use naru_api::client::Client;
use naru_api::message::{
    ClientTerms, KeyKind, ListedClient, MadeKey, MakeKey, Origin, RegisterClient, limit_text,
};
use naru_model::client::Secret;
use naru_model::name::ClientName;
use naru_model::units::{Timestamp, parse_duration};
use serde_json::json;

use self::terms::TermsArgs;
use super::ServerArgs;
use super::output::{self, Table};
use crate::clock::Clock;

#[derive(Debug, Args)]
pub(crate) struct ClientArgs {
    #[command(subcommand)]
    command: ClientCommand,
}

#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// List all clients, those of naru.yaml and those that were registered
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show one client with its keys
    Show(OneArgs),
    /// Register a client; `naru client key` makes its first key
    Register {
        #[command(flatten)]
        one: OneArgs,
        #[command(flatten)]
        terms: TermsArgs,
    },
    /// Change what a client is; what is not named stays
    Change {
        #[command(flatten)]
        one: OneArgs,
        #[command(flatten)]
        terms: TermsArgs,
    },
    /// Shut a client out everywhere, within a second
    Block(OneArgs),
    /// Let a client in again
    Unblock(OneArgs),
    /// Make one more key; it is printed this once
    Key {
        #[command(flatten)]
        one: OneArgs,
        #[command(flatten)]
        kind: KindArgs,
        /// How long it is good for (90d); without end when not given
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Make a key in place of those there are, which stay good for a while; it is printed this once
    Rotate {
        #[command(flatten)]
        one: OneArgs,
        #[command(flatten)]
        kind: KindArgs,
        /// How long the old ones stay good (1d, 0s)
        #[arg(long, value_name = "TIME", default_value = "1d")]
        overlap: String,
    },
    /// End one key at once
    EndKey {
        #[command(flatten)]
        one: OneArgs,
        #[command(flatten)]
        kind: KindArgs,
        /// The first digits of its SHA-256, 8 at least, as `naru client show` prints them
        #[arg(value_name = "SHA256")]
        digits: String,
    },
    /// Remove a client with all its keys and tokens
    Remove(OneArgs),
}

/// Which client, and of which server.
#[derive(Debug, Args)]
struct OneArgs {
    /// The client's name
    name: ClientName,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct KindArgs {
    /// A client secret for the token endpoint, and not an API key
    #[arg(long)]
    secret: bool,
}

impl KindArgs {
    fn kind(&self) -> KeyKind {
        if self.secret { KeyKind::Secret } else { KeyKind::Key }
    }
}

pub(crate) fn run(args: ClientArgs) -> Result<ExitCode> {
    match args.command {
        ClientCommand::List { server } => list(&server)?,
        ClientCommand::Show(one) => {
            let client = super::block_on(one.server.client()?.client(&one.name))??;
            print_client(&one, &client, &text(&client))?;
        }
        ClientCommand::Register { one, terms } => register(&one, terms)?,
        ClientCommand::Change { one, terms } => change(&one, terms)?,
        ClientCommand::Block(one) => block(&one, true)?,
        ClientCommand::Unblock(one) => block(&one, false)?,
        ClientCommand::Key { one, kind, expires } => {
            let life = expires.as_deref().map(parse_duration).transpose().context("--expires")?;
            let until = life.map(|life| Clock::start().now() + life);
            make_key(&one, MakeKey { kind: kind.kind(), until, overlap: None })?;
        }
        ClientCommand::Rotate { one, kind, overlap } => {
            let overlap = parse_duration(&overlap).context("--overlap")?;
            let seconds = u32::try_from(overlap.as_secs()).unwrap_or(u32::MAX);
            make_key(&one, MakeKey { kind: kind.kind(), until: None, overlap: Some(seconds) })?;
        }
        ClientCommand::EndKey { one, kind, digits } => {
            super::block_on(one.server.client()?.end_key(&one.name, kind.kind(), &digits))??;
            let done = format!("{} {digits} of {} is refused from now on", word(kind.kind()), one.name);
            print_done(&one, &json!({ "ended": digits }), &done)?;
        }
        ClientCommand::Remove(one) => {
            super::block_on(one.server.client()?.remove_client(&one.name))??;
            let done = format!("{} is removed; its keys and tokens are refused from now on", one.name);
            print_done(&one, &json!({ "removed": one.name }), &done)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(server: &ServerArgs) -> Result<()> {
    let clients = super::block_on(server.client()?.clients())??;
    if server.json {
        return output::print_json(&clients);
    }
    if clients.is_empty() {
        println!("no client; register one by `naru client register NAME`, or below clients in naru.yaml");
        return Ok(());
    }
    let now = Clock::start().now();
    let mut table = Table::new(&["NAME", "TITLE", "FROM", "GROUPS", "SCOPES", "KEYS", "SECRETS", ""]);
    for one in &clients {
        let of = &one.client;
        let good =
            |secrets: &[Secret]| secrets.iter().filter(|secret| secret.is_good(now)).count().to_string();
        let hidden = if one.hidden { "hidden by naru.yaml" } else { "" };
        table.row(vec![
            one.name.to_string(),
            of.title.clone().unwrap_or_default(),
            origin(one).to_owned(),
            of.groups.join(", "),
            of.scopes.join(", "),
            good(&of.keys),
            good(&of.secrets),
            if of.blocked { "blocked".to_owned() } else { hidden.to_owned() },
        ]);
    }
    print!("{table}");
    Ok(())
}

fn register(one: &OneArgs, terms: TermsArgs) -> Result<()> {
    let server = one.server.client()?;
    let mut client = ClientTerms::default();
    terms.apply(&one.name, &mut client)?;
    let request = RegisterClient { name: one.name.clone(), client };
    let made = super::block_on(server.register_client(&request))??;
    let next = format!("{0} is registered; make its first key: naru client key {0}\n", one.name);
    print_client(one, &made, &next)
}

/// What is not named stays: it is read, changed and handed in again.
fn change(one: &OneArgs, terms: TermsArgs) -> Result<()> {
    let server = one.server.client()?;
    let changed = super::block_on(async {
        let mut client = ClientTerms::of(server.client(&one.name).await?.client);
        terms.apply(&one.name, &mut client)?;
        // Somebody may block it meanwhile, which is not to be undone.
        client.blocked = None;
        Ok::<_, anyhow::Error>(server.change_client(&one.name, &client).await?)
    })??;
    print_client(one, &changed, &text(&changed))
}

fn block(one: &OneArgs, blocked: bool) -> Result<()> {
    let client = super::block_on(one.server.client()?.block_client(&one.name, blocked))??;
    let done = if blocked {
        format!("{0} is shut out everywhere; let it in again: naru client unblock {0}\n", one.name)
    } else {
        format!("{} is let in again\n", one.name)
    };
    print_client(one, &client, &done)
}

fn make_key(one: &OneArgs, request: MakeKey) -> Result<()> {
    let server: Client = one.server.client()?;
    let made: MadeKey = super::block_on(server.make_key(&one.name, &request))??;
    if one.server.json {
        return output::print_json(&made);
    }
    println!("{}", made.text);
    let end = made.until.map_or("without end".to_owned(), |until| format!("until {}", output::time(until)));
    let shown_how = match request.kind {
        KeyKind::Key => "it sends it with each call: X-API-Key: KEY",
        KeyKind::Secret => "it gets tokens by it: client_secret_basic, with its name as user",
    };
    eprintln!(
        "the {} {} of {}, {end}; it is shown this once: hand it to the client, {shown_how}",
        word(request.kind),
        made.sha256,
        one.name
    );
    if let Some(overlap) = request.overlap {
        let overlap = naru_model::units::format_duration(Duration::from_secs(overlap.into()));
        eprintln!("those before it end in {overlap}");
    }
    Ok(())
}

fn print_client(one: &OneArgs, client: &ListedClient, text: &str) -> Result<()> {
    if one.server.json {
        return output::print_json(client);
    }
    print!("{text}");
    Ok(())
}

fn print_done(one: &OneArgs, value: &serde_json::Value, text: &str) -> Result<()> {
    if one.server.json {
        return output::print_json(value);
    }
    println!("{text}");
    Ok(())
}

fn word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Key => "API key",
        KeyKind::Secret => "client secret",
    }
}

fn origin(one: &ListedClient) -> &'static str {
    match one.origin {
        Origin::File => "naru.yaml",
        Origin::Registered => "registered",
    }
}

/// One client as a person reads it.
fn text(one: &ListedClient) -> String {
    let of = &one.client;
    let mut rows = Table::new(&["NAME", one.name.as_str()]);
    let mut row = |what: &str, value: String| {
        if !value.is_empty() {
            rows.row(vec![what.to_owned(), value]);
        }
    };
    row("title", of.title.clone().unwrap_or_default());
    row("owner", of.owner.clone().unwrap_or_default());
    row("from", origin(one).to_owned());
    row("made", signed(one.made_at, one.made_by.as_deref()));
    row("changed", signed(one.changed_at, one.changed_by.as_deref()));
    row(
        "",
        if one.hidden { "hidden: naru.yaml has the same name and wins".to_owned() } else { String::new() },
    );
    row("blocked", if of.blocked { "yes: it is refused everywhere".to_owned() } else { String::new() });
    row("groups", of.groups.join(", "));
    row("scopes", of.scopes.join(", "));
    row("networks", of.networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    row("limits", of.limits.iter().map(limit_text).collect::<Vec<_>>().join("; "));
    row("priority", of.priority.map(|priority| format!("{priority:?}").to_lowercase()).unwrap_or_default());
    row("jwks", if of.jwks.is_some() { "public keys for private_key_jwt".to_owned() } else { String::new() });
    for certificate in &of.certificates {
        let names = [&certificate.subject, &certificate.san, &certificate.fingerprint];
        row("certificate", names.into_iter().flatten().cloned().collect::<Vec<_>>().join(", "));
    }
    format!("{rows}{}", keys(one))
}

fn keys(one: &ListedClient) -> String {
    let (keys, secrets) = (&one.client.keys, &one.client.secrets);
    if keys.is_empty() && secrets.is_empty() {
        return String::new();
    }
    let now = Clock::start().now();
    let mut table = Table::new(&["SHA-256", "KIND", "FROM", "UNTIL", ""]);
    let kinds = keys.iter().map(|key| (KeyKind::Key, key));
    for (kind, key) in kinds.chain(secrets.iter().map(|secret| (KeyKind::Secret, secret))) {
        let time = |at: Option<Timestamp>| at.map_or("-".to_owned(), output::time);
        table.row(vec![
            key.sha256.clone(),
            word(kind).to_owned(),
            time(key.from),
            time(key.until),
            if key.is_good(now) { "good".to_owned() } else { "not good now".to_owned() },
        ]);
    }
    format!("\n{table}")
}

fn signed(at: Option<Timestamp>, by: Option<&str>) -> String {
    at.map(|at| format!("{} by {}", output::time(at), by.unwrap_or("nobody"))).unwrap_or_default()
}
