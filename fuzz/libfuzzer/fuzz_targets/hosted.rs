//! See `fuzz::hosted`.
#![no_main]

helix_libfuzzer::program!(fuzz::hosted);
