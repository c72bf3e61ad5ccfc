//! What is seen of Google's streams does not depend on the chunks.

use proptest::prelude::*;
use rstest::rstest;

use super::super::{Dialect, StreamEnd, StreamMeter};

const STREAM: &str = concat!(
    r#"data: {"candidates":[{"content":{"parts":[{"text":"so","thought":true},{"text":"hello"}]}}],"#,
    r#""usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4}}"#,
    "\r\n\r\n",
    r#"data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"look","args":{}},"#,
    r#""thoughtSignature":"long"}]}}]}"#,
    "\r\n\r\n",
    r#"data: {"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],"#,
    r#""usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4,"#,
    r#""candidatesTokenCount":7,"thoughtsTokenCount":2,"trafficType":"ON_DEMAND_FLEX"}}"#,
    "\r\n\r\n",
);

fn meter(stream: &str, chunk: usize) -> StreamMeter {
    let mut meter = StreamMeter::new(Dialect::Gemini);
    stream.as_bytes().chunks(chunk).for_each(|bytes| meter.push(bytes));
    meter
}

#[test]
fn the_last_usage_counts_whatever_the_chunks() {
    for chunk in 1..STREAM.len() {
        let mut meter = meter(STREAM, chunk);
        let report = meter.report().unwrap();
        let tokens = report.tokens;
        assert_eq!((tokens.input, tokens.cached_input), (5, 4));
        assert_eq!((tokens.output, tokens.reasoning), (7, 2));
        assert_eq!(report.service_tier.as_deref(), Some("flex"));
        assert_eq!(meter.beginning(), "sohellolook{}");
        assert_eq!((meter.output_bytes(), meter.least_output_tokens()), (13, 2));
        assert_eq!((meter.ended(), meter.closed()), (StreamEnd::Open, StreamEnd::Complete));
    }
}

#[test]
fn a_stream_cut_before_its_usage_has_no_report_but_its_prompt_and_bytes_are_known() {
    for events in [1, 2] {
        let end = STREAM.match_indices("\r\n\r\n").nth(events - 1).unwrap().0 + 4;
        let mut meter = meter(&STREAM[..end], 10);
        assert_eq!((meter.report(), meter.closed()), (None, StreamEnd::Open));
        let prompt = meter.prompt().unwrap();
        assert_eq!((prompt.input, prompt.cached_input, prompt.answer()), (5, 4, 0));
        assert_eq!(meter.output_bytes(), if events == 1 { 7 } else { 13 });
    }
}

#[test]
fn the_usage_of_an_event_holds_until_more_of_the_answer_follows() {
    let told = r#"data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}],"#.to_owned()
        + r#""usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}"#
        + "\n\n";
    let more = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}\n\n";
    let mut meter = meter(&told, 16);
    assert_eq!(meter.report().unwrap().tokens.output, 1);
    meter.push(more.as_bytes());
    assert_eq!(meter.report(), None);
    assert_eq!(meter.prompt().unwrap().total(), 3);
}

#[test]
fn a_prompt_that_was_blocked_is_a_finished_answer_that_is_billed() {
    let stream = r#"data: {"promptFeedback":{"blockReason":"SAFETY"},"#.to_owned()
        + r#""usageMetadata":{"promptTokenCount":3,"totalTokenCount":3}}"#
        + "\n\n";
    let mut meter = meter(&stream, 7);
    assert_eq!((meter.closed(), meter.output_bytes()), (StreamEnd::Complete, 0));
    assert_eq!(meter.report().unwrap().tokens.total(), 3);
}

#[test]
fn an_answer_that_ended_without_a_token_is_billed() {
    let stream = r#"data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"#.to_owned()
        + r#""finishReason":"SAFETY"}],"usageMetadata":{"promptTokenCount":3}}"#
        + "\n\n";
    assert_eq!(meter(&stream, 7).report().unwrap().tokens.total(), 3);
}

#[test]
fn an_error_in_the_stream_ends_it_whatever_follows() {
    let error = "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}\n\n";
    let mut meter = meter(&format!("{error}{STREAM}"), 5);
    assert_eq!(meter.ended(), StreamEnd::Error);
    assert_eq!(meter.closed(), StreamEnd::Error);
}

#[rstest]
#[case(r#"{"candidates":[{"content":{"parts":[{"text":"ab"},{"text":"cde"}]}}]}"#, 5)]
#[case(
    r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}"#,
    2
)]
#[case(
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","partialArgs":[1]}}]}}]}"#,
    4
)]
#[case(r#"{"candidates":[{"content":{"parts":[{"executableCode":{"code":"1+1"}}]}}]}"#, 3)]
#[case(r#"{"candidates":[{"content":{"parts":[{"codeExecutionResult":{"output":"2"}}]}}]}"#, 0)]
#[case(r#"{"candidates":[{"content":{"parts":[{"text":"\ud83d"}]}}]}"#, 6)]
#[case(r#"{"candidates":[{"content":{"parts":null}}]}"#, 0)]
#[case(r#"{"candidates":[{"content":null,"finishReason":"STOP"}]}"#, 0)]
#[case(r#"{"candidates":null}"#, 0)]
#[case("no JSON", 7)]
fn everything_that_is_written_counts(#[case] data: &str, #[case] expected: u64) {
    assert_eq!(meter(&format!("data: {data}\n\n"), 9).output_bytes(), expected);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_chunks_do_not_matter(
        bytes in prop::collection::vec(any::<u8>(), 0..300), chunk in 1..40_usize,
    ) {
        let watch = |chunk: usize| {
            let mut meter = StreamMeter::new(Dialect::Gemini);
            bytes.chunks(chunk).for_each(|bytes| meter.push(bytes));
            (meter.closed(), meter.report(), meter.output_bytes())
        };
        prop_assert_eq!(watch(chunk), watch(usize::MAX));
    }
}
