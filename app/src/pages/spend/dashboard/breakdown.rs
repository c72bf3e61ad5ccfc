//! The same money by model, team, person, key and provider. A row leads to itself alone.

use leptos::prelude::*;
use shared::{
    Money,
    view::spend::{Dimension, SpendBy, SpendQuery, SpendRow, Spent},
};

use super::{name_or_none, title};
use crate::{components::Amount, format, pages::spend::address};

/// Tables whose rows each add up to the total.
#[component]
pub(crate) fn Breakdown(
    /// By each dimension.
    by: Vec<SpendBy>,
    /// What each adds up to.
    total: Money,
    /// What was asked for.
    asked: SpendQuery,
) -> impl IntoView {
    let tables = by.into_iter().map(|by| table(by, total, &asked)).collect_view();
    view! { <div class="breakdown">{tables}</div> }.into_any()
}

fn table(by: SpendBy, total: Money, asked: &SpendQuery) -> AnyView {
    let heading = format!("By {}", title(by.dimension).to_lowercase());
    let others = (by.others > 0).then(|| {
        let name = format::counted(by.others, "other", "others");
        cells(view! { <span class="row-others">{name}</span> }.into_any(), by.others_spent, total)
    });
    let rows = by.rows.into_iter().map(|row| line(by.dimension, row, total, asked)).collect_view();
    view! {
        <section class="card table-card">
            <h2>{heading.clone()}</h2>
            <table class="table stacking">
                <caption class="visually-hidden">{format!("Spend, {}", heading.to_lowercase())}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col" class="number">"Calls"</th>
                        <th scope="col" class="number">"Tokens"</th>
                        <th scope="col" class="number">"Cost"</th>
                        <th scope="col" class="share-head">"Share"</th>
                    </tr>
                </thead>
                <tbody>{rows} {others}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn line(dimension: Dimension, row: SpendRow, total: Money, asked: &SpendQuery) -> AnyView {
    let mut alone = asked.clone();
    alone.only.insert(dimension, row.value);
    let name = name_or_none(dimension, &row.name);
    let link = view! { <a class="row-link" href=address::of(&alone) title=name.clone()>{name.clone()}</a> };
    cells(link.into_any(), row.spent, total)
}

fn cells(name: AnyView, spent: Spent, total: Money) -> AnyView {
    let share = permille(spent.cost, total);
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="number" data-label="Calls">{format::count(spent.calls)}</td>
            <td class="number" data-label="Tokens">
                <span title=format::count(spent.tokens)>{format::short_count(spent.tokens)}</span>
            </td>
            <td class="number" data-label="Cost"><Amount value=spent.cost/></td>
            <td class="share" data-label="Share">
                <span class="share-number">{format!("{}.{} %", share / 10, share % 10)}</span>
                <svg viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="meter-track" width="1000" height="8"></rect>
                    <rect class="meter-spent" width=share.to_string() height="8"></rect>
                </svg>
            </td>
        </tr>
    }
    .into_any()
}

/// Thousandths of the total; refunds can make a part of it larger than the whole, or less than
/// nothing, which no bar shows.
fn permille(part: Money, total: Money) -> i128 {
    let share = i128::from(part.nanos()) * 1_000 / i128::from(total.nanos().max(1));
    share.clamp(0, 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_more_than_all_nor_less_than_nothing() {
        let dollars = Money::from_dollars;
        assert_eq!(permille(dollars(1), dollars(3)), 333);
        assert_eq!(permille(dollars(4), dollars(3)), 1_000);
        assert_eq!(permille(dollars(-1), dollars(3)), 0);
        assert_eq!(permille(Money::ZERO, Money::ZERO), 0);
    }
}
