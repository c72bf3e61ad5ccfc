//! See `fuzz::multipart`.
#![no_main]

helix_libfuzzer::program!(fuzz::multipart);
