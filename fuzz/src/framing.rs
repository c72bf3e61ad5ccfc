//! Streams: events are told apart in one way only, however the network cuts them.

use bytes::Bytes;
use gateway::wire::{
    Framing, JsonArray, Reframer, ResponseEvents, ResponseState, SseDecoder, SseEvent,
    UsageChunkFilter, WholeEvents, WireError,
};

use crate::{
    choice::{Choices, pieces},
    json::{assert_json, is_json},
};

/// Server-sent events: decoded, passed on in whole events, and edited on their way.
pub fn sse(data: &[u8]) {
    let mut choices = Choices::of(data);
    let how = choices.number();
    let stream = choices.rest();
    assert_eq!(events_of(pieces(stream, how)), events_of([stream]));

    let mut events = WholeEvents::new();
    let mut passed = concat(pieces(stream, how), |piece| events.push(piece));
    passed.extend_from_slice(&events.finish());
    assert_eq!(passed, stream, "every byte passes");

    let filtered = without_usage(pieces(stream, how));
    assert_eq!(filtered, without_usage([stream]));
    assert!(filtered.len() <= stream.len());
    assert_eq!(with_state(pieces(stream, how)), with_state([stream]));
}

/// A JSON document a line: as many events as there are lines with something in them.
pub fn json_lines(data: &[u8]) {
    let mut choices = Choices::of(data);
    let how = choices.number();
    let stream = choices.rest();
    let whole = reframed(Framing::JsonLines, [stream]);
    assert_eq!(reframed(Framing::JsonLines, pieces(stream, how)), whole);
    let (told, failure) = whole;
    assert_eq!(failure, None, "any line is an event");
    let lines = stream.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
    let events = events_of([told.as_slice()]);
    assert_eq!(events.len(), lines.len(), "a line is one event");
    for ((_, event), line) in events.iter().zip(lines) {
        assert!(!is_json(line) || is_json(event.as_bytes()), "{event} was JSON");
    }
}

/// Events as one JSON array: it is JSON where each of them is.
pub fn json_array(data: &[u8]) {
    let mut choices = Choices::of(data);
    let how = choices.number();
    let stream = choices.rest();
    let whole = array_of([stream]);
    assert_eq!(array_of(pieces(stream, how)), whole);
    if events_of([stream]).iter().all(|(_, event)| is_json(event.as_bytes())) {
        assert_json(&whole);
    }
}

/// What a stream becomes in another framing, and why it ends early.
pub(crate) fn reframed<'a>(
    framing: Framing,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<WireError>) {
    let mut out = Vec::new();
    let Some(mut reframer) = framing.reframer() else { return (out, None) };
    let told = reframe(&mut reframer, pieces, &mut out);
    (out, told.err())
}

fn reframe<'a>(
    reframer: &mut Reframer,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    for piece in pieces {
        out.extend_from_slice(&reframer.push(piece)?);
    }
    out.extend_from_slice(&reframer.finish()?);
    Ok(())
}

/// The events of a stream: type and data.
pub(crate) fn events_of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
    let mut events = Vec::new();
    let mut decoder = SseDecoder::new();
    let mut tell = |event: SseEvent<'_>| {
        events.push((event.event.to_owned(), event.data.to_owned()));
    };
    let told = pieces.into_iter().try_for_each(|piece| decoder.push(piece, &mut tell));
    let told = told.and_then(|()| decoder.finish(&mut tell));
    assert_eq!(told, Ok(()), "only an event of more than 16 MiB is refused");
    events
}

fn without_usage<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut filter = UsageChunkFilter::new();
    let mut passed = concat(pieces, |piece| filter.push(piece));
    passed.extend_from_slice(&filter.finish());
    passed
}

fn with_state<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Option<String>) {
    let mut events = ResponseEvents::new(ResponseState {
        id: "resp_1".to_owned(),
        previous: Some("resp_0".to_owned()),
        is_kept: true,
        is_background: false,
        withholds_thoughts: true,
        limit_bytes: 1_000,
    });
    let mut passed = concat(pieces, |piece| events.push(piece).concat().into());
    passed.extend_from_slice(&events.finish().concat());
    let last = events.take_last().map(|last| last.json);
    assert!(last.as_deref().is_none_or(|last| is_json(last.as_bytes())));
    (passed, last)
}

fn array_of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut array = JsonArray::default();
    let mut out = Vec::new();
    let told = pieces
        .into_iter()
        .map(|piece| array.push(piece))
        .collect::<Result<Vec<_>, _>>()
        .map(|told| told.concat());
    for part in [told, array.finish()] {
        assert!(part.is_ok(), "only an event of more than 16 MiB is refused");
        out.extend(part.unwrap_or_default());
    }
    out
}

fn concat<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut push: impl FnMut(Bytes) -> Bytes,
) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&push(Bytes::copy_from_slice(piece)));
    }
    out
}
