//! `DeepInfra`'s list: OpenAI's with a model's limits and prices in `metadata`.

use super::{Entry, Form, ModelFacts, Object};
use crate::{
    catalog::sources::{
        amount::Unit,
        rates::{Class, Collected},
        reading::NoAmount,
    },
    kernel::config::{Capabilities, Price},
};

/// <https://deepinfra.com/docs/openai_api>
pub(super) const FORM: Form = Form { facts, ..Form::OPENAI };

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let metadata = entry.fields.inner("metadata").unwrap_or_default();
    let pricing = metadata.inner("pricing").unwrap_or_default();
    ModelFacts {
        price: price(entry, &pricing),
        capabilities: Capabilities {
            context_tokens: entry.count_in(&metadata, "context_length"),
            max_output_tokens: entry.count_in(&metadata, "max_tokens"),
            ..Capabilities::default()
        },
    }
}

fn price(entry: &mut Entry<'_>, pricing: &Object<'_>) -> Option<Price> {
    const CLASSES: [(&str, Class); 3] = [
        ("input_tokens", Class::Input),
        ("output_tokens", Class::Output),
        ("cache_read_tokens", Class::CachedInput),
    ];
    let mut collected = Collected::default();
    let read = CLASSES.into_iter().try_for_each(|(key, class)| {
        *class.of_mut(collected.ordinary()) = entry.amount_in(pricing, key, Unit::Million)?;
        Ok::<(), NoAmount>(())
    });
    let is_whole =
        collected.rate(Class::Input).is_some() && collected.rate(Class::Output).is_some();
    (read.is_ok() && is_whole && collected.costs_something()).then(|| collected.price())
}
