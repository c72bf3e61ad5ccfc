//! What is seen does not depend on the chunks, and the estimate never misses what has passed.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const OPENAI: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\\\"b\"}}],\"usage\":null}\n\n\
    data: {\"choices\":[],\"usage\" : {\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n\
    data: [DONE]\n\n";
const ANTHROPIC: &str = "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":9,\
    \"cache_read_input_tokens\":4,\"output_tokens\":1}}}\n\n\
    event: content_block_delta\ndata: {\"delta\":{\"text\":\"hello\"}}\n\n\
    event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"},\
    \"usage\":{\"output_tokens\":7}}\n\n\
    event: message_stop\ndata: {}\n\n";

const RESPONSES: &str = "event: response.created\ndata: {\"type\":\"response.created\",\
    \"response\":{\"usage\":null}}\n\n\
    event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\
    \"delta\":\"hello\"}\n\n\
    event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\
    \"text\":\"hello\"}\n\n\
    event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\
    \"item\":{\"type\":\"function_call\",\"name\":\"look\"}}\n\n\
    event: response.function_call_arguments.delta\n\
    data: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{}\"}\n\n\
    event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\
    \"service_tier\":\"priority\",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}}\n\n";

pub(super) fn meter(dialect: Dialect, stream: &str, chunk: usize) -> StreamMeter {
    let mut meter = StreamMeter::new(dialect);
    stream.as_bytes().chunks(chunk).for_each(|bytes| meter.push(bytes));
    meter
}

#[test]
fn openai_usage_is_read_whatever_the_chunks() {
    for chunk in 1..OPENAI.len() {
        let meter = meter(Dialect::OpenAiChat, OPENAI, chunk);
        let tokens = meter.report().unwrap().tokens;
        assert_eq!((tokens.input, tokens.output), (3, 2));
        assert_eq!((meter.ended(), meter.output_bytes()), (StreamEnd::Complete, 4));
    }
}

#[test]
fn the_usage_of_responses_is_in_their_last_event_whatever_the_chunks() {
    for chunk in 1..RESPONSES.len() {
        let meter = meter(Dialect::OpenAiResponses, RESPONSES, chunk);
        let report = meter.report().unwrap();
        assert_eq!((report.tokens.input, report.tokens.output), (3, 2));
        assert_eq!(report.service_tier.as_deref(), Some("priority"));
        assert_eq!((meter.ended(), meter.output_bytes()), (StreamEnd::Complete, 11));
        assert_eq!(meter.beginning(), "hellolook{}");
    }
}

#[rstest]
#[case("response.incomplete", StreamEnd::Complete, true)]
#[case("response.failed", StreamEnd::Error, true)]
#[case("error", StreamEnd::Error, false)]
fn responses_end_with_what_happened_and_are_billed_by_what_was_told(
    #[case] kind: &str,
    #[case] end: StreamEnd,
    #[case] is_reported: bool,
) {
    let stream = RESPONSES.replace("response.completed", kind);
    let meter = meter(Dialect::OpenAiResponses, &stream, 7);
    assert_eq!((meter.ended(), meter.report().is_some()), (end, is_reported));
}

#[test]
fn anthropic_usage_adds_up_over_its_events() {
    for chunk in 1..ANTHROPIC.len() {
        let meter = meter(Dialect::AnthropicMessages, ANTHROPIC, chunk);
        let report = meter.report().unwrap();
        let tokens = report.tokens;
        assert_eq!((tokens.input, tokens.cached_input, tokens.output), (9, 4, 7));
        assert_eq!(
            report.raw,
            r#"{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":7}"#
        );
        assert_eq!((meter.ended(), meter.output_bytes()), (StreamEnd::Complete, 5));
    }
}

#[test]
fn a_stream_cut_before_its_usage_has_no_report_but_its_prompt_and_bytes_are_known() {
    let cut = &ANTHROPIC[..ANTHROPIC.find("event: message_delta").unwrap()];
    let meter = meter(Dialect::AnthropicMessages, cut, 10);
    assert_eq!((meter.report(), meter.ended()), (None, StreamEnd::Open));
    let prompt = meter.prompt().unwrap();
    assert_eq!((prompt.input, prompt.cached_input, prompt.output), (9, 4, 0));
    assert_eq!(meter.output_bytes(), 5);
}

#[test]
fn events_without_a_name_are_known_by_their_type() {
    let nameless: String = ANTHROPIC
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("event:"))
        .zip(["message_start", "", "content_block_delta", "", "message_delta", "", "message_stop"])
        .map(|(line, kind)| line.replacen('{', &format!("{{\"type\":\"{kind}\" ,"), 1))
        .collect::<String>()
        .replace(" ,}", "}");
    let mut meter = meter(Dialect::AnthropicMessages, &nameless, 7);
    assert_eq!(meter.closed(), StreamEnd::Complete, "{nameless}");
    assert_eq!(meter.report().unwrap().tokens.output, 7);
}

