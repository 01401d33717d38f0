//! `naru token`: who may speak to the API over TCP, and as what.

use std::process::ExitCode;

use anyhow::Result;
use naru_api::message::MakeToken;
use naru_model::access::Role;
use naru_model::units::parse_duration;

use super::output::{self, Table};
use super::{TokenArgs, TokenCommand};

pub(crate) fn run(args: TokenArgs) -> Result<ExitCode> {
    match args.command {
        TokenCommand::Create { name, role, expires, server } => {
            let expires = expires.as_deref().map(parse_duration).transpose()?;
            let role = Role::ALL.into_iter().find(|known| known.as_str() == role).unwrap_or(Role::Viewer);
            let request = MakeToken { name, role, expires_in_seconds: expires.map(|life| life.as_secs()) };
            let client = server.client()?;
            let made = super::block_on(client.make_token(&request))??;
            if server.json {
                output::print_json(&made)?;
            } else {
                println!("{}", made.secret);
                eprintln!(
                    "token {} of {} ({}); it is shown this once",
                    made.token.id, made.token.name, made.token.role
                );
            }
        }
        TokenCommand::List { server } => {
            let client = server.client()?;
            let tokens = super::block_on(client.tokens())??;
            if server.json {
                output::print_json(&tokens)?;
            } else {
                let mut table = Table::new(&["ID", "NAME", "ROLE", "MADE", "BY", "EXPIRES", "LAST USED"]);
                for token in &tokens {
                    let time = |at: Option<_>| at.map_or("never".to_owned(), output::time);
                    table.row(vec![
                        token.id.to_string(),
                        token.name.clone(),
                        token.role.to_string(),
                        output::time(token.made_at),
                        token.made_by.clone(),
                        time(token.expires_at),
                        time(token.last_used_at),
                    ]);
                }
                print!("{table}");
            }
        }
        TokenCommand::Revoke { id, server } => {
            let client = server.client()?;
            super::block_on(client.revoke_token(id))??;
            if server.json {
                output::print_json(&serde_json::json!({ "revoked": id }))?;
            } else {
                println!("token {id} is refused from now on");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
