//! Plain folders stand in for the kernel's: they show what would be written and how what is there is read. The real ones
//! are in `tests/process`.

use naru_model::units::{Bytes, Cpu};

use super::*;

const SIZE: InstanceSize = InstanceSize { cpu: Some(Cpu { millicores: 500 }), memory: Some(Bytes(64 << 20)) };

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

/// Makes a folder as the kernel would have it.
fn base(folder: &Path) -> PathBuf {
    fs::create_dir(folder).unwrap();
    folder.to_owned()
}

#[test]
fn half_a_core_is_half_of_each_version_s_default() {
    let folder = tempfile::tempdir().unwrap();
    let v2 = Confinement::V2(base(&folder.path().join("2"))).create("a-1-1", &SIZE).unwrap();
    let Group::V2(v2) = v2 else { panic!("{v2:?}") };
    assert_eq!(read(&v2, "cpu.weight"), "50");
    assert_eq!(read(&v2, "memory.max"), "67108864");
    assert_eq!(read(&v2, "memory.swap.max"), "0");
    let one = base(&folder.path().join("1"));
    let v1 = Confinement::V1 { cpu: one.clone(), cpuacct: one.clone(), memory: one.join("m") };
    let v1 = v1.create("a-1-1", &SIZE).unwrap();
    assert_eq!(read(v1.folders()[0], "cpu.shares"), "512");
    assert_eq!(read(v1.folders()[1], "memory.limit_in_bytes"), "67108864");
    assert_eq!(v1.folders().len(), 2);
}

#[test]
fn without_a_size_nothing_is_limited() {
    let folder = tempfile::tempdir().unwrap();
    let group = Confinement::V2(folder.path().to_owned()).create("a-1-1", &InstanceSize::default()).unwrap();
    assert_eq!(fs::read_dir(group.folders()[0]).unwrap().count(), 0);
    group.remove();
    assert!(!folder.path().join("a-1-1").exists());
}

#[test]
fn memory_is_what_is_held_without_the_cache_nobody_used_lately() {
    let folder = tempfile::tempdir().unwrap();
    let group = Group::V2(folder.path().to_owned());
    assert_eq!(group.usage(), None);
    let files = [
        ("cpu.stat", "usage_usec 1500\nuser_usec 1000\n"),
        ("memory.current", "9000\n"),
        ("memory.stat", "anon 1\ninactive_file 4000\nactive_file 3\n"),
        ("memory.events", "low 0\noom 1\noom_kill 1\noom_group_kill 0\n"),
    ];
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    assert_eq!(group.usage(), Some(Usage { cpu_nanos: 1_500_000, memory_bytes: 5000 }));
    assert!(group.saw_oom());
}

#[test]
fn all_instances_together_count_as_much_as_they_do_each() {
    let folder = tempfile::tempdir().unwrap();
    let confinement = Confinement::V2(folder.path().to_owned());
    for name in ["a-1-1", "a-1-2", "a-1-3"] {
        confinement.create(name, &SIZE).unwrap();
    }
    assert_eq!(read(folder.path(), "cpu.weight"), "150");
    fs::remove_dir_all(folder.path().join("a-1-3")).unwrap();
    confinement.balance();
    assert_eq!(read(folder.path(), "cpu.weight"), "100");
}

#[test]
fn the_folder_of_all_groups_is_made_again_when_it_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let confinement = Confinement::V2(folder.path().join("naru"));
    confinement.create("a-1-1", &SIZE).unwrap();
    assert_eq!(read(&folder.path().join("naru"), "cgroup.subtree_control"), "+cpu +memory");
}
