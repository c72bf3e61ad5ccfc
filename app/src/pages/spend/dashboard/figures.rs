//! The figures that one comes for: what was spent, on how much, and how fast.

use leptos::prelude::*;
use shared::{
    Money,
    view::spend::{SpendPage as Page, Spent},
};

use crate::{
    components::{Amount, exact},
    format,
};

/// Three cards.
#[component]
pub(crate) fn Figures(
    /// The page.
    page: Page,
    /// Its days, in words.
    days: String,
) -> impl IntoView {
    let Spent { calls, tokens, cost } = page.total;
    let per_call = Money::from_nanos(cost.nanos() / calls.max(1));
    let (average_of, count, over) = if page.days_so_far > 1 {
        ("A day", page.days_so_far, format::counted(page.days_so_far, "day", "days"))
    } else {
        let bars = page.bars.iter().filter(|bar| !bar.is_to_come).count();
        let hours = i64::try_from(bars).unwrap_or(1);
        ("An hour", hours, format::counted(hours, "hour", "hours"))
    };
    let average = Money::from_nanos(cost.nanos() / count.max(1));
    let expected = page.expected.filter(|expected| !expected.is_zero()).map(|expected| {
        let title = format!("If it goes on like this: {}", exact(expected));
        view! { <span title=title>{format!(" · about {} by the end", expected.short())}</span> }
    });
    view! {
        <div class="figures">
            <section class="card figure">
                <h2>{days}</h2>
                <p class="figure-value"><Amount value=cost/></p>
                <p class="figure-note"><Change now=page.total before=page.before/></p>
            </section>
            <section class="card figure">
                <h2>"Calls"</h2>
                <p class="figure-value">{format::count(calls)}</p>
                <p class="figure-note">
                    <span title=format::count(tokens)>
                        {format!("{} tokens", format::short_count(tokens))}
                    </span>
                    {format!(" · {} a call", per_call.short())}
                </p>
            </section>
            <section class="card figure">
                <h2>{average_of}</h2>
                <p class="figure-value"><Amount value=average/></p>
                <p class="figure-note">{format!("over {over}")} {expected}</p>
            </section>
        </div>
    }
    .into_any()
}

/// How the spend compares with as much of the period before.
#[component]
fn Change(now: Spent, before: Spent) -> impl IntoView {
    let title = format!("{} in as much of the period before", exact(before.cost));
    view! { <span title=title>{change(now.cost, before.cost)}</span> }
}

fn change(now: Money, before: Money) -> String {
    if before.nanos() <= 0 {
        return "nothing in the period before".to_owned();
    }
    let permille = i128::from(now.nanos() - before.nanos()) * 1_000 / i128::from(before.nanos());
    let size = permille.unsigned_abs();
    let percent = if size < 10_000 {
        format!("{}.{} %", size / 10, size % 10)
    } else {
        return format!("{} times the period before", (permille + 1_000) / 1_000);
    };
    match permille {
        0 => "as in the period before".to_owned(),
        1.. => format!("{percent} more than the period before"),
        _ => format!("{percent} less than the period before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_words_that_fit_its_size() {
        let told = |now, before| change(Money::from_dollars(now), Money::from_dollars(before));
        assert_eq!(told(110, 100), "10.0 % more than the period before");
        assert_eq!(told(25, 100), "75.0 % less than the period before");
        assert_eq!(told(5, 5), "as in the period before");
        assert_eq!(told(4_000, 100), "40 times the period before");
        assert_eq!(told(4, 0), "nothing in the period before");
    }
}