#[rstest]
#[case(r#"{"choices":[{"delta":{"content":"ab"}},{"delta":{"content":"cde"}}]}"#, 5)]
#[case(r#"{"choices":[{"delta":{"content":null,"refusal":"no"}}]}"#, 2)]
#[case(r#"{"choices":[{"delta":{"reasoning":"why","reasoning_content":"why"}}]}"#, 3)]
#[case(
    r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},
    {"function":{"arguments":"1"}},{"id":"x"}]}}]}"#,
    4
)]
#[case(r#"{"choices":[{"delta":{"function_call":{"name":"f","arguments":"[]"}}}]}"#, 3)]
#[case(r#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#, 6)]
#[case(r#"{"choices":[{"delta":{"content":[{"type":"text"}]}}]}"#, 17)]
#[case(r#"{"choices":null}"#, 0)]
#[case(r#"{"choices":[{"delta":null,"finish_reason":"stop"}]}"#, 0)]
#[case("no JSON", 7)]
fn everything_that_is_written_counts(#[case] data: &str, #[case] expected: u64) {
    let lines = data.replace('\n', "\ndata:");
    let meter = meter(Dialect::OpenAiChat, &format!("data: {lines}\n\n"), 9);
    assert_eq!(meter.output_bytes(), expected);
}

#[test]
fn arguments_and_thinking_of_anthropic_count() {
    let stream = "event: content_block_start\ndata: {\"content_block\":{\"name\":\"get\"}}\n\n\
        event: content_block_delta\ndata: {\"delta\":{\"partial_json\":\"{}\"}}\n\n\
        event: content_block_delta\ndata: {\"delta\":{\"thinking\":\"so\"}}\n\n\
        event: content_block_delta\ndata: {\"delta\":{\"signature\":\"long\"}}\n\n\
        event: ping\ndata: {\"type\": \"ping\"}\n\n";
    assert_eq!(meter(Dialect::AnthropicMessages, stream, 8).output_bytes(), 7);
}

#[test]
fn a_report_that_more_of_the_answer_follows_is_out_of_date() {
    let told = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\
        \"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n";
    let more = "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n";
    let mut meter = meter(Dialect::OpenAiChat, told, 16);
    assert_eq!(meter.report().unwrap().tokens.output, 1);
    meter.push(more.as_bytes());
    assert_eq!(meter.report(), None);
    meter.push(told.as_bytes());
    assert_eq!(meter.report().unwrap().tokens.output, 1);
}

#[rstest]
#[case(Dialect::OpenAiChat, "data: {\n", "data:  \"error\": {\"message\":\"x\"}}\n\n")]
#[case(Dialect::AnthropicMessages, "event: error\n", "data: {\"error\":{\"message\":\"x\"}}\n\n")]
fn an_error_in_the_stream_ends_it_whatever_follows(
    #[case] dialect: Dialect,
    #[case] first: &str,
    #[case] second: &str,
) {
    let end = "event: message_stop\ndata: [DONE]\n\n";
    let mut meter = meter(dialect, &format!("{first}{second}{end}"), 5);
    assert_eq!(meter.ended(), StreamEnd::Error);
    assert_eq!(meter.closed(), StreamEnd::Error);
}

#[test]
fn a_last_event_without_its_blank_line_counts_when_the_stream_is_closed() {
    let mut meter = meter(Dialect::OpenAiChat, OPENAI.trim_end(), 11);
    assert_eq!(meter.ended(), StreamEnd::Open);
    assert_eq!(meter.closed(), StreamEnd::Complete);
}

#[test]
fn a_finished_answer_without_the_mark_of_the_end_is_complete_when_closed() {
    for reason in ["\"stop\"", "\"\"", "null"] {
        let stream = format!("data: {{\"choices\":[{{\"finish_reason\": {reason}}}]}}\n\n");
        let mut meter = meter(Dialect::OpenAiChat, &stream, 6);
        let expected = if reason == "\"stop\"" { StreamEnd::Complete } else { StreamEnd::Open };
        assert_eq!((meter.ended(), meter.closed()), (StreamEnd::Open, expected), "{reason}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_chunks_do_not_matter(
        bytes in prop::collection::vec(any::<u8>(), 0..300), chunk in 1..40_usize,
    ) {
        for dialect in [Dialect::OpenAiChat, Dialect::AnthropicMessages] {
            let watch = |chunk: usize| {
                let mut meter = StreamMeter::new(dialect);
                bytes.chunks(chunk).for_each(|bytes| meter.push(bytes));
                (meter.closed(), meter.report(), meter.output_bytes())
            };
            prop_assert_eq!(watch(chunk), watch(usize::MAX));
        }
    }
}

#[test]
fn searches_of_a_stream_are_counted_where_they_are_told() {
    let anthropic = include_str!("../translate/tests/server_tools/anthropic_searched.sse");
    let responses = include_str!("../translate/tests/server_tools/responses_searched.sse");
    let gemini = include_str!("../translate/tests/server_tools/gemini_grounded.sse");
    for (dialect, stream, searches) in [
        (Dialect::AnthropicMessages, anthropic, 1),
        (Dialect::OpenAiResponses, responses, 1),
        (Dialect::Gemini, gemini, 2),
    ] {
        let mut meter = StreamMeter::new(dialect);
        meter.push(stream.as_bytes());
        let _ = meter.closed();
        assert_eq!(meter.report().unwrap().units.searches, searches, "{dialect:?}");
    }
}
