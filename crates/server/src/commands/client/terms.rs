//! What a client is, as the command line says it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use naru_api::message::ClientTerms;
use naru_config::Machine;
use naru_model::client::Certificate;
use naru_model::name::ClientName;
use naru_model::policy::{Limit, Priority};

/// What is not given stays as it is; an empty text (`--title ''`) takes it away.
#[derive(Debug, Args)]
pub(super) struct TermsArgs {
    /// What people call it
    #[arg(long)]
    title: Option<String>,
    /// Whom to tell: a person's or a team's e-mail address
    #[arg(long)]
    owner: Option<String>,
    /// A group that routes may know it by; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// A scope that it may be given; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Where it may call from (192.0.2.0/24); may be given several times
    #[arg(long = "network", value_name = "NETWORK")]
    networks: Vec<String>,
    /// A JWK Set: its public keys for private_key_jwt
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Of its client certificate: the subject (CN=mobile,O=Example)
    #[arg(long, value_name = "NAME")]
    certificate_subject: Option<String>,
    /// Of its client certificate: a DNS name, URI or e-mail address
    #[arg(long, value_name = "NAME")]
    certificate_san: Option<String>,
    /// Of its client certificate: the SHA-256
    #[arg(long, value_name = "SHA256")]
    certificate_fingerprint: Option<String>,
    /// Who goes first under overload
    #[arg(long, value_parser = ["critical", "high", "normal", "low", ""])]
    priority: Option<String>,
    /// What all its calls together may be, as naru.yaml has it: '{ rate: 50/s, burst: 100 }'
    #[arg(long, value_name = "LIMITS")]
    limits: Option<String>,
}

impl TermsArgs {
    /// Changes what is given.
    pub(super) fn apply(self, name: &ClientName, terms: &mut ClientTerms) -> Result<()> {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        if let Some(title) = self.title {
            terms.title = given(title);
        }
        if let Some(owner) = self.owner {
            terms.owner = given(owner);
        }
        let list = |given: Vec<String>| given.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>();
        if !self.groups.is_empty() {
            terms.groups = list(self.groups);
        }
        if !self.scopes.is_empty() {
            terms.scopes = list(self.scopes);
        }
        if !self.networks.is_empty() {
            let parse =
                |text: String| text.parse().with_context(|| format!("--network {text}: write 192.0.2.0/24"));
            terms.networks = list(self.networks).into_iter().map(parse).collect::<Result<_>>()?;
        }
        if let Some(path) = self.jwks {
            terms.jwks = read_jwks(&path)?;
        }
        let certificate = [self.certificate_subject, self.certificate_san, self.certificate_fingerprint];
        if certificate.iter().any(Option::is_some) {
            let [subject, san, fingerprint] = certificate.map(|text| text.and_then(given));
            let one = Certificate { subject, san, fingerprint };
            terms.certificates = if one == Certificate::default() { Vec::new() } else { vec![one] };
        }
        if let Some(word) = self.priority {
            terms.priority = priority(&word);
        }
        if let Some(text) = self.limits {
            terms.limits = if text.is_empty() { Vec::new() } else { limits(name, &text)? };
        }
        Ok(())
    }
}

fn read_jwks(path: &Path) -> Result<Option<String>> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    std::fs::read_to_string(path).map(Some).with_context(|| format!("can't read {}", path.display()))
}

fn priority(word: &str) -> Option<Priority> {
    match word {
        "critical" => Some(Priority::Critical),
        "high" => Some(Priority::High),
        "normal" => Some(Priority::Normal),
        "low" => Some(Priority::Low),
        _ => None,
    }
}

/// Reads limits as naru.yaml's own reader does, from a file that holds nothing else.
fn limits(name: &ClientName, text: &str) -> Result<Vec<Limit>> {
    let yaml = format!("services: {{ a: {{ exec: [a] }} }}\nclients: {{ {name}: {{ limits: {text} }} }}\n");
    match naru_config::parse("--limits", &yaml, Path::new("/"), Machine::detect()) {
        Ok(platform) => {
            Ok(platform.access.clients.get(name).map(|client| client.limits.clone()).unwrap_or_default())
        }
        Err(report) => match report.problems.first() {
            Some(problem) => {
                let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
                bail!("--limits {text}: {}{help}", problem.what)
            }
            None => bail!("--limits {text} can't be read; write it as in naru.yaml: {{ rate: 50/s }}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_as_in_the_file() {
        let name: ClientName = "mobile".parse().unwrap();
        let read = limits(&name, "[{ rate: 50/s, burst: 9 }, { quota: 1000/month }]").unwrap();
        let told: Vec<String> = read.iter().map(naru_api::message::limit_text).collect();
        assert_eq!(told, ["rate 50/s burst 9", "quota 1000/month"]);
        let wrong = limits(&name, "{ rate: fast }").unwrap_err().to_string();
        assert!(wrong.starts_with("--limits { rate: fast }:"), "{wrong}");
    }
}
