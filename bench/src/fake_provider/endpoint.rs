//! What can be asked for, of whichever vendor, and what answers it.

use http::Method;

use super::{
    anthropic, azure, bedrock, cohere, copilot, fault::Fault, gemini, kept::Kept, ollama, openai,
    replicate, reply::Prepared, sagemaker, vendor::Vendor, vendor_call::VendorCall, vertex,
    workers_ai,
};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint<'a> {
    /// The provider's own books; no credential is needed.
    Books(Books),
    /// What vendors charge nothing for.
    Free(Free<'a>),
    /// Where tokens are handed out.
    Tokens,
    /// What is billed.
    Billed(Billed<'a>),
    /// Files and batches.
    Kept(Kept<'a>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Books {
    Show,
    ShowItems,
    Reset,
    ExpireTokens,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free<'a> {
    ModelList,
    Model(&'a str),
    CountTokens,
    Gemini(gemini::route::Free<'a>),
    Vertex(vertex::route::Free<'a>),
    Bedrock(bedrock::route::Free),
    Cohere(cohere::route::Free<'a>),
    Ollama(ollama::route::Free),
    WorkersAi(workers_ai::route::Free),
    Replicate(replicate::route::Free<'a>),
    Copilot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Billed<'a> {
    Chat,
    Embeddings,
    Beside(openai::beside::Call),
    Messages,
    Gemini(gemini::route::Billed<'a>),
    Vertex(vertex::route::Billed<'a>),
    Azure(azure::route::Billed<'a>),
    Bedrock(bedrock::route::Billed<'a>),
    Cohere(cohere::route::Billed),
    Ollama(ollama::route::Billed),
    WorkersAi(workers_ai::route::Billed<'a>),
    SageMaker(sagemaker::Billed<'a>),
    Replicate(replicate::route::Billed<'a>),
    Copilot(copilot::Billed),
}

impl<'a> Endpoint<'a> {
    /// An endpoint that costs nothing.
    pub(super) fn free(free: impl Into<Free<'a>>) -> Self {
        Self::Free(free.into())
    }

    /// An endpoint that is billed.
    pub(super) fn billed(billed: impl Into<Billed<'a>>) -> Self {
        Self::Billed(billed.into())
    }

    /// What was found at a path, where the request has the method that it takes.
    pub(super) fn taken_by(
        method: &Method,
        path: &str,
        found: Option<(Method, Self)>,
    ) -> Result<Self, Fault> {
        match found {
            Some((expected, endpoint)) if *method == expected => Ok(endpoint),
            Some(_) => Err(Fault::WrongMethod(format!("{method} on {path}"))),
            None => Err(Fault::UnknownPath(format!("{method} {path}"))),
        }
    }
}

impl Billed<'_> {
    /// The answer to a call.
    pub(super) fn prepare(self, call: &VendorCall<'_>) -> Result<Prepared, Fault> {
        match self {
            Self::Chat => openai::chat::prepare(call.body, call.serial),
            Self::Embeddings => openai::embeddings::prepare(call.body),
            Self::Beside(beside) => beside.prepare(call),
            Self::Messages if call.header("anthropic-version").is_none() => {
                Err(Fault::MissingVersion)
            }
            Self::Messages => anthropic::messages::prepare(call.body, call.serial),
            Self::Gemini(billed) => billed.prepare(call),
            Self::Vertex(billed) => billed.prepare(call),
            Self::Azure(billed) => billed.prepare(call),
            Self::Bedrock(billed) => billed.prepare(call),
            Self::Cohere(billed) => billed.prepare(call),
            Self::Ollama(billed) => billed.prepare(call),
            Self::WorkersAi(billed) => billed.prepare(call),
            Self::SageMaker(billed) => billed.prepare(call),
            Self::Replicate(billed) => billed.prepare(call),
            Self::Copilot(billed) => billed.prepare(call),
        }
    }
}

impl Free<'_> {
    /// The page.
    pub(super) fn page(self, vendor: Vendor, call: &VendorCall<'_>) -> Result<String, Fault> {
        match (self, vendor) {
            (Self::ModelList, Vendor::Anthropic) => Ok(anthropic::models::list()),
            (Self::ModelList, _) => Ok(openai::models::list()),
            (Self::Model(id), Vendor::Anthropic) => anthropic::models::get(id),
            (Self::Model(id), _) => openai::models::get(id),
            (Self::CountTokens, _) => anthropic::messages::count_tokens(call.body),
            (Self::Gemini(free), _) => free.page(call),
            (Self::Vertex(free), _) => free.page(call),
            (Self::Bedrock(free), _) => Ok(free.page()),
            (Self::Cohere(free), _) => free.page(),
            (Self::Ollama(free), _) => free.page(call),
            (Self::WorkersAi(free), _) => Ok(free.page(call)),
            (Self::Replicate(free), _) => free.page(call),
            (Self::Copilot, _) => Ok(copilot::models()),
        }
    }
}

impl<'a> From<gemini::route::Free<'a>> for Free<'a> {
    fn from(free: gemini::route::Free<'a>) -> Self {
        Self::Gemini(free)
    }
}

impl<'a> From<gemini::route::Billed<'a>> for Billed<'a> {
    fn from(billed: gemini::route::Billed<'a>) -> Self {
        Self::Gemini(billed)
    }
}

impl<'a> From<vertex::route::Free<'a>> for Free<'a> {
    fn from(free: vertex::route::Free<'a>) -> Self {
        Self::Vertex(free)
    }
}

impl<'a> From<vertex::route::Billed<'a>> for Billed<'a> {
    fn from(billed: vertex::route::Billed<'a>) -> Self {
        Self::Vertex(billed)
    }
}

impl<'a> From<azure::route::Billed<'a>> for Billed<'a> {
    fn from(billed: azure::route::Billed<'a>) -> Self {
        Self::Azure(billed)
    }
}

impl From<bedrock::route::Free> for Free<'_> {
    fn from(free: bedrock::route::Free) -> Self {
        Self::Bedrock(free)
    }
}

impl<'a> From<bedrock::route::Billed<'a>> for Billed<'a> {
    fn from(billed: bedrock::route::Billed<'a>) -> Self {
        Self::Bedrock(billed)
    }
}

impl<'a> From<cohere::route::Free<'a>> for Free<'a> {
    fn from(free: cohere::route::Free<'a>) -> Self {
        Self::Cohere(free)
    }
}

impl From<cohere::route::Billed> for Billed<'_> {
    fn from(billed: cohere::route::Billed) -> Self {
        Self::Cohere(billed)
    }
}

impl From<ollama::route::Free> for Free<'_> {
    fn from(free: ollama::route::Free) -> Self {
        Self::Ollama(free)
    }
}

impl From<ollama::route::Billed> for Billed<'_> {
    fn from(billed: ollama::route::Billed) -> Self {
        Self::Ollama(billed)
    }
}

impl From<workers_ai::route::Free> for Free<'_> {
    fn from(free: workers_ai::route::Free) -> Self {
        Self::WorkersAi(free)
    }
}

impl<'a> From<workers_ai::route::Billed<'a>> for Billed<'a> {
    fn from(billed: workers_ai::route::Billed<'a>) -> Self {
        Self::WorkersAi(billed)
    }
}
