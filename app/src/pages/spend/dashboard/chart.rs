//! The period as bars, drawn on the server, with the same figures as a table.

use leptos::prelude::*;
use shared::{
    Money,
    view::spend::{BarUnit, SpendBar, SpendPage as Page, SpendPeriod, SpendQuery},
};

use crate::{
    components::{Amount, exact},
    format,
    pages::spend::address,
};

/// More bars than these have no room for a number each.
const MOST_NUMBERS: usize = 31;

/// The bars' scale: a round amount at or above the dearest.
fn scale(bars: &[SpendBar]) -> Money {
    let dearest = bars.iter().map(|bar| bar.cost.nanos()).max().unwrap_or(0).max(1);
    let magnitude = 10_i64.pow(dearest.ilog10());
    let tenths = [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100];
    let mut steps = tenths.into_iter().map(|step| magnitude.saturating_mul(step) / 10);
    Money::from_nanos(steps.find(|top| *top >= dearest).unwrap_or(dearest))
}

/// A bar with all that is written about it.
struct Drawn {
    bar: SpendBar,
    /// Whole: `22 Nov 2026, 14:00`.
    name: String,
    /// Under it.
    number: String,
    /// Where pressing it leads.
    href: Option<String>,
    is_running: bool,
    takes_tab: bool,
}

/// The chart and its table twin.
#[component]
pub(crate) fn Chart(
    /// The page.
    page: Page,
    /// What was asked for.
    asked: SpendQuery,
) -> impl IntoView {
    let top = scale(&page.bars);
    let (heading, unit) = match page.bar_unit {
        BarUnit::Hour => ("Hour by hour", "Hour"),
        BarUnit::Day => ("Day by day", "Day"),
        BarUnit::Month => ("Month by month", "Month"),
    };
    let drawn = drawn(page, &asked);
    let rows = drawn.iter().filter(|drawn| !drawn.bar.is_to_come).map(row).collect_view();
    let bars = drawn.into_iter().map(|drawn| bar(drawn, top)).collect_view();
    view! {
        <section class="card days-card" aria-labelledby="days">
            <h2 id="days">{heading}</h2>
            <div class="days-plot">
                <div class="days-scale" aria-hidden="true">
                    <span>{top.short()}</span>
                    <span>{Money::from_nanos(top.nanos() / 2).short()}</span>
                    <span>"$0"</span>
                </div>
                <ol class="days" aria-label="Spend over time; arrow keys walk">{bars}</ol>
            </div>
            <details class="twin">
                <summary>"As a table"</summary>
                <table class="table table-narrow">
                    <thead>
                        <tr>
                            <th scope="col">{unit}</th>
                            <th scope="col" class="number">"Cost"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        </section>
    }
    .into_any()
}

fn drawn(page: Page, asked: &SpendQuery) -> Vec<Drawn> {
    let count = page.bars.len();
    let last = page.bars.iter().rposition(|bar| !bar.is_to_come);
    let is_over = page.bars.last().is_none_or(|bar| !bar.is_to_come)
        && last.is_none_or(|last| {
            page.bars.get(last).is_none_or(|bar| bar.last_day.as_str() < day_of(&page.as_of_local))
        });
    let unit = page.bar_unit;
    let draw = |(index, bar): (usize, SpendBar)| Drawn {
        name: name(&bar),
        number: number(&bar, unit, index, count),
        href: (unit != BarUnit::Hour && !bar.is_to_come).then(|| {
            let period = SpendPeriod::Days { first: bar.day.clone(), last: bar.last_day.clone() };
            address::of(&SpendQuery { period, ..asked.clone() })
        }),
        is_running: !is_over && Some(index) == last,
        takes_tab: Some(index) == last,
        bar,
    };
    page.bars.into_iter().enumerate().map(draw).collect()
}

/// The day of `2026-11-22, 14:02`.
fn day_of(local: &str) -> &str {
    local.split(',').next().unwrap_or_default()
}

fn name(bar: &SpendBar) -> String {
    let days = format::days(&bar.day, &bar.last_day);
    if bar.time.is_empty() { days } else { format!("{days}, {}", bar.time) }
}

