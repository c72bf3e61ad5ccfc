//! What the gateway must know of a batch: which model its requests ask, and how much they can use.
//!
//! Sources: the guide to OpenAI's batch API and the official SDKs of OpenAI (`openai.types.batch`)
//! and Anthropic (`anthropic.types.messages.batch_create_params`).

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use serde_json::value::RawValue;
use shared::receipt::Units;

use super::{
    Dialect, Picked, RequestFacts, RequestNeeds, WireError, malformed, refuse_ambiguity, typed,
    utf8,
};
use crate::wire::{Edits, rewrite};

const LINE: [&str; 4] = ["custom_id", "method", "url", "body"];
const URL: usize = 2;
const BODY: usize = 3;
const ORDER: [&str; 2] = ["input_file_id", "endpoint"];
const REQUESTS: [&str; 1] = ["requests"];
const REQUEST: [&str; 2] = ["custom_id", "params"];

/// What the requests of a batch can use at most, together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchWork {
    /// The model that they ask, as callers name it.
    pub model: String,
    /// The provider that they are for.
    pub provider: String,
    /// How many they are.
    pub requests: i64,
    /// Prompt tokens.
    pub input_tokens: i64,
    /// Prompt tokens of the one that has most.
    pub longest_input_tokens: i64,
    /// Answer tokens.
    pub output_tokens: i64,
}

impl BatchWork {
    /// Counts a request in.
    pub fn add(&mut self, input_tokens: i64, output_tokens: i64) {
        self.requests += 1;
        self.input_tokens = self.input_tokens.saturating_add(input_tokens);
        self.longest_input_tokens = self.longest_input_tokens.max(input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(output_tokens);
    }
}

impl RequestFacts {
    /// Those of a batch as one call: nothing of it is limited or shortened, for what it can use is
    /// known.
    #[must_use]
    pub fn of_batch(work: &BatchWork) -> Self {
        Self {
            model: work.model.clone(),
            is_streaming: false,
            output_limit: Some(0),
            thinking_tokens: 0,
            choices: 1,
            asks_for_usage: false,
            units: Units::default(),
            file_tokens: 0,
            model_span: None,
            limits: Vec::new(),
            stream_options: None,
            generation_config: None,
        }
    }
}

/// An endpoint that requests of a batch file can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BatchEndpoint {
    /// `/v1/chat/completions`
    ChatCompletions,
    /// `/v1/completions`
    Completions,
    /// `/v1/embeddings`
    Embeddings,
    /// `/v1/responses`
    Responses,
}

impl BatchEndpoint {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ChatCompletions, Self::Completions, Self::Embeddings, Self::Responses];

    /// Its path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::Embeddings => "/v1/embeddings",
            Self::Responses => "/v1/responses",
        }
    }

    /// The dialect that is spoken there.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::ChatCompletions => Dialect::OpenAiChat,
            Self::Completions => Dialect::OpenAiCompletions,
            Self::Embeddings => Dialect::OpenAiEmbeddings,
            Self::Responses => Dialect::OpenAiResponses,
        }
    }

    /// The endpoint at a path. Azure writes it without the version.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        let is_at = |endpoint: &Self| {
            endpoint.path() == path || endpoint.path().strip_prefix("/v1") == Some(path)
        };
        Self::ALL.into_iter().find(is_at)
    }
}

/// One request of a batch file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchLine {
    /// What it is for.
    pub endpoint: BatchEndpoint,
    /// What its body asks for.
    pub facts: RequestFacts,
    body: Range<usize>,
}

impl BatchLine {
    /// Reads one line.
    ///
    /// # Errors
    /// [`WireError`], naming the field at fault.
    pub fn read(line: &[u8]) -> Result<Self, WireError> {
        let text = utf8(line)?;
        let picked = Picked::read(text, &LINE).map_err(|error| malformed(&error))?;
        refuse_ambiguity(picked.ambiguity())?;
        let path: String = match picked.value(URL) {
            Some(raw) => typed(raw, "url", "a path")?,
            None => return Err(WireError::invalid("url", "`url` is missing; name the endpoint.")),
        };
        let endpoint = BatchEndpoint::at(&path).ok_or_else(|| no_endpoint("url"))?;
        let (Some(raw), Some(body)) = (picked.value(BODY), picked.span(BODY)) else {
            return Err(WireError::invalid("body", "`body` is missing; give the request."));
        };
        let facts = RequestFacts::read(endpoint.dialect(), raw.get().as_bytes())?;
        Ok(Self { endpoint, facts, body })
    }

    /// How long the request itself is, in bytes.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// What the request needs of a model.
    #[must_use]
    pub fn needs(&self, line: &[u8], window_tokens: Option<i64>) -> RequestNeeds {
        let body = line.get(self.body.clone()).unwrap_or_default();
        RequestNeeds::read(self.endpoint.dialect(), body, &self.facts, window_tokens)
    }

