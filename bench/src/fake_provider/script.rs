//! A stream as it will be sent: fixed events, and runs of pieces set into one frame.
//!
//! Events are made when they are due, so that a thousand long streams cost little memory.

use std::{collections::VecDeque, fmt::Write};

use bytes::Bytes;
use serde::Serialize;

/// Stands for the piece when the frame around it is made; no text of ours contains it.
pub(super) const PIECE: &str = "\u{1}piece\u{1}";

/// The events of one stream, in order.
#[derive(Debug, Default)]
pub(super) struct Script {
    segments: VecDeque<Segment>,
    pieces: usize,
    seal: Option<Seal>,
}

/// Puts an event into the envelope of another protocol, just before it is sent.
pub(super) type Seal = fn(&[u8]) -> Bytes;

#[derive(Debug)]
enum Segment {
    Fixed(Bytes),
    Run(Run),
}

#[derive(Debug)]
struct Run {
    frame: Frame,
    text: String,
    next: usize,
    count: usize,
    is_stamped: bool,
}

/// What stands before and after a piece in its event.
#[derive(Debug)]
pub(super) struct Frame {
    before: String,
    after: String,
}

impl Frame {
    /// Splits an event that was made with [`PIECE`] as its piece.
    pub(super) fn around(event: &str) -> Self {
        let marker = quoted(PIECE);
        let (before, after) = event.split_once(&marker).unwrap_or((event, ""));
        Self { before: before.to_owned(), after: after.to_owned() }
    }
}

/// The next event and whether it is a piece of the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) bytes: Bytes,
    pub(super) is_piece: bool,
}

impl Script {
    /// Adds an event (or several) that is sent as it is.
    pub(super) fn push_fixed(&mut self, event: impl Into<Bytes>) {
        self.segments.push_back(Segment::Fixed(event.into()));
    }

    /// Adds a text that is sent in `count` pieces, each in the same frame. A text that is shorter
    /// comes in as many pieces as it has bytes, as no vendor sends empty ones.
    pub(super) fn push_run(&mut self, frame: Frame, text: String, count: usize, is_stamped: bool) {
        let most = if is_stamped { usize::MAX } else { text.len() };
        let count = count.min(most).max(1);
        self.pieces += count;
        self.segments.push_back(Segment::Run(Run { frame, text, next: 0, count, is_stamped }));
    }

    /// Puts each event into an envelope.
    pub(super) fn sealed_by(self, seal: Seal) -> Self {
        Self { seal: Some(seal), ..self }
    }

    /// Sends another event than the last one that was added.
    pub(super) fn replace_last(&mut self, event: impl Into<Bytes>) {
        self.segments.pop_back();
        self.push_fixed(event);
    }

    /// How many pieces there are in all.
    pub(super) fn pieces(&self) -> usize {
        self.pieces
    }

    /// Whether everything has been sent.
    pub(super) fn is_done(&self) -> bool {
        self.segments.is_empty()
    }

    /// Drops what has not been sent.
    pub(super) fn break_off(&mut self) {
        self.segments.clear();
    }

    /// Whether the next event is a piece.
    pub(super) fn is_piece_next(&self) -> bool {
        matches!(self.segments.front(), Some(Segment::Run(_)))
    }

    /// The next event; `now_nanos` is asked only where pieces are stamped.
    pub(super) fn next_event(&mut self, now_nanos: impl FnOnce() -> u64) -> Option<Event> {
        let Event { bytes, is_piece } = match self.segments.pop_front()? {
            Segment::Fixed(bytes) => Event { bytes, is_piece: false },
            Segment::Run(mut run) => {
                let bytes = run.event(now_nanos);
                if run.next < run.count {
                    self.segments.push_front(Segment::Run(run));
                }
                Event { bytes, is_piece: true }
            }
        };
        let bytes = match self.seal {
            Some(seal) => seal(&bytes),
            None => bytes,
        };
        Some(Event { bytes, is_piece })
    }
}

impl Run {
    fn event(&mut self, now_nanos: impl FnOnce() -> u64) -> Bytes {
        let place =
            |index: usize| self.text.floor_char_boundary(self.text.len() * index / self.count);
        let piece = &self.text[place(self.next)..place(self.next + 1)];
        let mut event = String::with_capacity(self.frame.before.len() + piece.len() + 128);
        event.push_str(&self.frame.before);
        if self.is_stamped {
            let mut stamped = String::with_capacity(piece.len() + 24);
            // Writing to a string cannot fail.
            let _ = write!(stamped, "{} {piece}", now_nanos());
            event.push_str(&quoted(&stamped));
        } else {
            event.push_str(&quoted(piece));
        }
        event.push_str(&self.frame.after);
        self.next += 1;
        Bytes::from(event)
    }
}

/// A value as JSON. What is sent here are strings, numbers and structures of them, which always
/// can be written.
pub(super) fn json_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    json_of(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(mut script: Script) -> Vec<String> {
        std::iter::from_fn(|| script.next_event(|| 42))
            .map(|event| String::from_utf8(event.bytes.to_vec()).unwrap())
            .collect()
    }

    fn frame() -> Frame {
        Frame::around(&format!("data: {{\"text\":{}}}\n\n", quoted(PIECE)))
    }

    #[test]
    fn pieces_come_in_their_frame_between_the_fixed_events() {
        let mut script = Script::default();
        script.push_fixed("start\n\n");
        script.push_run(frame(), "abcde".to_owned(), 2, false);
        script.push_fixed("end\n\n");
        assert_eq!(script.pieces(), 2);
        assert_eq!(
            events(script),
            ["start\n\n", "data: {\"text\":\"ab\"}\n\n", "data: {\"text\":\"cde\"}\n\n", "end\n\n"]
        );
    }

    #[test]
    fn pieces_put_together_are_the_text_also_where_characters_are_wide() {
        for count in 1..20 {
            let text = "añ€😀\"\\z";
            let mut script = Script::default();
            script.push_run(frame(), text.to_owned(), count, false);
            let whole: String = events(script)
                .iter()
                .map(|event| {
                    let json = event.trim_start_matches("data: ");
                    let value: serde_json::Value = serde_json::from_str(json).unwrap();
                    value["text"].as_str().unwrap().to_owned()
                })
                .collect();
            assert_eq!(whole, text, "in {count} pieces");
        }
    }

    #[test]
    fn every_event_comes_in_its_envelope() {
        let mut script = Script::default();
        script.push_fixed("start");
        script.push_run(Frame::around(&quoted(PIECE)), "ab".to_owned(), 2, false);
        script.push_fixed("an end");
        script.replace_last("another end");
        let script = script.sealed_by(|event| Bytes::from([b"<", event, b">"].concat()));
        assert_eq!(events(script), ["<start>", "<\"a\">", "<\"b\">", "<another end>"]);
    }

    #[test]
    fn a_stamped_piece_begins_with_the_clock() {
        let mut script = Script::default();
        script.push_run(frame(), "ab".to_owned(), 1, true);
        assert_eq!(events(script), ["data: {\"text\":\"42 ab\"}\n\n"]);
    }
}
