//! The two services that serve Gemini: what differs between them is asked here.

/// Through which door a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Service {
    /// The Gemini API of AI Studio, where a call brings an API key.
    AiStudio,
    /// Vertex AI, where a call brings an access token of Google Cloud.
    Vertex,
}

impl Service {
    /// The name by which its errors call it.
    pub(super) fn host(self) -> &'static str {
        match self {
            Self::AiStudio => "generativelanguage.googleapis.com",
            Self::Vertex => "aiplatform.googleapis.com",
        }
    }

    /// The package that its messages belong to.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::AiStudio => "google.ai.generativelanguage.v1beta",
            Self::Vertex => "google.cloud.aiplatform.v1",
        }
    }
}
