//! A stream ends with what the same answer is as a whole: the Responses API repeats it in its last
//! event, so both are compared there.

use serde_json::Value;

use super::{PROVIDERS, case};
use crate::wire::{
    Dialect,
    translate::{
        tests::{context, streams::tell},
        translate_response,
    },
};

/// Cases that a stream tells otherwise.
const OTHERWISE: [(&str, &str); 4] = [
    ("truncated_call", "what had come of the call is told already"),
    ("several_texts", "nothing tells where the next one begins"),
    ("signed_text", "the signature comes behind the text"),
    ("signed_text_and_call", "the signature comes behind the text"),
];

#[test]
fn a_stream_ends_with_what_the_answer_is_as_a_whole() {
    let mut compared = 0;
    for case in case::all("answers") {
        if OTHERWISE.iter().any(|(name, _)| *name == case.name) {
            continue;
        }
        for provider in PROVIDERS.into_iter().filter(|it| *it != Dialect::OpenAiResponses) {
            let forms = (case.given(provider, "whole"), case.given(provider, "streamed"));
            let (Some(whole), Some(streamed)) = forms else { continue };
            let at = format!("{} of {}", case.name, provider.as_str());
            let client = Dialect::OpenAiResponses;
            let whole = translate_response(provider, client, whole.as_bytes(), &context());
            let (told, ended) = tell(provider, client, true, [streamed.as_bytes(), b"\n\n"]);
            assert_eq!(whole.is_ok(), ended.is_ok(), "{at}");
            let Ok(whole) = whole else { continue };
            let whole: Value = serde_json::from_slice(&whole).unwrap();
            let last = told.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
            let last: Value = serde_json::from_str(last).unwrap();
            for field in ["status", "output", "usage"] {
                assert_eq!(last["response"][field], whole[field], "{at}: {field}");
            }
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared}");
}
