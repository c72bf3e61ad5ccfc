//! API keys.

use leptos::prelude::*;
use shared::id::ApiKeyId;

use crate::{Failure, api::Call, wire::fields_cross};

fields_cross!(ListKeys);
fields_cross!(CreateKey { name, expires_in_days });
fields_cross!(RevokeKey { id });
#[cfg(feature = "ssr")]
use crate::{
    api::caller::{Caller, answer},
    pages::keys::shown,
};

/// What the page of API keys shows: the table of keys, or what a first one is for, as HTML.
///
/// # Errors
/// What the key service refuses.
#[server(prefix = "/ui", endpoint = "keys/list", input_derive = (), protocol = Call)]
pub async fn list_keys() -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    let keys = answer(caller.gateway.keys.list(&caller.principal).await)?;
    Ok(shown::keys(keys, caller.gateway.clock.now()))
}

/// Makes a key; its secret is in the answer, which is HTML to show once, and nowhere else.
///
/// # Errors
/// What the key service refuses.
#[server(prefix = "/ui", endpoint = "keys/create", input_derive = (), protocol = Call)]
pub async fn create_key(name: String, expires_in_days: Option<u32>) -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    let keys = &caller.gateway.keys;
    let key = answer(keys.create(&caller.principal, &caller.client, &name, expires_in_days).await)?;
    Ok(shown::made(key))
}

/// Ends a key.
///
/// # Errors
/// What the key service refuses.
#[server(prefix = "/ui", endpoint = "keys/revoke", input_derive = (), protocol = Call)]
pub async fn revoke_key(id: ApiKeyId) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.keys.revoke(&caller.principal, &caller.client, id).await)
}
