//! A batch of finished calls on its way into the database, in one transaction.
//!
//! The rows of calls are written in portions, so that a large batch needs no more memory than a
//! small one; what they add up to is kept and written once, at the end.

use std::collections::{BTreeMap, HashMap};

use shared::{
    Id,
    id::{ApiKeyId, NodeId},
};
use uuid::Uuid;

use super::books::Books;
use crate::{
    audit::{Chain, Form, Place, call_form},
    call::{CorrectionKind, Finish},
    storage::{
        StorageError, Tx,
        tables::{
            api_keys, audit_heads,
            budget_windows::{self, Settlement, WindowKey},
            calls::{self, CallRow, CostLineRow},
            correction_lines::{self, CorrectionLineRow},
            spend::{self, Amounts, Dimensions},
        },
    },
};

/// Finished calls that are not written yet, with what all of them add up to.
pub(super) struct Batch {
    /// How far the chain of calls goes with the last of them.
    place: Place,
    /// Nothing is booked before this microsecond.
    closed_until: i64,
    form: Form,
    calls: Vec<CallRow>,
    lines: Vec<CostLineRow>,
    /// Lines of calls whose month was closed before they came.
    late: Vec<CorrectionLineRow>,
    spend: BTreeMap<Dimensions, Amounts>,
    settled: BTreeMap<WindowKey, Settlement>,
    used: HashMap<ApiKeyId, i64>,
}

impl Batch {
    /// An empty batch that goes on in these books.
    pub(super) fn after(books: Books) -> Self {
        Self {
            place: books.place,
            closed_until: books.closed_until,
            form: Form::default(),
            calls: Vec::new(),
            lines: Vec::new(),
            late: Vec::new(),
            spend: BTreeMap::new(),
            settled: BTreeMap::new(),
            used: HashMap::new(),
        }
    }

    /// How far the chain of calls goes with this batch.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// When a call counts: when it arrived, or as soon after as the books are open.
    fn booked_at(&self, finish: &Finish<String>) -> i64 {
        finish.started_at.micros().max(self.closed_until)
    }

    /// Whether there are calls to be written.
    pub(super) fn has_rows(&self) -> bool {
        !self.calls.is_empty()
    }

    /// The calls that are not written yet.
    pub(super) fn call_ids(&self) -> Vec<Uuid> {
        self.calls.iter().map(|call| call.id).collect()
    }

    /// Adds a call.
    pub(super) fn add(&mut self, node: NodeId, finish: Finish<String>) {
        let cost_nanos = finish.cost.nanos();
        for charge in &finish.charges {
            let window = WindowKey {
                budget_id: charge.budget.uuid(),
                start_at: charge.window_start.micros(),
            };
            let settlement = self.settled.entry(window).or_default();
            if charge.is_leased {
                settlement.leased_nanos += cost_nanos;
            } else {
                settlement.free_nanos += cost_nanos;
            }
        }
        if let Some(key) = finish.key {
            let used = self.used.entry(key).or_default();
            *used = (*used).max(finish.started_at.micros());
        }
        self.roll_up(&finish);
        let call_id = finish.request_id.uuid();
        let first_line = self.lines.len();
        let booked_at = self.booked_at(&finish);
        if booked_at == finish.started_at.micros() {
            self.lines.extend(finish.lines.iter().map(|line| CostLineRow {
                call_id,
                token_class: line.class.as_str().into(),
                tokens: line.tokens,
                price_nanos: line.price.nanos(),
                cost_nanos: line.cost.nanos(),
            }));
        } else {
            self.late.extend(late_lines(&finish, booked_at));
        }
        let mut row = row(node, finish);
        let sequence = self.place.sequence + 1;
        let lines = &self.lines[first_line..];
        self.place = self.place.next(call_form(&mut self.form, &row, lines, sequence));
        row.audit_sequence = Some(self.place.sequence);
        row.audit_hash = Some(self.place.hash.to_vec());
        self.calls.push(row);
    }

