//! See `fuzz::price_sources`.
#![no_main]

helix_libfuzzer::program!(fuzz::price_sources);
