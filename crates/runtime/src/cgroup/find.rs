//! Finds out which control groups this process may make groups in: version 2 first, then 1, else none.
//!
//! A controller works in one version at a time, so a machine may have an empty version 2 beside a full version 1.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Confinement;

/// One mounted hierarchy.
struct Mount {
    point: PathBuf,
    /// The part of the hierarchy that is visible at the point.
    root: String,
    v2: bool,
    options: Vec<String>,
}

/// Decides once, when the server starts. `name` tells this server's groups from another's on the same machine.
///
/// Source: proc_pid_mountinfo(5), cgroups(7).
pub(crate) fn find(name: &str) -> Confinement {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (mounts, own) = (read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
    let mounts: Vec<Mount> = mounts.lines().filter_map(parse_mount).collect();
    // systemd sets it for what it runs as a service (systemd.exec(5)).
    let is_service = std::env::var_os("INVOCATION_ID").is_some();
    v2(&mounts, &own, is_service, name).or_else(|| v1(&mounts, &own, name)).unwrap_or(Confinement::Rlimits)
}

fn parse_mount(line: &str) -> Option<Mount> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, point) = (place.next()?.to_owned(), place.next()?.into());
    let mut kind = kind.split(' ');
    let v2 = match kind.next()? {
        "cgroup2" => true,
        "cgroup" => false,
        _ => return None,
    };
    let options = kind.nth(1)?.split(',').map(str::to_owned).collect();
    Some(Mount { point, root, v2, options })
}

/// Returns where this process's own group of a hierarchy is mounted. `controller` is empty for version 2.
fn own_folder(mount: &Mount, own: &str, controller: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        parts.next()?.split(',').any(|c| c == controller).then(|| parts.next())?
    })?;
    let below = Path::new(path).strip_prefix(&mount.root).unwrap_or(Path::new(""));
    Some(mount.point.join(below.strip_prefix("/").unwrap_or(below)))
}

fn v2(mounts: &[Mount], own: &str, is_service: bool, name: &str) -> Option<Confinement> {
    let mount = mounts.iter().find(|m| m.v2)?;
    let own = own_folder(mount, own, "")?;
    let places = places(&own, &mount.point, is_service);
    places.into_iter().find_map(|place| take_v2(place, name).ok())
}

/// Where groups may be made, the best place first.
fn places<'a>(own: &'a Path, top: &'a Path, is_service: bool) -> Vec<&'a Path> {
    // systemd put us into a group below the one that is ours to divide (Delegate=yes, DelegateSubgroup=server), or we did
    // ourselves at an earlier start.
    let above = if own.ends_with("server") { own.parent() } else { None };
    // A group that is divided takes no process any more. A scope's or a container's gets none; but systemd would start a
    // killed server again in that very one, and fail, as long as instances live below it.
    let own = if is_service { None } else { Some(own) };
    above.into_iter().chain(own).chain([top]).collect()
}

/// Makes naru's group in `place` and lets it control cpu and memory.
fn take_v2(place: &Path, name: &str) -> io::Result<Confinement> {
    let controllers = fs::read_to_string(place.join("cgroup.controllers"))?;
    if !["cpu", "memory"].iter().all(|wanted| controllers.split_whitespace().any(|c| c == *wanted)) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    // Whoever moves a process must be allowed to in the group above both its old and its new one: here, that is this one.
    try_out(place)?;
    if let Err(error) = delegate(place) {
        if error.raw_os_error() != Some(rustix::io::Errno::BUSY.raw_os_error()) {
            return Err(error);
        }
        // Only a group without processes may control others. We may move ourselves out of the way, and nobody else.
        move_own_processes(place)?;
        delegate(place)?;
    }
    let found = Confinement::V2(place.join(name));
    make_bases(&found)?;
    Ok(found)
}

/// Makes the folders that instances' groups are made in, where they are missing.
pub(super) fn make_bases(confinement: &Confinement) -> io::Result<()> {
    match confinement {
        Confinement::V2(base) if base.exists() => Ok(()),
        Confinement::V2(base) => {
            make(base)?;
            delegate(base)
        }
        Confinement::V1 { cpu, cpuacct, memory } => {
            [cpu, cpuacct, memory].into_iter().try_for_each(|base| make(base))
        }
        Confinement::Rlimits => Ok(()),
    }
}

