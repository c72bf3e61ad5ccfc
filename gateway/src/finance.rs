//! Finance: what the spend page shows, exports of the ledger, and the closing of months.

mod corrections;
mod export;
mod period;
mod periods;

use std::sync::Arc;

use jiff::tz::TimeZone;
use shared::{
    Id, Money, Problem, Timestamp,
    view::spend::{DaySpend, PeriodSpend, SpendPage, SpendRow},
};

pub use self::corrections::{Corrections, PriceChange, Refunded, RerateFilter, Rerated};
use self::period::Periods;
pub use self::{
    export::{
        ExportError, ExportRequest, Exported, Exports, FocusVersion, Format, Layout, Period,
        PeriodError, TableError, Totals,
    },
    periods::{
        BillingPeriod, BillingPeriods, ChainHead, Closed, ClosingError, Manifest, ManifestFile,
        SealedTotals, Verified, verify_files,
    },
};
use crate::{
    audit,
    budgets::Budgets,
    identity::{Directory, Identity, Principal},
    kernel::Clock,
    storage::{
        Database, Snapshot, StorageError,
        tables::spend::{self, Cut, SumRow},
    },
};

const HOUR_MICROS: i64 = 3_600 * 1_000_000;

/// The service behind the spend page.
pub struct Finance {
    database: Database,
    identity: Arc<Identity>,
    budgets: Arc<Budgets>,
    clock: Clock,
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

    /// Today and this month, in UTC: of the instance for who may see it, else of the caller.
    ///
    /// # Errors
    /// [`shared::ProblemCode::Internal`] where the database fails.
    pub async fn spend_page(&self, principal: &Principal) -> Result<SpendPage, Problem> {
        self.read(principal).await.map_err(audit::internal)
    }

    async fn read(&self, principal: &Principal) -> Result<SpendPage, StorageError> {
        let covers_instance = principal.role().sees_all_spend();
        let now = self.clock.now();
        let periods = Periods::around(now, &TimeZone::UTC);
        let user = (!covers_instance).then(|| principal.user_id().uuid());
        let budgets = if covers_instance {
            self.budgets.statuses()
        } else {
            self.budgets.statuses_of(principal)
        };
        let from = |from: Timestamp| Cut {
            from: from.micros(),
            until: now.micros() + 1,
            user,
            ..Cut::default()
        };
        let mut snapshot = self.database.snapshot().await?;
        let (today, month) = (from(periods.today), from(periods.month));
        let models = spend::by_model(&mut snapshot, &month).await?;
        let unpriced = models.iter().filter(|row| row.unpriced_calls > 0);
        let unpriced_models = unpriced.map(|row| row.name.clone()).collect();
        let models_today = spend::by_model(&mut snapshot, &today).await?;
        Ok(SpendPage {
            as_of: now,
            time_zone: "UTC".to_owned(),
            covers_instance,
            today: self.period(&mut snapshot, &today, now, models_today).await?,
            days: days(&mut snapshot, &periods, &month).await?,
            month: self.period(&mut snapshot, &month, now, models).await?,
            budgets,
            unpriced_models,
        })
    }

    async fn period(
        &self,
        snapshot: &mut Snapshot,
        cut: &Cut,
        now: Timestamp,
        models: Vec<SumRow<String>>,
    ) -> Result<PeriodSpend, StorageError> {
        let directory = self.identity.directory();
        let by_model = rows(models, |name| name);
        let by_team = spend::by_team(snapshot, cut).await?;
        let by_user = spend::by_user(snapshot, cut).await?;
        Ok(PeriodSpend {
            from: Timestamp::from_micros(cut.from),
            until: now,
            total: total(&by_model),
            by_team: rows(by_team, |id| team_name(&directory, id)),
            by_user: rows(by_user, |id| user_name(&directory, id)),
            by_model,
        })
    }
}

async fn days(
    snapshot: &mut Snapshot,
    periods: &Periods,
    cut: &Cut,
) -> Result<Vec<DaySpend>, StorageError> {
    let hours = spend::by_hour(snapshot, cut).await?;
    Ok(periods
        .days
        .iter()
        .map(|day| DaySpend {
            day: day.label.clone(),
            cost: hours
                .iter()
                .filter(|hour| (day.from.micros()..day.until.micros()).contains(&hour.name))
                .map(|hour| Money::from_nanos(hour.cost_nanos))
                .sum(),
        })
        .collect())
}

fn rows<K>(sums: Vec<SumRow<K>>, name: impl Fn(K) -> String) -> Vec<SpendRow> {
    let mut rows: Vec<SpendRow> = sums
        .into_iter()
        .map(|sum| SpendRow {
            name: name(sum.name),
            calls: sum.calls,
            tokens: sum.tokens,
            cost: Money::from_nanos(sum.cost_nanos),
        })
        .collect();
    rows.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.name.cmp(&b.name)));
    rows
}

fn total(rows: &[SpendRow]) -> SpendRow {
    SpendRow {
        name: "Total".to_owned(),
        calls: rows.iter().map(|row| row.calls).sum(),
        tokens: rows.iter().map(|row| row.tokens).sum(),
        cost: rows.iter().map(|row| row.cost).sum(),
    }
}

fn team_name(directory: &Directory, id: uuid::Uuid) -> String {
    let id = Id::from_uuid(id);
    directory.team_name(id).map_or_else(|| id.to_string(), str::to_owned)
}

fn user_name(directory: &Directory, id: uuid::Uuid) -> String {
    let id = Id::from_uuid(id);
    directory.user_name(id).map_or_else(|| id.to_string(), str::to_owned)
}
