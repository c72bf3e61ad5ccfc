//! Models of Google's, for clients of other dialects.

mod answers;
mod requests;
mod signatures;

use serde_json::Value;

use super::target;
use crate::wire::{
    Dialect::{self, Gemini},
    translate::{Target, translate_request},
};

fn gemini(model: &'static str) -> Target<'static> {
    Target { model, ..target(Gemini) }
}

fn sent(from: Dialect, body: &str, target: &Target<'_>) -> Value {
    let told = translate_request(from, body.as_bytes(), target).unwrap();
    serde_json::from_slice(&told.body).unwrap()
}
