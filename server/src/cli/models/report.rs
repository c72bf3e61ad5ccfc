//! Models, syncs and versions, line by line.

use gateway::{
    catalog::sources::{Difference, ModelChange, RateChange},
    discovery::{Asked, Completed, KeptSource, KeptVersion, SourceState},
    kernel::instant,
};
use serde_json::{Value, json};

use super::super::{calls::Format, say};

/// How many changes of each kind are told one by one.
const MOST_LINES: usize = 50;
/// How many remarks on a source are told.
const MOST_REMARKS: usize = 5;

/// A model where it is served, on one line.
pub(super) fn model_line(model: &Completed) -> String {
    let Completed { model: name, provider, upstream_model, price, capabilities } = model;
    let price = match price {
        Some((price, origin)) => {
            format!("${} in, ${} out per million ({origin})", price.input, price.output)
        }
        None => "no price: recorded as unpriced, refused by hard budgets".to_owned(),
    };
    let context = capabilities.context_tokens.map(|tokens| format!(", context {tokens} tokens"));
    let context = context.unwrap_or_default();
    format!("{name}: {upstream_model} at {provider}: {price}{context}")
}

/// The same for machines.
pub(super) fn model_json(model: &Completed) -> anyhow::Result<Value> {
    let Completed { model: name, provider, upstream_model, price, capabilities } = model;
    Ok(json!({
        "model": name,
        "provider": provider,
        "upstream_model": upstream_model,
        "price": price.as_ref().map(|(price, _)| serde_json::to_value(price)).transpose()?,
        "price_from": price.as_ref().map(|(_, origin)| origin.to_string()),
        "capabilities": serde_json::to_value(capabilities)?,
    }))
}

/// What became of asking a source.
pub(super) fn asked_line(asked: &Asked) -> String {
    let Asked { name, state } = asked;
    match state {
        SourceState::Unchanged => format!("{name}: as it was"),
        SourceState::Failed(why) => format!("{name}: {why}; what it said before counts on"),
        SourceState::Read { models, remarks: 0, .. } => format!("{name}: {models} models"),
        SourceState::Read { models, remarks, examples } => {
            let first: Vec<String> =
                examples.iter().take(MOST_REMARKS).map(|remark| format!("\n  {remark}")).collect();
            format!("{name}: {models} models; {remarks} remarks, such as{}", first.concat())
        }
    }
}

/// What differs from what was in force.
pub(super) fn difference(difference: &Difference) {
    let Difference { added, removed, changed } = difference;
    say_some(added.iter().map(|key| format!("+ {key}")), added.len(), "models are new");
    say_some(removed.iter().map(|key| format!("- {key}")), removed.len(), "models are gone");
    say_some(changed.iter().map(change_line), changed.len(), "models change");
}

fn say_some(lines: impl Iterator<Item = String>, all: usize, what: &str) {
    for line in lines.take(MOST_LINES) {
        say(&line);
    }
    if all > MOST_LINES {
        say(&format!("… in all, {all} {what}"));
    }
}

fn change_line(change: &ModelChange) -> String {
    let rates = change.rates.iter().map(|RateChange { calls, class, before, after }| {
        let told = |rate: &Option<_>| {
            rate.as_ref().map_or_else(|| "unknown".to_owned(), |rate| format!("${rate}"))
        };
        let of = if calls == "ordinary" { String::new() } else { format!(" ({calls})") };
        format!("{class}{of} {} to {}", told(before), told(after))
    });
    let abilities = change
        .abilities
        .iter()
        .map(|change| format!("{} {} to {}", change.ability, change.before, change.after));
    let told: Vec<String> = rates.chain(abilities).collect();
    format!("~ {}: {}", change.key, told.join(", "))
}

/// The versions that are kept.
pub(super) fn versions(versions: &[KeptVersion], format: Format) {
    if versions.is_empty() && matches!(format, Format::Text) {
        say("Nothing was synced yet.");
    }
    for version in versions {
        match format {
            Format::Json => say(&version_json(version).to_string()),
            Format::Text => say(&version_lines(version)),
        }
    }
}

fn version_lines(version: &KeptVersion) -> String {
    let (added, removed, changed) = version.counts;
    let state = if version.is_in_force { "in force" } else { version.status.as_str() };
    let decided = (version.decided_at != version.made_at).then(|| {
        let at = instant::written(version.decided_at);
        format!("; accepted {at} by {}", version.decided_by)
    });
    let reasons: Vec<String> =
        version.objections.iter().map(|objection| format!("\n    {objection}")).collect();
    format!(
        "{} {state}, synced {} by {}: {} models, {added} new, {removed} gone, {changed} changed{}{}",
        version.version,
        instant::written(version.made_at),
        version.made_by,
        version.models,
        decided.unwrap_or_default(),
        reasons.concat()
    )
}

fn version_json(version: &KeptVersion) -> Value {
    let (added, removed, changed) = version.counts;
    let sources: Vec<&str> = version.sources.iter().map(|source| source.name.as_str()).collect();
    let objections: Vec<String> = version.objections.iter().map(ToString::to_string).collect();
    json!({
        "version": version.version,
        "is_in_force": version.is_in_force,
        "status": version.status.as_str(),
        "made_at": instant::written(version.made_at),
        "made_by": version.made_by,
        "decided_at": instant::written(version.decided_at),
        "decided_by": version.decided_by,
        "sources": sources,
        "models": version.models,
        "added": added,
        "removed": removed,
        "changed": changed,
        "difference": version.difference,
        "objections": objections,
    })
}

/// The sources as they stand.
pub(super) fn sources(sources: &[KeptSource]) {
    for source in sources {
        let asked = instant::written(source.asked_at);
        let told = match &source.failure {
            Some(why) => format!("FAILED: {why}"),
            None => format!("{} models, {} remarks", source.models, source.remarks),
        };
        say(&format!("source {}: asked {asked}: {told}", source.name));
    }
}
