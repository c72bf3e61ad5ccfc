//! Cloudflare's list for Workers AI, in pages, with what a model can do and costs.

use super::{Entry, Form, ModelFacts, NextPage, Object};
use crate::{
    catalog::sources::{
        amount::{Unit, whole_number},
        rates::{Class, Collected},
    },
    kernel::config::{Capabilities, Modality, Price},
};

/// <https://developers.cloudflare.com/api/resources/ai/subresources/models/methods/list/>
pub(super) const FORM: Form = Form {
    lists: &["result"],
    name: |fields| fields.text("name").map(String::from),
    facts,
    next,
    ..Form::OPENAI
};

/// What a price is for.
const UNITS: [(&str, Class, Unit); 4] = [
    ("per M input tokens", Class::Input, Unit::Million),
    ("per M output tokens", Class::Output, Unit::Million),
    ("per M cached input tokens", Class::CachedInput, Unit::Million),
    ("per audio minute", Class::AudioHour, Unit::Minute),
];

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let mut facts = ModelFacts::default();
    let task = entry.fields.inner("task").and_then(|task| task.text("name")).unwrap_or_default();
    if task == "Text Embeddings" {
        facts.capabilities.outputs = Some(vec![Modality::Embedding]);
    }
    for item in entry.fields.items("properties") {
        let property = Object::of(item).unwrap_or_default();
        let name = property.text("property_id").unwrap_or_default();
        let Capabilities { context_tokens, tools, reasoning, .. } = &mut facts.capabilities;
        match &*name {
            "context_window" => *context_tokens = entry.count_in(&property, "value"),
            "function_calling" => *tools = property.flag("value"),
            "reasoning" => *reasoning = property.flag("value"),
            "price" => facts.price = price(entry, &property, &task),
            _ => {}
        }
    }
    facts
}

fn price(entry: &mut Entry<'_>, property: &Object<'_>, task: &str) -> Option<Price> {
    let mut collected = Collected::default();
    for item in property.items("value") {
        let told = Object::of(item)?;
        let unit = told.text("unit")?;
        let known = UNITS.iter().find(|(name, ..)| *name == unit);
        let is_in_dollars = told.text("currency").is_none_or(|currency| currency == "USD");
        let (Some((_, class, unit)), true) = (known, is_in_dollars) else {
            entry.remark("price: its unit is not among the classes of a price");
            return None;
        };
        *class.of_mut(collected.ordinary()) = entry.amount_in(&told, "price", *unit).ok()?;
    }
    let has = |class| collected.rate(class).is_some();
    let is_whole = match task {
        "Text Generation" => has(Class::Input) && has(Class::Output),
        _ => has(Class::Input) || has(Class::AudioHour),
    };
    (is_whole && collected.costs_something()).then(|| collected.price())
}

fn next(envelope: &Object<'_>) -> Option<NextPage> {
    let told = envelope.inner("result_info")?;
    let number = |key| told.written(key).and_then(whole_number);
    let (page, size, all) = (number("page")?, number("per_page")?, number("total_count")?);
    let is_last = page.checked_mul(size)? >= all;
    (!is_last).then(|| NextPage { parameter: "page", value: (page + 1).to_string() })
}
