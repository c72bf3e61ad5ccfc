//! Spend and budgets.

use leptos::prelude::*;

use crate::{Failure, api::json::Json};
#[cfg(feature = "ssr")]
use crate::{
    api::caller::{Caller, answer},
    pages::spend::dashboard,
};

/// Everything on the spend page, as HTML.
///
/// # Errors
/// What the finance service refuses.
#[server(prefix = "/ui", endpoint = "spend", input = Json, output = Json)]
pub async fn read_spend() -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    Ok(dashboard::html(answer(caller.gateway.finance.spend_page(&caller.principal).await)?))
}
