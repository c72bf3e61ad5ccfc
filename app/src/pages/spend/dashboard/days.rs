//! The days of the month as bars, drawn on the server, with the same figures as a table.

use leptos::prelude::*;
use shared::{Money, view::spend::DaySpend};

use crate::components::Amount;

/// The bars' scale: a round amount at or above the dearest day.
fn scale(days: &[DaySpend]) -> Money {
    let dearest = days.iter().map(|day| day.cost.nanos()).max().unwrap_or(0).max(1);
    let magnitude = 10_i64.pow(dearest.ilog10());
    let tenths = [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100];
    let mut steps = tenths.into_iter().map(|step| magnitude.saturating_mul(step) / 10);
    Money::from_nanos(steps.find(|top| *top >= dearest).unwrap_or(dearest))
}

/// The day of the month out of `2026-11-22`.
fn day_of_month(day: &str) -> u32 {
    day.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// How many days the month of `2026-11-22` has.
fn days_in_month(day: &str) -> u32 {
    let mut parts = day.split('-').map(|digits| digits.parse::<u32>().unwrap_or(0));
    let (year, month) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The chart and its table twin.
#[component]
pub(crate) fn Days(
    /// Every day of the month so far.
    days: Vec<DaySpend>,
) -> impl IntoView {
    let top = scale(&days);
    let last = days.len();
    let to_come =
        days.last().map_or(0, |day| days_in_month(&day.day).saturating_sub(day_of_month(&day.day)));
    let bars =
        days.iter().enumerate().map(|(index, day)| bar(day, top, index + 1 == last)).collect_view();
    let ghosts = (0..to_come)
        .map(|_| view! { <li class="day day-to-come" aria-hidden="true"></li> })
        .collect_view();
    let rows = days
        .iter()
        .map(|day| {
            view! {
                <tr>
                    <th scope="row">{day.day.clone()}</th>
                    <td class="number"><Amount value=day.cost/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card days-card" aria-labelledby="days">
            <h2 id="days">"Day by day"</h2>
            <div class="days-plot">
                <div class="days-scale" aria-hidden="true">
                    <span>{top.short()}</span>
                    <span>{Money::from_nanos(top.nanos() / 2).short()}</span>
                    <span>"$0"</span>
                </div>
                <ol class="days" aria-label="Spend by day; arrow keys walk" >
                    {bars}
                    {ghosts}
                </ol>
            </div>
            <details class="twin">
                <summary>"As a table"</summary>
                <table class="table table-narrow">
                    <thead>
                        <tr>
                            <th scope="col">"Day"</th>
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

fn bar(day: &DaySpend, top: Money, is_last: bool) -> impl IntoView + use<> {
    let permille = i128::from(day.cost.nanos()) * 1_000 / i128::from(top.nanos().max(1));
    let height = permille.clamp(if day.cost.is_zero() { 0 } else { 6 }, 1_000);
    let number = day_of_month(&day.day);
    let exact = crate::components::exact(day.cost);
    view! {
        <li
            class=if is_last { "day day-today" } else { "day" }
            tabindex=if is_last { "0" } else { "-1" }
            aria-label=format!("{}: {exact}", day.day)
        >
            <svg viewBox="0 0 10 1000" preserveAspectRatio="none" aria-hidden="true">
                <rect y=(1_000 - height).to_string() width="10" height=height.to_string()></rect>
            </svg>
            <span class="day-number" aria-hidden="true">{number}</span>
            <span class="day-tip" aria-hidden="true">
                <strong>{day.cost.short()}</strong>
                <span>{day.day.clone()}</span>
                <span>{exact.clone()}</span>
            </span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(cost: &str) -> DaySpend {
        DaySpend { day: "2026-11-22".into(), cost: cost.parse().unwrap() }
    }

    #[test]
    fn the_scale_is_a_round_amount_that_no_day_exceeds() {
        assert_eq!(scale(&[day("102.9"), day("3")]), Money::from_dollars(120));
        assert_eq!(scale(&[day("0.0037")]), "0.004".parse().unwrap());
        assert_eq!(scale(&[day("1")]), Money::from_dollars(1));
        assert_eq!(scale(&[]), Money::from_nanos(1));
    }

    #[test]
    fn months_have_their_days_in_leap_years_too() {
        assert_eq!(days_in_month("2028-02-03"), 29);
        assert_eq!(days_in_month("2100-02-03"), 28);
        assert_eq!(days_in_month("2026-11-22"), 30);
        assert_eq!(day_of_month("2026-11-02"), 2);
    }
}
