//! See `fuzz::json_array`.
#![no_main]

helix_libfuzzer::program!(fuzz::json_array);
