//! What an owner does with an answer that is kept: reads it, follows it, ends it, deletes it.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use serde_json::json;
use shared::{Problem, ProblemCode};

use super::{Inner, Responses, id_of, refusal, text_of};
use crate::{
    audit,
    identity::Principal,
    storage::{
        StorageError,
        tables::{
            stored_items,
            stored_responses::{self, StoredResponseRow},
        },
    },
    wire::{ListedItem, ended_response, listed_items},
};

/// Which items of a request are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemPage {
    /// The item behind which the page begins.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// Whether the first item comes first.
    pub is_ascending: bool,
}

impl Responses {
    /// The answer object.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's.
    pub async fn retrieve(&self, principal: &Principal, id: &str) -> Result<Bytes, Problem> {
        let row = self.0.find(principal, id_of(id)?).await?;
        present(&row)
    }

    /// The events of an answer that is being written or was a moment ago, behind the one of this
    /// number, up to its end.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's; or where it is not being written here.
    pub async fn follow(
        &self,
        principal: &Principal,
        id: &str,
        starting_after: Option<usize>,
    ) -> Result<BoxStream<'static, Bytes>, Problem> {
        let row = self.0.find(principal, id_of(id)?).await?;
        let run = self.0.runs.find(row.id).ok_or_else(refusal::nothing_to_follow)?;
        Ok(run.follow(starting_after.map_or(0, |number| number.saturating_add(1))))
    }

    /// Ends an answer in the background, and with it the call at the provider; gives the answer
    /// object. One that has ended already stays as it is.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's; or where it is not in the background.
    pub async fn cancel(&self, principal: &Principal, id: &str) -> Result<Bytes, Problem> {
        let row = self.0.find(principal, id_of(id)?).await?;
        if row.is_background == 0 {
            return Err(refusal::not_in_background());
        }
        self.0.end(&row).await.map_err(audit::internal)?;
        let row = self.0.find(principal, row.id).await?;
        present(&row)
    }

    /// Deletes an answer; one that is being written is cancelled before.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's.
    pub async fn delete(&self, principal: &Principal, id: &str) -> Result<Bytes, Problem> {
        let row = self.0.find(principal, id_of(id)?).await?;
        self.0.end(&row).await.map_err(audit::internal)?;
        self.0.is_written(row.id).await;
        let is_gone = self.0.remove(&row).await.map_err(audit::internal)?;
        if !is_gone {
            return Err(refusal::not_found(id));
        }
        let told = json!({ "id": text_of(row.id), "object": "response", "deleted": true });
        Ok(Bytes::from(told.to_string()))
    }

    /// The items of the request itself; those before are the answer's that it goes on from.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's; or where `after` is none of the items.
    pub async fn input_items(
        &self,
        principal: &Principal,
        id: &str,
        page: &ItemPage,
    ) -> Result<Bytes, Problem> {
        let row = self.0.find(principal, id_of(id)?).await?;
        let mut items = listed_items(&row.input, &text_of(row.id)).ok_or_else(|| broken(&row))?;
        if !page.is_ascending {
            items.reverse();
        }
        if let Some(after) = &page.after {
            let at = items.iter().position(|item| item.id == *after).ok_or_else(|| {
                let detail = "`after` is the id of no item of this response.";
                Problem::new(ProblemCode::InvalidRequest, detail).at("after")
            })?;
            items.drain(..=at);
        }
        let has_more = items.len() > page.limit;
        items.truncate(page.limit);
        Ok(Bytes::from(list(&items, has_more)))
    }
}

impl Inner {
    /// Ends what is being written, here or on another node.
    async fn end(&self, row: &StoredResponseRow) -> Result<(), StorageError> {
        if let Some(run) = self.runs.find(row.id) {
            run.cancel();
            run.ended().await;
            return Ok(());
        }
        if row.is_background == 0 {
            return Ok(());
        }
        let mut tx = self.database.begin().await?;
        stored_responses::cancel(&mut tx, row.id).await?;
        tx.commit().await
    }

    async fn remove(&self, row: &StoredResponseRow) -> Result<bool, StorageError> {
        let mut tx = self.database.begin().await?;
        let is_gone = stored_responses::remove(&mut tx, row.id, row.user_id).await?;
        stored_items::remove(&mut tx, &[row.id]).await?;
        tx.commit().await?;
        Ok(is_gone)
    }
}

fn present(row: &StoredResponseRow) -> Result<Bytes, Problem> {
    let told = ended_response(&row.response, &row.status, row.problem.as_deref());
    told.map(Bytes::from).ok_or_else(|| broken(row))
}

fn broken(row: &StoredResponseRow) -> Problem {
    tracing::error!(id = text_of(row.id), "a kept response cannot be read");
    audit::internal(StorageError::Corrupt { column: "stored_responses.response" })
}

fn list(items: &[ListedItem], has_more: bool) -> String {
    let data: Vec<&str> = items.iter().map(|item| item.json.as_str()).collect();
    let ends = json!({
        "first_id": items.first().map(|item| &item.id),
        "last_id": items.last().map(|item| &item.id),
        "has_more": has_more,
    })
    .to_string();
    let ends = ends.trim_start_matches('{');
    format!(r#"{{"object":"list","data":[{}],{ends}"#, data.join(","))
}