    /// The line with edits of the request in it; every other byte as it was.
    #[must_use]
    pub fn rewrite(&self, line: &Bytes, edits: &Edits<'_>) -> Bytes {
        let body = line.slice(self.body.clone());
        let rewritten = rewrite(self.endpoint.dialect(), &body, &self.facts, edits);
        if rewritten == body {
            return line.clone();
        }
        let mut whole = BytesMut::with_capacity(line.len() + rewritten.len());
        whole.extend_from_slice(&line[..self.body.start]);
        whole.extend_from_slice(&rewritten);
        whole.extend_from_slice(&line[self.body.end..]);
        whole.freeze()
    }
}

/// What a batch is to be made of: a file, and what its requests are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOrder {
    /// The file.
    pub input_file_id: String,
    /// What its requests are for.
    pub endpoint: BatchEndpoint,
}

impl BatchOrder {
    /// Reads the body of a request for a batch.
    ///
    /// # Errors
    /// [`WireError`], naming the field at fault.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let picked = Picked::read(utf8(body)?, &ORDER).map_err(|error| malformed(&error))?;
        refuse_ambiguity(picked.ambiguity())?;
        let field = |index| -> Result<String, WireError> {
            let name: &'static str = ORDER[index];
            let missing = || WireError::invalid(name, format!("`{name}` is missing."));
            typed(picked.value(index).ok_or_else(missing)?, name, "a string")
        };
        let (input_file_id, path) = (field(0)?, field(1)?);
        let endpoint = BatchEndpoint::at(&path).ok_or_else(|| no_endpoint("endpoint"))?;
        Ok(Self { input_file_id, endpoint })
    }
}

fn no_endpoint(field: &'static str) -> WireError {
    let known = BatchEndpoint::ALL.map(BatchEndpoint::path).join(", ");
    WireError::invalid(field, format!("`{field}` must be one of {known}."))
}

/// The requests of a message batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageBatch {
    /// Each with where its model is named in the body.
    requests: Vec<(RequestFacts, Range<usize>)>,
    /// Where each stands in the body.
    params: Vec<Range<usize>>,
}

impl MessageBatch {
    /// Reads the body of a request for a message batch.
    ///
    /// # Errors
    /// [`WireError`], naming the request and the field at fault.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let text = utf8(body)?;
        let picked = Picked::read(text, &REQUESTS).map_err(|error| malformed(&error))?;
        refuse_ambiguity(picked.ambiguity())?;
        let not_a_list =
            || WireError::invalid("requests", "`requests` must be a list of one request or more.");
        let list = picked.value(0).ok_or_else(not_a_list)?;
        let list: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|_| not_a_list())?;
        if list.is_empty() {
            return Err(not_a_list());
        }
        let mut batch = Self { requests: Vec::with_capacity(list.len()), params: Vec::new() };
        for (index, raw) in list.into_iter().enumerate() {
            let (facts, params) = message_request(raw).map_err(|error| {
                WireError::invalid("requests", format!("requests[{index}]: {error}"))
            })?;
            // A slice of the body, so the difference is where it begins there.
            let start = params.as_ptr() as usize - text.as_ptr() as usize;
            let model = facts.model_span.clone().unwrap_or_default();
            batch.requests.push((facts, start + model.start..start + model.end));
            batch.params.push(start..start + params.len());
        }
        Ok(batch)
    }

    /// What each request asks for, and how long it is in bytes.
    pub fn requests(&self) -> impl Iterator<Item = (&RequestFacts, usize)> {
        self.requests.iter().map(|(facts, _)| facts).zip(self.params.iter().map(Range::len))
    }

    /// What one of the requests needs of a model.
    #[must_use]
    pub fn needs(&self, body: &[u8], index: usize, window_tokens: Option<i64>) -> RequestNeeds {
        let params = self.params.get(index).and_then(|params| body.get(params.clone()));
        let (Some(params), Some((facts, _))) = (params, self.requests.get(index)) else {
            return RequestNeeds::default();
        };
        RequestNeeds::read(Dialect::AnthropicMessages, params, facts, window_tokens)
    }

    /// The body with every request asking the provider's `model`; every other byte as it was.
    #[must_use]
    pub fn rewrite(&self, body: &Bytes, model: &str) -> Bytes {
        let written = serde_json::Value::from(model).to_string();
        let mut whole = BytesMut::with_capacity(body.len() + self.requests.len() * written.len());
        let mut from = 0;
        for (_, span) in &self.requests {
            whole.extend_from_slice(&body[from..span.start]);
            whole.extend_from_slice(written.as_bytes());
            from = span.end;
        }
        whole.extend_from_slice(&body[from..]);
        whole.freeze()
    }
}

fn message_request(raw: &RawValue) -> Result<(RequestFacts, &str), WireError> {
    let picked = Picked::read(raw.get(), &REQUEST).map_err(|error| malformed(&error))?;
    refuse_ambiguity(picked.ambiguity())?;
    let missing = || WireError::invalid("params", "`params` is missing; give the message.");
    let params = picked.value(1).ok_or_else(missing)?.get();
    Ok((RequestFacts::read(Dialect::AnthropicMessages, params.as_bytes())?, params))
}

#[cfg(test)]
mod tests;
