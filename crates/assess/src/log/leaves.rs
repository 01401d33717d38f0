//! The tree of all shapes of paths that came: what requests are counted by. Threads share it and remember what they asked; it is
//! bounded: a folder with very many names, and a log with very many folders, get one leaf for the rest of them.

use super::shape::Kind;
use super::top::{Map, hash};

/// Leaves in all, without those for the rest. Each thread counts each, with its response times at most 2.5 KB.
const MAX_LEAVES: usize = 4096;
/// Names in one folder; beyond them a name goes to `{name}`. More than a function's own parts, fewer than a table's rows.
const MAX_NAMES: u32 = 64;
/// The same at the top, where each name may be a function.
const MAX_TOP_NAMES: u32 = 256;
/// What stands for a name with many values.
pub(super) const NAME: &[u8] = b"{name}";

/// A part of a path; a leaf when requests ended at it.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Above it; the root is above itself.
    pub(super) parent: u32,
    /// Between two slashes; empty for the root.
    pub(super) part: Box<[u8]>,
    pub(super) kind: Kind,
    children: u32,
}

#[derive(Debug)]
pub(super) struct Leaves {
    pub(super) list: Vec<Leaf>,
    edges: Map<u64, u32>,
}

/// The ending of a part's name, with its point.
pub(super) fn ending(part: &[u8]) -> &[u8] {
    match memchr::memrchr(b'.', part) {
        Some(point) if point > 0 && part.len() - point <= 9 => &part[point..],
        _ => &[],
    }
}

impl Leaves {
    pub(super) fn new() -> Leaves {
        let root = Leaf { parent: 0, part: Box::default(), kind: Kind::Page, children: 0 };
        Leaves { list: vec![root], edges: Map::default() }
    }

    /// The leaf of a shape, and whether it is that of the shape itself and not of what it had to be put to.
    pub(super) fn leaf(&mut self, shape: &[u8], kind: Kind) -> (u32, bool) {
        let mut at = 0;
        let mut whole = true;
        for part in shape.split(|b| *b == b'/').filter(|part| !part.is_empty()) {
            let (next, itself) = self.child(at, part);
            whole &= itself;
            match next {
                Some(next) => at = next,
                None => return (at, false),
            }
        }
        self.list[at as usize].kind = kind;
        (at, whole)
    }

    fn child(&mut self, parent: u32, part: &[u8]) -> (Option<u32>, bool) {
        let key = |part: &[u8]| hash(part) ^ u64::from(parent).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if let Some(known) = self.edges.get(&key(part)) {
            return (Some(*known), true);
        }
        let most = if parent == 0 { MAX_TOP_NAMES } else { MAX_NAMES };
        let above = &mut self.list[parent as usize];
        if above.children < most && self.edges.len() < MAX_LEAVES {
            above.children += 1;
            return (Some(self.grow(parent, part, key(part))), true);
        }
        let rest = [NAME, ending(part)].concat();
        match self.edges.get(&key(&rest)) {
            Some(known) => (Some(*known), false),
            // Endings are as many as somebody likes: the one without any is for all of them once there are too many.
            None if self.edges.len() < 2 * MAX_LEAVES && self.list[parent as usize].children < 2 * most => {
                self.list[parent as usize].children += 1;
                (Some(self.grow(parent, &rest, key(&rest))), false)
            }
            None => (self.edges.get(&key(NAME)).copied(), false),
        }
    }

    fn grow(&mut self, parent: u32, part: &[u8], key: u64) -> u32 {
        let id = self.list.len() as u32;
        self.list.push(Leaf { parent, part: part.into(), kind: Kind::Page, children: 0 });
        self.edges.insert(key, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_whatever_comes() {
        let mut leaves = Leaves::new();
        for n in 0..60_000 {
            leaves.leaf(format!("/a{}/b{}/c{}.x{}", n % 700, n % 301, n % 97, n % 53).as_bytes(), Kind::Page);
        }
        assert!(leaves.list.len() <= 2 * MAX_LEAVES + 1, "{}", leaves.list.len());
    }

    #[test]
    fn a_folder_of_many_names_puts_the_rest_together() {
        let mut leaves = Leaves::new();
        let (first, whole) = leaves.leaf(b"/users/kim/profile", Kind::Page);
        assert!(whole);
        assert_eq!(leaves.leaf(b"/users/kim/profile", Kind::Page), (first, true));
        let rest: Vec<(u32, bool)> =
            (0..200).map(|n| leaves.leaf(format!("/users/u{n}/profile").as_bytes(), Kind::Page)).collect();
        let (late, whole) = rest[199];
        assert!(!whole);
        assert_eq!(rest[198].0, late);
        let above = leaves.list[late as usize].parent;
        assert_eq!(&*leaves.list[above as usize].part, NAME);
    }
}
