//! Puts the built site into the binary, under the feature `embed`.
//!
//! The site is what `cargo leptos build --release --precompress --frontend-only` leaves in
//! `target/site`, or wherever `LEPTOS_SITE_ROOT` says (from the workspace's root, as for
//! cargo-leptos). This writes one table of it, which `site::assets` includes.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LEPTOS_SITE_ROOT");
    if env::var_os("CARGO_FEATURE_EMBED").is_none() {
        return Ok(());
    }
    let site = site_root()?;
    println!("cargo::rerun-if-changed={}", site.display());
    let mut files = Vec::new();
    collect(&site, &mut files)?;
    files.sort();
    if !files.iter().any(|file| file.ends_with("pkg/helix.wasm")) {
        return Err(format!(
            "there is no site in {}: build it first with `cargo leptos build --release \
             --precompress --frontend-only`",
            site.display()
        )
        .into());
    }
    let table = table(&site, &files)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("site.rs"), table)?;
    Ok(())
}

fn site_root() -> Result<PathBuf, Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let workspace = manifest.parent().ok_or("the crate is not in a workspace")?;
    let root = env::var("LEPTOS_SITE_ROOT").unwrap_or_else(|_| "target/site".to_owned());
    Ok(workspace.join(root))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// A digest of everything, and for each file its bytes, plain and compressed.
fn table(site: &Path, files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut digest = DefaultHasher::new();
    let mut rows = String::new();
    for file in files {
        let name = file.strip_prefix(site)?.to_string_lossy().replace('\\', "/");
        let is_compressed = file.extension().is_some_and(|kind| kind == "br" || kind == "gz");
        if is_compressed {
            continue;
        }
        let bytes = fs::read(file)?;
        name.hash(&mut digest);
        bytes.hash(&mut digest);
        let beside = |suffix: &str| {
            let path = PathBuf::from(format!("{}.{suffix}", file.display()));
            if path.exists() {
                format!("Some(include_bytes!(r#\"{}\"#))", path.display())
            } else {
                "None".to_owned()
            }
        };
        writeln!(
            rows,
            "    Embedded {{ name: {name:?}, plain: include_bytes!(r#\"{}\"#), brotli: {}, gzip: {} \
             }},",
            file.display(),
            beside("br"),
            beside("gz")
        )?;
    }
    Ok(format!(
        "const DIGEST: &str = \"{:016x}\";\nstatic FILES: &[Embedded] = &[\n{rows}];\n",
        digest.finish()
    ))
}
