//! Budgets: what is settled, what is set aside, what is left, and when the window ends.

use leptos::prelude::*;
use shared::{
    Money, Timestamp,
    view::spend::{BudgetLevel, BudgetMode, BudgetPeriod, BudgetStatus},
};

use crate::{
    components::{Amount, Instant, Meter},
    format,
};

/// An amount in thousandths of a limit; a limit of nothing is used up by anything.
fn permille(amount: Money, limit: Money) -> i64 {
    if limit.nanos() <= 0 {
        return 1_000;
    }
    let share = i128::from(amount.nanos()) * 1_000 / i128::from(limit.nanos());
    i64::try_from(share.clamp(0, 99_999)).unwrap_or(99_999)
}

const fn level(level: BudgetLevel) -> &'static str {
    match level {
        BudgetLevel::Instance => "Gateway",
        BudgetLevel::Team => "Team",
        BudgetLevel::User => "Person",
        BudgetLevel::Key => "Key",
    }
}

const fn per(period: BudgetPeriod) -> &'static str {
    match period {
        BudgetPeriod::Day => "a day",
        BudgetPeriod::Week => "a week",
        BudgetPeriod::Month => "a month",
    }
}

/// All budgets that the viewer may see.
#[component]
pub(crate) fn Budgets(
    /// The budgets.
    budgets: Vec<BudgetStatus>,
    /// When they were read.
    as_of: Timestamp,
) -> impl IntoView {
    let body = if budgets.is_empty() {
        view! {
            <p class="empty-line">
                "No budget binds these calls. An admin can set one for everyone, a team, a person \
                 or a key under " <code>"budgets"</code> " in the configuration."
            </p>
        }
        .into_any()
    } else {
        let items = budgets.into_iter().map(|budget| item(budget, as_of)).collect_view();
        view! { <ul class="budgets">{items}</ul> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="budgets">
            <h2 id="budgets">"Budgets"</h2>
            {body}
        </section>
    }
    .into_any()
}

fn item(budget: BudgetStatus, as_of: Timestamp) -> impl IntoView {
    let spent = permille(budget.spent, budget.limit);
    let reserved = permille(budget.reserved, budget.limit);
    let left = budget.limit - budget.spent - budget.reserved;
    let is_hard = budget.mode == BudgetMode::Hard;
    let (mode, mode_note) = if is_hard {
        ("Hard", "Calls are refused when it is used up")
    } else {
        ("Soft", "Calls go on when it is used up, with a warning")
    };
    let reset = format!("in {}", format::remaining(as_of, budget.window_end));
    view! {
        <li class="budget">
            <div class="budget-head">
                <span class="budget-level">{level(budget.level)}</span>
                <strong>{budget.name}</strong>
                <span class=if is_hard { "badge badge-ink" } else { "badge" } title=mode_note>{mode}</span>
                <span class="budget-period">{per(budget.period)}</span>
                <span class="budget-share">{format!("{}.{} %", spent / 10, spent % 10)}</span>
            </div>
            <Meter spent_permille=spent reserved_permille=reserved/>
            <dl class="budget-facts">
                <div><dt>"Spent"</dt><dd><Amount value=budget.spent/></dd></div>
                <div><dt>"Set aside"</dt><dd><Amount value=budget.reserved/></dd></div>
                <div><dt>"Left"</dt><dd><Amount value=left/></dd></div>
                <div><dt>"Limit"</dt><dd><Amount value=budget.limit/></dd></div>
                <div>
                    <dt>"Whole again"</dt>
                    <dd><Instant at=budget.window_end text=reset/></dd>
                </div>
            </dl>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_limit_is_in_thousandths_and_a_limit_of_nothing_is_used_up() {
        let dollars = Money::from_dollars;
        assert_eq!(permille(dollars(1), dollars(3)), 333);
        assert_eq!(permille(dollars(4), dollars(2)), 2_000);
        assert_eq!(permille(Money::ZERO, Money::ZERO), 1_000);
    }
}
