//! Amazon's event stream.

use gateway::wire::Framing;

use crate::{
    choice::{Choices, pieces},
    framing::{events_of, reframed},
};

/// What a frame has beside its headers and its payload: two lengths and two checksums.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;

/// Frames as they came, or with lengths and checksums that are right: what a fuzzer changes would
/// else hardly get past them.
pub fn event_stream(data: &[u8]) {
    let mut choices = Choices::of(data);
    let (how, is_mended) = (choices.number(), choices.one([true, false]));
    let stream = if is_mended { mended(choices.rest()) } else { choices.rest().to_vec() };
    let whole = reframed(Framing::EventStream, [stream.as_slice()]);
    let (told, _) = &whole;
    assert!(told.is_empty() || told.ends_with(b"\n\n"), "events are whole");
    assert_eq!(events_of([told.as_slice()]), events_of(pieces(told, how)));
    assert_eq!(reframed(Framing::EventStream, pieces(&stream, how)), whole);
}

/// The frames by the lengths that they say, with what does not fit cut, and new checksums.
fn mended(mut bytes: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    while let Some((lengths, _)) = bytes.split_first_chunk::<8>() {
        let least = PRELUDE_BYTES + CHECKSUM_BYTES;
        let length = number(&lengths[..4]).clamp(least, least.max(bytes.len())).min(bytes.len());
        let (frame, rest) = bytes.split_at(length);
        bytes = rest;
        let Some(content) = frame.get(PRELUDE_BYTES..frame.len().saturating_sub(CHECKSUM_BYTES))
        else {
            continue;
        };
        let headers = number(&lengths[4..]).min(content.len());
        let start = frames.len();
        for number in [least + content.len(), headers] {
            frames.extend(u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
        }
        frames.extend(crc32fast::hash(&frames[start..]).to_be_bytes());
        frames.extend_from_slice(content);
        frames.extend(crc32fast::hash(&frames[start..]).to_be_bytes());
    }
    frames.extend_from_slice(bytes);
    frames
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte))
}
