//! See `fuzz::translate_stream`.
#![no_main]

helix_libfuzzer::program!(fuzz::translate_stream);
