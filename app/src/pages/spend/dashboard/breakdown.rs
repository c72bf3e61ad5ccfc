//! The same money by model, by team and by user.

use leptos::prelude::*;
use shared::{
    Money,
    view::spend::{PeriodSpend, SpendRow},
};

use crate::{components::Amount, format};

/// Three tables whose rows each add up to the totals above.
#[component]
pub(crate) fn Breakdown(
    /// Today so far.
    today: PeriodSpend,
    /// This month so far.
    month: PeriodSpend,
) -> impl IntoView {
    let total = month.total.cost;
    view! {
        <Dimension title="By model" today=today.by_model month=month.by_model total/>
        <Dimension title="By team" today=today.by_team month=month.by_team total/>
        <Dimension title="By person" today=today.by_user month=month.by_user total/>
    }
    .into_any()
}

#[component]
fn Dimension(
    title: &'static str,
    today: Vec<SpendRow>,
    month: Vec<SpendRow>,
    total: Money,
) -> impl IntoView {
    if month.is_empty() {
        return view! {
            <section class="card">
                <h2>{title}</h2>
                <p class="empty-line">"Nothing was called this month."</p>
            </section>
        }
        .into_any();
    }
    let rows = month
        .into_iter()
        .map(|row| {
            let today_cost = today
                .iter()
                .find(|today| today.name == row.name)
                .map_or(Money::ZERO, |today| today.cost);
            line(row, today_cost, total)
        })
        .collect_view();
    view! {
        <section class="card table-card">
            <h2>{title}</h2>
            <table class="table stacking">
                <caption class="visually-hidden">{format!("Spend {}", title.to_lowercase())}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col" class="number">"Calls"</th>
                        <th scope="col" class="number">"Tokens"</th>
                        <th scope="col" class="number">"Today"</th>
                        <th scope="col" class="number">"This month"</th>
                        <th scope="col" class="share-head">"Share"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn line(row: SpendRow, today: Money, total: Money) -> impl IntoView {
    let share = i128::from(row.cost.nanos()) * 1_000 / i128::from(total.nanos().max(1));
    view! {
        <tr>
            <th scope="row">{row.name}</th>
            <td class="number" data-label="Calls">{format::count(row.calls)}</td>
            <td class="number" data-label="Tokens">
                <span title=format::count(row.tokens)>{format::short_count(row.tokens)}</span>
            </td>
            <td class="number" data-label="Today"><Amount value=today/></td>
            <td class="number" data-label="This month"><Amount value=row.cost/></td>
            <td class="share" data-label="Share">
                <span class="share-number">{format!("{}.{} %", share / 10, share % 10)}</span>
                <svg viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="meter-track" width="1000" height="8"></rect>
                    <rect class="meter-spent" width=share.to_string() height="8"></rect>
                </svg>
            </td>
        </tr>
    }
}
