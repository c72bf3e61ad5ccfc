//! An amount of money: short to read, exact on hover and focus.

use leptos::prelude::*;

use shared::Money;

/// `$0.0038`, and `$0.003812500` for whoever asks.
#[component]
pub(crate) fn Amount(
    /// The amount.
    value: Money,
) -> impl IntoView {
    let exact = exact(value);
    view! {
        <span class="amount" tabindex="0">
            <data value=value.to_string()>{value.short()}</data>
            <span class="amount-exact" role="tooltip">{exact}</span>
        </span>
    }
}

/// Dollars with all nine decimals: `$0.003812500`.
pub(crate) fn exact(value: Money) -> String {
    let text = value.to_string();
    text.strip_prefix('-').map_or_else(|| format!("${text}"), |rest| format!("-${rest}"))
}
