//! The site on the disk, as `cargo leptos watch` and `cargo leptos serve` leave it.

use std::{
    env, fs,
    path::{Component, Path, PathBuf},
};

use leptos::config::LeptosOptions;

use super::{Accepted, File};

/// Files change under the same address while one works on them.
pub(super) const CACHE_CONTROL_OF_SITE: &str = "no-cache";
pub(super) const IS_IMMUTABLE: bool = false;

pub(super) const fn digest() -> &'static str {
    "dev"
}

fn root() -> PathBuf {
    env::var_os("LEPTOS_SITE_ROOT").map_or_else(|| PathBuf::from("target/site"), PathBuf::from)
}

/// The reload socket of `cargo leptos watch`, which says where it is in the environment.
pub(super) fn reload() -> Option<LeptosOptions> {
    env::var_os("LEPTOS_WATCH")?;
    let port = env::var("LEPTOS_RELOAD_PORT").ok()?.parse().ok()?;
    Some(LeptosOptions::builder().output_name("helix").reload_port(port).build())
}

/// Reads a file; never one outside the site.
pub(super) fn file(path: &str, _accepted: Accepted) -> Option<File> {
    let path = Path::new(path);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let bytes = fs::read(root().join(path)).ok()?;
    Some(File { bytes: bytes.into(), encoding: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_climbs_out_of_the_site_is_not_read() {
        for path in ["../Cargo.toml", "/etc/hostname", "pkg/../../Cargo.toml"] {
            assert!(file(path, Accepted::default()).is_none(), "{path}");
        }
    }
}
