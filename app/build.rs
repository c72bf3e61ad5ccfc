//! Finds out whether the browser's code will be split into parts that load with their pages.
//!
//! `cargo leptos --split` cuts the code by its relocations and asks the linker to keep them.
//! Without that, a lazily loaded page would wait for a part that nobody has made.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(split)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let is_browser = std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    // The server renders whole pages either way, and says beforehand which parts they need.
    if !is_browser || flags.contains("--emit-relocs") {
        println!("cargo::rustc-cfg=split");
    }
}
