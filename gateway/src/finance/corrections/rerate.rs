//! Rates the calls of a period again, by the prices that count by now for when each arrived.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use shared::{Money, Problem, Timestamp, receipt::Units};
use uuid::Uuid;

use super::{
    Corrections, RerateFilter,
    booking::{Cause, Entry, Names},
    difference::Booked,
};
use crate::{
    audit::{self, Action, Actor, Change},
    call::{CorrectionKind, TokenClass},
    catalog::{ServedBy, Serving},
    kernel::instant,
    metering::cost_lines,
    storage::{
        StorageError, Tx,
        tables::{
            billing_state,
            calls::{self, CallRow, CallsBetween, CostLineRow},
            correction_lines::{self, CorrectionLineRow},
        },
    },
};

/// How many calls are looked at, and booked, at once.
const STEP: u64 = 500;

/// What rating a period again has found, or done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rerated {
    /// What changes, by model and provider.
    pub changes: BTreeMap<(String, String), PriceChange>,
    /// Calls that cost what they should.
    pub unchanged_calls: i64,
    /// Calls of models that have no price now.
    pub unpriced_calls: i64,
    /// Calls whose use nobody knows, because their end was not seen.
    pub unmetered_calls: i64,
}

/// What changes for one model at one provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PriceChange {
    /// Calls that cost something else.
    pub calls: i64,
    /// What they have cost.
    pub before: Money,
    /// What they cost now.
    pub after: Money,
}

/// What a call should be.
enum Due<'a> {
    Same,
    Unpriced,
    Unmetered,
    Other(Entry<'a>, PriceChange),
}

/// What is booked of some calls.
struct Lines {
    usage: HashMap<Uuid, Vec<CostLineRow>>,
    corrections: HashMap<Uuid, Vec<CorrectionLineRow>>,
}

impl Corrections {
    /// Rates the calls of a period again. Without `is_real` it only says what would change. Done
    /// twice, the second time changes nothing.
    ///
    /// # Errors
    /// [`shared::ProblemCode::Internal`] where the database fails; what was booked until then stays
    /// and is told of in the trail.
    pub async fn rerate(
        &self,
        filter: &RerateFilter,
        reason: &str,
        is_real: bool,
        tell: &mut (dyn FnMut(i64) + Send),
    ) -> Result<Rerated, Problem> {
        self.rate(filter, reason, is_real, tell).await.map_err(audit::internal)
    }

    async fn rate(
        &self,
        filter: &RerateFilter,
        reason: &str,
        is_real: bool,
        tell: &mut (dyn FnMut(i64) + Send),
    ) -> Result<Rerated, StorageError> {
        let (from, until) = (filter.from.micros(), filter.until.micros());
        let mut between = CallsBetween::new(from, until);
        let names = self.names().await?;
        let mut rerated = Rerated::default();
        let mut seen = 0;
        loop {
            let page = between.next(&self.database, STEP).await?;
            if page.is_empty() {
                return Ok(rerated);
            }
            let page: Vec<_> = page.into_iter().filter(|call| is_wanted(filter, call)).collect();
            seen += i64::try_from(page.len()).unwrap_or(i64::MAX);
            if is_real {
                self.book_page(filter, reason, &page, &names, &mut rerated).await?;
            } else {
                let lines = self.lines(&page).await?;
                self.compare(&page, &lines, &names, &mut rerated);
            }
            tell(seen);
        }
    }

    async fn book_page(
        &self,
        filter: &RerateFilter,
        reason: &str,
        page: &[CallRow],
        names: &Names,
        rerated: &mut Rerated,
    ) -> Result<(), StorageError> {
        let mut tx = self.database.begin().await?;
        let closed_until = billing_state::hold(&mut tx).await?;
        // Read under the lock: nobody else corrects these calls now.
        let lines = self.lines(page).await?;
        let mut found = Rerated::default();
        let entries = self.compare(page, &lines, names, &mut found);
        if !entries.is_empty() {
            let now = self.clock.now();
            let id = self.ids.next(now);
            let cause = Cause { id, kind: CorrectionKind::Rerate, made_at: now, reason };
            self.book(&mut tx, closed_until, &cause, entries, names).await?;
            self.record(&mut tx, &cause, filter, &found).await?;
            tx.commit().await?;
        }
        rerated.add(found);
        Ok(())
    }

    async fn record(
        &self,
        tx: &mut Tx,
        cause: &Cause<'_>,
        filter: &RerateFilter,
        found: &Rerated,
    ) -> Result<(), StorageError> {
        let total = found.total();
        let change = Change {
            actor: &Actor::command_line(),
            action: Action::LedgerRerate,
            resource: cause.id.to_string(),
            before: Some(json!({ "cost": total.before })),
            after: Some(json!({
                "cost": total.after,
                "calls": total.calls,
                "from": instant::written(filter.from),
                "until": instant::written(filter.until),
                "reason": cause.reason,
            })),
        };
        self.audit.record(tx, change).await
    }

