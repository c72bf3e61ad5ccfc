//! What a batch has cost: read from its results as they pass, and never held whole.

use futures_util::TryStreamExt;
use http::HeaderMap;
use shared::{Id, Money, Timestamp};

use super::{
    Inner, Kind,
    check::{is_blank, lines_of},
    settle::Unsettled,
};
use crate::{
    call::{CostLine, TokenClass},
    catalog::{PriceTable, ServedBy, Serving},
    kernel::config::UsageShape,
    metering::cost_lines,
    providers::{Errand, Failure},
    storage::{
        StorageError,
        tables::{calls, provider_objects::ProviderObjectRow},
    },
    wire::{
        BatchEndpoint, BatchResult, BatchState, Dialect, UsageReport, message_batch_result,
        openai_batch_result,
    },
};

/// The longest line of results, in bytes.
const LINE_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// What is due for a batch.
pub(super) struct Bill {
    pub(super) lines: Vec<CostLine>,
    pub(super) price_version: String,
    /// How many requests were answered, and how many may have been.
    pub(super) billed: i64,
    pub(super) unknown: i64,
}

/// How the lines of results are read.
enum Reader {
    OpenAi(Dialect, UsageShape),
    Anthropic,
}

impl Reader {
    fn read(&self, line: &[u8]) -> BatchResult {
        match self {
            Self::OpenAi(dialect, shape) => openai_batch_result(*dialect, *shape, line),
            Self::Anthropic => message_batch_result(line),
        }
    }
}

/// What is due so far.
struct Tally {
    lines: Vec<CostLine>,
    seen: i64,
    billed: i64,
    unknown: i64,
}

impl Inner {
    /// What is due for a batch that has ended; none where its model has no price.
    pub(super) async fn bill(
        &self,
        row: &ProviderObjectRow,
        state: &BatchState,
    ) -> Result<Option<Bill>, Unsettled> {
        let Some(serving) = self.serving_of(row).await? else { return Ok(None) };
        let Some(price) = serving.price() else { return Ok(None) };
        let mut tally = Tally { lines: Vec::new(), seen: 0, billed: 0, unknown: 0 };
        let reader = self.reader(row);
        for errand in results_of(row, state) {
            match self.count(row, errand, &reader, price, &mut tally).await {
                Err(Failure::NotHere { .. }) => {
                    // What was in it may have been answered.
                    tally.unknown += (row.requests - tally.seen).max(0);
                    tally.seen = row.requests;
                }
                outcome => outcome.map_err(Unsettled::Provider)?,
            }
        }
        let Tally { mut lines, billed, unknown, .. } = tally;
        lines.extend(share(row, unknown));
        Ok(Some(Bill { lines, price_version: price.version().to_owned(), billed, unknown }))
    }

    /// Where the batch was served, at the prices of when it was begun.
    async fn serving_of(&self, row: &ProviderObjectRow) -> Result<Option<Serving>, StorageError> {
        let Some(name) = row.model.as_deref() else { return Ok(None) };
        let by = ServedBy { model: name, provider: &row.provider, upstream_model: None };
        let directory = self.proxy.identity.directory();
        let owner = directory.as_principal(Id::from_uuid(row.user_id));
        let begun_at = self.begun_at(row).await?;
        let serving = self.proxy.access.serving(by, owner.as_ref(), begun_at);
        if serving.is_none() {
            tracing::warn!(
                model = name,
                batch = row.vendor_id,
                "the model of a batch is no longer configured; the batch stays charged with the \
                 most that it could cost"
            );
        }
        Ok(serving)
    }

    /// When the call arrived that pays for a batch; as far as the ledger does not have it yet, when
    /// the batch was kept, a moment later.
    async fn begun_at(&self, row: &ProviderObjectRow) -> Result<Timestamp, StorageError> {
        let call: Vec<_> = row.request_id.into_iter().collect();
        let found = calls::find_all(&self.database, &call).await?;
        let at = found.first().map_or(row.created_at, |call| call.started_at);
        Ok(Timestamp::from_micros(at))
    }

    fn reader(&self, row: &ProviderObjectRow) -> Reader {
        if row.kind == Kind::MessageBatch.as_str() {
            return Reader::Anthropic;
        }
        let endpoint = row.endpoint.as_deref().and_then(BatchEndpoint::at);
        let dialect = endpoint.map_or(Dialect::OpenAiChat, BatchEndpoint::dialect);
        Reader::OpenAi(dialect, self.proxy.providers.usage_shape(&row.provider))
    }

    async fn count(
        &self,
        row: &ProviderObjectRow,
        errand: Errand<'_>,
        reader: &Reader,
        price: &PriceTable,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let contents = self.proxy.providers.read(&row.provider, errand, &HeaderMap::new()).await?;
        let too_long = |error: crate::wire::WireError| Failure::Nonsense(error.to_string());
        let mut lines = lines_of(contents.bytes, LINE_LIMIT_BYTES, too_long);
        while let Some(line) = lines.try_next().await? {
            if !is_blank(&line) {
                tally.add(&reader.read(&line), price);
            }
        }
        Ok(())
    }
}

impl Tally {
    fn add(&mut self, result: &BatchResult, price: &PriceTable) {
        self.seen += 1;
        match result {
            BatchResult::Unbilled => {}
            BatchResult::Unknown => self.unknown += 1,
            BatchResult::Billed(report) => {
                self.billed += 1;
                let UsageReport { tokens, units, .. } = &**report;
                // Each request is rounded on its own, as a call is.
                for line in cost_lines(tokens, units, price.batch_rates(tokens)) {
                    self.merge(line);
                }
            }
        }
    }

    fn merge(&mut self, line: CostLine) {
        let is_same = |it: &&mut CostLine| it.class == line.class && it.price == line.price;
        match self.lines.iter_mut().find(is_same) {
            Some(found) => {
                found.tokens += line.tokens;
                found.cost += line.cost;
            }
            None => self.lines.push(line),
        }
    }
}

fn results_of<'a>(row: &'a ProviderObjectRow, state: &'a BatchState) -> Vec<Errand<'a>> {
    if row.kind == Kind::MessageBatch.as_str() {
        let results = Errand::MessageBatchResults(&row.vendor_id);
        return state.has_results.then_some(results).into_iter().collect();
    }
    state.files.iter().map(|file| Errand::FileContent(file)).collect()
}

/// Requests of which nobody knows what they have used keep their share of what was set aside.
fn share(row: &ProviderObjectRow, unknown: i64) -> Option<CostLine> {
    if unknown == 0 || row.requests == 0 {
        return None;
    }
    let price = Money::from_nanos(row.reserved_nanos / row.requests);
    let cost = Money::from_nanos(price.nanos().saturating_mul(unknown));
    Some(CostLine { class: TokenClass::Reserved, tokens: unknown, price, cost })
}
