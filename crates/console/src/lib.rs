//! The web console, built from `console/` and embedded: outside the loop, shown by the API to whoever opens it in a browser.
//!
//! Files are kept compressed, as every browser takes them. The page makes no request but to the API that served it.

/// One file as it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Without a leading slash: `index.html`, `assets/index-5a1c0e9b.js`.
    pub path: &'static str,
    /// The value of `Content-Type`.
    pub media_type: &'static str,
    /// The value of `ETag`, quotes included.
    pub etag: &'static str,
    /// Its name changes with its content, so that it may be cached for ever.
    pub immutable: bool,
    /// Its content, to be sent with `Content-Encoding: gzip`.
    pub gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The page itself; its views are told apart behind the `#`.
pub const PAGE: &str = "index.html";

/// What the page may do: nothing but what comes from here. Styles are set by scripts through the CSSOM, which this allows.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                                           frame-ancestors 'none'";

/// Finds a file by its path, without a leading slash; the empty path is the page.
pub fn file(path: &str) -> Option<&'static File> {
    let path = if path.is_empty() { PAGE } else { path };
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().map(|at| &FILES[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_by_its_path_and_the_page_by_none() {
        for wanted in FILES {
            assert_eq!(file(wanted.path), Some(wanted));
            assert_eq!(wanted.gzip[..2], [0x1f, 0x8b], "{} is not gzip", wanted.path);
        }
        assert_eq!(file("").map(|page| page.media_type), Some("text/html; charset=utf-8"));
        assert_eq!(file("assets"), None);
    }

    #[test]
    fn only_files_whose_name_has_a_hash_are_immutable() {
        for file in FILES {
            assert_eq!(file.immutable, file.path.starts_with("assets/"), "{}", file.path);
        }
    }

    #[test]
    fn all_of_it_weighs_at_most_300_kib_compressed() {
        let total: usize = FILES.iter().map(|file| file.gzip.len()).sum();
        assert!(total <= 300 * 1024, "{total} bytes");
    }
}
