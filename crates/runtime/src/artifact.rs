//! Keeps artifacts by their content: a revision runs its own copy for ever, so that going back really goes back.
//!
//! `STORE/DIGEST/NAME` is the copy, and `.NAME.looks` beside it what it looked like when it was made: as long as sizes,
//! times and modes are still those, an instance starts from it without it being read whole. Writing goes to a temporary folder first and
//! is moved into place, so that a copy is there completely or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use naru_model::revision::Artifact;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("artifact {0:?} does not exist; build it first, or check `artifact` in naru.yaml")]
    Missing(PathBuf),
    #[error("artifact {0:?} has no name to keep it by; name a file or folder in `artifact`")]
    Nameless(PathBuf),
    #[error(
        "artifact {0:?} holds {1:?}, which is neither file, folder nor link; leave it out of the artifact"
    )]
    Special(PathBuf, PathBuf),
    #[error("the kept copy {0:?} is gone; deploy the service again")]
    Lost(PathBuf),
    #[error(
        "the kept copy {0:?} is no longer what was kept; something wrote to it. Deploy the service again"
    )]
    Changed(PathBuf),
    #[error("can't {action} {path:?}: {source}")]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}

/// What a kept copy looked like when it was last known to be right: a cheap stand-in for its digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Looks {
    entries: u64,
    bytes: u64,
    /// SHA-256 over path, size, mode and time of change of each entry.
    fingerprint: String,
}

/// Copies the file or folder at `source` into `store`, unless a copy of the same content is there already.
/// Reads all of it: call it where waiting is allowed.
///
/// # Errors
/// When the source is missing, holds something other than files, folders and links, or can't be read or copied. The store
/// is then as it was.
pub fn keep(store: &Path, source: &Path) -> Result<Artifact, Error> {
    let name =
        source.file_name().and_then(|n| n.to_str()).ok_or_else(|| Error::Nameless(source.to_owned()))?;
    if let Err(error) = fs::metadata(source) {
        return Err(match error.kind() {
            io::ErrorKind::NotFound => Error::Missing(source.to_owned()),
            _ => io_error("read", source)(error),
        });
    }
    fs::create_dir_all(store).map_err(io_error("make", store))?;
    let staging = store.join(format!(".{}-{}", std::process::id(), unique()));
    fs::create_dir(&staging).map_err(io_error("make", &staging))?;
    let kept = copy_and_place(store, source, name, &staging);
    // Whatever is left of it is of no use; the copy itself has been moved out.
    let _ = fs::remove_dir_all(&staging);
    kept.map(|digest| Artifact { name: name.to_owned(), digest })
}

fn copy_and_place(store: &Path, source: &Path, name: &str, staging: &Path) -> Result<String, Error> {
    let copy = staging.join(name);
    let digest = copy_entry(source, source, &copy)?;
    let home = store.join(&digest);
    let place = home.join(name);
    if place.symlink_metadata().is_ok() {
        let artifact = Artifact { name: name.to_owned(), digest: digest.clone() };
        if find(store, &artifact).is_ok() {
            return allow_execution(&copy, &place).map(|()| digest);
        }
        // Something wrote to the kept copy: the good one takes its place.
        let spoilt = staging.join(".spoilt");
        fs::rename(&place, &spoilt).map_err(io_error("replace", &place))?;
    }
    fs::create_dir_all(&home).map_err(io_error("make", &home))?;
    fs::rename(&copy, &place).map_err(io_error("make", &place))?;
    remember(&place, &home)?;
    Ok(digest)
}

/// A file's digest is over its content alone: one that was made executable since has the same.
fn allow_execution(fresh: &Path, kept: &Path) -> Result<(), Error> {
    let fresh = fresh.metadata().map_err(io_error("read", fresh))?;
    let have = kept.metadata().map_err(io_error("read", kept))?;
    if !fresh.is_file() || have.mode() & 0o111 == fresh.mode() & 0o111 {
        return Ok(());
    }
    let mode = have.mode() | fresh.mode() & 0o111;
    fs::set_permissions(kept, Permissions::from_mode(mode)).map_err(io_error("make executable", kept))?;
    let home = kept.parent().unwrap_or(kept);
    remember(kept, home)
}

/// Returns the path of a kept copy, having made sure that it is still what was kept.
///
/// # Errors
/// [`Error::Lost`] or [`Error::Changed`].
pub fn find(store: &Path, artifact: &Artifact) -> Result<PathBuf, Error> {
    let home = store.join(&artifact.digest);
    let place = home.join(&artifact.name);
    if place.symlink_metadata().is_err() {
        return Err(Error::Lost(place));
    }
    let now = looks(&place)?;
    let then =
        fs::read(record_path(&place, &home)).ok().and_then(|b| serde_json::from_slice::<Looks>(&b).ok());
    if then.as_ref() == Some(&now) {
        return Ok(place);
    }
    // Restored from a backup, or moved to another disk: the times differ, and only the content can tell.
    if digest_entry(&place, &place)? != artifact.digest {
        return Err(Error::Changed(place));
    }
    remember(&place, &home)?;
    Ok(place)
}

