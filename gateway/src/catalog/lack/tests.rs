use rstest::rstest;

use super::*;
use crate::wire::PromptLength;

fn able(yaml: &str) -> Capabilities {
    serde_saphyr::from_str(yaml).unwrap()
}

fn asks() -> RequestNeeds {
    RequestNeeds {
        prompt_field: "messages",
        prompt: PromptLength { least_tokens: 500, likely_tokens: 1_000 },
        inputs: vec![Modality::Image],
        outputs: vec![Modality::Text],
        output_limit: Some(("max_tokens", 100)),
        tools: Some("tools"),
        schema: Some("response_format"),
        reasoning: Some("thinking"),
        dimensions: None,
    }
}

#[rstest]
#[case("{}", "")]
#[case("{tools: true, schema: true, reasoning: true, caching: false}", "")]
#[case("{context_tokens: 1100, max_output_tokens: 100}", "")]
#[case("{inputs: [text, image], outputs: [text]}", "")]
#[case(
    "{context_tokens: 1099}",
    "prompt is too long: 1100 tokens > 1099 maximum, about 1000 in `messages` and 100 for the answer"
)]
#[case(
    "{max_output_tokens: 99}",
    "`max_tokens` asks for an answer of 100 tokens, and the longest is 99"
)]
#[case("{inputs: [text]}", "`messages` holds pictures, which it cannot be shown")]
#[case("{outputs: [embedding]}", "it does not answer with text")]
#[case("{tools: false}", "it calls no tools, as `tools` asks")]
#[case("{schema: false}", "its answer cannot be held to the schema in `response_format`")]
#[case("{reasoning: false}", "it does not think before it answers, as `thinking` asks")]
fn what_is_lacking_is_told_with_the_field_and_the_limit(#[case] able_to: &str, #[case] told: &str) {
    let lack = able(able_to).lacks(&asks());
    assert_eq!(lack.map(|lack| lack.to_string()).unwrap_or_default(), told);
}

#[test]
fn a_prompt_that_is_surely_too_long_rules_out_and_one_that_probably_is_does_not() {
    let lack = |window: i64| {
        let able = Capabilities { context_tokens: Some(window), ..Capabilities::default() };
        able.lacks(&asks())
    };
    assert!(!lack(599).unwrap().is_bearable());
    assert!(lack(600).unwrap().is_bearable());
    assert_eq!(lack(1_100), None);
}

#[test]
fn what_cannot_be_borne_is_told_before_what_can() {
    let lack = able("{context_tokens: 700, reasoning: false, schema: false}").lacks(&asks());
    assert_eq!(lack, Some(Lack::Schema { field: "response_format" }));
}

#[test]
fn embeddings_are_given_by_whatever_has_dimensions_and_none_longer() {
    let needs = |dimensions| RequestNeeds {
        outputs: vec![Modality::Embedding],
        dimensions,
        ..RequestNeeds::default()
    };
    let able_to = able("{outputs: [text], dimensions: 1536}");
    assert_eq!(able_to.lacks(&needs(Some(1_536))), None);
    let lack = able_to.lacks(&needs(Some(1_537)));
    assert_eq!(lack, Some(Lack::Dimensions { asked: 1_537, most: 1_536 }));
    let chat = able("{outputs: [text]}").lacks(&needs(None));
    assert_eq!(chat, Some(Lack::Output(Modality::Embedding)));
}

#[rstest]
#[case("{}", false)]
#[case("{tools: true, caching: false}", false)]
#[case("{tools: false}", true)]
#[case("{context_tokens: 1}", true)]
fn needs_are_read_only_where_they_can_be_too_much(#[case] able_to: &str, #[case] expected: bool) {
    assert_eq!(able(able_to).are_known(), expected);
}
