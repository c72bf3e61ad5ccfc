//! Books the lines of a correction with everything that they move.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use shared::{
    Id, Timestamp,
    id::{ApiKey, CorrectionId},
};
use uuid::Uuid;

use super::{Corrections, difference::Amount};
use crate::{
    budgets::{Subjects, windows_of},
    call::CorrectionKind,
    catalog::Viewer,
    storage::{
        StorageError, Tx,
        tables::{
            budget_windows::{self, WindowKey},
            calls::CallRow,
            correction_lines::{self, CorrectionLineRow},
            spend::{self, Amounts, Dimensions},
            teams, users,
        },
    },
};

/// What is to be booked about one call.
pub(super) struct Entry<'a> {
    pub(super) call: &'a CallRow,
    pub(super) lines: Vec<(String, i64, Amount)>,
    pub(super) price_version: Option<String>,
    /// Whether the call had no price before.
    pub(super) gets_priced: bool,
}

impl Entry<'_> {
    pub(super) fn cost_nanos(&self) -> i64 {
        self.lines.iter().map(|(_, _, amount)| amount.cost_nanos).sum()
    }
}

/// Which correction, and why.
pub(super) struct Cause<'a> {
    pub(super) id: CorrectionId,
    pub(super) kind: CorrectionKind,
    pub(super) made_at: Timestamp,
    pub(super) reason: &'a str,
}

/// How budgets name teams and users.
pub(super) struct Names {
    teams: HashMap<Uuid, String>,
    users: HashMap<Uuid, String>,
}

impl Names {
    /// Whose a call was; none where nobody knows them any more.
    pub(super) fn viewer_of(&self, call: &CallRow) -> Option<Viewer<'_>> {
        let team = self.teams.get(&call.team_id?)?;
        let user = self.users.get(&call.user_id?)?;
        Some(Viewer { team, user })
    }
}

impl Corrections {
    pub(super) async fn names(&self) -> Result<Names, StorageError> {
        let teams = teams::list(&self.database).await?;
        let users = users::list(&self.database).await?;
        Ok(Names {
            teams: teams.into_iter().map(|team| (team.id, team.name_key)).collect(),
            users: users.into_iter().map(|user| (user.id, user.email_key)).collect(),
        })
    }

    /// Books entries. The books must be held until the transaction ends.
    pub(super) async fn book(
        &self,
        tx: &mut Tx,
        closed_until: i64,
        cause: &Cause<'_>,
        entries: Vec<Entry<'_>>,
        names: &Names,
    ) -> Result<(), StorageError> {
        // In the order in which the ledger's writer does it, so that none waits for the other for
        // what the other has.
        let mut moved: BTreeMap<Dimensions, Amounts> = BTreeMap::new();
        let mut windows: BTreeMap<WindowKey, i64> = BTreeMap::new();
        let mut lines = Vec::new();
        for entry in entries {
            let cost_nanos = entry.cost_nanos();
            let booked_at = Ord::max(entry.call.started_at, closed_until);
            let amounts = moved.entry(dimensions(entry.call, booked_at)).or_default();
            // A correction moves money. What was used stays used.
            amounts.cost_nanos += cost_nanos;
            amounts.unpriced_calls -= i64::from(entry.gets_priced);
            for window in self.windows(entry.call, names) {
                *windows.entry(window).or_default() += cost_nanos;
            }
            lines.extend(rows(cause, entry, booked_at));
        }
        correction_lines::add_all(tx, lines.into_iter()).await?;
        spend::add_all(tx, &moved).await?;
        for (window, cost_nanos) in windows {
            budget_windows::correct(tx, window, cost_nanos).await?;
        }
        Ok(())
    }

    fn windows(&self, call: &CallRow, names: &Names) -> Vec<WindowKey> {
        let key = call.key_id.map(|id| Id::<ApiKey>::from_uuid(id).to_string());
        let whose = Subjects {
            team: call.team_id.and_then(|id| names.teams.get(&id)).map(String::as_str),
            user: call.user_id.and_then(|id| names.users.get(&id)).map(String::as_str),
            key: key.as_deref(),
        };
        windows_of(&self.budgets, whose, Timestamp::from_micros(call.started_at))
    }
}

fn rows(
    cause: &Cause<'_>,
    entry: Entry<'_>,
    booked_at: i64,
) -> impl Iterator<Item = CorrectionLineRow> {
    let Entry { call, lines, price_version, .. } = entry;
    lines.into_iter().map(move |(class, price_nanos, amount)| CorrectionLineRow {
        correction_id: cause.id.uuid(),
        call_id: call.id,
        token_class: Cow::Owned(class),
        kind: cause.kind.as_str().into(),
        made_at: cause.made_at.micros(),
        booked_at,
        tokens: amount.tokens,
        price_nanos,
        cost_nanos: amount.cost_nanos,
        price_version: price_version.clone(),
        reason: cause.reason.to_owned(),
    })
}

fn dimensions(call: &CallRow, booked_at: i64) -> Dimensions {
    Dimensions {
        hour_at: spend::hour_of(booked_at),
        team_id: call.team_id.unwrap_or_default(),
        user_id: call.user_id.unwrap_or_default(),
        key_id: call.key_id.unwrap_or_default(),
        model: call.model.clone(),
        provider: call.provider.clone().unwrap_or_default(),
    }
}
