//! Closes a month, in steps each of which finds what the one before has left:
//!
//! 1. The books are closed: from this commit on, whoever books, books later.
//! 2. Whoever was booking at that moment ends; then the chains of calls say what was in time.
//! 3. The files are written, with the names of the moment.
//! 4. The manifest is kept, in the database and in the audit trail.

use std::{fs, path::Path};

use serde_json::json;

use super::{
    BillingPeriods, ChainHead, Closed, ClosingError, Manifest, ManifestFile, Sealed, heads,
    manifest::{LAYOUT, MANIFEST},
};
use crate::{
    audit::{Action, Actor, Chain, Change},
    finance::{
        Period,
        export::{
            ExportError, ExportRequest, FocusVersion, Format, Layout, Names, NewFile, Totals,
            first_call, focus_metadata, metadata_path, write,
        },
    },
    kernel::instant,
    storage::{
        StorageError,
        tables::{
            audit_heads,
            billing_periods::{self, BillingPeriodRow, Sealing},
            billing_state,
        },
    },
};

/// The tables of a closed month, and the layout of each.
pub(super) const TABLES: [(&str, Layout); 2] =
    [("billing.csv", Layout::Billing), ("focus.csv", Layout::Focus(FOCUS))];
/// What teams, users and keys were called.
pub(super) const NAMES: &str = "names.csv";
const FOCUS: FocusVersion = FocusVersion::V1_2;