fn number(bar: &SpendBar, unit: BarUnit, index: usize, count: usize) -> String {
    let is_numbered = index.is_multiple_of(count.div_ceil(MOST_NUMBERS).max(1));
    let day = bar.day.rsplit('-').next().unwrap_or_default().trim_start_matches('0');
    match unit {
        BarUnit::Month => format::month_of(&bar.day).to_owned(),
        BarUnit::Day if count > MOST_NUMBERS && day == "1" => format::month_of(&bar.day).to_owned(),
        BarUnit::Day if count > MOST_NUMBERS => String::new(),
        BarUnit::Day => day.to_owned(),
        BarUnit::Hour if is_numbered => bar.time.split(':').next().unwrap_or_default().to_owned(),
        BarUnit::Hour => String::new(),
    }
}

fn row(drawn: &Drawn) -> AnyView {
    let name = drawn.name.clone();
    let name = drawn.href.clone().map_or_else(
        || name.clone().into_any(),
        |href| view! { <a class="row-link" href=href>{name.clone()}</a> }.into_any(),
    );
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="number"><Amount value=drawn.bar.cost/></td>
        </tr>
    }
    .into_any()
}

fn bar(drawn: Drawn, top: Money) -> AnyView {
    let Drawn { bar, name, number, href, is_running, takes_tab } = drawn;
    let number = view! { <span class="day-number" aria-hidden="true">{number}</span> };
    if bar.is_to_come {
        return view! { <li class="day day-to-come" aria-hidden="true">{number}</li> }.into_any();
    }
    let permille = i128::from(bar.cost.nanos()) * 1_000 / i128::from(top.nanos().max(1));
    let height = permille.clamp(if bar.cost.nanos() > 0 { 6 } else { 0 }, 1_000);
    let exact = exact(bar.cost);
    let tip = view! {
        <svg viewBox="0 0 10 1000" preserveAspectRatio="none" aria-hidden="true">
            <rect y=(1_000 - height).to_string() width="10" height=height.to_string()></rect>
        </svg>
        {number}
        <span class="day-tip" aria-hidden="true">
            <strong>{bar.cost.short()}</strong>
            <span>{name.clone()}</span>
            <span>{exact.clone()}</span>
        </span>
    };
    let label = format!("{name}: {exact}");
    let tab = if takes_tab { "0" } else { "-1" };
    let inner = match href {
        Some(href) => view! {
            <a class="day-bar" href=href tabindex=tab aria-label=label>{tip}</a>
        }
        .into_any(),
        None => view! {
            <span class="day-bar" role="img" tabindex=tab aria-label=label>{tip}</span>
        }
        .into_any(),
    };
    view! { <li class=if is_running { "day day-today" } else { "day" }>{inner}</li> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(day: &str, time: &str, cost: &str) -> SpendBar {
        SpendBar {
            day: day.into(),
            last_day: day.into(),
            time: time.into(),
            is_to_come: false,
            cost: cost.parse().unwrap(),
        }
    }

    #[test]
    fn the_scale_is_a_round_amount_that_no_bar_exceeds() {
        let day = |cost| bar("2026-11-22", "", cost);
        assert_eq!(scale(&[day("102.9"), day("3")]), Money::from_dollars(120));
        assert_eq!(scale(&[day("0.0037")]), "0.004".parse().unwrap());
        assert_eq!(scale(&[day("1")]), Money::from_dollars(1));
        assert_eq!(scale(&[]), Money::from_nanos(1));
    }

    #[test]
    fn bars_are_numbered_as_far_as_there_is_room() {
        let day = bar("2026-11-02", "", "1");
        assert_eq!(number(&day, BarUnit::Day, 1, 30), "2");
        assert_eq!(number(&day, BarUnit::Day, 1, 60), "");
        assert_eq!(number(&bar("2026-11-01", "", "1"), BarUnit::Day, 0, 60), "Nov");
        assert_eq!(number(&day, BarUnit::Month, 1, 12), "Nov");
        let hour = bar("2026-11-02", "07:00", "1");
        assert_eq!(number(&hour, BarUnit::Hour, 7, 24), "07");
        assert_eq!(number(&hour, BarUnit::Hour, 7, 48), "");
        assert_eq!(name(&hour), "2 Nov 2026, 07:00");
    }
}
