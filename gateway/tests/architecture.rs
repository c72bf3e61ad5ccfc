//! Keeps the arrows between the engine's modules as `docs/ARCHITECTURE.md` draws them.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by ending")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What each module may import beside `shared`. A stage of the pipeline names the type of the
/// stage before it; beyond that, modules of one row do not know each other.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("storage", &["kernel"]),
    ("journal", &["kernel"]),
    ("wire", &["kernel"]),
    ("markdown", &[]),
    ("call", &["kernel", "journal", "wire"]),
    ("catalog", &["kernel", "wire"]),
    ("metering", &["kernel", "call", "catalog"]),
    ("audit", &["kernel", "storage", "call"]),
    ("events", &["kernel", "storage", "call"]),
    ("identity", &["kernel", "storage", "audit", "call"]),
    ("access", &["kernel", "storage", "wire", "call", "catalog", "identity"]),
    ("policy", &["kernel", "wire", "call", "catalog", "identity", "access"]),
    ("limits", &["kernel", "storage", "wire", "call", "catalog", "metering", "identity", "policy"]),
    (
        "budgets",
        &["kernel", "storage", "wire", "call", "catalog", "metering", "identity", "limits"],
    ),
    ("routing", &["kernel", "wire", "call", "catalog", "identity", "limits", "budgets"]),
    ("providers", &["kernel", "wire", "call", "catalog", "limits", "routing"]),
    (
        "proxy",
        &[
            "kernel",
            "storage",
            "journal",
            "wire",
            "call",
            "catalog",
            "metering",
            "audit",
            "identity",
            "access",
            "policy",
            "limits",
            "budgets",
            "routing",
            "providers",
        ],
    ),
    ("configuration", &["kernel", "storage", "audit", "providers"]),
    (
        "conversations",
        &["kernel", "storage", "wire", "markdown", "call", "audit", "identity", "proxy"],
    ),
    ("responses", &["kernel", "storage", "wire", "call", "audit", "identity", "proxy"]),
    (
        "finance",
        &["kernel", "storage", "call", "catalog", "metering", "audit", "budgets", "identity"],
    ),
    (
        "batches",
        &[
            "kernel",
            "storage",
            "wire",
            "call",
            "catalog",
            "metering",
            "audit",
            "identity",
            "providers",
            "proxy",
            "finance",
        ],
    ),
    ("discovery", &["kernel", "storage", "catalog", "audit", "providers"]),
    (
        "admin",
        &[
            "kernel",
            "storage",
            "audit",
            "call",
            "catalog",
            "metering",
            "identity",
            "budgets",
            "finance",
            "discovery",
            "proxy",
            "configuration",
            "providers", // The command line opens parts of the whole.
            "gateway",
            "Gateway",
        ],
    ),
];

#[test]
fn every_module_imports_only_what_its_row_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (module, allowed) in ARROWS {
        for file in files_of(&source, module) {
            for import in imports_of(&fs::read_to_string(&file).unwrap()) {
                if import != *module && !allowed.contains(&import.as_str()) {
                    wrong.push(format!("{module} must not import {import}: {}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_place() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let places: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_root = matches!(name, "lib" | "gateway");
        assert!(is_root || places.contains_key(name), "give `{name}` its arrows here and in docs");
    }
}

#[test]
fn neither_pages_nor_server_touch_the_database() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for part in ["app", "server"] {
        for file in all_files(&workspace.join(part).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(
                !text.contains("gateway::storage"),
                "{} goes past the services",
                file.display()
            );
        }
    }
}

fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let mut files = vec![source.join(format!("{module}.rs"))];
    files.extend(all_files(&source.join(module)));
    let is_test = |file: &Path| file.iter().any(|part| part == "tests" || part == "tests.rs");
    files.retain(|file| file.exists() && !is_test(file.strip_prefix(source).unwrap()));
    files
}

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { all_files(&path) } else { vec![path] }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The modules of this crate that a file names, tests left out.
fn imports_of(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut imports = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            imports.extend(heads_of(group));
        } else {
            imports.push(head(rest));
        }
    }
    imports
}

/// The first names of a `use crate::{…}` group, nested groups skipped.
fn heads_of(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut is_start) = (0, true);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            _ if is_start && character.is_alphabetic() => {
                heads.push(head(&group[at..]));
                is_start = false;
            }
            _ => {}
        }
    }
    heads
}

fn head(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}
