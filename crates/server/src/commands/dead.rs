//! `naru jobs` and `naru dead`: calls that are answered later, and those that were given up.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use naru_api::client::{Client, Error};
use naru_api::message::{LettersQuery, MAX_LETTERS};
use naru_model::job::{DeadLetter, Figures, OpenedLetter};
use serde_json::json;

use super::ServerArgs;
use super::output::{self, Table};
use crate::clock::Clock;

/// Characters of a table's last column.
const WHY: usize = 60;

#[derive(Debug, Args)]
pub(crate) struct DeadArgs {
    #[command(subcommand)]
    command: DeadCommand,
}

#[derive(Debug, Subcommand)]
enum DeadCommand {
    /// List dead letters, the newest first
    List {
        /// Only those of one route, by its name
        #[arg(long)]
        route: Option<String>,
        /// How many
        #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        lines: u32,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show one with its header fields and its body
    Show {
        /// As `naru dead list` prints it
        id: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Call the service again, with all attempts anew
    Replay(ChosenArgs),
    /// Drop dead letters for good
    Discard(ChosenArgs),
}

/// Which dead letters.
#[derive(Debug, Args)]
struct ChosenArgs {
    /// As `naru dead list` prints them
    #[arg(required_unless_present = "route", conflicts_with = "route")]
    ids: Vec<String>,
    /// All of one route, by its name
    #[arg(long)]
    route: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(crate) fn jobs(server: ServerArgs) -> Result<ExitCode> {
    let figures = super::block_on(server.client()?.jobs())??;
    if server.json {
        output::print_json(&figures)?;
    } else if figures.is_empty() {
        println!("no jobs; a route answers later when it has `job:` in naru.yaml");
    } else {
        print!("{}", table(&figures));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(figures: &[Figures]) -> Table {
    let now = Clock::start().now();
    let mut table = Table::new(&["ROUTE", "QUEUED", "RUNNING", "OLDEST", "DEAD", "DONE", "FAILED"]);
    for one in figures {
        table.row(vec![
            one.route.clone(),
            one.queued.to_string(),
            one.running.to_string(),
            one.oldest.map_or("-".to_owned(), |oldest| output::ago(oldest, now)),
            one.dead.to_string(),
            one.done.to_string(),
            one.failed.to_string(),
        ]);
    }
    table
}

/// All jobs in one line; `None` when there are none.
pub(crate) fn line(figures: &[Figures]) -> Option<String> {
    let sum = |of: fn(&Figures) -> u64| figures.iter().map(of).sum::<u64>();
    let (queued, running, dead) = (sum(|one| one.queued), sum(|one| one.running), sum(|one| one.dead));
    let kept = sum(|one| one.done + one.failed);
    let look = if dead > 0 { " (naru dead list)" } else { "" };
    (queued + running + dead + kept > 0)
        .then(|| format!("jobs: {queued} queued, {running} running, {dead} dead{look}, {kept} results kept"))
}

pub(crate) fn run(args: DeadArgs) -> Result<ExitCode> {
    match args.command {
        DeadCommand::List { route, lines, server } => {
            let query = LettersQuery { route, after: None, limit: lines };
            let found = super::block_on(server.client()?.dead_letters(&query))??;
            if server.json {
                output::print_json(&found)?;
            } else {
                print!("{}", list(&found.letters));
                if found.more {
                    eprintln!("there are more; -n {MAX_LETTERS} shows up to {MAX_LETTERS}");
                }
            }
        }
        DeadCommand::Show { id, server } => {
            let opened = super::block_on(server.client()?.dead_letter(&id))??;
            if server.json {
                output::print_json(&opened)?;
            } else {
                print!("{}", text(&opened));
            }
        }
        DeadCommand::Replay(chosen) => {
            let done = each(&chosen, async |client: &Client, id: &str| client.replay(id).await)?;
            told(&chosen, "replayed", &done, "called again; `naru jobs` shows how it goes")?;
        }
        DeadCommand::Discard(chosen) => {
            let done = each(&chosen, async |client: &Client, id: &str| client.discard(id).await)?;
            told(&chosen, "discarded", &done, "gone for good")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Does it to each that was chosen, and returns their ids.
fn each(chosen: &ChosenArgs, act: impl AsyncFn(&Client, &str) -> Result<(), Error>) -> Result<Vec<String>> {
    let client = chosen.server.client()?;
    super::block_on(async {
        let Some(route) = &chosen.route else {
            for id in &chosen.ids {
                act(&client, id).await?;
            }
            return Ok(chosen.ids.clone());
        };
        // All of them first: what is replayed may die again and would come round once more.
        let ids = of_route(&client, route).await?;
        let mut done = Vec::new();
        for id in ids {
            match act(&client, &id).await {
                Ok(()) => done.push(id),
                // Somebody else was faster.
                Err(Error::Refused(problem)) if problem.status == 404 => {}
                Err(error) => bail!("{error}; {} were done before it", done.len()),
            }
        }
        Ok(done)
    })?
}

async fn of_route(client: &Client, route: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    loop {
        let after = ids.last().cloned();
        let query = LettersQuery { route: Some(route.to_owned()), after, limit: MAX_LETTERS };
        let found = client.dead_letters(&query).await?;
        ids.extend(found.letters.into_iter().map(|letter| letter.id));
        if ids.is_empty() {
            bail!("{route} has no dead letters; `naru dead list` shows which routes have");
        }
        if !found.more {
            return Ok(ids);
        }
    }
}

fn told(chosen: &ChosenArgs, what: &str, done: &[String], after: &str) -> Result<()> {
    if chosen.server.json {
        return output::print_json(&json!({ what: done }));
    }
    match done {
        [one] => println!("{one} is {after}"),
        _ => println!("{} dead letters: {after}", done.len()),
    }
    Ok(())
}

fn list(letters: &[DeadLetter]) -> String {
    if letters.is_empty() {
        return "no dead letters\n".to_owned();
    }
    let mut table = Table::new(&["ID", "DIED", "ROUTE", "CALL", "CLIENT", "ATTEMPTS", "WHY"]);
    for letter in letters {
        table.row(vec![
            letter.id.clone(),
            output::time(letter.died),
            letter.route.clone(),
            format!("{} {}", letter.method, letter.path.chars().take(WHY).collect::<String>()),
            letter.caller.clone().unwrap_or_else(|| "-".to_owned()),
            letter.attempts.to_string(),
            letter.why.chars().take(WHY).collect(),
        ]);
    }
    table.to_string()
}

fn text(opened: &OpenedLetter) -> String {
    let letter = &opened.letter;
    let from = letter.origin.as_ref().map(|origin| format!(", from {origin}")).unwrap_or_default();
    let caller = letter.caller.as_deref().unwrap_or("nobody who was recognised");
    let mut text = format!(
        "{}: {} of {caller}{from}\nsent {}, dead {} after {} attempts: {}\n\n{} {} HTTP/1.1\nhost: {}\n",
        letter.id,
        letter.route,
        output::time(letter.submitted),
        output::time(letter.died),
        letter.attempts,
        letter.why,
        letter.method,
        letter.path,
        letter.host,
    );
    for (name, value) in &opened.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    text.push_str(&opened.body);
    if opened.truncated {
        text.push_str(&format!("\n… the first {} of {} bytes", opened.body.len(), letter.size));
    }
    text.push('\n');
    text
}
