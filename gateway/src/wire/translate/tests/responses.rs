use rstest::rstest;

use super::{context, indented};
use crate::wire::{Dialect, WireError, translate::translate_response};

macro_rules! openai {
    ($case:literal) => {
        ($case, include_str!(concat!("openai_responses/", $case, ".json")))
    };
}

macro_rules! anthropic {
    ($case:literal) => {
        ($case, include_str!(concat!("anthropic_responses/", $case, ".json")))
    };
}

#[rstest]
#[case(openai!("text"))]
#[case(openai!("tools"))]
#[case(openai!("forced_tool"))]
#[case(openai!("cut_in_a_tool_call"))]
#[case(openai!("refusal"))]
#[case(openai!("content_filter"))]
#[case(openai!("sparse"))]
#[case(openai!("thoughts"))]
#[case(openai!("signed_thoughts"))]
fn an_openai_answer_is_told_to_an_anthropic_client(#[case] (case, body): (&str, &str)) {
    let told = translate_response(
        Dialect::OpenAiChat,
        Dialect::AnthropicMessages,
        body.as_bytes(),
        &context(),
    );
    insta::assert_snapshot!(format!("openai_to_anthropic_{case}"), indented(&told.unwrap()));
}

#[rstest]
#[case(anthropic!("text"))]
#[case(anthropic!("tools"))]
#[case(anthropic!("stop_sequence"))]
#[case(anthropic!("output_limit"))]
#[case(anthropic!("refusal"))]
#[case(anthropic!("thoughts"))]
fn an_anthropic_answer_is_told_to_an_openai_client(#[case] (case, body): (&str, &str)) {
    let told = translate_response(
        Dialect::AnthropicMessages,
        Dialect::OpenAiChat,
        body.as_bytes(),
        &context(),
    );
    insta::assert_snapshot!(format!("anthropic_to_openai_{case}"), indented(&told.unwrap()));
}

#[rstest]
#[case(Dialect::OpenAiChat, "<html>")]
#[case(Dialect::OpenAiChat, r#"{"choices":[]}"#)]
#[case(Dialect::OpenAiChat, r#"{"error":{"message":"no"}}"#)]
#[case(
    Dialect::OpenAiChat,
    r#"{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{"}}]}}]}"#
)]
#[case(Dialect::AnthropicMessages, "{}")]
#[case(Dialect::AnthropicMessages, r#"{"content":[{"type":"tool_use","name":"f","input":{}}]}"#)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"content":[{"type":"tool_use","id":"t","name":"f","input":[]}]}"#
)]
fn an_answer_that_breaks_its_own_dialect_is_nonsense(#[case] from: Dialect, #[case] body: &str) {
    for to in [Dialect::OpenAiChat, Dialect::AnthropicMessages] {
        let error = translate_response(from, to, body.as_bytes(), &context()).unwrap_err();
        assert!(matches!(error, WireError::Nonsense(_)), "{error:?}");
    }
}
