//! How much a request can ask for beside tokens: the bounds by which it is paid for beforehand.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::Units;

use super::RelayedApi;
use crate::wire::WireError;

/// The most pictures that one request gets, whatever it asks for.
const MOST_IMAGES: i64 = 128;
/// The most tokens of a picture of [`USUAL_PIXELS`] in high quality; others have as many more as
/// they have pixels, and what is shown on the way is beside them.
/// <https://platform.openai.com/docs/guides/image-generation#cost-and-latency>
const IMAGE_TOKENS: i64 = 6_240;
const USUAL_PIXELS: i64 = 1_024 * 1_536;
const TOKENS_SHOWN_ON_THE_WAY: i64 = 3 * 100;
/// Sides that are longer are no size.
const LONGEST_SIDE_PIXELS: i64 = 16_384;
/// What sound has at least, in bytes a second: six kilobits, the least that speech codecs do.
const LEAST_AUDIO_BYTES_PER_SECOND: u64 = 750;
/// What stands before the samples of a WAV file, where nothing else is told in it.
const WAVE_HEAD_BYTES: u64 = 44;
/// What sound usually has, in bytes a second: MP3 at 128 kilobits.
const USUAL_AUDIO_BYTES_PER_SECOND: u64 = 16_000;
/// Cohere splits documents into pieces of so many tokens, and a search is of a hundred pieces.
/// <https://docs.cohere.com/docs/how-does-cohere-pricing-work>
const RERANK_PIECE_TOKENS: usize = 500;
const PIECES_PER_SEARCH: usize = 100;

#[derive(Deserialize)]
struct Pictures {
    n: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Appearance<'a> {
    #[serde(borrow)]
    size: Option<Cow<'a, str>>,
    #[serde(borrow)]
    quality: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Ranked<'a> {
    #[serde(borrow)]
    documents: Option<Vec<&'a RawValue>>,
}

/// The most that a request can use. `file_bytes` is the size of its files together.
///
/// # Errors
/// `Invalid` where the field that decides it cannot be read: what is not understood would not be
/// paid for.
pub(in crate::wire) fn units_of_request(
    api: RelayedApi,
    body: &[u8],
    file_bytes: u64,
) -> Result<Units, WireError> {
    Ok(match api {
        RelayedApi::Moderations | RelayedApi::Realtime => Units::default(),
        RelayedApi::ImageGenerations | RelayedApi::ImageEdits | RelayedApi::ImageVariations => {
            let Pictures { n } = read(body, "n", "a whole number")?;
            Units { images: n.unwrap_or(1).clamp(1, MOST_IMAGES), ..Units::default() }
        }
        RelayedApi::Speech => {
            let Spoken { input } = read(body, "input", "a text")?;
            Units { characters: input.map_or(0, characters), ..Units::default() }
        }
        RelayedApi::Transcriptions | RelayedApi::Translations => {
            let audio_seconds = count(file_bytes.div_ceil(LEAST_AUDIO_BYTES_PER_SECOND));
            Units { audio_seconds, ..Units::default() }
        }
        RelayedApi::Rerank => {
            let Ranked { documents } = read(body, "documents", "a list")?;
            // A token is at least a byte, and a document of whatever length at least a piece.
            let pieces: usize = documents
                .unwrap_or_default()
                .iter()
                .map(|document| document.get().len().div_ceil(RERANK_PIECE_TOKENS))
                .sum();
            let searches = pieces.div_ceil(PIECES_PER_SEARCH).max(1);
            Units { searches: i64::try_from(searches).unwrap_or(i64::MAX), ..Units::default() }
        }
    })
}

/// The most tokens that one picture of a request has. Where the model chooses size and quality, the
/// usual size in high quality is taken for the most.
pub(in crate::wire) fn most_image_tokens(body: &[u8]) -> i64 {
    let Appearance { size, quality } = serde_json::from_slice(body).unwrap_or_default();
    let side =
        |text: &str| text.parse().ok().filter(|side| (1..=LONGEST_SIDE_PIXELS).contains(side));
    let pixels = size
        .as_deref()
        .and_then(|size| size.split_once('x'))
        .and_then(|(width, height)| Some(side(width)? * side(height)?))
        .map_or(USUAL_PIXELS, |pixels: i64| pixels.max(USUAL_PIXELS));
    let finer = match quality.as_deref() {
        Some("xhigh") => 2,
        Some("max") => 4,
        _ => 1,
    };
    // Rounded up; the longest sides are far from overflow.
    (IMAGE_TOKENS * finer * pixels + USUAL_PIXELS - 1) / USUAL_PIXELS + TOKENS_SHOWN_ON_THE_WAY
}

fn read<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    field: &'static str,
    expected: &str,
) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|_| {
        WireError::invalid(field, format!("`{field}` must be {expected}, and there once."))
    })
}

/// What is no text that can be read counts by the byte, which is never less.
fn characters(input: &RawValue) -> i64 {
    let text = serde_json::from_str::<String>(input.get());
    let characters = text.map_or_else(|_| input.get().len(), |text| text.chars().count());
    i64::try_from(characters).unwrap_or(i64::MAX)
}

