//! API keys.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    Timestamp,
    id::ApiKeyId,
    view::keys::{KeySummary, NewKey},
};

#[cfg(feature = "ssr")]
use crate::api::caller::{Caller, answer};
use crate::{Failure, api::json::Json};

/// What the page of API keys shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// When it was read, so that "3 min ago" means the same on the server and in the browser.
    pub as_of: Timestamp,
    /// The caller's keys, the newest first.
    pub keys: Vec<KeySummary>,
    /// A model that the caller may use, for the sample request; none if there is none.
    pub sample_model: Option<String>,
}

/// The caller's keys.
///
/// # Errors
/// What the key service refuses.
#[server(prefix = "/ui", endpoint = "keys/list", input = Json, output = Json)]
pub async fn list_keys() -> Result<KeyList, Failure> {
    let caller = Caller::of_request()?;
    let keys = answer(caller.gateway.keys.list(&caller.principal).await)?;
    let sample_model = caller.gateway.models.choices(&caller.principal).into_iter().next();
    Ok(KeyList {
        as_of: caller.gateway.clock.now(),
        keys,
        sample_model: sample_model.map(|model| model.name),
    })
}

/// Makes a key; its secret is in the answer and nowhere else.
///
/// # Errors
/// What the key service refuses.
#[server(prefix = "/ui", endpoint = "keys/create", input = Json, output = Json)]
pub async fn create_key(name: String, expires_in_days: Option<u32>) -> Result<NewKey, Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.keys.create(&caller.principal, &name, expires_in_days).await)
}

/// Ends a key.
///
/// # Errors
/// What the key service refuses.
#[server(prefix = "/ui", endpoint = "keys/revoke", input = Json, output = Json)]
pub async fn revoke_key(id: ApiKeyId) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.keys.revoke(&caller.principal, id).await)
}
