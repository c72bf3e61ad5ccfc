//! How a provider cuts a stream changes nothing, in whichever dialect it is.

use proptest::prelude::*;

use super::{
    context,
    streams::{cut, tell},
    target,
};
use crate::{
    kernel::config::UsageShape,
    wire::{
        Dialect::{self, AnthropicMessages, CohereChat, OllamaChat, OpenAiChat, WorkersAi},
        StreamMeter,
        translate::{translate_request, translate_response},
        usage_of_response,
    },
};

const STREAMS: [(Dialect, &str); 9] = [
    (CohereChat, include_str!("cohere_streams/text.sse")),
    (CohereChat, include_str!("cohere_streams/tools.sse")),
    (CohereChat, include_str!("cohere_streams/error.sse")),
    (OllamaChat, include_str!("ollama_streams/text.sse")),
    (OllamaChat, include_str!("ollama_streams/tools.sse")),
    (OllamaChat, include_str!("ollama_streams/thoughts.sse")),
    (WorkersAi, include_str!("workers_ai_streams/text.sse")),
    (WorkersAi, include_str!("workers_ai_streams/tool_deltas.sse")),
    (WorkersAi, include_str!("workers_ai_streams/chat.sse")),
];

proptest! {
    #[test]
    fn a_stream_split_anywhere_is_told_the_same(
        (from, stream) in proptest::sample::select(&STREAMS[..]),
        to in proptest::sample::select(&[OpenAiChat, AnthropicMessages][..]),
        lengths in proptest::collection::vec(1..200_usize, 1..40),
    ) {
        let chunks = cut(stream, lengths);
        prop_assert_eq!(tell(from, to, true, chunks), tell(from, to, true, [stream.as_bytes()]));
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        body in "(data: )?[\\[{]\"(type|delta|message|done|error|result|response|tool_calls)\":.{0,40}[\\]}]\n\n",
    ) {
        for from in [CohereChat, OllamaChat, WorkersAi] {
            let (told, _) = tell(from, OpenAiChat, true, [body.as_bytes(), &bytes]);
            prop_assert!(told.is_empty() || told.ends_with("\n\n"));
            let mut meter = StreamMeter::new(from);
            for input in [&bytes[..], body.as_bytes()] {
                let _ = translate_request(OpenAiChat, input, &target(from));
                let _ = translate_response(from, AnthropicMessages, input, &context());
                let _ = usage_of_response(from, UsageShape::default(), input);
                meter.push(input);
            }
            let _ = meter.closed();
        }
    }
}
