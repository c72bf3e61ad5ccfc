//! Spend and budgets.

use leptos::prelude::*;

use crate::{Failure, api::Call, wire::fields_cross};

fields_cross!(ReadSpend { search });
#[cfg(feature = "ssr")]
use crate::{
    api::caller::{Caller, answer},
    pages::spend::{address, dashboard},
    time_zone,
};

/// Everything on the spend page, as HTML.
///
/// # Errors
/// What the finance service refuses.
#[server(prefix = "/ui", endpoint = "spend", input_derive = (), protocol = Call)]
pub async fn read_spend(
    /// What is behind the question mark of the page's address.
    search: String,
) -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    let asked = answer(address::read(&search))?;
    let here = time_zone::of_request();
    let mut query = asked.clone();
    query.time_zone = asked.time_zone.clone().or_else(|| here.clone());
    let page = answer(caller.gateway.finance.spend_page(&caller.principal, &query).await)?;
    Ok(dashboard::html(page, asked, here))
}
