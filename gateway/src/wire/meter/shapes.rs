//! Streams in the shapes that compatible providers document, written by hand: their usage is read
//! whole, byte by byte and cut anywhere.

use rstest::rstest;

use super::*;
use crate::kernel::config::Preset;

const DEEPSEEK: &str = include_str!("shapes/deepseek.sse");
const GROQ: &str = include_str!("shapes/groq.sse");
const MISTRAL: &str = include_str!("shapes/mistral.sse");
const MOONSHOT: &str = include_str!("shapes/moonshot.sse");
const PERPLEXITY: &str = include_str!("shapes/perplexity.sse");
const XAI: &str = include_str!("shapes/xai.sse");

fn meter(kind: &str) -> StreamMeter {
    StreamMeter::shaped(Dialect::OpenAiChat, Preset::find(kind).unwrap().usage)
}

/// How it ended, and input, cached input, output and reasoning.
fn seen(mut meter: StreamMeter) -> (StreamEnd, [i64; 4]) {
    let end = meter.closed();
    let TokenCounts { input, cached_input, output, reasoning, .. } = meter.report().unwrap().tokens;
    (end, [input, cached_input, output, reasoning])
}

#[rstest]
#[case::deepseek("deepseek", DEEPSEEK, [8, 64, 2, 7])]
#[case::groq("groq", GROQ, [10, 32, 3, 0])]
#[case::mistral("mistral", MISTRAL, [16, 0, 3, 0])]
#[case::moonshot("moonshot", MOONSHOT, [12, 7, 13, 0])]
#[case::perplexity("perplexity", PERPLEXITY, [45, 0, 4, 21])]
#[case::xai("xai", XAI, [5, 27, 9, 94])]
fn usage_is_read_however_the_stream_is_cut(
    #[case] kind: &str,
    #[case] stream: &str,
    #[case] expected: [i64; 4],
) {
    let bytes = stream.as_bytes();
    let expected = (StreamEnd::Complete, expected);
    for size in [1, bytes.len()] {
        let mut meter = meter(kind);
        bytes.chunks(size).for_each(|chunk| meter.push(chunk));
        assert_eq!(seen(meter), expected, "chunks of {size}");
    }
    for at in 1..bytes.len() {
        let mut meter = meter(kind);
        meter.push(&bytes[..at]);
        meter.push(&bytes[at..]);
        assert_eq!(seen(meter), expected, "cut at {at}");
    }
}

#[rstest]
#[case::groq("x_groq", GROQ)]
#[case::moonshot("choice", MOONSHOT)]
fn a_place_that_is_one_vendors_own_is_not_read_of_others(
    #[case] place: &str,
    #[case] stream: &str,
) {
    let mut meter = StreamMeter::new(Dialect::OpenAiChat);
    meter.push(stream.as_bytes());
    assert_eq!(meter.report(), None, "{place}");
}

#[test]
fn a_strange_place_costs_neither_the_answer_nor_the_report() {
    for strange in ["null", "7", "[]", r#"{"usage":7}"#, r#"{"usage":null}"#] {
        let stream = format!(
            "data: {{\"x_groq\":{strange},\"choices\":[{{\"delta\":{{\"content\":\"ab\"}}}}]}}\n\n\
             data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":3,\"completion_tokens\":2}}}}\n\n"
        );
        let mut meter = meter("groq");
        meter.push(stream.as_bytes());
        assert_eq!(meter.output_bytes(), 2, "{strange}");
        assert_eq!(meter.report().unwrap().tokens.total(), 5, "{strange}");
    }
}
