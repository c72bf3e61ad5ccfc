//! The texts of a body: what a model reads or has written, without the words of the format.
//!
//! One pass that keeps nothing. For estimates: it knows the fields of every client's dialect, and counts
//! what it does not know as text rather than not at all.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The fields of a request that a model reads.
const READ: [&str; 12] = [
    "messages",
    "system",
    "tools",
    "functions",
    "input",
    "prompt",
    "instructions",
    "response_format",
    "tool_choice",
    "contents",
    "systemInstruction",
    "system_instruction",
];
/// The fields of an answer that a model has written.
const WRITTEN: [&str; 4] = ["choices", "content", "output", "candidates"];
/// Fields of messages that no model reads or writes as text.
const OF_THE_FORMAT: [&str; 29] = [
    "type",
    "id",
    "tool_call_id",
    "tool_use_id",
    "call_id",
    "status",
    "encrypted_content",
    "index",
    "finish_reason",
    "stop_reason",
    "stop_sequence",
    "cache_control",
    "signature",
    "data",
    "logprobs",
    "annotations",
    "citations",
    "detail",
    "thoughtSignature",
    "thought_signature",
    "partMetadata",
    "part_metadata",
    "mediaResolution",
    "finishReason",
    "safetyRatings",
    "avgLogprobs",
    "logprobsResult",
    "citationMetadata",
    "groundingMetadata",
];
/// Fields of messages that hold an image, a sound or a document.
const MEDIA: [&str; 8] = [
    "image_url",
    "source",
    "input_audio",
    "file",
    "inlineData",
    "inline_data",
    "fileData",
    "file_data",
];
/// Fields below which the caller has named everything.
const CALLERS_OWN: [&str; 9] = [
    "tools",
    "functions",
    "input",
    "arguments",
    "parameters",
    "input_schema",
    "response_format",
    "args",
    "response",
];

/// What is in a body beside its texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BesideText {
    /// Messages.
    pub messages: i64,
    /// Images, sounds and documents.
    pub media: i64,
    /// Numbers: a prompt can be given as tokens.
    pub numbers: i64,
}

/// Gives each text that a model reads of a request, and what is beside them. What comes after
/// something that is no JSON is left out.
pub fn texts_of_request(body: &[u8], take: &mut dyn FnMut(&str)) -> BesideText {
    walk(body, &READ, take)
}

/// Gives each text that a model has written in an answer, as [`texts_of_request`].
pub fn texts_of_response(body: &[u8], take: &mut dyn FnMut(&str)) -> BesideText {
    walk(body, &WRITTEN, take)
}

fn walk(body: &[u8], fields: &[&str], take: &mut dyn FnMut(&str)) -> BesideText {
    let mut walk = Walk { take, beside: BesideText::default() };
    let mut json = serde_json::Deserializer::from_slice(body);
    // What could be read until an error counts.
    let _ = Place::Body(fields).of(&mut walk).deserialize(&mut json);
    walk.beside
}

struct Walk<'a> {
    take: &'a mut dyn FnMut(&str),
    beside: BesideText,
}

/// Where in the body a value is.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// It is the body, of which these fields count.
    Body(&'a [&'a str]),
    /// In a message.
    Message,
    /// In what the caller has named.
    CallersOwn,
}

impl<'a> Place<'a> {
    const fn of<'b, 'w>(self, walk: &'b mut Walk<'w>) -> Value<'a, 'b, 'w> {
        Value { place: self, walk }
    }

    /// The place of a field; none where it does not count.
    fn field(self, name: &str, walk: &mut Walk<'_>) -> Option<Self> {
        let below = if CALLERS_OWN.contains(&name) { Self::CallersOwn } else { Self::Message };
        match self {
            // A prompt for embeddings is nobody's object.
            Self::Body(fields) if name == "input" => {
                fields.contains(&name).then_some(Self::Message)
            }
            Self::Body(fields) => fields.contains(&name).then_some(below),
            Self::CallersOwn => {
                (walk.take)(name);
                Some(Self::CallersOwn)
            }
            Self::Message if MEDIA.contains(&name) => {
                walk.beside.media += 1;
                None
            }
            Self::Message if name == "role" => {
                walk.beside.messages += 1;
                None
            }
            Self::Message => (!OF_THE_FORMAT.contains(&name)).then_some(below),
        }
    }
}

