//! The events of a provider's message, into steps.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        anthropic_citations::ReadCitation,
        anthropic_response::{UsageObject, read_stop},
        anthropic_server_tools::Uses,
        ir::{JsonObject, OnStep, Phase, Step, Stop, StreamError, Usage, Vendor},
        nonsense,
        stream::ReadStream,
    },
};

/// An event of any kind; what a kind does not have is absent.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    index: Option<i64>,
    message: Option<MessageStart>,
    content_block: Option<BlockStart>,
    delta: Option<Delta>,
    usage: Option<UsageObject>,
    error: Option<ErrorObject>,
}

#[derive(Deserialize)]
struct MessageStart {
    usage: Option<UsageObject>,
}

#[derive(Deserialize)]
struct BlockStart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Box<RawValue>>,
    thinking: Option<String>,
    data: Option<String>,
    citations: Option<Vec<ReadCitation>>,
    tool_use_id: Option<String>,
    content: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Delta {
    text: Option<String>,
    partial_json: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    citation: Option<ReadCitation>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    usage: Usage,
    stop: Option<Stop>,
    stop_sequence: Option<String>,
    open: Option<OpenBlock>,
    uses: Uses,
    /// How much was said, in characters.
    said: usize,
}

#[derive(Debug)]
struct OpenBlock {
    index: Option<i64>,
    tool: Option<OpenTool>,
    server_tool: Option<OpenServerTool>,
    begins_at: usize,
    /// What the block as a whole rests on.
    citations: Vec<ReadCitation>,
}

/// A use of the provider's own tool, whose input arrives.
#[derive(Debug)]
struct OpenServerTool {
    id: String,
    name: String,
    first_input: Option<Box<RawValue>>,
    input: String,
}

#[derive(Debug)]
struct OpenTool {
    /// The input in the block's first event: the empty object, except from servers that send the
    /// whole input there and no deltas.
    first_input: Option<Box<RawValue>>,
    has_arguments: bool,
}

impl ReadStream for Reader {
    fn read(
        &mut self,
        event: SseEvent<'_>,
        _context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if self.phase == Phase::Over {
            return Ok(());
        }
        let event: Event<'_> = serde_json::from_str(event.data)
            .map_err(|error| nonsense(format!("an event is not of a message ({error})")))?;
        match &*event.kind {
            "message_start" => self.read_message_start(event.message, tell),
            "content_block_start" => self.read_block_start(event.index, event.content_block, tell),
            "content_block_delta" => self.read_block_delta(event.index, event.delta, tell),
            "content_block_stop" => self.close_block(tell),
            "message_delta" => {
                self.read_message_delta(event.delta, event.usage);
                Ok(())
            }
            "message_stop" => self.end(tell),
            "error" => self.read_error(event.error, tell),
            // `ping`, and what a later version of the API may add: it asks to be skipped.
            _ => Ok(()),
        }
    }

    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match (self.phase, self.stop) {
            (Phase::Over, _) => Ok(()),
            (_, Some(_)) => self.end(tell),
            (_, None) => Err(nonsense("its stream ended before its answer did")),
        }
    }
}

impl Reader {
    fn read_message_start(
        &mut self,
        message: Option<MessageStart>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if let Some(usage) = message.and_then(|message| message.usage) {
            usage.update(&mut self.usage);
        }
        self.begin(tell)
    }

    fn begin(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if self.phase != Phase::Waiting {
            return Ok(());
        }
        self.phase = Phase::Telling;
        tell(Step::Begin(self.usage))
    }

