//! Lists of what a caller keeps at providers: the caller's own, wherever it is.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use serde_json::json;
use shared::Problem;
use uuid::Uuid;

use super::{Batches, Inner, Kind, keep::state_errand, refusal};
use crate::{
    audit,
    identity::Principal,
    storage::tables::provider_objects::{self, ObjectPage, ProviderObjectRow},
    wire::with_results_url,
};

/// How many providers are asked at once how it stands with a batch of the page.
const AT_ONCE: usize = 8;

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files for this purpose alone.
    pub purpose: Option<String>,
    /// The id behind which the page begins.
    pub after: Option<String>,
    /// The id before which the page ends.
    pub before: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// Whether the first one made comes first.
    pub is_ascending: bool,
}

/// One page.
struct Page {
    rows: Vec<ProviderObjectRow>,
    has_more: bool,
}

impl Batches {
    /// A page of the caller's files or batches as OpenAI has it.
    ///
    /// # Errors
    /// Where a cursor is the id of nothing of the caller's.
    pub async fn list(
        &self,
        principal: &Principal,
        kind: Kind,
        listing: &Listing,
    ) -> Result<Bytes, Problem> {
        let page = self.0.page(principal, kind, listing).await?;
        let bodies: Vec<&str> = page.rows.iter().map(|row| &*row.body).collect();
        let data = bodies.join(",");
        let ends = page.ends();
        Ok(Bytes::from(format!(r#"{{"object":"list","data":[{data}],{ends}"#)))
    }

    /// A page of the caller's message batches as Anthropic has it; their results are below
    /// `base_url`.
    ///
    /// # Errors
    /// As [`Batches::list`].
    pub async fn list_message_batches(
        &self,
        principal: &Principal,
        listing: &Listing,
        base_url: &str,
    ) -> Result<Bytes, Problem> {
        let page = self.0.page(principal, Kind::MessageBatch, listing).await?;
        let bodies: Vec<String> = page
            .rows
            .iter()
            .map(|row| with_results_url(&row.body, &results_url(base_url, &row.vendor_id)))
            .collect();
        let data = bodies.join(",");
        let ends = page.ends();
        Ok(Bytes::from(format!(r#"{{"data":[{data}],{ends}"#)))
    }
}

/// Where the results of a message batch are.
#[must_use]
pub fn results_url(base_url: &str, id: &str) -> String {
    format!("{base_url}/v1/messages/batches/{id}/results")
}

impl Page {
    /// What a list says behind its data.
    fn ends(&self) -> String {
        let ends = json!({
            "first_id": self.rows.first().map(|row| &row.vendor_id),
            "last_id": self.rows.last().map(|row| &row.vendor_id),
            "has_more": self.has_more,
        });
        ends.to_string().trim_start_matches('{').to_owned()
    }
}

impl Inner {
    async fn page(
        &self,
        principal: &Principal,
        kind: Kind,
        listing: &Listing,
    ) -> Result<Page, Problem> {
        let after = self.cursor(principal, kind, "after", listing.after.as_deref()).await?;
        let before = self.cursor(principal, kind, "before_id", listing.before.as_deref()).await?;
        // What stands right before an id is read away from it.
        let is_backwards = before.is_some() && after.is_none();
        let (later_than, earlier_than) =
            if listing.is_ascending { (after, before) } else { (before, after) };
        let page = ObjectPage {
            kind: kind.as_str(),
            user_id: principal.user_id().uuid(),
            purpose: listing.purpose.as_deref(),
            later_than,
            earlier_than,
            is_ascending: listing.is_ascending != is_backwards,
            limit: listing.limit as u64 + 1,
        };
        let rows = provider_objects::page(&self.database, &page).await;
        let mut rows = rows.map_err(audit::internal)?;
        let has_more = rows.len() > listing.limit;
        rows.truncate(listing.limit);
        if is_backwards {
            rows.reverse();
        }
        let rows = stream::iter(rows).map(|row| self.seen(row)).buffered(AT_ONCE).collect().await;
        Ok(Page { rows, has_more })
    }

    /// As it stands now; as it was last seen where the provider does not say, or where it has ended
    /// and its bill is not right yet.
    async fn seen(&self, row: ProviderObjectRow) -> ProviderObjectRow {
        if row.settled_at.is_some() {
            return row;
        }
        match self.run(&row, state_errand(&row), &HeaderMap::new()).await {
            Ok(body) => {
                ProviderObjectRow { body: String::from_utf8_lossy(&body).into_owned(), ..row }
            }
            Err(_) => row,
        }
    }

    async fn cursor(
        &self,
        principal: &Principal,
        kind: Kind,
        field: &'static str,
        id: Option<&str>,
    ) -> Result<Option<Uuid>, Problem> {
        let Some(id) = id else { return Ok(None) };
        let found = self.find(principal, kind, id).await;
        found.map(|row| Some(row.id)).map_err(|problem| match problem.code {
            shared::ProblemCode::NotFound => refusal::unknown_cursor(field, kind),
            _ => problem,
        })
    }
}
