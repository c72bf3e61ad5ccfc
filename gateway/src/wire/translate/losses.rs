//! What of a request its target cannot express: refused by name, or dropped and told.
//!
//! Dropped in silence, the client would get an answer to another question. What changes nothing
//! but cost, speed or bookkeeping is dropped without being allowed to, but told all the same.

use std::borrow::Cow;

use super::{field_names::named_in, ir::Asked};
use crate::{
    kernel::config::UnsupportedFields,
    wire::{Dialect, WireError},
};

/// Collects what is dropped.
#[derive(Debug)]
pub(super) struct Losses {
    /// Who is told the names.
    from: Dialect,
    policy: UnsupportedFields,
    dropped: Vec<Cow<'static, str>>,
}

impl Losses {
    pub(super) fn new(from: Dialect, policy: UnsupportedFields) -> Self {
        Self { from, policy, dropped: Vec::new() }
    }

    /// The target cannot express this, and without it the answer would be another.
    ///
    /// # Errors
    ///
    /// `Unsupported`, naming the field, unless the configuration allows to drop it.
    pub(super) fn demand<T>(&mut self, asked: Option<&Asked<T>>) -> Result<(), WireError> {
        asked.map_or(Ok(()), |asked| self.demand_field(asked.field.into()))
    }

    /// The target cannot express this, and it changes nothing but cost, speed or bookkeeping.
    pub(super) fn hint<T>(&mut self, asked: Option<&Asked<T>>) {
        if let Some(asked) = asked {
            self.hint_field(asked.field.into());
        }
    }

    /// As [`Self::demand`], of a field that is known by its name alone.
    ///
    /// # Errors
    ///
    /// `Unsupported`, naming the field, unless the configuration allows to drop it.
    pub(super) fn demand_field(&mut self, field: Cow<'static, str>) -> Result<(), WireError> {
        if self.policy == UnsupportedFields::Drop {
            self.hint_field(field);
            return Ok(());
        }
        let field = named_in(self.from, field);
        let detail = format!(
            "`{field}` cannot be translated for this model's provider; leave it out, choose a \
             model whose provider speaks the API that you call, or ask an administrator to set \
             `unsupported_fields: drop` for the provider"
        );
        Err(WireError::unsupported(field, detail))
    }

    /// As [`Self::demand_field`], with what the client is told.
    ///
    /// # Errors
    ///
    /// `Unsupported`, naming the field, unless the configuration allows to drop it.
    pub(super) fn demand_as(
        &mut self,
        field: Cow<'static, str>,
        detail: impl FnOnce() -> String,
    ) -> Result<(), WireError> {
        if self.policy == UnsupportedFields::Drop {
            self.hint_field(field);
            return Ok(());
        }
        Err(WireError::unsupported(field, detail()))
    }

    /// As [`Self::hint`], of a field that is known by its name alone.
    pub(super) fn hint_field(&mut self, field: Cow<'static, str>) {
        let field = named_in(self.from, field);
        if !self.dropped.contains(&field) {
            self.dropped.push(field);
        }
    }

    /// The names of what was dropped, in the order in which it was.
    pub(super) fn into_dropped(self) -> Vec<Cow<'static, str>> {
        self.dropped
    }
}
