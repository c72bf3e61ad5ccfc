//! Lists that are asked for beside calls, and cost nothing: a provider's own list of models, with
//! its credential, and public lists of prices, with none.

use std::time::Duration;

use http::{
    HeaderMap, StatusCode,
    header::{ACCEPT, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};
use reqwest::{Client, Response};
use url::Url;

use super::{
    Handle, ProviderError,
    check::{Failed, ask, get, model_list},
    client,
};
use crate::kernel::config::{self, ModelList, Provider};

/// Whether a provider lists its models.
#[must_use]
pub fn lists_models(provider: &Provider) -> bool {
    model_list(provider.kind) != ModelList::None
}

/// A page of a provider's list of models: the first, or one with a parameter in its query.
///
/// # Errors
/// [`Failed`], without secrets.
pub async fn models_page(
    handle: &Handle,
    parameter: Option<(&str, &str)>,
    timeout: Duration,
) -> Result<Vec<u8>, Failed> {
    let mut url = handle.models_url();
    if let Some((name, value)) = parameter {
        url.query_pairs_mut().append_pair(name, value);
    }
    let (_, body) = ask(handle, get(handle, url), timeout).await?;
    Ok(body)
}

/// By what a public list is asked whether it has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its entity tag.
    pub etag: Option<String>,
    /// When it says that it was changed.
    pub last_modified: Option<String>,
}

impl Validators {
    /// The longest that are kept: what is longer is asked for anew.
    const LONGEST_BYTES: usize = 255;

    fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            let value = headers.get(name)?.to_str().ok()?;
            (value.len() <= Self::LONGEST_BYTES).then(|| value.to_owned())
        };
        Self { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }
}

/// What became of asking for a public list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is as it was.
    Unchanged,
    /// What it says now.
    Changed {
        /// Its bytes.
        body: Vec<u8>,
        /// By what it is asked next time.
        validators: Validators,
    },
}

/// Why a public list cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfetched {
    /// No answer.
    #[error("cannot be reached: {0}")]
    Connect(String),
    /// No whole answer in time.
    #[error("has not answered within {0:?}")]
    Late(Duration),
    /// Another answer than a good one; redirects are not followed.
    #[error("answers {0}")]
    Status(u16),
    /// An answer that is too long.
    #[error("answers with more than {0} bytes")]
    TooLarge(usize),
}

/// Asks for public lists.
#[derive(Debug, Clone)]
pub struct PublicLists {
    client: Client,
    timeout: Duration,
    answer_limit_bytes: usize,
}

impl PublicLists {
    /// With the limits of the configuration.
    ///
    /// # Errors
    /// [`ProviderError::Client`] where the TLS roots of the system cannot be loaded.
    pub fn new(config: &config::Config) -> Result<Self, ProviderError> {
        let client = client::for_lists(&config.proxy).map_err(ProviderError::Client)?;
        let timeout = Duration::from_secs(config.catalog.timeout_seconds);
        Ok(Self { client, timeout, answer_limit_bytes: config.catalog.answer_limit_bytes })
    }

    /// Asks for a list, unless it is as it was.
    ///
    /// # Errors
    /// [`Unfetched`], and then nothing is known of it.
    pub async fn get(&self, url: &Url, known: &Validators) -> Result<Fetched, Unfetched> {
        let late = || Err(Unfetched::Late(self.timeout));
        tokio::time::timeout(self.timeout, self.get_in_any_time(url, known))
            .await
            .unwrap_or_else(|_| late())
    }

    async fn get_in_any_time(&self, url: &Url, known: &Validators) -> Result<Fetched, Unfetched> {
        let mut request = self.client.get(url.clone()).header(ACCEPT, "application/json");
        for (name, value) in
            [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)]
        {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let response = request.send().await.map_err(|error| unreached(&error))?;
        match response.status() {
            StatusCode::NOT_MODIFIED if *known != Validators::default() => Ok(Fetched::Unchanged),
            StatusCode::OK => {
                let validators = Validators::of(response.headers());
                Ok(Fetched::Changed { body: self.body_of(response).await?, validators })
            }
            status => Err(Unfetched::Status(status.as_u16())),
        }
    }

    async fn body_of(&self, mut response: Response) -> Result<Vec<u8>, Unfetched> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreached(&error))? {
            if body.len() + chunk.len() > self.answer_limit_bytes {
                return Err(Unfetched::TooLarge(self.answer_limit_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// The innermost cause says most: that a name is unknown, a connection refused, a certificate bad.
fn unreached(error: &reqwest::Error) -> Unfetched {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Unfetched::Connect(cause.to_string())
}
