//! See `fuzz::sse`.
#![no_main]

helix_libfuzzer::program!(fuzz::sse);
