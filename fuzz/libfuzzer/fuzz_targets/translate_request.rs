//! See `fuzz::translate_request`.
#![no_main]

helix_libfuzzer::program!(fuzz::translate_request);
