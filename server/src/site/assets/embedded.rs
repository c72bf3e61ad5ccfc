//! The site inside the binary, in the table that `build.rs` writes.

use bytes::Bytes;
use leptos::config::LeptosOptions;

use super::{Accepted, File};

/// One file of the built site.
struct Embedded {
    name: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// The address changes with the content.
pub(super) const CACHE_CONTROL_OF_SITE: &str = "public, max-age=31536000, immutable";
pub(super) const IS_IMMUTABLE: bool = true;

pub(super) const fn digest() -> &'static str {
    DIGEST
}

/// Nothing reloads in a binary that carries its site.
pub(super) const fn reload() -> Option<LeptosOptions> {
    None
}

/// A file, compressed where there is a compressed one and it is taken.
pub(super) fn file(path: &str, accepted: Accepted) -> Option<File> {
    let place = FILES.binary_search_by(|file| file.name.cmp(path)).ok()?;
    let file = FILES.get(place)?;
    let compressed = [
        file.brotli.filter(|_| accepted.brotli).map(|bytes| (bytes, "br")),
        file.gzip.filter(|_| accepted.gzip).map(|bytes| (bytes, "gzip")),
    ];
    let (bytes, encoding) = match compressed.into_iter().flatten().next() {
        Some((bytes, encoding)) => (bytes, Some(encoding)),
        None => (file.plain, None),
    };
    Some(File { bytes: Bytes::from_static(bytes), encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_by_its_name_and_small_ones_come_compressed() {
        for file in FILES {
            assert!(super::file(file.name, Accepted::default()).is_some(), "{}", file.name);
        }
        let style = file("pkg/helix.css", Accepted { brotli: true, gzip: true });
        assert_eq!(style.map(|file| file.encoding), Some(Some("br")));
    }
}
