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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_and_all_is_compressed() {
        assert!(
            FILES
                .iter()
                .any(|file| file.path == "index.html" && file.media_type == "text/html; charset=utf-8")
        );
        for file in FILES {
            assert_eq!(file.gzip[..2], [0x1f, 0x8b], "{} is not gzip", file.path);
            assert!(file.etag.starts_with('"') && file.etag.ends_with('"'), "{}", file.etag);
        }
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
