//! Identifiers: one type per kind, so that a team's id cannot be passed where a user's is meant.
//!
//! An [`Id`] is a UUIDv7 made in Rust (never by a database). On the wire and in logs it carries
//! the prefix of its kind: `user_0198…`. Byte order is time order.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Says what an [`Id`] identifies.
pub trait Kind: 'static {
    /// What precedes the underscore in the written form.
    const PREFIX: &'static str;
}

/// The identifier of one `K`. Serialized, it is its text, or the bytes of the UUID where the form
/// is not for people.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// Wraps a UUID that is known to identify a `K`: a database column, or a fresh UUIDv7.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The bare UUID, for a database column.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that starts with `{prefix}_`")]
pub struct ParseIdError {
    prefix: &'static str,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = ParseIdError { prefix: K::PREFIX };
        let (prefix, rest) = text.split_once('_').ok_or_else(|| error.clone())?;
        if prefix != K::PREFIX {
            return Err(error);
        }
        Uuid::try_parse(rest).map(Self::from_uuid).map_err(|_| error)
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; uuid::fmt::Simple::LENGTH];
        formatter.write_str(K::PREFIX)?;
        formatter.write_str("_")?;
        formatter.write_str(self.uuid.simple().encode_lower(&mut buffer))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.uuid.serialize(serializer)
        }
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return Uuid::deserialize(deserializer).map(Self::from_uuid);
        }
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $prefix:literal as $alias:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// A person who can sign in.
    User = "user" as UserId;
    /// A group of users that shares models and a budget.
    Team = "team" as TeamId;
    /// An API key.
    ApiKey = "key" as ApiKeyId;
    /// Lines that were booked about calls after their end.
    Correction = "correction" as CorrectionId;
    /// A file or a batch that a caller keeps at a provider.
    ProviderObject = "object" as ProviderObjectId;
    /// A browser session.
    Session = "session" as SessionId;
    /// One request to the gateway; its text is the `x-request-id`.
    Request = "req" as RequestId;
    /// A link that signs in once.
    SignInLink = "link" as SignInLinkId;
    /// A spending limit on the instance, a team, a user or a key.
    Budget = "budget" as BudgetId;
    /// A chat conversation.
    Conversation = "conv" as ConversationId;
    /// A message of a conversation.
    Message = "msg" as MessageId;
    /// One cost line of a call.
    CostLine = "cost" as CostLineId;
    /// One entry of the audit trail.
    AuditEntry = "audit" as AuditEntryId;
    /// Something that somebody should know.
    Event = "event" as EventId;
    /// An object of the configuration that is managed while gateways run.
    ConfigurationObject = "config" as ConfigurationObjectId;
    /// A gateway process with its own journal.
    Node = "node" as NodeId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_with_the_prefix_of_its_kind_and_read_back() {
        let id = TeamId::from_uuid(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string(), "team_01980000000070008000000000000001");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused_with_the_expected_prefix() {
        let error = "user_01980000000070008000000000000001".parse::<TeamId>().unwrap_err();
        assert_eq!(error.to_string(), "expected an id that starts with `team_`");
    }
}
