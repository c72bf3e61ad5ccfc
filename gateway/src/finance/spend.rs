//! The service behind the spend page: any period, in any time zone, by every dimension.
//!
//! All figures of a page come from one snapshot, so that each table adds up to the total above it
//! to the last nano-dollar, however many calls end while it is read.

mod narrow;
mod period;
mod rows;

use std::sync::Arc;

use jiff::tz::TimeZone;
use shared::{
    Money, Problem, ProblemCode, Timestamp,
    view::spend::{Dimension, Narrowed, SpendBar, SpendBy, SpendPage, SpendQuery, Spent},
};

use self::period::{Bar, PeriodError, Span};
use crate::{
    audit,
    budgets::Budgets,
    identity::{Identity, Principal},
    kernel::Clock,
    storage::{
        Database, Snapshot, StorageError,
        tables::spend::{self, Cut, SumRow},
    },
};

/// The least part of a period, in percent, from which the rest can be guessed.
const LEAST_PERCENT_TO_EXPECT_FROM: i128 = 5;

/// The service behind the spend page.
pub struct Finance {
    database: Database,
    identity: Arc<Identity>,
    budgets: Arc<Budgets>,
    clock: Clock,
}

/// What is read for a page.
struct Wanted {
    now: Timestamp,
    time_zone: String,
    span: Span,
    before: Span,
    bars: Vec<Bar>,
    covers_instance: bool,
    cut: Cut,
    /// What the query itself is narrowed to.
    narrowed: Vec<Dimension>,
}

impl Finance {
    /// The service.
    #[must_use]
    pub fn new(
        database: Database,
        identity: Arc<Identity>,
        budgets: Arc<Budgets>,
        clock: Clock,
    ) -> Self {
        Self { database, identity, budgets, clock }
    }

    /// The spend of a period: of the instance for who may see it, else of the caller.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidRequest`], naming the part of the query that makes no sense;
    /// [`ProblemCode::Internal`] where the database fails.
    pub async fn spend_page(
        &self,
        principal: &Principal,
        query: &SpendQuery,
    ) -> Result<SpendPage, Problem> {
        let wanted = self.wanted(principal, query)?;
        self.read(principal, wanted).await.map_err(audit::internal)
    }

    fn wanted(&self, principal: &Principal, query: &SpendQuery) -> Result<Wanted, Problem> {
        let now = self.clock.now();
        let time_zone = query.time_zone.clone().unwrap_or_else(|| "UTC".to_owned());
        let zone = TimeZone::get(&time_zone).map_err(|_| unknown_time_zone(&time_zone))?;
        let of_period = |error: PeriodError| refused("period", error.to_string());
        let span = Span::of(&query.period, now, &zone).map_err(of_period)?;
        let mut cut = narrow::narrowed(query)
            .map_err(|error| refused(error.dimension().as_str(), error.to_string()))?;
        let covers_instance = principal.role().sees_all_spend();
        if !covers_instance {
            cut.user = Some(principal.user_id().uuid());
        }
        Ok(Wanted {
            now,
            time_zone,
            before: span.before(now).map_err(of_period)?,
            bars: span.bars().map_err(of_period)?,
            covers_instance,
            cut: Cut { from: span.from.micros(), until: span.until.micros(), ..cut },
            narrowed: query.only.keys().copied().collect(),
            span,
        })
    }

    async fn read(&self, principal: &Principal, wanted: Wanted) -> Result<SpendPage, StorageError> {
        let budgets = if wanted.covers_instance {
            self.budgets.statuses()
        } else {
            self.budgets.statuses_of(principal)
        };
        let mut snapshot = self.database.snapshot().await?;
        let models = spend::by_model(&mut snapshot, &wanted.cut).await?;
        let unpriced = models.iter().filter(|row| row.unpriced_calls > 0);
        let total = rows::total(&models);
        let Span { first, last, .. } = wanted.span;
        Ok(SpendPage {
            as_of: wanted.now,
            as_of_local: wanted.span.local(wanted.now),
            cuts_hours: wanted.span.cuts_hours(),
            covers_instance: wanted.covers_instance,
            first_day: first.to_string(),
            last_day: last.to_string(),
            days_so_far: wanted.span.days_so_far(wanted.now),
            total,
            before: before(&mut snapshot, &wanted).await?,
            expected: expected(total.cost, &wanted.span, wanted.now),
            bar_unit: wanted.span.bar_unit(),
            bars: bars(&mut snapshot, &wanted).await?,
            by: self.by_all(&mut snapshot, &wanted, &models).await?,
            narrowed: self.narrowed(&mut snapshot, &wanted).await?,
            budgets,
            unpriced_models: unpriced.map(|row| row.name.clone()).collect(),
            time_zone: wanted.time_zone,
        })
    }

