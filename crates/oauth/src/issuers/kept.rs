//! What an issuer last said, on the disk: one file each.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use naru_model::client::Issuer;
use serde::{Deserialize, Serialize};

use crate::jwk::KeySet;
use crate::secret;

/// Keys as an issuer gave them, cut down to what verifies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    issuer: String,
    /// Where they were fetched.
    pub(super) uri: String,
    pub(super) etag: Option<String>,
    /// Empty: none could be had yet.
    pub(super) jwks: String,
}

impl Kept {
    pub(super) fn of(issuer: &Issuer, uri: String, etag: Option<String>, jwks: String) -> Kept {
        Kept { issuer: issuer.issuer.clone(), uri, etag, jwks }
    }

    /// What was kept of an issuer; `None`: nothing, or nothing of use.
    pub(super) fn read(folder: &Path, issuer: &Issuer) -> Option<Kept> {
        let kept: Kept = serde_json::from_slice(&fs::read(file(folder, &issuer.issuer)).ok()?).ok()?;
        let elsewhere = issuer.jwks.as_ref().is_some_and(|uri| *uri != kept.uri);
        let good = kept.issuer == issuer.issuer && !elsewhere && KeySet::read(&kept.jwks).is_ok();
        good.then_some(kept)
    }

    /// Keeps it in place of what was kept before, whole or not at all.
    pub(super) fn write(&self, folder: &Path, issuer: &Issuer) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = file(folder, &issuer.issuer);
        let unfinished = path.with_extension("unfinished");
        let mut out =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        out.write_all(&serde_json::to_vec(self)?)?;
        out.sync_all()?;
        fs::rename(&unfinished, &path)
    }
}

/// Removes what was kept of issuers that are not among `issuers`.
pub(super) fn remove_others(folder: &Path, issuers: &BTreeSet<&str>) -> io::Result<()> {
    let wanted: BTreeSet<PathBuf> = issuers.iter().map(|issuer| file(folder, issuer)).collect();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let ours = path.extension().is_some_and(|extension| extension == "json" || extension == "unfinished");
        if ours && !wanted.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// An issuer is a URL; a file's name is its hash.
fn file(folder: &Path, issuer: &str) -> PathBuf {
    folder.join(format!("{}.json", &secret::hex(&secret::hash(issuer))[..32]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::{self, Signer};
    use naru_model::units::Timestamp;
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    fn issuer(name: &str, jwks: Option<&str>) -> Issuer {
        Issuer {
            issuer: name.to_owned(),
            jwks: jwks.map(str::to_owned),
            audience: vec!["portal".to_owned()],
            client_claim: None,
            unknown_clients: true,
            leeway: Issuer::LEEWAY,
        }
    }

    #[test]
    fn what_is_kept_is_read_back_for_its_issuer_and_address_alone() {
        let folder = tempfile::TempDir::new().unwrap();
        let folder = folder.path().join("issuers");
        let signer = Signer::read(&signer::make(Timestamp(1), 1).unwrap()).unwrap();
        let jwks = json!({ "keys": [signer.public()] }).to_string();
        let one = issuer("https://a.example", None);
        let kept = Kept::of(&one, "https://a.example/keys".to_owned(), Some("\"1\"".to_owned()), jwks);
        assert_eq!(Kept::read(&folder, &one), None);
        kept.write(&folder, &one).unwrap();
        assert_eq!(Kept::read(&folder, &one).as_ref(), Some(&kept));
        assert_eq!(Kept::read(&folder, &issuer("https://a.example", Some("https://a.example/other"))), None);
        assert_eq!(Kept::read(&folder, &issuer("https://b.example", None)), None);
        let mode = fs::metadata(file(&folder, "https://a.example")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        fs::write(file(&folder, "https://a.example"), "{\"issuer\"").unwrap();
        assert_eq!(Kept::read(&folder, &one), None);
        remove_others(&folder, &BTreeSet::from(["https://a.example"])).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        remove_others(&folder, &BTreeSet::new()).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        remove_others(&folder.join("none"), &BTreeSet::new()).unwrap();
    }
}