/// Removes every kept copy whose digest is not among `used`, and what an interrupted [`keep`] left behind. Not to be called
/// while a [`keep`] into the same store is under way.
///
/// # Errors
/// When the store can't be read or something in it can't be removed; a store that does not exist is empty.
pub fn prune(store: &Path, used: &BTreeSet<String>) -> Result<(), Error> {
    let entries = match fs::read_dir(store) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error("read", store)(error)),
    };
    for entry in entries {
        let path = entry.map_err(io_error("read", store))?.path();
        let digest = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if !used.contains(digest) {
            fs::remove_dir_all(&path).map_err(io_error("remove", &path))?;
        }
    }
    Ok(())
}

/// Where the looks of `place` are kept: beside it, under a name that no artifact has as instances see it.
fn record_path(place: &Path, home: &Path) -> PathBuf {
    let name = place.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    home.join(format!(".{name}.looks"))
}

fn remember(place: &Path, home: &Path) -> Result<(), Error> {
    let path = record_path(place, home);
    let looks = looks(place)?;
    crate::files::write_json(&path, &looks).map_err(io_error("write", &path))
}

fn looks(place: &Path) -> Result<Looks, Error> {
    let mut looks = Looks::default();
    let mut hash = Sha256::new();
    walk(place, place, &mut |path, metadata| {
        looks.entries += 1;
        looks.bytes += if metadata.is_file() { metadata.len() } else { 0 };
        let (mode, secs, nanos) = (metadata.mode(), metadata.mtime(), metadata.mtime_nsec());
        hash.update(format!("{}\0{mode:o} {} {secs}.{nanos}\n", relative(place, path), metadata.len()));
        Ok(())
    })?;
    looks.fingerprint = hex(hash);
    Ok(looks)
}

/// Calls `visit` for `path` and everything below it, in the order of the names.
fn walk(
    root: &Path,
    path: &Path,
    visit: &mut dyn FnMut(&Path, &fs::Metadata) -> Result<(), Error>,
) -> Result<(), Error> {
    // The root itself may be a link (current -> build-17): what counts is what it leads to.
    let metadata = if path == root { path.metadata() } else { path.symlink_metadata() };
    let metadata = metadata.map_err(io_error("read", path))?;
    visit(path, &metadata)?;
    if metadata.is_dir() {
        for child in children(path)? {
            walk(root, &child, visit)?;
        }
    }
    Ok(())
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(io_error("read", folder))?;
    let mut children = entries
        .map(|entry| entry.map(|e| e.path()).map_err(io_error("read", folder)))
        .collect::<Result<Vec<_>, _>>()?;
    children.sort();
    Ok(children)
}

fn relative<'a>(root: &Path, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(root).unwrap_or(path).display()
}

/// Returns the digest of what is at `path`, as [`Artifact::digest`] defines it.
fn digest_entry(root: &Path, path: &Path) -> Result<String, Error> {
    copy_or_digest(root, path, None)
}

fn copy_entry(root: &Path, from: &Path, to: &Path) -> Result<String, Error> {
    copy_or_digest(root, from, Some(to))
}

/// One pass for both, so that the digest is of exactly the bytes that were copied.
fn copy_or_digest(root: &Path, from: &Path, to: Option<&Path>) -> Result<String, Error> {
    let metadata = from.metadata().map_err(io_error("read", from))?;
    let mut hash = Sha256::new();
    if metadata.is_file() {
        one_file(from, to, &metadata, &mut hash)?;
        return Ok(hex(hash));
    }
    walk(root, from, &mut |path, metadata| {
        let to = to.map(|to| to.join(path.strip_prefix(from).unwrap_or(path)));
        // Folders and files only tell an executable from one that is not: umask and copying make the rest.
        let executable = metadata.mode() & 0o111 != 0;
        let kind = metadata.file_type();
        if kind.is_dir() {
            hash.update(format!("d {}\0", relative(from, path)));
            to.map_or(Ok(()), |to| fs::create_dir_all(&to).map_err(io_error("make", &to)))
        } else if kind.is_symlink() {
            let target = fs::read_link(path).map_err(io_error("read", path))?;
            hash.update(format!("l {}\0{}\0", relative(from, path), target.display()));
            to.map_or(Ok(()), |to| std::os::unix::fs::symlink(&target, &to).map_err(io_error("make", &to)))
        } else if kind.is_file() {
            hash.update(format!("f {} {executable} ", relative(from, path)));
            let mut content = Sha256::new();
            one_file(path, to.as_deref(), metadata, &mut content)?;
            hash.update(content.finalize());
            Ok(())
        } else {
            Err(Error::Special(root.to_owned(), path.to_owned()))
        }
    })?;
    Ok(hex(hash))
}

fn one_file(from: &Path, to: Option<&Path>, metadata: &fs::Metadata, hash: &mut Sha256) -> Result<(), Error> {
    let mut input = File::open(from).map_err(io_error("read", from))?;
    let mut output = to.map(|to| File::create_new(to).map_err(io_error("make", to))).transpose()?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let n = input.read(&mut buffer).map_err(io_error("read", from))?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        if let (Some(output), Some(to)) = (&mut output, to) {
            output.write_all(&buffer[..n]).map_err(io_error("write", to))?;
        }
    }
    if let (Some(output), Some(to)) = (output, to) {
        // Nobody may write to the copy: an instance that does would change every other one's artifact.
        let mode = metadata.mode() & 0o555 | 0o400;
        output.set_permissions(Permissions::from_mode(mode)).map_err(io_error("protect", to))?;
    }
    Ok(())
}

fn hex(hash: Sha256) -> String {
    use std::fmt::Write;
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Tells two staging folders of this process apart.
fn unique() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests;
