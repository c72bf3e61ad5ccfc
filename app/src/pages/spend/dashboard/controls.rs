//! What changes the page: the period, and what it is narrowed to.

use leptos::prelude::*;
use shared::view::spend::{Narrowed, SpendPeriod, SpendQuery};

use super::{name_or_none, title};
use crate::{
    components::{Icon, Menu},
    pages::spend::address,
};

const fn label(period: &SpendPeriod) -> &'static str {
    match period {
        SpendPeriod::Today => "Today",
        SpendPeriod::Yesterday => "Yesterday",
        SpendPeriod::SevenDays => "7 days",
        SpendPeriod::ThirtyDays => "30 days",
        SpendPeriod::ThisMonth => "This month",
        SpendPeriod::LastMonth => "Last month",
        SpendPeriod::Days { .. } => "Other days",
    }
}

/// The periods with a name, and any other.
#[component]
pub(crate) fn Periods(
    /// What was asked for.
    asked: SpendQuery,
    /// The first day that is shown.
    first_day: String,
    /// The last day that is shown.
    last_day: String,
) -> impl IntoView {
    let links = SpendPeriod::NAMED
        .into_iter()
        .map(|period| {
            let is_here = (asked.period == period).then_some("true");
            let text = label(&period);
            let query = SpendQuery { period, ..asked.clone() };
            view! {
                <a class="segment" href=address::of(&query) aria-current=is_here>{text}</a>
            }
        })
        .collect_view();
    let custom = SpendPeriod::Days { first: String::new(), last: String::new() };
    let is_custom = matches!(asked.period, SpendPeriod::Days { .. });
    let summary = view! {
        <span class="segment" aria-current=is_custom.then_some("true")>
            {Icon::Calendar.draw()} {label(&custom)}
        </span>
    };
    let kept = address::fields(&SpendQuery { period: SpendPeriod::default(), ..asked });
    let kept = kept
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    view! {
        <nav class="segments periods" aria-label="Period">
            {links}
            <Menu label="" class="menu period-menu" summary=summary.into_any()>
                <form class="stack" method="get" action="/spend">
                    <input type="hidden" name="period" value=custom.as_str()/>
                    {kept}
                    <label class="field">
                        <span>"First day"</span>
                        <input type="date" name="from" value=first_day required/>
                    </label>
                    <label class="field">
                        <span>"Last day"</span>
                        <input type="date" name="to" value=last_day required/>
                    </label>
                    <button type="submit" class="button button-primary">"Show these days"</button>
                </form>
            </Menu>
        </nav>
    }
    .into_any()
}

/// What the page is narrowed to; pressing it makes it wide again.
#[component]
pub(crate) fn Narrowing(
    /// What it is narrowed to.
    narrowed: Vec<Narrowed>,
    /// What was asked for.
    asked: SpendQuery,
) -> impl IntoView {
    let chips = narrowed
        .into_iter()
        .map(|Narrowed { dimension, name }| {
            let mut without = asked.clone();
            without.only.remove(&dimension);
            let name = name_or_none(dimension, &name);
            let kind = title(dimension);
            view! {
                <li>
                    <a class="chip" href=address::of(&without) title="Show all again">
                        <span class="chip-kind">{kind}</span>
                        <strong>{name}</strong>
                        {Icon::Close.draw()}
                        <span class="visually-hidden">": show all again"</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="chips" aria-label="Narrowed to">{chips}</ul> }.into_any()
}