    fn read_block_start(
        &mut self,
        index: Option<i64>,
        block: Option<BlockStart>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        self.begin(tell)?;
        self.close_block(tell)?;
        let block = block.ok_or_else(|| nonsense("a block begins without saying what it is"))?;
        let is_tool = block.kind == "tool_use";
        let mut first_input = block.input;
        let server_tool = match (block.kind.as_str(), &block.id, &block.name) {
            ("server_tool_use", Some(id), Some(name)) => Some(OpenServerTool {
                id: id.clone(),
                name: name.clone(),
                first_input: first_input.take(),
                input: String::new(),
            }),
            ("server_tool_use", _, _) => {
                return Err(nonsense("a use of its own tool has no id or no name"));
            }
            _ => None,
        };
        let tool = is_tool.then_some(OpenTool { first_input, has_arguments: false });
        let citations = block.citations.unwrap_or_default();
        let begins_at = self.said;
        self.open = Some(OpenBlock { index, tool, server_tool, begins_at, citations });
        if Uses::is_result(&block.kind) {
            let id = block.tool_use_id.unwrap_or_default();
            let used = self.uses.answer(&id, &block.kind, block.content);
            return used.map_or(Ok(()), |used| tell(Step::ServerToolUse(&used)));
        }
        if is_tool {
            let (Some(id), Some(name)) = (&block.id, &block.name) else {
                return Err(nonsense("a tool use has no id or no name"));
            };
            return tell(Step::ToolCall { id, name });
        }
        match (block.kind.as_str(), block.text, block.thinking, block.data) {
            ("text", Some(text), _, _) if !text.is_empty() => self.say(&text, tell),
            ("thinking", _, Some(text), _) if !text.is_empty() => tell(Step::Thought(&text)),
            ("redacted_thinking", _, _, Some(opaque)) => tell(signature(&opaque, true)),
            _ => Ok(()),
        }
    }

    fn say(&mut self, text: &str, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.said += text.chars().count();
        tell(Step::Text(text))
    }

    fn read_block_delta(
        &mut self,
        index: Option<i64>,
        delta: Option<Delta>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let open = self.open.as_mut().filter(|open| index.is_none() || index == open.index);
        let open = open.ok_or_else(|| nonsense("a delta is for a block that is not open"))?;
        let Some(delta) = delta else { return Ok(()) };
        if let (Some(json), Some(tool)) = (&delta.partial_json, &mut open.tool)
            && !json.is_empty()
        {
            tool.has_arguments = true;
            return tell(Step::Arguments(json));
        }
        if let (Some(json), Some(used)) = (&delta.partial_json, &mut open.server_tool) {
            used.input.push_str(json);
        }
        open.citations.extend(delta.citation);
        match (delta.text, delta.thinking, delta.signature) {
            (Some(text), _, _) if !text.is_empty() => self.say(&text, tell),
            (_, Some(text), _) if !text.is_empty() => tell(Step::Thought(&text)),
            (_, _, Some(opaque)) if !opaque.is_empty() => tell(signature(&opaque, false)),
            _ => Ok(()),
        }
    }

    /// A tool that takes nothing gets no deltas here, but its arguments elsewhere must be JSON.
    /// Citations are of the block as a whole, which is known now.
    fn close_block(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if let Some(OpenServerTool { id, name, first_input, input }) = open.server_tool {
            let input = match (input.is_empty(), first_input) {
                (true, Some(first)) => JsonObject::from_json(first),
                _ => JsonObject::read(&input),
            };
            let input = input.ok_or_else(|| nonsense("the input of its own tool is no object"))?;
            self.uses.ask(id, name, input);
        }
        let passage = open.begins_at..self.said;
        for citation in open.citations {
            if let Some(citation) = citation.of(passage.clone()) {
                tell(Step::Citation(&citation))?;
            }
        }
        match open.tool {
            Some(OpenTool { first_input, has_arguments: false }) => {
                tell(Step::Arguments(first_input.as_deref().map_or("{}", RawValue::get)))
            }
            _ => Ok(()),
        }
    }

    fn read_message_delta(&mut self, delta: Option<Delta>, usage: Option<UsageObject>) {
        if let Some(usage) = usage {
            usage.update(&mut self.usage);
        }
        if let Some(Delta { stop_reason: Some(reason), stop_sequence, .. }) = delta {
            self.stop = Some(read_stop(Some(&reason)));
            self.stop_sequence = stop_sequence;
        }
    }

    fn end(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        self.close_block(tell)?;
        for used in self.uses.rest() {
            tell(Step::ServerToolUse(&used))?;
        }
        self.phase = Phase::Over;
        let stop = self.stop.unwrap_or(Stop::EndOfTurn);
        tell(Step::Finish { stop, stop_sequence: self.stop_sequence.as_deref() })?;
        tell(Step::End(self.usage))
    }

    fn read_error(
        &mut self,
        error: Option<ErrorObject>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        self.phase = Phase::Over;
        let (kind, message) = error.map_or((None, None), |error| (error.kind, error.message));
        tell(Step::Error(StreamError {
            kind: kind.as_deref().unwrap_or("api_error"),
            message: message.as_deref().unwrap_or("the provider gave no reason"),
        }))
    }
}

fn signature(opaque: &str, is_redacted: bool) -> Step<'_> {
    Step::Signature { vendor: Vendor::Anthropic, opaque, is_redacted }
}
