//! Items that a request names by their ids alone: they are what is kept for the caller, or nothing.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use memchr::memmem;
use shared::{Problem, ProblemCode, id::RequestId};
use uuid::Uuid;

use super::{Inner, refusal};
use crate::{
    audit,
    identity::Principal,
    storage::tables::{
        stored_items::{self, StoredItemRow},
        stored_responses::StoredResponseRow,
    },
    wire::{InputItems, ItemReference, item_ids, kept_item},
};

/// The most answers whose items one request names.
const MOST_ANSWERS: usize = 200;
/// How many ids the database is asked for at once.
const IDS_AT_ONCE: usize = 500;

impl Inner {
    /// Puts what is kept for the caller where `items` only name it; gives whether there was any.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's; or where there is too much.
    pub(super) async fn resolve(
        self: &Arc<Self>,
        principal: &Principal,
        items: &mut InputItems,
        model: &str,
    ) -> Result<bool, Problem> {
        let references = items.references();
        if references.is_empty() {
            return Ok(false);
        }
        let answers = self.answers_of(principal, &references).await?;
        for reference in &references {
            let found = answers.iter().find_map(|row| {
                kept_item(&row.input, &row.response, &reference.id, row.model == model)
            });
            match found {
                Some(item) => items.replace(reference.place, item),
                None if reference.is_needed => return Err(refusal::no_item(&reference.id)),
                None => {}
            }
            if items.bytes() > self.history_limit_bytes {
                return Err(refusal::items_too_long(self.history_limit_bytes));
            }
        }
        items.close_gaps();
        Ok(true)
    }

    /// The caller's own answers that may have the items.
    async fn answers_of(
        self: &Arc<Self>,
        principal: &Principal,
        references: &[ItemReference],
    ) -> Result<Vec<Arc<StoredResponseRow>>, Problem> {
        let (mut answers, mut ids) = (HashMap::new(), BTreeSet::new());
        let mut unknown: HashSet<&str> = HashSet::new();
        for reference in references {
            match response_of(&reference.id) {
                Some(id) => drop(ids.insert(id)),
                None => drop(unknown.insert(&reference.id)),
            }
        }
        for row in self.pending_with(principal, &mut unknown) {
            answers.insert(row.id, row);
        }
        let unknown = unknown.into_iter().map(str::to_owned).collect();
        ids.extend(self.kept_with(unknown).await?.into_iter().map(|row| row.response_id));
        if ids.len() > MOST_ANSWERS {
            return Err(refusal::items_too_long(self.history_limit_bytes));
        }
        for id in ids {
            match self.find(principal, id).await {
                Ok(row) => drop(answers.insert(id, row)),
                // Somebody else's is none.
                Err(problem) if problem.code == ProblemCode::NotFound => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(answers.into_values().collect())
    }

    /// The caller's answers with these items that the database does not have yet; what is found
    /// is taken out of `ids`.
    fn pending_with(
        &self,
        principal: &Principal,
        ids: &mut HashSet<&str>,
    ) -> Vec<Arc<StoredResponseRow>> {
        let user = principal.user_id().uuid();
        let mut own: Vec<Arc<StoredResponseRow>> =
            self.pending().values().filter(|row| row.user_id == user).cloned().collect();
        own.retain(|row| {
            let mentions =
                |id: &&str| memmem::find(row.response.as_bytes(), id.as_bytes()).is_some();
            if !ids.iter().any(mentions) {
                return false;
            }
            let of_answer = item_ids(&row.response);
            let wanted = ids.len();
            ids.retain(|id| !of_answer.contains(*id));
            ids.len() < wanted
        });
        own
    }

    async fn kept_with(&self, ids: Vec<String>) -> Result<Vec<StoredItemRow>, Problem> {
        let database = self.database.clone();
        let look = async move {
            let mut found = Vec::new();
            for ids in ids.chunks(IDS_AT_ONCE) {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                found.extend(stored_items::find(&database, &ids).await?);
            }
            Ok(found)
        };
        let found = self.runtime.spawn(look).await.map_err(|_| refusal::stopping())?;
        found.map_err(audit::internal)
    }
}

/// The answer whose id is in that of an item: the gateway's own have it.
pub(super) fn response_of(item_id: &str) -> Option<Uuid> {
    let (named, _) = item_id.rsplit_once('_')?;
    let call: RequestId = named.get(named.find("req_")?..)?.parse().ok()?;
    Some(call.uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_own_ids_name_their_answer() {
        let call = RequestId::from_uuid(Uuid::from_u128(7));
        let named = |id: String| response_of(&id);
        assert_eq!(named(format!("msg_{call}_0")), Some(call.uuid()));
        assert_eq!(named(format!("item_resp_{call}_12")), Some(call.uuid()));
        assert_eq!(named("rs_0123456789".to_owned()), None);
        assert_eq!(named("msg_req_x_0".to_owned()), None);
    }
}
