//! All figures of the spend page. Written on the server only; what changes them are links.

mod breakdown;
mod budgets;
mod chart;
mod controls;
mod figures;

use leptos::prelude::*;
use shared::view::spend::{Dimension, SpendPage as Page, SpendQuery};

use self::{
    breakdown::Breakdown,
    budgets::Budgets,
    chart::Chart,
    controls::{Narrowing, Periods},
    figures::Figures,
};
use crate::{
    components::{Notice, Tone},
    format,
    pages::spend::address,
    written,
};

/// The page as HTML: the figures, what was asked for, and the browser's time zone.
pub(crate) fn html(page: Page, asked: SpendQuery, here: Option<String>) -> String {
    written::html(|| view! { <Dashboard page asked here/> })
}

/// What people call a dimension.
const fn title(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Model => "Model",
        Dimension::Provider => "Provider",
        Dimension::Team => "Team",
        Dimension::User => "Person",
        Dimension::Key => "Key",
    }
}

/// The name of a row, or what it means that it has none.
fn name_or_none(dimension: Dimension, name: &str) -> String {
    let none = match dimension {
        Dimension::Key => "Chat, without a key",
        Dimension::Model | Dimension::Provider => "None",
        Dimension::Team => "No team",
        Dimension::User => "Nobody",
    };
    if name.is_empty() { none.to_owned() } else { name.to_owned() }
}

#[component]
fn Dashboard(page: Page, asked: SpendQuery, here: Option<String>) -> impl IntoView {
    let is_empty = page.total.calls == 0 && page.total.cost.is_zero();
    let days = format::days(&page.first_day, &page.last_day);
    let unpriced = page.unpriced_models.clone();
    let narrowed = page.narrowed.clone();
    let tables = if is_empty {
        view! { <Empty asked=asked.clone() days=days.clone()/> }.into_any()
    } else {
        view! {
            <Chart page=page.clone() asked=asked.clone()/>
            <Breakdown by=page.by.clone() total=page.total.cost asked=asked.clone()/>
        }
        .into_any()
    };
    view! {
        <Note page=page.clone() asked=asked.clone() here/>
        <Periods asked=asked.clone() first_day=page.first_day.clone() last_day=page.last_day.clone()/>
        {(!narrowed.is_empty()).then(|| view! { <Narrowing narrowed asked/> })}
        {(!unpriced.is_empty()).then(|| view! { <Unpriced models=unpriced/> })}
        <Figures page=page.clone() days/>
        {tables}
        <Budgets budgets=page.budgets as_of=page.as_of/>
    }
}

/// Whose figures, of when, and where midnight is.
#[component]
fn Note(page: Page, asked: SpendQuery, here: Option<String>) -> impl IntoView {
    let whose = if page.covers_instance { "Everyone on this gateway" } else { "Your own calls" };
    let hours = if page.cuts_hours {
        ", and hours count for the day in which they begin by UTC"
    } else {
        ""
    };
    let zone = &page.time_zone;
    let (day, time) = page.as_of_local.split_once(", ").unwrap_or_default();
    let as_of = format::days(day, day);
    let text = format!("{whose} · as of {as_of}, {time} · days are those of {zone}{hours}");
    let other = here.filter(|here| here != zone).or_else(|| (zone != "UTC").then(|| "UTC".into()));
    let link = other.map(|other: String| {
        let query = SpendQuery { time_zone: Some(other.clone()), ..asked };
        view! { " · " <a href=address::of(&query)>{format!("show {other}")}</a> }
    });
    view! { <p class="page-note">{text} {link}</p> }
}

#[component]
fn Empty(asked: SpendQuery, days: String) -> impl IntoView {
    let wider = if asked.only.is_empty() {
        view! {
            <p>
                "Calls show here as soon as they end. Send one from the "
                <a href="/chat">"chat"</a> ", or make an " <a href="/keys">"API key"</a>
                " and use any OpenAI or Anthropic SDK."
            </p>
        }
        .into_any()
    } else {
        let all = SpendQuery { only: std::collections::BTreeMap::new(), ..asked };
        view! {
            <p>
                "What this page is narrowed to was not used then. "
                <a href=address::of(&all)>"Show everything"</a>
            </p>
        }
        .into_any()
    };
    view! {
        <section class="empty">
            <h2>{format!("Nothing was called, {days}")}</h2>
            {wider}
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