    /// By every dimension that can still have more than one row.
    async fn by_all(
        &self,
        snapshot: &mut Snapshot,
        wanted: &Wanted,
        models: &[SumRow<String>],
    ) -> Result<Vec<SpendBy>, StorageError> {
        let directory = self.identity.directory();
        let is_one = |dimension: Dimension| {
            let is_person = matches!(dimension, Dimension::Team | Dimension::User);
            wanted.narrowed.contains(&dimension) || is_person && !wanted.covers_instance
        };
        let mut all = Vec::new();
        for dimension in Dimension::ALL.into_iter().filter(|dimension| !is_one(*dimension)) {
            all.push(rows::by(dimension, snapshot, &directory, &wanted.cut, models).await?);
        }
        Ok(all)
    }

    async fn narrowed(
        &self,
        snapshot: &mut Snapshot,
        wanted: &Wanted,
    ) -> Result<Vec<Narrowed>, StorageError> {
        let directory = self.identity.directory();
        let mut all = Vec::new();
        for &dimension in &wanted.narrowed {
            let name = rows::name(dimension, snapshot, &directory, &wanted.cut).await?;
            all.push(Narrowed { dimension, name });
        }
        Ok(all)
    }
}

fn refused(field: &str, detail: String) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, detail).at(field)
}

fn unknown_time_zone(name: &str) -> Problem {
    let detail = format!(
        "`{name}` is no time zone; take a name of the IANA database such as `Europe/Berlin`, or \
         `UTC`"
    );
    refused("time_zone", detail)
}

async fn before(snapshot: &mut Snapshot, wanted: &Wanted) -> Result<Spent, StorageError> {
    let (from, until) = (wanted.before.from.micros(), wanted.before.until.micros());
    let cut = Cut { from, until, ..wanted.cut.clone() };
    Ok(rows::total(&spend::by_provider(snapshot, &cut).await?))
}

/// What the whole period will cost if it goes on like this.
fn expected(cost: Money, span: &Span, now: Timestamp) -> Option<Money> {
    let whole = i128::from(span.until.micros_since(span.from)).max(1);
    let passed = i128::from(now.micros_since(span.from));
    let is_telling = passed * 100 >= whole * LEAST_PERCENT_TO_EXPECT_FROM && passed < whole;
    let nanos = i128::from(cost.nanos()) * whole / passed.max(1);
    is_telling.then(|| i64::try_from(nanos).ok().map(Money::from_nanos)).flatten()
}

async fn bars(snapshot: &mut Snapshot, wanted: &Wanted) -> Result<Vec<SpendBar>, StorageError> {
    let mut hours = spend::by_hour(snapshot, &wanted.cut).await?;
    hours.sort_by_key(|hour| hour.name);
    let cost = |bar: &Bar| {
        let first = hours.partition_point(|hour| hour.name < bar.from.micros());
        let after = hours.partition_point(|hour| hour.name < bar.until.micros());
        let costs = hours.get(first..after).unwrap_or_default().iter();
        costs.map(|hour| Money::from_nanos(hour.cost_nanos)).sum()
    };
    let shown = |bar: &Bar| SpendBar {
        day: bar.first.to_string(),
        last_day: bar.last.to_string(),
        time: bar.time.map(|time| time.strftime("%H:%M").to_string()).unwrap_or_default(),
        is_to_come: bar.from > wanted.now,
        cost: cost(bar),
    };
    Ok(wanted.bars.iter().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use shared::view::spend::SpendPeriod;

    use super::*;

    #[test]
    fn what_a_period_will_cost_is_said_once_enough_of_it_has_passed() {
        let at = |text: &str| {
            Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
        };
        let expected_at = |now: &str| {
            let now = at(now);
            let span = Span::of(&SpendPeriod::ThisMonth, now, &TimeZone::UTC).unwrap();
            expected(Money::from_dollars(10), &span, now)
        };
        assert_eq!(expected_at("2026-11-16T00:00:00Z"), Some(Money::from_dollars(20)));
        assert_eq!(expected_at("2026-11-02T00:00:00Z"), None, "a thirtieth tells nothing");
        let now = at("2026-11-16T00:00:00Z");
        let over = Span::of(&SpendPeriod::LastMonth, now, &TimeZone::UTC).unwrap();
        assert_eq!(expected(Money::from_dollars(10), &over, now), None);
    }
}
