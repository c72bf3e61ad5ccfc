//! See `fuzz::json_lines`.
#![no_main]

helix_libfuzzer::program!(fuzz::json_lines);