    async fn lines(&self, page: &[CallRow]) -> Result<Lines, StorageError> {
        let ids: Vec<_> = page.iter().map(|call| call.id).collect();
        let mut lines = Lines { usage: HashMap::new(), corrections: HashMap::new() };
        for line in calls::cost_lines_of(&self.database, &ids).await? {
            lines.usage.entry(line.call_id).or_default().push(line);
        }
        for line in correction_lines::of_calls(&self.database, &ids).await? {
            lines.corrections.entry(line.call_id).or_default().push(line);
        }
        Ok(lines)
    }

    fn compare<'a>(
        &self,
        page: &'a [CallRow],
        lines: &Lines,
        names: &Names,
        rerated: &mut Rerated,
    ) -> Vec<Entry<'a>> {
        let mut entries = Vec::new();
        for call in page {
            match self.due(call, lines, names) {
                Due::Same => rerated.unchanged_calls += 1,
                Due::Unpriced => rerated.unpriced_calls += 1,
                Due::Unmetered => rerated.unmetered_calls += 1,
                Due::Other(entry, change) => {
                    let provider = call.provider.clone().unwrap_or_default();
                    let place = (call.model.clone(), provider);
                    rerated.changes.entry(place).or_default().add(change);
                    entries.push(entry);
                }
            }
        }
        entries
    }

    /// Where a call was served, at the prices that count by now for when it arrived.
    fn serving_of(&self, call: &CallRow, names: &Names) -> Option<Serving> {
        let by = ServedBy {
            model: &call.model,
            provider: call.provider.as_deref()?,
            upstream_model: call.upstream_model.as_deref(),
        };
        let arrived_at = Timestamp::from_micros(call.started_at);
        self.catalog.now().serving(by, names.viewer_of(call), arrived_at)
    }

    fn due<'a>(&self, call: &'a CallRow, lines: &Lines, names: &Names) -> Due<'a> {
        let tokens = call.tokens();
        if tokens.total() == 0 && call.is_estimated != 0 {
            return Due::Unmetered;
        }
        let serving = self.serving_of(call, names);
        let Some(price) = serving.as_ref().and_then(Serving::price) else {
            return Due::Unpriced;
        };
        let usage = lines.usage.get(&call.id).into_iter().flatten();
        let units = units_of(usage.clone());
        let corrections = lines.corrections.get(&call.id).into_iter().flatten();
        let was_corrected = corrections.clone().next().is_some();
        let booked = Booked::of(usage, corrections);
        let rates = price.rates(&tokens, call.service_tier.as_deref());
        let due = Booked::due(&cost_lines(&tokens, &units, rates));
        let missing = booked.to(&due);
        if missing.is_empty() {
            return Due::Same;
        }
        let entry = Entry {
            call,
            lines: missing,
            price_version: Some(price.version().to_owned()),
            gets_priced: call.is_priced == 0 && !was_corrected,
        };
        let change = PriceChange {
            calls: 1,
            before: Money::from_nanos(booked.cost_nanos()),
            after: Money::from_nanos(due.cost_nanos()),
        };
        Due::Other(entry, change)
    }
}

impl Rerated {
    /// Everything that changes.
    #[must_use]
    pub fn total(&self) -> PriceChange {
        let mut total = PriceChange::default();
        for change in self.changes.values() {
            total.add(*change);
        }
        total
    }

    fn add(&mut self, other: Self) {
        for (place, change) in other.changes {
            self.changes.entry(place).or_default().add(change);
        }
        self.unchanged_calls += other.unchanged_calls;
        self.unpriced_calls += other.unpriced_calls;
        self.unmetered_calls += other.unmetered_calls;
    }
}

impl PriceChange {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.before += other.before;
        self.after += other.after;
    }
}

/// What was counted beside tokens, by the lines that it was billed with.
fn units_of<'a>(lines: impl Iterator<Item = &'a CostLineRow>) -> Units {
    let mut units = Units::default();
    for line in lines {
        let class = [
            (TokenClass::Images, &mut units.images),
            (TokenClass::AudioSeconds, &mut units.audio_seconds),
            (TokenClass::Characters, &mut units.characters),
            (TokenClass::Searches, &mut units.searches),
        ];
        if let Some((_, count)) =
            class.into_iter().find(|(class, _)| class.as_str() == line.token_class)
        {
            *count = line.tokens;
        }
    }
    units
}

fn is_wanted(filter: &RerateFilter, call: &CallRow) -> bool {
    let is = |wanted: &Option<String>, found: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
    };
    call.provider.is_some()
        && is(&filter.model, Some(call.model.as_str()))
        && is(&filter.provider, call.provider.as_deref())
}
