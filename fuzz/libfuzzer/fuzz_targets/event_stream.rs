//! See `fuzz::event_stream`.
#![no_main]

helix_libfuzzer::program!(fuzz::event_stream);
