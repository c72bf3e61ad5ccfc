//! Asks whoever hands out the tokens of a provider.

use std::{error::Error, sync::Arc};

use reqwest::{Client, Request};
use shared::Timestamp;

use super::{
    TokenFailure, answer, azure,
    cache::{Granted, HandsOut, TokenCache},
    copilot, google,
};
use crate::kernel::Secret;

/// The tokens of one provider.
pub(in super::super) type TokenSource = Arc<TokenCache<Asker>>;

/// On what grounds a token is handed out.
pub(super) enum Grant {
    Google(google::Account),
    Azure(azure::Client),
    Copilot(copilot::Subscriber),
}

/// Asks for tokens over HTTP.
pub(in super::super) struct Asker {
    client: Client,
    grant: Grant,
    secrets: Vec<Secret>,
}

impl Asker {
    pub(super) fn new(client: Client, grant: Grant) -> Self {
        let secrets = match &grant {
            Grant::Google(account) => account.secrets(),
            Grant::Azure(client) => client.secrets(),
            Grant::Copilot(subscriber) => subscriber.secrets(),
        };
        Self { client, grant, secrets }
    }

    async fn answer_to(&self, request: Request, now: Timestamp) -> Result<Granted, TokenFailure> {
        let from = request.url().host_str().unwrap_or_default().to_owned();
        let response =
            self.client.execute(request).await.map_err(|error| unasked(&from, &error))?;
        answer::read(response, now, &from, &self.secrets).await
    }
}

impl HandsOut for Asker {
    async fn ask(&self, now: Timestamp) -> Result<Granted, TokenFailure> {
        match &self.grant {
            Grant::Google(account) => {
                let own = self.answer_to(account.own_request(&self.client, now)?, now).await?;
                match account.request_as_another(&self.client, &own.token)? {
                    None => Ok(own),
                    Some(request) => self.answer_to(request, now).await,
                }
            }
            Grant::Azure(client) => self.answer_to(client.request(&self.client).await?, now).await,
            Grant::Copilot(subscriber) => {
                let granted = self.answer_to(subscriber.request(&self.client)?, now).await?;
                subscriber.checked(granted)
            }
        }
    }
}

/// The innermost cause says most: that a name is unknown, a connection refused, a certificate bad.
fn unasked(from: &str, error: &reqwest::Error) -> TokenFailure {
    if error.is_timeout() {
        return TokenFailure(format!("{from} did not answer in time"));
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    TokenFailure(format!("{from} could not be asked: {cause}"))
}

/// A form as token endpoints want it.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A request that is whole.
pub(super) fn built(request: reqwest::RequestBuilder) -> Result<Request, TokenFailure> {
    // The cause may show a header.
    request.build().map_err(|_| TokenFailure("no request for a token can be made".to_owned()))
}
