//! How much a request can ask for beside tokens: the bounds by which it is paid for beforehand.

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::Units;

use super::RelayedApi;

/// The most pictures that one request gets, whatever it asks for.
const MOST_IMAGES: i64 = 128;
/// What sound has at least, in bytes a second: six kilobits, the least that speech codecs do.
const LEAST_AUDIO_BYTES_PER_SECOND: u64 = 750;
/// What sound usually has, in bytes a second: MP3 at 128 kilobits.
const USUAL_AUDIO_BYTES_PER_SECOND: u64 = 16_000;
/// Cohere splits documents into pieces of so many tokens, and a search is of a hundred pieces.
/// <https://docs.cohere.com/docs/how-does-cohere-pricing-work>
const RERANK_PIECE_TOKENS: usize = 500;
const PIECES_PER_SEARCH: usize = 100;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Asked<'a> {
    n: Option<i64>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    documents: Option<Vec<&'a RawValue>>,
}

/// The most that a request can use. `file_bytes` is the size of its files together.
pub(in crate::wire) fn units_of_request(api: RelayedApi, body: &[u8], file_bytes: u64) -> Units {
    let asked: Asked<'_> = serde_json::from_slice(body).unwrap_or_default();
    match api {
        RelayedApi::Moderations => Units::default(),
        RelayedApi::ImageGenerations | RelayedApi::ImageEdits | RelayedApi::ImageVariations => {
            Units { images: asked.n.unwrap_or(1).clamp(1, MOST_IMAGES), ..Units::default() }
        }
        RelayedApi::Speech => Units { characters: characters(asked.input), ..Units::default() },
        RelayedApi::Transcriptions | RelayedApi::Translations => {
            let audio_seconds = count(file_bytes.div_ceil(LEAST_AUDIO_BYTES_PER_SECOND));
            Units { audio_seconds, ..Units::default() }
        }
        RelayedApi::Rerank => {
            let documents = asked.documents.unwrap_or_default();
            // A token is at least a byte, and a document of whatever length at least a piece.
            let pieces: usize = documents
                .iter()
                .map(|document| document.get().len().div_ceil(RERANK_PIECE_TOKENS))
                .sum();
            let searches = pieces.div_ceil(PIECES_PER_SEARCH).max(1);
            Units { searches: i64::try_from(searches).unwrap_or(i64::MAX), ..Units::default() }
        }
    }
}

fn characters(input: Option<&RawValue>) -> i64 {
    let text: String =
        input.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// How long a sound is, for a bill that nobody else counts: exact for WAV, whose head says it
/// (<http://soundfile.sapp.org/doc/WaveFormat>); elsewhere by what is usual.
#[must_use]
pub fn seconds_of_audio(head: &[u8], bytes: u64) -> i64 {
    let is_wave = head.get(..4) == Some(b"RIFF") && head.get(8..12) == Some(b"WAVE");
    let byte_rate = head
        .get(28..32)
        .filter(|_| is_wave)
        .and_then(|four| four.try_into().ok())
        .map(u32::from_le_bytes)
        .filter(|rate| *rate > 0)
        .map_or(USUAL_AUDIO_BYTES_PER_SECOND, u64::from);
    count(bytes.div_ceil(byte_rate))
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn units(api: RelayedApi, body: &serde_json::Value, file_bytes: u64) -> Units {
        units_of_request(api, body.to_string().as_bytes(), file_bytes)
    }

    #[test]
    fn a_request_for_pictures_is_paid_for_as_many_as_it_can_get() {
        let images = |body| units(RelayedApi::ImageGenerations, &body, 0).images;
        assert_eq!(images(json!({"prompt": "a fox"})), 1);
        assert_eq!(images(json!({"prompt": "a fox", "n": 4})), 4);
        assert_eq!(images(json!({"prompt": "a fox", "n": 1_000_000})), 128);
    }

    #[test]
    fn a_text_is_read_aloud_by_the_character_and_not_by_the_byte() {
        let body = json!({"input": "né\n\"ü\""});
        assert_eq!(units(RelayedApi::Speech, &body, 0).characters, 6);
    }

    #[test]
    fn a_long_document_is_searched_in_pieces() {
        let searches = |documents: Vec<String>| {
            units(RelayedApi::Rerank, &json!({"documents": documents}), 0).searches
        };
        assert_eq!(searches(vec!["a".to_owned(); 100]), 1);
        assert_eq!(searches(vec!["a".to_owned(); 101]), 2);
        assert_eq!(searches(vec!["a".repeat(49_000)]), 1);
        assert_eq!(searches(vec!["a".repeat(51_000)]), 2);
        assert_eq!(searches(Vec::new()), 1);
    }

    #[test]
    fn the_head_of_a_wave_says_how_long_it_is() {
        let mut wave = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        wave.extend_from_slice(&16_000_u32.to_le_bytes());
        wave.extend_from_slice(&32_000_u32.to_le_bytes());
        assert_eq!(seconds_of_audio(&wave, 64_001), 3);
        assert_eq!(seconds_of_audio(b"ID3", 64_001), 5);
        assert_eq!(seconds_of_audio(b"", 0), 0);
        assert!(units(RelayedApi::Transcriptions, &json!({}), 64_001).audio_seconds >= 85);
    }
}
