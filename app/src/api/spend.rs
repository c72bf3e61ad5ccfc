//! Spend and budgets.

use leptos::prelude::*;
use shared::view::spend::SpendPage;

#[cfg(feature = "ssr")]
use crate::api::caller::{Caller, answer};
use crate::{Failure, api::json::Json};

/// Everything on the spend page.
///
/// # Errors
/// What the finance service refuses.
#[server(prefix = "/ui", endpoint = "spend", input = Json, output = Json)]
pub async fn read_spend() -> Result<SpendPage, Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.finance.spend_page(&caller.principal).await)
}
