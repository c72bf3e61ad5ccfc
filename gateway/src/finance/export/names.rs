//! What ids are called: teams, users, API keys, and the organization itself.
//!
//! Names change, ids do not. An export has the names of the moment; a closed month keeps its own
//! beside it, so that it can be written again as it was.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
};

use shared::{
    Id,
    id::{ApiKey, Team, User},
};
use uuid::Uuid;

use super::table::{armed, disarmed};
use crate::{
    kernel::config::Organization,
    storage::{
        Database, StorageError,
        tables::{api_keys, teams, users},
    },
};

const HEADER: [&str; 3] = ["kind", "id", "name"];

/// Names by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::finance) struct Names {
    pub(in crate::finance) organization: Organization,
    teams: BTreeMap<Uuid, String>,
    users: BTreeMap<Uuid, String>,
    keys: BTreeMap<Uuid, String>,
}

impl Names {
    /// The names as they are now.
    pub(in crate::finance) async fn load(
        database: &Database,
        organization: Organization,
    ) -> Result<Self, StorageError> {
        let teams = teams::list(database).await?;
        let users = users::list(database).await?;
        Ok(Self {
            organization,
            teams: teams.into_iter().map(|team| (team.id, team.name)).collect(),
            users: users.into_iter().map(|user| (user.id, user.email)).collect(),
            keys: api_keys::list_names(database).await?.into_iter().collect(),
        })
    }

    pub(super) fn team(&self, id: Option<Uuid>) -> Option<&str> {
        self.teams.get(&id?).map(String::as_str)
    }

    /// The e-mail address.
    pub(super) fn user(&self, id: Option<Uuid>) -> Option<&str> {
        self.users.get(&id?).map(String::as_str)
    }

    pub(super) fn key(&self, id: Option<Uuid>) -> Option<&str> {
        self.keys.get(&id?).map(String::as_str)
    }

    /// Writes them as CSV; gives how many there are.
    pub(in crate::finance) fn write(&self, out: impl Write) -> io::Result<u64> {
        let mut out = ::csv::Writer::from_writer(out);
        out.write_record(HEADER)?;
        let Organization { id, name } = &self.organization;
        let mut rows = vec![("organization", id.clone(), name)];
        let ids = |id: &Uuid| Id::<Team>::from_uuid(*id).to_string();
        rows.extend(self.teams.iter().map(|(id, name)| ("team", ids(id), name)));
        let ids = |id: &Uuid| Id::<User>::from_uuid(*id).to_string();
        rows.extend(self.users.iter().map(|(id, name)| ("user", ids(id), name)));
        let ids = |id: &Uuid| Id::<ApiKey>::from_uuid(*id).to_string();
        rows.extend(self.keys.iter().map(|(id, name)| ("key", ids(id), name)));
        for (kind, id, name) in &rows {
            out.write_record([*kind, &disarmed(id), &disarmed(name)])?;
        }
        out.flush()?;
        Ok(rows.len() as u64)
    }

    /// Reads what [`Names::write`] wrote; none where it is something else.
    pub(in crate::finance) fn read(input: impl Read) -> Option<Self> {
        let mut names = Self::default();
        let mut input = ::csv::Reader::from_reader(input);
        for row in input.records() {
            let row = row.ok()?;
            let (id, name) = (armed(row.get(1)?), armed(row.get(2)?).to_owned());
            match row.get(0)? {
                "organization" => {
                    names.organization = Organization { id: id.to_owned(), name };
                }
                "team" => {
                    names.teams.insert(id.parse::<Id<Team>>().ok()?.uuid(), name);
                }
                "user" => {
                    names.users.insert(id.parse::<Id<User>>().ok()?.uuid(), name);
                }
                "key" => {
                    names.keys.insert(id.parse::<Id<ApiKey>>().ok()?.uuid(), name);
                }
                _ => return None,
            }
        }
        Some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_were_written_whatever_they_begin_with() {
        let id = Uuid::from_u128;
        let names = Names {
            organization: Organization { id: "acme".to_owned(), name: "=ACME, \"Ltd\"".to_owned() },
            teams: [(id(1), "Research\nand more".to_owned()), (id(2), "'quoted".to_owned())].into(),
            users: [(id(1), "ada@example.com".to_owned())].into(),
            keys: [(id(9), "-1".to_owned())].into(),
        };
        let mut out = Vec::new();
        assert_eq!(names.write(&mut out).unwrap(), 5);
        assert_eq!(Names::read(out.as_slice()), Some(names));
        assert_eq!(Names::read("kind,id,name\ncat,1,Tom\n".as_bytes()), None);
    }
}
