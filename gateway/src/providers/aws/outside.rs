//! What the search for keys may touch: files, the environment, and addresses over our own HTTP
//! client.

use std::{collections::HashMap, ffi::OsString, path::PathBuf};

use bytes::Bytes;
use http::{Request, Response};
use reqsign_core::{Env, Error, FileRead, HttpSend, Result};
use reqwest::Client;

use crate::providers::{ProviderError, client};

/// Reads files.
#[derive(Debug)]
pub(super) struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        let read = tokio::fs::read(path).await;
        read.map_err(|error| Error::config_invalid(format!("cannot read {path}: {error}")))
    }
}

/// The environment of the process; an empty variable is none, and one that is no text neither.
#[derive(Debug)]
pub(super) struct Environment;

impl Env for Environment {
    fn var(&self, key: &str) -> Option<String> {
        std::env::var_os(key).and_then(text)
    }

    fn vars(&self) -> HashMap<String, String> {
        std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, text(value)?)))
            .collect()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        std::env::home_dir()
    }
}

fn text(value: OsString) -> Option<String> {
    value.into_string().ok().filter(|text| !text.is_empty())
}

/// Asks for keys: the metadata service, the container's endpoint, the token service.
#[derive(Debug)]
pub(super) struct Http(Client);

impl Http {
    /// # Errors
    /// Where the TLS roots of the system cannot be loaded.
    pub(super) fn new() -> std::result::Result<Self, ProviderError> {
        client::for_keys().map(Self).map_err(ProviderError::Client)
    }
}

impl HttpSend for Http {
    async fn http_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        // Its host alone: an address may hold what nobody should see.
        let host = request.uri().host().unwrap_or_default().to_owned();
        let failed = |error: &reqwest::Error| {
            let what = if error.is_timeout() { "did not answer in time" } else { "gave no answer" };
            Error::unexpected(format!("{host} {what}"))
        };
        let request = reqwest::Request::try_from(request).map_err(|error| failed(&error))?;
        let answer = self.0.execute(request).await.map_err(|error| failed(&error))?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        response.headers_mut().clone_from(answer.headers());
        *response.body_mut() = answer.bytes().await.map_err(|error| failed(&error))?;
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_none() {
        assert_eq!(text(OsString::from("a")), Some("a".to_owned()));
        assert_eq!(text(OsString::new()), None);
        assert_eq!(Environment.var("HELIX_NOBODY_SETS_THIS"), None);
        assert_eq!(Environment.vars().contains_key("PATH"), Environment.var("PATH").is_some());
    }
}
