//! Together's list: a bare list with prices in dollars per million tokens.

use super::{Entry, Form, ModelFacts, Object};
use crate::{
    catalog::sources::{
        amount::Unit,
        rates::{Class, Collected},
        reading::NoAmount,
    },
    kernel::config::{Capabilities, Modality, Price},
};

/// <https://docs.together.ai/reference/models-1>
pub(super) const FORM: Form = Form { facts, ..Form::OPENAI };

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let kind = entry.fields.text("type").unwrap_or_default();
    let pricing = entry.fields.inner("pricing").unwrap_or_default();
    let by_tokens = matches!(&*kind, "chat" | "language" | "code" | "embedding" | "rerank");
    let price = if by_tokens { price(entry, &pricing) } else { None };
    let embeds = kind == "embedding";
    ModelFacts {
        price,
        capabilities: Capabilities {
            context_tokens: entry.count("context_length"),
            outputs: embeds.then(|| vec![Modality::Embedding]),
            ..Capabilities::default()
        },
    }
}

fn price(entry: &mut Entry<'_>, pricing: &Object<'_>) -> Option<Price> {
    const CLASSES: [(&str, Class); 3] =
        [("input", Class::Input), ("output", Class::Output), ("cached_input", Class::CachedInput)];
    let mut collected = Collected::default();
    let read = CLASSES.into_iter().try_for_each(|(key, class)| {
        *class.of_mut(collected.ordinary()) = entry.amount_in(pricing, key, Unit::Million)?;
        Ok::<(), NoAmount>(())
    });
    let is_whole =
        collected.rate(Class::Input).is_some() && collected.rate(Class::Output).is_some();
    (read.is_ok() && is_whole && collected.costs_something()).then(|| collected.price())
}