fn delegate(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("cgroup.subtree_control"), "+cpu +memory")
}

fn move_own_processes(place: &Path) -> io::Result<()> {
    let own = std::process::id();
    let all = crate::proc::all();
    let ours = crate::proc::descendants(&all, own);
    let present = fs::read_to_string(place.join("cgroup.procs"))?;
    let pids: Vec<u32> = present.lines().filter_map(|line| line.parse().ok()).collect();
    if !pids.iter().all(|pid| *pid == own || ours.iter().any(|p| p.key.pid == *pid)) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let aside = place.join("server");
    make(&aside)?;
    pids.iter().try_for_each(|pid| fs::write(aside.join("cgroup.procs"), pid.to_string()))
}

fn v1(mounts: &[Mount], own: &str, name: &str) -> Option<Confinement> {
    let take = |controller: &str| {
        let has = |m: &&Mount| !m.v2 && m.options.iter().any(|o| o == controller);
        let mount = mounts.iter().find(has)?;
        let places = [own_folder(mount, own, controller)?, mount.point.clone()];
        places
            .into_iter()
            .map(|place| place.join(name))
            .find(|base| make(base).and_then(|()| try_out(base)).is_ok())
    };
    Some(Confinement::V1 { cpu: take("cpu")?, cpuacct: take("cpuacct")?, memory: take("memory")? })
}

/// A folder that can be made is not yet one that processes may be moved about in.
fn try_out(base: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(base.join("cgroup.procs")).map(drop)
}

pub(super) fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "4:memory:/a/b\n2:cpu,cpuacct:/\n0::/user.slice/x\n";

    #[test]
    fn mounts_of_both_versions_are_told_apart() {
        let v1 =
            parse_mount("31 30 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory")
                .unwrap();
        assert!(!v1.v2 && v1.options.contains(&"memory".to_owned()));
        assert_eq!(own_folder(&v1, OWN, "memory").unwrap(), Path::new("/sys/fs/cgroup/memory/a/b"));
        let v2 = parse_mount("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate").unwrap();
        assert!(v2.v2);
        assert_eq!(own_folder(&v2, OWN, "").unwrap(), Path::new("/sys/fs/cgroup/user.slice/x"));
        assert!(parse_mount("22 1 254:0 / / rw,relatime - ext4 /dev/root rw").is_none());
    }

    #[test]
    fn in_a_container_the_part_of_the_path_that_is_not_mounted_is_left_out() {
        let mount = parse_mount("31 30 0:27 /a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory").unwrap();
        assert_eq!(own_folder(&mount, OWN, "memory").unwrap(), Path::new("/sys/fs/cgroup/memory/b"));
        let mount = parse_mount("31 30 0:27 /z /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory").unwrap();
        assert_eq!(own_folder(&mount, OWN, "memory").unwrap(), Path::new("/sys/fs/cgroup/memory/"));
    }

    #[test]
    fn a_version_2_without_the_controllers_is_of_no_use() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cgroup.controllers"), "hugetlb cpuset\n").unwrap();
        assert!(take_v2(folder.path(), "naru").is_err());
    }

    #[test]
    fn the_group_that_systemd_starts_a_service_in_is_not_divided() {
        let (own, top) = (Path::new("/c/system.slice/naru.service"), Path::new("/c"));
        assert_eq!(places(own, top, true), [top]);
        assert_eq!(places(own, top, false), [own, top]);
        let below = own.join("server");
        assert_eq!(places(&below, top, true), [own, top]);
    }

    #[test]
    fn a_delegated_version_2_is_taken() {
        // Plain files stand in for the kernel's: what would be written is what is checked.
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cgroup.controllers"), "cpuset cpu io memory pids\n").unwrap();
        assert!(take_v2(folder.path(), "naru").is_err(), "nobody may be moved");
        fs::write(folder.path().join("cgroup.procs"), "").unwrap();
        let base = folder.path().join("naru");
        assert_eq!(take_v2(folder.path(), "naru").unwrap(), Confinement::V2(base.clone()));
        for place in [folder.path(), &base] {
            assert_eq!(fs::read_to_string(place.join("cgroup.subtree_control")).unwrap(), "+cpu +memory");
        }
    }
}
