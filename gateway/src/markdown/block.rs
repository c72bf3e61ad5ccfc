//! A text as its top-level blocks.

use std::ops::Range;

use pulldown_cmark::{BrokenLink, Event, Options, Parser};

use super::writer::Writer;

/// A text, parsed.
pub(super) struct Parsed {
    /// The blocks that show something, in order.
    pub(super) blocks: Vec<Block>,
    /// Where a later line could still change what stands here: the first reference whose
    /// definition has not come, or the first definition (which later blocks may need).
    pub(super) unsettled_from: usize,
}

/// One top-level block.
pub(super) struct Block {
    /// Where its first line begins.
    pub(super) starts_at: usize,
    /// What it looks like, not sanitised yet.
    pub(super) html: String,
}

impl Parsed {
    /// All blocks, one after the other.
    pub(super) fn html(self) -> String {
        self.blocks.into_iter().map(|block| block.html).collect()
    }
}

/// Where the top-level blocks of a text begin; cheaper than [`parse`].
pub(super) fn starts(text: &str) -> Vec<usize> {
    top_level(text, Parser::new_ext(text, options()).into_offset_iter())
}

/// Parses and renders a text.
pub(super) fn parse(text: &str) -> Parsed {
    let mut first_broken = usize::MAX;
    let on_broken_link = |link: BrokenLink<'_>| {
        first_broken = first_broken.min(link.span.start);
        None
    };
    let mut events = Parser::new_with_broken_link_callback(text, options(), Some(on_broken_link))
        .into_offset_iter();
    let first_definition = events
        .reference_definitions()
        .iter()
        .map(|(_, definition)| definition.span.start)
        .min()
        .unwrap_or(usize::MAX);
    let mut blocks = Vec::new();
    let mut depth = 0_usize;
    let mut writer = Writer::default();
    for (event, range) in events.by_ref() {
        if depth == 0 {
            blocks.push(Block { starts_at: line_start(text, range.start), html: String::new() });
        }
        depth = depth_after(depth, &event);
        writer.event(event);
        if depth == 0
            && let Some(block) = blocks.last_mut()
        {
            block.html = std::mem::take(&mut writer).finish();
        }
    }
    drop(events);
    Parsed { blocks, unsettled_from: first_broken.min(first_definition) }
}

fn top_level<'a>(
    text: &str,
    events: impl Iterator<Item = (Event<'a>, Range<usize>)>,
) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut starts = Vec::new();
    for (event, range) in events {
        if depth == 0 {
            starts.push(line_start(text, range.start));
        }
        depth = depth_after(depth, &event);
    }
    starts
}

const fn depth_after(depth: usize, event: &Event<'_>) -> usize {
    match event {
        Event::Start(_) => depth + 1,
        Event::End(_) => depth.saturating_sub(1),
        _ => depth,
    }
}

/// Indentation belongs to a block although the parser's range leaves it out.
fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

const fn options() -> Options {
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS)
}