impl BillingPeriods {
    /// Closes a month such as `2026-10` and writes its files to a folder; `tell` hears how many
    /// billing lines were read. A closing that was cut off goes on.
    ///
    /// # Errors
    /// [`ClosingError`]. Once the books are closed they stay closed, whatever comes after.
    pub async fn close(
        &self,
        month: &str,
        folder: &Path,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Closed, ClosingError> {
        let period = Period::month(month, "UTC")?;
        if self.clock.now() < period.until {
            let ends = instant::written(period.until);
            return Err(ClosingError::NotOver { month: month.to_owned(), ends });
        }
        let was_cut_off = self.close_books(month, period).await?;
        self.note_heads(period).await?;
        let manifest = self.write_files(month, period, folder, tell).await?;
        self.seal(period, &manifest).await?;
        Ok(Closed { manifest, was_cut_off })
    }

    /// The first step; gives whether it was done before.
    async fn close_books(&self, month: &str, period: Period) -> Result<bool, ClosingError> {
        let mut tx = self.database.begin().await?;
        // From here on nobody else closes and nobody corrects.
        let closed_until = billing_state::hold(&mut tx).await?;
        match billing_periods::find(&self.database, period.from.micros()).await? {
            Some(row) if row.manifest.is_none() => return Ok(true),
            Some(_) => return Err(ClosingError::AlreadyClosed(month.to_owned())),
            // It had no records when a later month was closed.
            None if closed_until >= period.until.micros() => {
                return Err(ClosingError::AlreadyClosed(month.to_owned()));
            }
            None => {}
        }
        self.refuse_open_before(month, closed_until, period).await?;
        let actor = Actor::command_line();
        let row = BillingPeriodRow {
            month_start_at: period.from.micros(),
            month_end_at: period.until.micros(),
            closed_at: self.clock.now().micros(),
            closed_by: actor.who.clone(),
            heads: None,
            call_count: None,
            line_count: None,
            cost_nanos: None,
            manifest: None,
        };
        billing_state::close(&mut tx, row.month_end_at).await?;
        billing_periods::add(&mut tx, &row).await?;
        let change = Change {
            actor: &actor,
            action: Action::PeriodClose,
            resource: month.to_owned(),
            before: Some(json!({ "closed_until": closed_until })),
            after: Some(json!({ "closed_until": row.month_end_at })),
        };
        self.audit.record(&mut tx, change).await?;
        tx.commit().await?;
        Ok(false)
    }

    async fn refuse_open_before(
        &self,
        month: &str,
        closed_until: i64,
        period: Period,
    ) -> Result<(), ClosingError> {
        let open = (closed_until, period.from.micros());
        let Some(started_at) = first_call(&self.database, open).await? else { return Ok(()) };
        let open = Period::utc_month_of(started_at).and_then(|open| open.utc_month());
        Err(ClosingError::EarlierIsOpen { month: month.to_owned(), open: open.unwrap_or_default() })
    }

    /// The second step. Whoever books holds the head of its chain and asks then up to when the
    /// books are closed: so once a head can be had here, all that was booked with the old answer
    /// is before it.
    async fn note_heads(&self, period: Period) -> Result<(), StorageError> {
        let mut found = Vec::new();
        let mut tx = self.database.begin().await?;
        for head in audit_heads::list(&self.database).await? {
            let is_of_calls = head.chain == Chain::Calls.as_str();
            let head = if is_of_calls {
                audit_heads::lock(&mut tx, head.node_id, &head.chain).await?.unwrap_or(head)
            } else {
                head
            };
            found.push(ChainHead::of_row(&head));
        }
        let month = period.from.micros();
        billing_periods::note_heads(&mut tx, month, &heads::to_json(&found)).await?;
        tx.commit().await
    }

    /// The third step.
    async fn write_files(
        &self,
        month: &str,
        period: Period,
        folder: &Path,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Manifest, ClosingError> {
        let row = billing_periods::find(&self.database, period.from.micros()).await?;
        let row = row.ok_or(StorageError::Corrupt { column: "billing_periods.month_start_at" })?;
        fs::create_dir_all(folder)
            .map_err(|source| ExportError::File { path: folder.display().to_string(), source })?;
        let names = Names::load(&self.database, self.organization.clone()).await?;
        let sealed = Sealed::load(&self.database).await?;
        let mut files = Vec::new();
        let mut totals = Totals::default();
        for (name, layout) in TABLES {
            let mut file = NewFile::begin(&folder.join(name))?;
            let request = ExportRequest { period, layout, format: Format::Csv };
            totals = write(&self.database, request, (&names, &sealed), file.out(), tell).await?;
            files.push(ManifestFile::new(name, totals.rows, file.written()?));
            file.keep()?;
        }
        let metadata = metadata_path(Path::new("focus.csv"));
        let metadata = metadata.to_string_lossy();
        files.push(keep(folder, &metadata, 0, focus_metadata(FOCUS).as_bytes())?);
        let mut text = Vec::new();
        let rows = names
            .write(&mut text)
            .map_err(|source| ExportError::File { path: NAMES.to_owned(), source })?;
        files.push(keep(folder, NAMES, rows, &text)?);
        let heads = row.heads.as_deref().map(heads::from_json).transpose()?;
        let manifest = Manifest {
            month: month.to_owned(),
            from: instant::written(period.from),
            until: instant::written(period.until),
            closed_at: instant::written(shared::Timestamp::from_micros(row.closed_at)),
            closed_by: row.closed_by,
            program: concat!("helixgateway ", env!("CARGO_PKG_VERSION")).to_owned(),
            layout: LAYOUT,
            calls: totals.calls,
            lines: totals.lines,
            cost: totals.cost,
            files,
            audit_heads: heads.unwrap_or_default(),
        };
        keep(folder, MANIFEST, 0, manifest.text().as_bytes())?;
        Ok(manifest)
    }

    /// The last step.
    async fn seal(&self, period: Period, manifest: &Manifest) -> Result<(), ClosingError> {
        let sealing = Sealing {
            call_count: i64::try_from(manifest.calls).unwrap_or(i64::MAX),
            line_count: i64::try_from(manifest.lines).unwrap_or(i64::MAX),
            cost_nanos: manifest.cost.nanos(),
            manifest: &manifest.text(),
        };
        let mut tx = self.database.begin().await?;
        if !billing_periods::seal(&mut tx, period.from.micros(), sealing).await? {
            return Err(ClosingError::AlreadyClosed(manifest.month.clone()));
        }
        let change = Change {
            actor: &Actor::command_line(),
            action: Action::PeriodSeal,
            resource: manifest.month.clone(),
            before: None,
            after: Some(json!({
                "manifest_sha256": manifest.sha256(),
                "calls": manifest.calls,
                "lines": manifest.lines,
                "cost": manifest.cost,
            })),
        };
        self.audit.record(&mut tx, change).await?;
        Ok(tx.commit().await?)
    }
}

fn keep(folder: &Path, name: &str, rows: u64, bytes: &[u8]) -> Result<ManifestFile, ExportError> {
    let mut file = NewFile::begin(&folder.join(name))?;
    file.write(bytes)?;
    let written = file.written()?;
    file.keep()?;
    Ok(ManifestFile::new(name, rows, written))
}
