//! A short run of every target: what is kept, and mutations of it by fixed seeds.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by ending")]

use std::{
    collections::BTreeSet,
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use fuzz::{TARGETS, mutate};
use rand::{SeedableRng, rngs::StdRng};

/// Mutations of each input that is kept.
const MUTATIONS: u64 = 250;
/// The longest mutation.
const LIMIT_BYTES: usize = 8 * 1024;

#[test]
fn every_target_has_inputs_that_are_kept_and_a_program_for_the_fuzzer() {
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(corpus("")), targets);
    assert_eq!(names(corpus("../libfuzzer/fuzz_targets")), targets);
    for (name, _) in TARGETS {
        assert!(!kept(name).is_empty(), "{name} has no inputs");
    }
}

#[test]
fn every_input_that_is_kept_passes() {
    all_bear(|name, target| kept(name).iter().all(|(file, data)| bears(name, target, data, file)));
}

#[test]
fn mutations_of_what_is_kept_pass() {
    all_bear(|name, target| {
        (0..).zip(kept(name)).all(|(seed, (file, data))| {
            let mut random = StdRng::seed_from_u64(seed);
            (0..MUTATIONS).all(|_| {
                let mut mutation = data.clone();
                mutate(&mut mutation, LIMIT_BYTES, &mut random);
                bears(name, target, &mutation, &file)
            })
        })
    });
}

fn all_bear(check: impl Fn(&str, fn(&[u8])) -> bool) {
    let failed = TARGETS.iter().filter(|(name, target)| !check(name, *target));
    let failed: Vec<&str> = failed.map(|(name, _)| *name).collect();
    assert!(failed.is_empty(), "what is printed above has broken {}", failed.join(", "));
}

/// Runs a target; an input that it does not bear is left where it can be looked at.
fn bears(name: &str, target: fn(&[u8]), data: &[u8], origin: &Path) -> bool {
    if catch_unwind(|| target(data)).is_ok() {
        return true;
    }
    let left = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.failed"));
    fs::write(&left, data).unwrap();
    eprintln!("{name} failed with {}, made of {}", left.display(), origin.display());
    false
}

fn kept(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(corpus(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut kept: Vec<_> = files.map(|file| (file.clone(), fs::read(file).unwrap())).collect();
    kept.sort();
    kept
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}