    /// A call that reached a provider counts in the roll-ups; a refused one only in the ledger.
    fn roll_up(&mut self, finish: &Finish<String>) {
        if finish.provider.is_none() {
            return;
        }
        let at = self.booked_at(finish);
        let dimensions = Dimensions {
            hour_at: spend::hour_of(at),
            team_id: finish.team.map_or(Uuid::nil(), Id::uuid),
            user_id: finish.user.map_or(Uuid::nil(), Id::uuid),
            key_id: finish.key.map_or(Uuid::nil(), Id::uuid),
            model: finish.model.clone(),
            provider: finish.provider.clone().unwrap_or_default(),
        };
        let amounts = self.spend.entry(dimensions).or_default();
        amounts.calls += 1;
        amounts.tokens += finish.tokens.total();
        amounts.cost_nanos += finish.cost.nanos();
        amounts.unpriced_calls += i64::from(!finish.is_priced);
    }

    /// Writes the calls that are not written yet.
    pub(super) async fn write_rows(&mut self, tx: &mut Tx) -> Result<(), StorageError> {
        calls::add_all(tx, self.calls.drain(..)).await?;
        calls::add_cost_lines(tx, self.lines.drain(..)).await?;
        correction_lines::add_all(tx, self.late.drain(..)).await
    }

    /// Writes what all calls add up to.
    pub(super) async fn write_sums(self, node: NodeId, tx: &mut Tx) -> Result<(), StorageError> {
        spend::add_all(tx, &self.spend).await?;
        for (window, settlement) in self.settled {
            budget_windows::settle(tx, node.uuid(), window, settlement).await?;
        }
        audit_heads::set(tx, self.place.row(node.uuid(), Chain::Calls)).await?;
        for (key, used_at) in self.used {
            api_keys::used(tx, key.uuid(), used_at).await?;
        }
        Ok(())
    }
}

/// The cost of a call that came after its month was closed.
fn late_lines(finish: &Finish<String>, booked_at: i64) -> impl Iterator<Item = CorrectionLineRow> {
    let id = finish.request_id.uuid();
    let made_at = finish.started_at.micros().saturating_add(finish.duration_micros);
    finish.lines.iter().map(move |line| CorrectionLineRow {
        correction_id: id,
        call_id: id,
        token_class: line.class.as_str().into(),
        kind: CorrectionKind::Late.as_str().into(),
        made_at,
        booked_at,
        tokens: line.tokens,
        price_nanos: line.price.nanos(),
        cost_nanos: line.cost.nanos(),
        price_version: finish.price_version.clone(),
        reason: "reached the ledger after its month was closed".to_owned(),
    })
}

fn row(node: NodeId, finish: Finish<String>) -> CallRow {
    CallRow {
        id: finish.request_id.uuid(),
        node_id: node.uuid(),
        started_at: finish.started_at.micros(),
        duration_micros: finish.duration_micros,
        surface: finish.surface.into_owned(),
        outcome: finish.outcome.as_str().to_owned(),
        status: i64::from(finish.status),
        problem_code: finish.problem.map(|code| code.as_str().to_owned()),
        user_id: finish.user.map(Id::uuid),
        team_id: finish.team.map(Id::uuid),
        key_id: finish.key.map(Id::uuid),
        model: finish.model,
        asked_model: finish.asked_model,
        provider: finish.provider,
        upstream_model: finish.upstream_model,
        input_tokens: finish.tokens.input,
        cached_input_tokens: finish.tokens.cached_input,
        cache_write_tokens: finish.tokens.cache_write,
        output_tokens: finish.tokens.output,
        reasoning_tokens: finish.tokens.reasoning,
        cache_write_1h_tokens: finish.tokens.cache_write_1h,
        audio_input_tokens: finish.tokens.audio_input,
        audio_output_tokens: finish.tokens.audio_output,
        image_input_tokens: finish.tokens.image_input,
        image_output_tokens: finish.tokens.image_output,
        price_version: finish.price_version,
        service_tier: finish.service_tier,
        audit_sequence: None,
        audit_hash: None,
        cost_nanos: finish.cost.nanos(),
        is_estimated: i64::from(finish.is_estimated),
        is_priced: i64::from(finish.is_priced),
        raw_usage: finish.raw_usage,
        verdicts: finish.verdicts,
    }
}