struct Value<'a, 'b, 'w> {
    place: Place<'a>,
    walk: &'b mut Walk<'w>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if text.starts_with("data:") {
            self.walk.beside.media += 1;
        } else {
            (self.walk.take)(text);
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.walk.beside.numbers += 1;
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.visit_u64(0)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.visit_u64(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.place.of(self.walk))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            match self.place.field(&name, self.walk) {
                Some(place) => map.next_value_seed(place.of(self.walk))?,
                None => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(body: &serde_json::Value) -> (Vec<String>, BesideText) {
        let mut texts = Vec::new();
        let beside =
            texts_of_request(body.to_string().as_bytes(), &mut |text| texts.push(text.to_owned()));
        (texts, beside)
    }

    #[test]
    fn what_a_model_reads_is_found_in_every_dialect_and_the_format_is_not() {
        let (openai, beside) = texts(&json!({
            "model": "gpt", "max_tokens": 9, "stream": true,
            "messages": [
                {"role": "system", "content": "Be \"terse\"."},
                {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "call_1", "type": "function",
                     "function": {"name": "look", "arguments": "{\"at\":1}"}}]},
                {"role": "tool", "tool_call_id": "call_1", "content": "a cat"}],
            "tools": [{"type": "function", "function": {"name": "look", "parameters":
                {"type": "object", "properties": {"source": {"type": "integer"}}}}}],
        }));
        assert_eq!(openai[..5], ["Be \"terse\".", "What is this?", "look", "{\"at\":1}", "a cat"]);
        assert!(openai.contains(&"source".to_owned()), "a tool's parameter is no image");
        assert_eq!(beside, BesideText { messages: 4, media: 1, numbers: 0 });

        let (anthropic, beside) = texts(&json!({
            "model": "claude", "max_tokens": 9, "system": [{"type": "text", "text": "Be terse."}],
            "messages": [
                {"role": "user", "content": [
                    {"type": "image", "source": {"type": "base64", "data": "AAAA"}}]},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "EqMB"},
                    {"type": "tool_use", "id": "toolu_1", "name": "open", "input": {"file": "a.txt"}}]}],
        }));
        assert_eq!(anthropic, ["Be terse.", "Hm.", "open", "file", "a.txt"]);
        assert_eq!(beside, BesideText { messages: 2, media: 1, numbers: 0 });

        let (gemini, beside) = texts(&json!({
            "systemInstruction": {"parts": [{"text": "Be terse."}]},
            "generationConfig": {"temperature": 0.5, "maxOutputTokens": 9},
            "contents": [
                {"role": "user", "parts": [
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
                {"role": "model", "parts": [
                    {"text": "Hm.", "thought": true, "thoughtSignature": "EqMB"},
                    {"functionCall": {"id": "c", "name": "open", "args": {"file": "a.txt"}}}]},
                {"role": "user", "parts": [
                    {"functionResponse": {"id": "c", "name": "open", "response": {"id": "b"}}}]}],
        }));
        assert_eq!(gemini, ["Be terse.", "Hm.", "open", "file", "a.txt", "open", "id", "b"]);
        assert_eq!(beside, BesideText { messages: 3, media: 1, numbers: 0 });
    }

    #[test]
    fn what_a_model_has_written_is_found_and_what_is_said_of_it_is_not() {
        let body = json!({"candidates": [{"index": 0, "finishReason": "STOP", "avgLogprobs": -0.5,
            "content": {"role": "model", "parts": [{"text": "so "}, {"text": "far"}]}}],
            "usageMetadata": {"promptTokenCount": 9}, "modelVersion": "m"});
        let mut read = String::new();
        let add = &mut |text: &str| read.push_str(text);
        let beside = texts_of_response(body.to_string().as_bytes(), add);
        assert_eq!((read.as_str(), beside.numbers), ("so far", 0));
    }

    #[test]
    fn a_prompt_of_tokens_is_counted_and_a_broken_body_as_far_as_it_goes() {
        let (texts, beside) = texts(&json!({"model": "e", "input": [[1, 2, 3], [4]]}));
        assert_eq!((texts.len(), beside.numbers), (0, 4));
        let mut read = String::new();
        let body = b"{\"choices\":[{\"index\":0,\"message\":{\"content\":\"so far\"}}], oh";
        let _ = texts_of_response(body, &mut |text| read.push_str(text));
        assert_eq!(read, "so far");
    }
}
