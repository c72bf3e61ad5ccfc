//! What a streamed answer in OpenAI's dialect says, piece by piece.

use serde::Deserialize;

use crate::wire::{SseDecoder, SseEvent, WireError};

const DONE: &str = "[DONE]";

/// One thing that the stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// More text.
    Text(String),
    /// The answer is whole.
    Finished,
    /// The answer broke off; in words for people.
    Failed(String),
}

/// Reads the pieces out of the bytes, however these are cut.
pub(super) struct DeltaReader {
    decoder: SseDecoder,
}

impl DeltaReader {
    pub(super) fn new() -> Self {
        Self { decoder: SseDecoder::new() }
    }

    /// Takes more bytes; gives what they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.decode(|decoder, tell| decoder.push(bytes, tell))
    }

    /// The stream has ended; gives what was left without its end.
    pub(super) fn finish(&mut self) -> Vec<Piece> {
        self.decode(|decoder, tell| decoder.finish(tell))
    }

    fn decode(
        &mut self,
        step: impl FnOnce(&mut SseDecoder, &mut dyn FnMut(SseEvent<'_>)) -> Result<(), WireError>,
    ) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if step(&mut self.decoder, &mut |event| read(event, &mut pieces)).is_err() {
            pieces.push(unreadable());
        }
        pieces
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    error: Option<ErrorBody>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    /// What a model says instead of content when it declines.
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
}

fn read(event: SseEvent<'_>, pieces: &mut Vec<Piece>) {
    if event.data == DONE {
        pieces.push(Piece::Finished);
        return;
    }
    let Ok(chunk) = serde_json::from_str::<Chunk>(event.data) else {
        pieces.push(unreadable());
        return;
    };
    if let Some(error) = chunk.error {
        pieces.push(Piece::Failed(error.message));
        return;
    }
    // The gateway asks for one choice.
    let Some(choice) = chunk.choices.into_iter().next() else { return };
    if let Some(delta) = choice.delta {
        pieces.extend(
            [delta.content, delta.refusal]
                .into_iter()
                .flatten()
                .filter(|text| !text.is_empty())
                // PostgreSQL cannot hold the character, and nobody can see it.
                .map(|text| Piece::Text(text.replace('\0', ""))),
        );
    }
    if choice.finish_reason.is_some() {
        pieces.push(Piece::Finished);
    }
}

fn unreadable() -> Piece {
    Piece::Failed("The model sent something that cannot be read.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": comment\n\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"Grü\"},\"finish_reason\":null}]}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"ße\\u0000\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n",
        "data: [DONE]\n\n",
    );

    #[test]
    fn the_pieces_are_the_same_wherever_the_bytes_are_cut() {
        let expected = [
            Piece::Text("Grü".to_owned()),
            Piece::Text("ße".to_owned()),
            Piece::Finished,
            Piece::Finished,
        ];
        for at in 0..=STREAM.len() {
            let mut reader = DeltaReader::new();
            let (head, rest) = STREAM.as_bytes().split_at(at);
            let mut pieces = reader.push(head);
            pieces.extend(reader.push(rest));
            assert_eq!(pieces, expected, "cut at {at}");
        }
    }

    #[test]
    fn a_last_event_without_its_blank_line_counts() {
        let mut reader = DeltaReader::new();
        assert!(reader.push(b"data: [DONE]").is_empty());
        assert_eq!(reader.finish(), [Piece::Finished]);
    }

    #[test]
    fn an_error_in_the_stream_is_told_in_its_own_words() {
        let bytes =
            b"data: {\"error\":{\"message\":\"The provider went away.\",\"code\":\"x\"}}\n\n";
        assert_eq!(
            DeltaReader::new().push(bytes),
            [Piece::Failed("The provider went away.".to_owned())]
        );
    }

    #[test]
    fn nonsense_is_a_failure_and_not_a_silent_gap() {
        let pieces = DeltaReader::new().push(b"data: <html>\n\n");
        assert!(matches!(pieces.as_slice(), [Piece::Failed(_)]), "{pieces:?}");
    }
}
