//! A change of naru.yaml for as long as a case lasts. The file as it was lies beside it meanwhile, for who finds it changed after a
//! `naru verify` that was killed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::platform::Refused;

/// What the file as it was is called meanwhile.
const KEPT: &str = ".before-verify";

/// The text of a file, and the one that is to take its place for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    path: PathBuf,
    before: String,
    after: String,
}

impl FileEdit {
    /// Reads a file and asks what is to stand there.
    ///
    /// # Errors
    /// It can't be read, was left changed by a `naru verify` that was killed, or `after` finds nothing to change.
    pub fn new(path: &Path, after: impl FnOnce(&str) -> Option<String>) -> Result<FileEdit, Refused> {
        let path = path.canonicalize().map_err(|error| cant("read", path, &error))?;
        let kept = kept(&path);
        if kept.exists() {
            let (kept, path) = (kept.display(), path.display());
            return Err(Refused(format!(
                "{kept} was left by a naru verify that was killed; move it to {path}"
            )));
        }
        let before = fs::read_to_string(&path).map_err(|error| cant("read", &path, &error))?;
        let nothing = || Refused(format!("{} can't be changed by a program", path.display()));
        let after = after(&before).ok_or_else(nothing)?;
        Ok(FileEdit { path, before, after })
    }

    /// # Errors
    /// The folder can't be written in; then nothing has changed.
    pub(super) fn apply(&self) -> Result<(), Refused> {
        put(&kept(&self.path), &self.before, &self.path)?;
        put(&self.path, &self.after, &self.path)
    }

    /// # Errors
    /// Somebody else has changed the file meanwhile, which is not undone; or it can't be written.
    pub(super) fn take_back(&self) -> Result<(), Refused> {
        let kept = kept(&self.path);
        let now = fs::read_to_string(&self.path).map_err(|error| cant("read", &self.path, &error))?;
        if now == self.after {
            put(&self.path, &self.before, &self.path)?;
        } else if now != self.before {
            let (path, kept) = (self.path.display(), kept.display());
            return Err(Refused(format!(
                "{path} was changed by somebody else meanwhile; {kept} is as it was before"
            )));
        }
        match fs::remove_file(&kept) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cant("remove", &kept, &error)),
            _ => Ok(()),
        }
    }
}

fn kept(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(KEPT);
    name.into()
}

/// Puts a file there at once and whole, with the owner and the rights of another.
fn put(path: &Path, text: &str, like: &Path) -> Result<(), Refused> {
    let part = path.with_extension("part");
    let write = || -> io::Result<()> {
        let known = fs::metadata(like)?;
        fs::write(&part, text)?;
        fs::set_permissions(&part, known.permissions())?;
        let own = fs::metadata(&part)?;
        if (own.uid(), own.gid()) != (known.uid(), known.gid()) {
            std::os::unix::fs::chown(&part, Some(known.uid()), Some(known.gid()))?;
        }
        fs::rename(&part, path)
    };
    write().map_err(|error| {
        // What can't be removed either is written over the next time.
        let _ = fs::remove_file(&part);
        cant("write", path, &error)
    })
}

fn cant(what: &str, path: &Path, error: &io::Error) -> Refused {
    Refused(format!("can't {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_as_it_was_afterwards_and_what_others_wrote_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("naru.yaml");
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        fs::write(&path, "a: 1 # 하나\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let edit = FileEdit::new(&path, |text| Some(format!("{text}b: 2\n"))).unwrap();
        assert_eq!(names(), ["naru.yaml"]);
        edit.apply().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a: 1 # 하나\nb: 2\n");
        assert_eq!(names(), ["naru.yaml", "naru.yaml.before-verify"]);
        let left = FileEdit::new(&path, |text| Some(text.to_owned())).unwrap_err();
        assert!(
            left.0.contains("naru.yaml.before-verify was left by a naru verify that was killed"),
            "{left}"
        );
        for _ in 0..2 {
            edit.take_back().unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names().len()), ("a: 1 # 하나\n", 1));
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);

        edit.apply().unwrap();
        fs::write(&path, "a: 3\n").unwrap();
        assert!(edit.take_back().unwrap_err().0.contains("changed by somebody else"));
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names().len()), ("a: 3\n", 2));
        assert!(FileEdit::new(&folder.path().join("none"), |_| None).is_err());
    }
}
