//! See `fuzz::usage`.
#![no_main]

helix_libfuzzer::program!(fuzz::usage);
