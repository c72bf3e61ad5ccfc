//! The service behind `helixgateway export`.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    ExportError, ExportRequest, Layout, Names, NewFile, Totals, file::beside, focus::metadata,
    write,
};
use crate::{
    audit::{Action, Actor, Audit, Change},
    finance::periods::{Reference, Sealed, reference_path},
    kernel::{config::Organization, instant},
    storage::Database,
};

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// What it adds up to.
    pub totals: Totals,
    /// Files that were written beside it.
    pub beside: Vec<PathBuf>,
}

/// Writes exports, and tells the audit trail of each.
pub struct Exports {
    database: Database,
    audit: Audit,
    organization: Organization,
}

/// Where the metadata of a FOCUS file are.
pub(in crate::finance) fn metadata_path(path: &Path) -> PathBuf {
    beside(path, "metadata.json")
}

impl Exports {
    /// The service.
    #[must_use]
    pub fn new(database: Database, audit: Audit, organization: Organization) -> Self {
        Self { database, audit, organization }
    }

    /// Writes an export to a file, which appears when it is whole.
    ///
    /// # Errors
    /// [`ExportError`]; then there is no new file.
    pub async fn to_file(
        &self,
        request: ExportRequest,
        path: &Path,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Exported, ExportError> {
        let mut file = NewFile::begin(path)?;
        let totals = self.write(request, file.out(), tell).await?;
        let mut beside = Vec::new();
        if let Layout::Focus(version) = request.layout {
            beside.push((metadata_path(path), metadata(version)));
        }
        let written = file.written()?;
        let (database, period) = (&self.database, request.period);
        if let Some(of) = Reference::of(database, period, path, totals.rows, written).await? {
            beside.push((reference_path(path), of.text()));
        }
        self.tell_audit(request, totals).await?;
        for (path, text) in &beside {
            let file = NewFile::begin(path)?;
            file.write(text.as_bytes())?;
            file.keep()?;
        }
        file.keep()?;
        Ok(Exported { totals, beside: beside.into_iter().map(|(path, _)| path).collect() })
    }

    /// Writes an export to somebody who reads along.
    ///
    /// # Errors
    /// [`ExportError`]; then what was written is no export.
    pub async fn to_reader(
        &self,
        request: ExportRequest,
        out: impl Write + Send,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ExportError> {
        let totals = self.write(request, out, tell).await?;
        self.tell_audit(request, totals).await?;
        Ok(totals)
    }

    async fn write(
        &self,
        request: ExportRequest,
        out: impl Write + Send,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ExportError> {
        let names = Names::load(&self.database, self.organization.clone()).await?;
        let sealed = Sealed::load(&self.database).await?;
        write(&self.database, request, (&names, &sealed), out, tell).await
    }

    async fn tell_audit(&self, request: ExportRequest, totals: Totals) -> Result<(), ExportError> {
        let (from, until) = (request.period.from, request.period.until);
        let (from, until) = (instant::written(from), instant::written(until));
        let change = Change {
            actor: &Actor::command_line(),
            action: Action::ExportCreate,
            resource: format!("{from}/{until}"),
            before: None,
            after: Some(json!({
                "layout": request.layout.name(),
                "format": request.format.as_str(),
                "rows": totals.rows,
                "calls": totals.calls,
                "cost": totals.cost,
            })),
        };
        let mut tx = self.database.begin().await?;
        self.audit.record(&mut tx, change).await?;
        Ok(tx.commit().await?)
    }
}
