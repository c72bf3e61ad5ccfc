//! Spend and budgets.

use leptos::prelude::*;

use crate::{Failure, api::Call, wire::fields_cross};

fields_cross!(ReadSpend);
#[cfg(feature = "ssr")]
use crate::{
    api::caller::{Caller, answer},
    pages::spend::dashboard,
};

/// Everything on the spend page, as HTML.
///
/// # Errors
/// What the finance service refuses.
#[server(prefix = "/ui", endpoint = "spend", input_derive = (), protocol = Call)]
pub async fn read_spend() -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    Ok(dashboard::html(answer(caller.gateway.finance.spend_page(&caller.principal).await)?))
}
