//! Providers.

use leptos::prelude::*;

use crate::{Failure, api::Call, wire::fields_cross};

fields_cross!(ReadProviders { search });
#[cfg(feature = "ssr")]
use crate::{
    api::caller::{Caller, answer},
    pages::providers::{address, shown},
};

/// Everything on the page of providers, as HTML.
///
/// # Errors
/// What the service refuses.
#[server(prefix = "/ui", endpoint = "providers", input_derive = (), protocol = Call)]
pub async fn read_providers(
    /// What is behind the question mark of the page's address.
    search: String,
) -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    let providers = answer(caller.gateway.providers.list(&caller.principal).await)?;
    Ok(shown::html(address::read(&search), providers, caller.gateway.clock.now()))
}
