//! See `fuzz::facts_and_rewrite`.
#![no_main]

helix_libfuzzer::program!(fuzz::facts_and_rewrite);
