//! See `fuzz::translate_response`.
#![no_main]

helix_libfuzzer::program!(fuzz::translate_response);
