//! All figures of the spend page. Written on the server only; nothing in it changes by itself.

mod breakdown;
mod budgets;
mod days;

use leptos::prelude::*;
use shared::{
    Money,
    view::spend::{PeriodSpend, SpendPage as Figures},
};

use self::{breakdown::Breakdown, budgets::Budgets, days::Days};
use crate::{
    components::{Amount, Notice, Tone},
    format, written,
};

/// The page as HTML.
pub(crate) fn html(figures: Figures) -> String {
    written::html(|| view! { <Dashboard figures/> })
}

#[component]
fn Dashboard(figures: Figures) -> impl IntoView {
    let whose = if figures.covers_instance { "Everyone on this gateway" } else { "Your own calls" };
    let unpriced = figures.unpriced_models.clone();
    view! {
        <p class="page-note">
                {format!("{whose} · as of {} · days begin at midnight, {}",
                    format::date_and_time(figures.as_of),
                    figures.time_zone)}
        </p>
        {(!unpriced.is_empty()).then(|| view! { <Unpriced models=unpriced/> })}
        <div class="figures">
            <Figure label="Today" period=figures.today.clone()/>
            <Figure label="This month" period=figures.month.clone()/>
            <PerDay days=figures.days.len() total=figures.month.total.cost/>
        </div>
        <Days days=figures.days/>
        <Budgets budgets=figures.budgets as_of=figures.as_of/>
        <Breakdown today=figures.today month=figures.month/>
    }
}

#[component]
fn Figure(label: &'static str, period: PeriodSpend) -> impl IntoView {
    let calls = format::counted(period.total.calls, "call", "calls");
    let tokens = format!("{} tokens", format::short_count(period.total.tokens));
    view! {
        <section class="card figure">
            <h2>{label}</h2>
            <p class="figure-value"><Amount value=period.total.cost/></p>
            <p class="figure-note">
                {calls} " · "
                <span title=format::count(period.total.tokens)>{tokens}</span>
            </p>
        </section>
    }
}

#[component]
fn PerDay(days: usize, total: Money) -> impl IntoView {
    let days = i64::try_from(days).unwrap_or(1).max(1);
    let average = Money::from_nanos(total.nanos() / days);
    view! {
        <section class="card figure">
            <h2>"Daily average"</h2>
            <p class="figure-value"><Amount value=average/></p>
            <p class="figure-note">
                {format!("over {} this month", format::counted(days, "day", "days"))}
            </p>
        </section>
    }
}

#[component]
fn Unpriced(models: Vec<String>) -> impl IntoView {
    let names = models.join(", ");
    view! {
        <Notice tone=Tone::Warning>
            <p>
                <strong>"Calls without a price: "</strong>
                <code>{names}</code>
                ". Their usage is recorded, their cost is not known, so the sums here are lower \
                 bounds. A model admin can set a price in the configuration."
            </p>
        </Notice>
    }
}
