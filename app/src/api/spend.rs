//! Spend and budgets.

use leptos::{prelude::*, server_fn::codec::Json};
use shared::view::spend::SpendPage;

use crate::Failure;
#[cfg(feature = "ssr")]
use crate::api::caller::{Caller, answer};

/// Everything on the spend page.
///
/// # Errors
/// What the finance service refuses.
#[server(prefix = "/ui", endpoint = "spend", input = Json)]
pub async fn read_spend() -> Result<SpendPage, Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.finance.spend_page(&caller.principal).await)
}
