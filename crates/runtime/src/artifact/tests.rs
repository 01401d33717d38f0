use std::os::unix::fs::symlink;

use super::*;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("artifacts")
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// What an instance would read.
    fn read(&self, artifact: &Artifact, file: &str) -> String {
        fs::read_to_string(find(&self.store(), artifact).unwrap().join(file)).unwrap()
    }

    fn entries(&self) -> usize {
        fs::read_dir(self.store()).unwrap().count()
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o777
}

#[test]
fn a_file_is_kept_by_the_sha_256_of_its_content() {
    let place = Place::new();
    let kept = keep(&place.store(), &place.write("a.txt", "abc")).unwrap();
    assert_eq!(kept.name, "a.txt");
    // FIPS 180-2, appendix B.1.
    assert_eq!(kept.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let copy = find(&place.store(), &kept).unwrap();
    assert_eq!(copy, place.store().join(&kept.digest).join("a.txt"));
    assert_eq!(mode(&copy) & 0o222, 0, "nobody may write to it");
}

#[test]
fn what_is_built_later_does_not_change_what_was_kept() {
    let place = Place::new();
    let one = keep(&place.store(), place.write("app/main.js", "one").parent().unwrap()).unwrap();
    let two = keep(&place.store(), place.write("app/main.js", "two").parent().unwrap()).unwrap();
    assert_ne!(one.digest, two.digest);
    assert_eq!((place.read(&one, "main.js"), place.read(&two, "main.js")), ("one".into(), "two".into()));
}

#[test]
fn the_same_is_kept_once_and_under_each_name() {
    let place = Place::new();
    let one = keep(&place.store(), &place.write("a", "same")).unwrap();
    assert_eq!(keep(&place.store(), &place.write("a", "same")).unwrap(), one);
    let other = keep(&place.store(), &place.write("b", "same")).unwrap();
    assert_eq!((one.digest == other.digest, place.entries()), (true, 1));
    assert!(find(&place.store(), &one).is_ok() && find(&place.store(), &other).is_ok());
}

#[test]
fn a_folder_s_digest_is_over_names_contents_links_and_what_is_executable() {
    let place = Place::new();
    let app = place.folder.path().join("app");
    let file = place.write("app/run", "x");
    let mut digests = vec![keep(&place.store(), &app).unwrap().digest];
    let mut again = || digests.push(keep(&place.store(), &app).unwrap().digest);
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    again();
    symlink("run", app.join("link")).unwrap();
    again();
    fs::create_dir(app.join("empty")).unwrap();
    again();
    fs::rename(&file, app.join("walk")).unwrap();
    again();
    let distinct: BTreeSet<_> = digests.iter().collect();
    assert_eq!(distinct.len(), 5);
    let last = Artifact { name: "app".into(), digest: digests[4].clone() };
    let copy = find(&place.store(), &last).unwrap();
    assert_eq!(fs::read_link(copy.join("link")).unwrap(), Path::new("run"));
    assert!(copy.join("empty").is_dir());
    assert_eq!(mode(&copy.join("walk")), 0o555);
}

#[test]
fn a_file_that_was_made_executable_since_becomes_so_in_the_store() {
    let place = Place::new();
    let file = place.write("run", "x");
    let kept = keep(&place.store(), &file).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(keep(&place.store(), &file).unwrap(), kept);
    assert_eq!(mode(&find(&place.store(), &kept).unwrap()), 0o555);
}

#[test]
fn a_source_that_is_a_link_is_kept_as_what_it_leads_to() {
    let place = Place::new();
    place.write("build-17/main.js", "17");
    let current = place.folder.path().join("current");
    symlink("build-17", &current).unwrap();
    let kept = keep(&place.store(), &current).unwrap();
    assert_eq!((kept.name.as_str(), place.read(&kept, "main.js")), ("current", "17".into()));
}

#[test]
fn what_can_t_be_kept_is_refused_and_leaves_nothing() {
    let place = Place::new();
    let missing = keep(&place.store(), &place.folder.path().join("no.jar")).unwrap_err();
    assert!(missing.to_string().contains("does not exist; build it first"), "{missing}");
    assert!(matches!(keep(&place.store(), Path::new("/")), Err(Error::Nameless(_))));
    let folder = place.write("app/file", "x").parent().unwrap().to_owned();
    let socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
    assert!(matches!(keep(&place.store(), &folder), Err(Error::Special(_, _))));
    drop(socket);
    assert_eq!(place.entries(), 0);
}

#[test]
fn a_copy_that_was_written_to_is_refused_and_replaced_by_keeping_it_again() {
    let place = Place::new();
    let source = place.write("app/main.js", "good").parent().unwrap().to_owned();
    let kept = keep(&place.store(), &source).unwrap();
    let file = find(&place.store(), &kept).unwrap().join("main.js");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "evil").unwrap();
    assert!(matches!(find(&place.store(), &kept), Err(Error::Changed(_))));
    assert_eq!(keep(&place.store(), &source).unwrap(), kept);
    assert_eq!(place.read(&kept, "main.js"), "good");
    fs::remove_dir_all(place.store().join(&kept.digest)).unwrap();
    assert!(matches!(find(&place.store(), &kept), Err(Error::Lost(_))));
}

#[test]
fn a_copy_that_only_looks_different_is_still_good() {
    let place = Place::new();
    let kept = keep(&place.store(), &place.write("a", "x")).unwrap();
    let copy = find(&place.store(), &kept).unwrap();
    File::open(&copy).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(find(&place.store(), &kept).is_ok());
    let looks_now = looks(&copy).unwrap();
    let remembered = fs::read(record_path(&copy, copy.parent().unwrap())).unwrap();
    assert_eq!(serde_json::from_slice::<Looks>(&remembered).unwrap(), looks_now);
}

#[test]
fn only_what_a_revision_uses_stays() {
    let place = Place::new();
    let (one, two) = (
        keep(&place.store(), &place.write("a", "1")).unwrap(),
        keep(&place.store(), &place.write("a", "2")).unwrap(),
    );
    fs::create_dir(place.store().join(".123-456")).unwrap();
    prune(&place.store(), &BTreeSet::from([two.digest.clone()])).unwrap();
    assert!(find(&place.store(), &one).is_err() && find(&place.store(), &two).is_ok());
    assert_eq!(place.entries(), 1);
    prune(&place.folder.path().join("never-made"), &BTreeSet::new()).unwrap();
}
