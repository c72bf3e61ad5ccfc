//! Providers' own lists of models, each in its vendor's form: which there are, and whatever else
//! the list tells of them.

mod anthropic;
mod azure;
mod bedrock;
mod cohere;
mod compatible;
mod copilot;
mod deepinfra;
mod gemini;
mod mistral;
mod ollama;
mod replicate;
mod together;
mod vertex;
mod workers_ai;

use serde_json::value::RawValue;

use super::{
    document::{self, Object, Unreadable},
    facts::{ModelFacts, Place},
    openrouter,
    reading::{Collector, Entry, Reading},
};
use crate::kernel::config::ProviderKind;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// What it tells, at the provider's place.
    pub reading: Reading,
    /// How the next page is asked for; none behind the last.
    pub next: Option<NextPage>,
}

/// What is added to the query of a list to get its next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPage {
    /// The parameter.
    pub parameter: &'static str,
    /// Its value.
    pub value: String,
}

/// How a vendor writes its list.
struct Form {
    /// The keys that the list can be under, where it is not the document itself.
    lists: &'static [&'static str],
    /// Where the name of a model is.
    name: fn(&Object<'_>) -> Option<String>,
    /// Whether it is served: some list what they have ended.
    is_served: fn(&Object<'_>) -> bool,
    /// What else is told of a model.
    facts: fn(&mut Entry<'_>) -> ModelFacts,
    /// Where the next page is.
    next: fn(&Object<'_>) -> Option<NextPage>,
}

impl Form {
    /// OpenAI's form, which most have.
    const OPENAI: Self = Self {
        lists: &["data"],
        name: |fields| fields.text("id").map(String::from),
        is_served: |_| true,
        facts: |_| ModelFacts::default(),
        next: |_| None,
    };

    /// None for a provider that lists nothing.
    fn of(kind: ProviderKind) -> Option<Self> {
        Some(match kind {
            ProviderKind::Demo | ProviderKind::SageMaker => return None,
            ProviderKind::Openai => compatible::FORM,
            ProviderKind::Anthropic => anthropic::FORM,
            ProviderKind::Gemini => gemini::FORM,
            ProviderKind::Vertex => vertex::FORM,
            ProviderKind::Bedrock => bedrock::FORM,
            ProviderKind::Azure => azure::FORM,
            ProviderKind::Cohere => cohere::FORM,
            ProviderKind::Ollama => ollama::FORM,
            ProviderKind::WorkersAi => workers_ai::FORM,
            ProviderKind::Replicate => replicate::FORM,
            ProviderKind::GitHubCopilot => copilot::FORM,
            ProviderKind::Preset(preset) => match preset.kind.as_str() {
                "deepinfra" => deepinfra::FORM,
                "mistral" => mistral::FORM,
                "openrouter" => Self { facts: openrouter::facts, ..Self::OPENAI },
                "together" => together::FORM,
                _ => compatible::FORM,
            },
        })
    }
}

/// Reads a page of the list of a provider; none where such a provider has no list.
///
/// # Errors
/// [`Unreadable`], and then nothing of it may be used. A page without models is none of them: the
/// others may have some.
#[must_use]
pub fn model_list(
    kind: ProviderKind,
    provider: &str,
    body: &[u8],
) -> Option<Result<ListPage, Unreadable>> {
    Form::of(kind).map(|form| page(&form, provider, body))
}

fn page(form: &Form, provider: &str, body: &[u8]) -> Result<ListPage, Unreadable> {
    let text = document::text(body)?;
    let items = document::list(text, form.lists)?;
    let next = match document::object(text) {
        Ok(envelope) => (form.next)(&envelope).filter(|next| !next.value.is_empty()),
        // A list without anything around it has no pages.
        Err(_) => None,
    };
    let mut collector = Collector::default();
    for item in items {
        read_item(form, provider, item, &mut collector);
    }
    Ok(ListPage { reading: collector.finish_page()?, next })
}

fn read_item(form: &Form, provider: &str, item: &RawValue, collector: &mut Collector) {
    let named = Object::of(item).and_then(|fields| Some(((form.name)(&fields)?, fields)));
    let Some((name, fields)) = named else {
        return collector.nameless("an entry without a name");
    };
    let Some(mut entry) = collector.entry(&name, fields) else { return };
    if (form.is_served)(&entry.fields) {
        let facts = (form.facts)(&mut entry);
        collector.keep(Place::provider(provider), &name, facts);
    }
    collector.note(entry);
}

/// The text under a key as what a parameter is to have.
fn token(envelope: &Object<'_>, key: &str, parameter: &'static str) -> Option<NextPage> {
    Some(NextPage { parameter, value: envelope.text(key)?.into_owned() })
}

#[cfg(test)]
mod tests;
