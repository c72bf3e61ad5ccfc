//! Steps, into the events that a client of Anthropic messages reads.
//!
//! One block is open at a time, numbered from 0; the tokens and the reason of the stop come in
//! one event at the end, as this API has it.
//!
//! Google signs a text behind it, in a stream, and need not be sent that back. It would be a block
//! of thinking at the end of the answer, which agents take for what was said last: it waits, and is
//! told only where another block follows, whose own it may be.
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>

use std::borrow::Cow;

use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        anthropic_citations::WrittenCitation,
        anthropic_response::{Message, WrittenUsage, write_signature, write_stop},
        anthropic_server_tools::{ResultBlock, UseCounts, WrittenUse},
        ir::{ServerToolUse, Step, Stop, StreamError, Usage, Vendor},
        no_place_for,
        stream::WriteStream,
        write_event,
    },
};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event<'a> {
    MessageStart { message: Message<'a> },
    ContentBlockStart { index: u32, content_block: BlockStart<'a> },
    ContentBlockDelta { index: u32, delta: BlockDelta<'a> },
    ContentBlockStop { index: u32 },
    MessageDelta { delta: MessageDelta<'a>, usage: WrittenUsage },
    MessageStop,
    Error { error: ErrorObject<'a> },
}

impl Event<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
            Self::Error { .. } => "error",
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockStart<'a> {
    Text {
        text: &'static str,
    },
    Thinking {
        thinking: &'static str,
        signature: &'static str,
    },
    RedactedThinking {
        data: Cow<'a, str>,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: NoInput,
    },
    ServerToolUse {
        id: &'a str,
        name: &'a str,
        input: NoInput,
    },
    #[serde(untagged)]
    ServerToolResult(ResultBlock<'a>),
}

/// The input comes in deltas; the block begins with an empty object.
#[derive(Serialize)]
struct NoInput {}

#[derive(Serialize)]
#[serde(tag = "type")]
enum BlockDelta<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: Cow<'a, str> },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
    #[serde(rename = "citations_delta")]
    Citation { citation: WrittenCitation<'a> },
}

#[derive(Serialize)]
struct MessageDelta<'a> {
    stop_reason: &'static str,
    stop_sequence: Option<&'a str>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    r#type: &'a str,
    message: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Text,
    Thinking,
    Tool,
}

/// Writes one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Writer {
    open: Option<Block>,
    blocks_closed: u32,
    /// Google's signature that came behind the text that is open.
    behind_text: Option<String>,
    uses: UseCounts,
    stop: Option<(Stop, Option<String>)>,
}

impl WriteStream for Writer {
    fn write(
        &mut self,
        step: &Step<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match *step {
            Step::Begin(usage) => begin(usage, context, out),
            Step::Image(_) => Err(no_place_for("a picture")),
            Step::Speech(_) => Err(no_place_for("speech")),
            Step::NextText if self.open == Some(Block::Text) => self.close(out),
            // A client of this API cannot ask for likelihoods.
            Step::NextText | Step::Likelihoods(_) => Ok(()),
            Step::Text(text) => {
                self.open_text(out)?;
                self.delta(BlockDelta::Text { text }, out)
            }
            Step::Thought(thinking) => {
                self.open_thinking(out)?;
                self.delta(BlockDelta::Thinking { thinking }, out)
            }
            Step::Signature { vendor, opaque, is_redacted: true } => {
                self.redacted(write_signature(vendor, opaque), out)
            }
            Step::Signature { vendor: Vendor::Google, opaque, .. }
                if self.open == Some(Block::Text) =>
            {
                self.behind_text = Some(opaque.to_owned());
                Ok(())
            }
            // Of another vendor's thought only the signature is told: an empty block of thinking
            // would be shown, this one is not.
            Step::Signature { vendor, opaque, .. }
                if vendor != Vendor::Anthropic && self.open != Some(Block::Thinking) =>
            {
                self.redacted(write_signature(vendor, opaque), out)
            }
            Step::Signature { vendor, opaque, is_redacted: false } => {
                self.open_thinking(out)?;
                let signature = write_signature(vendor, opaque);
                self.delta(BlockDelta::Signature { signature }, out)?;
                self.close(out)
            }
            Step::ToolCall { id, name } => {
                self.close(out)?;
                self.open(Block::Tool, BlockStart::ToolUse { id, name, input: NoInput {} }, out)
            }
            Step::Arguments(partial_json) => {
                self.delta(BlockDelta::InputJson { partial_json }, out)
            }
            Step::ServerToolUse(used) => self.server_tool(used, out),
            // What is said is told already: the block that is open rests on the source, or one
            // without text.
            Step::Citation(citation) => {
                self.open_text(out)?;
                self.delta(BlockDelta::Citation { citation: citation.into() }, out)
            }
            Step::Finish { stop, stop_sequence } => {
                self.stop = Some((stop, stop_sequence.map(str::to_owned)));
                self.close(out)
            }
            Step::End(usage) => self.end(usage, out),
            Step::Error(StreamError { kind, message }) => {
                let error = ErrorObject { r#type: known_kind(kind), message };
                event(&Event::Error { error }, out)
            }
        }
    }
}

impl Writer {
    fn redacted(&mut self, data: Cow<'_, str>, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.close(out)?;
        self.open(Block::Thinking, BlockStart::RedactedThinking { data }, out)?;
        self.close(out)
    }

    fn open_text(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.open == Some(Block::Text) {
            return Ok(());
        }
        self.close(out)?;
        self.open(Block::Text, BlockStart::Text { text: "" }, out)
    }

    fn server_tool(&mut self, used: &ServerToolUse, out: &mut Vec<u8>) -> Result<(), WireError> {
        let WrittenUse { id, name, input, result } = WrittenUse::of(used);
        self.uses.add(used);
        self.close(out)?;
        self.open(
            Block::Tool,
            BlockStart::ServerToolUse { id: &id, name, input: NoInput {} },
            out,
        )?;
        self.delta(BlockDelta::InputJson { partial_json: input.get() }, out)?;
        self.close(out)?;
        if let Some(result) = result {
            self.open(Block::Tool, BlockStart::ServerToolResult(result), out)?;
            self.close(out)?;
        }
        Ok(())
    }

    fn open_thinking(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.open == Some(Block::Thinking) {
            return Ok(());
        }
        self.close(out)?;
        self.open(Block::Thinking, BlockStart::Thinking { thinking: "", signature: "" }, out)
    }

    fn open(
        &mut self,
        block: Block,
        content_block: BlockStart<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        if let Some(opaque) = self.behind_text.take() {
            self.redacted(write_signature(Vendor::Google, &opaque), out)?;
        }
        self.open = Some(block);
        event(&Event::ContentBlockStart { index: self.blocks_closed, content_block }, out)
    }

    fn delta(&self, delta: BlockDelta<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
        event(&Event::ContentBlockDelta { index: self.blocks_closed, delta }, out)
    }

    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.open.take().is_none() {
            return Ok(());
        }
        let index = self.blocks_closed;
        self.blocks_closed += 1;
        event(&Event::ContentBlockStop { index }, out)
    }

    fn end(&mut self, usage: Usage, out: &mut Vec<u8>) -> Result<(), WireError> {
        let (stop, stop_sequence) = self.stop.take().unwrap_or((Stop::EndOfTurn, None));
        let stop_sequence = stop_sequence.as_deref();
        let delta = MessageDelta { stop_reason: write_stop(stop), stop_sequence };
        let usage = WrittenUsage::new(usage, self.uses);
        event(&Event::MessageDelta { delta, usage }, out)?;
        event(&Event::MessageStop, out)
    }
}

fn begin(usage: Usage, context: &TranslationContext, out: &mut Vec<u8>) -> Result<(), WireError> {
    let message = Message {
        id: &context.id,
        r#type: "message",
        role: "assistant",
        model: &context.model,
        content: Vec::new(),
        stop_reason: None,
        stop_sequence: None,
        usage: WrittenUsage::new(usage, UseCounts::default()),
    };
    event(&Event::MessageStart { message }, out)
}

fn event(event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    write_event(out, Some(event.name()), event)
}

/// The kinds that this API has; its clients know no others.
fn known_kind(kind: &str) -> &str {
    match kind {
        "invalid_request_error"
        | "authentication_error"
        | "billing_error"
        | "permission_error"
        | "not_found_error"
        | "rate_limit_error"
        | "timeout_error"
        | "overloaded_error" => kind,
        "insufficient_quota" => "billing_error",
        "rate_limit_exceeded" | "requests" | "tokens" => "rate_limit_error",
        _ => "api_error",
    }
}