/// How long a sound is, for a bill that nobody else counts: exact for WAV, whose head says it
/// (<http://soundfile.sapp.org/doc/WaveFormat>); elsewhere by what is usual.
#[must_use]
pub fn seconds_of_audio(head: &[u8], bytes: u64) -> i64 {
    count(match wave_bytes_per_second(head) {
        Some(rate) => bytes.saturating_sub(WAVE_HEAD_BYTES).div_ceil(rate),
        None => bytes.div_ceil(USUAL_AUDIO_BYTES_PER_SECOND),
    })
}

/// By what players go by: they do not look at the rate that the head tells of plain samples, so it
/// may say anything.
fn wave_bytes_per_second(head: &[u8]) -> Option<u64> {
    const PLAIN_SAMPLES: u64 = 1;
    if head.get(..4)? != b"RIFF" || head.get(8..16)? != b"WAVEfmt " {
        return None;
    }
    let number = |from: usize, bytes: usize| {
        let field = head.get(from..from + bytes)?;
        Some(field.iter().rev().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)))
    };
    let (channels, samples, bits) = (number(22, 2)?, number(24, 4)?, number(34, 2)?);
    let rate = if number(20, 2)? == PLAIN_SAMPLES {
        channels * samples * bits / 8
    } else {
        number(28, 4)?.min(USUAL_AUDIO_BYTES_PER_SECOND)
    };
    (rate > 0).then_some(rate)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn units(api: RelayedApi, body: &serde_json::Value, file_bytes: u64) -> Units {
        units_of_request(api, body.to_string().as_bytes(), file_bytes).unwrap()
    }

    fn fault(api: RelayedApi, body: &str) -> String {
        let error = units_of_request(api, body.as_bytes(), 0).unwrap_err();
        error.pointer().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_request_for_pictures_is_paid_for_as_many_as_it_can_get() {
        let images = |body| units(RelayedApi::ImageGenerations, &body, 0).images;
        assert_eq!(images(json!({"prompt": "a fox"})), 1);
        assert_eq!(images(json!({"prompt": "a fox", "n": 4})), 4);
        assert_eq!(images(json!({"prompt": "a fox", "n": 1_000_000})), 128);
    }

    #[test]
    fn a_large_picture_in_fine_quality_is_paid_for_by_its_pixels() {
        let tokens = |body: serde_json::Value| most_image_tokens(body.to_string().as_bytes());
        assert_eq!(tokens(json!({"prompt": "a fox"})), 6_540);
        assert_eq!(tokens(json!({"size": "auto", "quality": "high"})), 6_540);
        assert_eq!(tokens(json!({"size": "256x256"})), 6_540);
        assert_eq!(tokens(json!({"size": "3072x2048", "quality": "max"})), 4 * 4 * 6_240 + 300);
        assert_eq!(tokens(json!({"size": "9999999999x2", "quality": 7})), 6_540);
    }

    #[test]
    fn a_text_is_read_aloud_by_the_character_and_not_by_the_byte() {
        let body = json!({"input": "né\n\"ü\""});
        assert_eq!(units(RelayedApi::Speech, &body, 0).characters, 6);
    }

    #[test]
    fn what_cannot_be_read_is_refused_or_counted_by_the_byte_and_never_for_nothing() {
        let speech = |body: &str| units_of_request(RelayedApi::Speech, body.as_bytes(), 0).unwrap();
        assert_eq!(speech(r#"{"input": "hello", "n": "x", "n": 1}"#).characters, 5);
        assert_eq!(speech(r#"{"input": "a\ud800"}"#).characters, 9);
        assert_eq!(speech(r#"{"input": ["hello"]}"#).characters, 9);
        for n in [r#""2""#, "2.0", r#"1, "n": 9"#] {
            let body = format!(r#"{{"prompt": "a fox", "n": {n}}}"#);
            assert_eq!(fault(RelayedApi::ImageGenerations, &body), "n", "{body}");
        }
        assert_eq!(fault(RelayedApi::Rerank, r#"{"documents": {"a": 1}}"#), "documents");
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
        let head = |kind: u8, told: u32| {
            let mut head = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
            head.extend_from_slice(&[kind, 0, 1, 0]);
            head.extend_from_slice(&16_000_u32.to_le_bytes());
            head.extend_from_slice(&told.to_le_bytes());
            head.extend_from_slice(b"\x02\0\x10\0data");
            head
        };
        let wave = head(1, 32_000);
        assert_eq!(seconds_of_audio(&wave, 64_044), 2);
        assert_eq!(seconds_of_audio(&wave, 64_045), 3);
        assert_eq!(
            seconds_of_audio(&head(1, u32::MAX), 64_044),
            2,
            "the rate told is not looked at"
        );
        assert_eq!(seconds_of_audio(&head(0x55, 4_000), 40_044), 10);
        assert_eq!(seconds_of_audio(&head(0x55, u32::MAX), 64_044), 4);
        assert_eq!(seconds_of_audio(b"ID3", 64_001), 5);
        assert_eq!(seconds_of_audio(b"", 0), 0);
        assert!(units(RelayedApi::Transcriptions, &json!({}), 64_001).audio_seconds >= 85);
    }
}
