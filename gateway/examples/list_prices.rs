//! Makes the list prices that the binary is built with, out of the public sources:
//!
//!     list_prices litellm.json 2026-11-30 models_dev.json 2026-07-02 > list_prices.jsonl
//!
//! `LiteLLM`'s prices come first, since they tell more classes; models.dev completes what it does
//! not know. Models that their vendor has ended stay: whoever still has one pays as much.
//! `scripts/list-prices` runs it.
#![expect(clippy::expect_used, reason = "a program for developers says what is wrong by ending")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
};

use gateway::{
    catalog::{
        Capabilities, Modality,
        sources::{ModelFacts, Place, Reading, litellm, models_dev},
    },
    kernel::config::{CredentialNeed, Preset},
};
use serde_json::{Map, Value, json};

/// Flags of `LiteLLM`'s that tell what a model can be shown.
const SHOWN: [(&str, Modality); 4] = [
    ("supports_vision", Modality::Image),
    ("supports_pdf_input", Modality::Document),
    ("supports_audio_input", Modality::Audio),
    ("supports_video_input", Modality::Video),
];

type Known = BTreeMap<(Place, String), (Vec<String>, ModelFacts)>;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [litellm_file, litellm_day, models_dev_file, models_dev_day] = &arguments[..] else {
        return Err(io::Error::other("list_prices LITELLM DAY MODELS_DEV DAY"));
    };
    let map = fs::read_to_string(litellm_file)?;
    let entries: Map<String, Value> = serde_json::from_str(&map)?;
    let shown = shown_by_litellm(&entries);
    let first = litellm(map.as_bytes()).expect("LiteLLM's map can be read");
    let second = models_dev(&fs::read(models_dev_file)?).expect("models.dev's map can be read");
    tell("LiteLLM", &first);
    tell("models.dev", &second);
    let mut known = Known::new();
    add(&mut known, &first, &format!("LiteLLM {litellm_day}"));
    add(&mut known, &second, &format!("models.dev {models_dev_day}"));
    let own_servers: BTreeSet<Place> = Preset::all()
        .iter()
        .filter(|preset| preset.credential == CredentialNeed::Optional)
        .map(|preset| Place::kind(&preset.kind))
        .collect();
    let mut out = io::stdout().lock();
    for ((place, model), (sources, mut facts)) in known {
        if own_servers.contains(&place) {
            continue;
        }
        if let Some(inputs) = &mut facts.capabilities.inputs {
            for modality in shown.get(&model).into_iter().flatten() {
                if !inputs.contains(modality) {
                    inputs.push(*modality);
                }
            }
        }
        let mut line = json!({ "place": place, "model": model, "source": sources.join(", ") });
        let told = serde_json::to_value(&facts)?;
        line.as_object_mut()
            .expect("a line is an object")
            .extend(told.as_object().expect("facts are an object").clone());
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn add(known: &mut Known, reading: &Reading, source: &str) {
    for (place, model, facts) in reading.snapshot.all() {
        let entry = known.entry((place.clone(), model.to_owned())).or_default();
        let before = entry.1.clone();
        entry.1 = ModelFacts {
            price: before.price.clone().or_else(|| facts.price.clone()),
            capabilities: most(before.capabilities.clone(), &facts.capabilities),
        };
        if entry.1 != before {
            entry.0.push(source.to_owned());
        }
    }
}

/// What a model can do if either is right: nothing that works is ruled out because one of them does
/// not know of it.
fn most(one: Capabilities, other: &Capabilities) -> Capabilities {
    let more = |one: &mut Option<Vec<Modality>>, other: &Option<Vec<Modality>>| {
        if let (Some(one), Some(other)) = (one, other) {
            one.extend(other.iter().filter(|it| !one.contains(it)).copied().collect::<Vec<_>>());
        }
    };
    let mut can = one.or(other);
    more(&mut can.inputs, &other.inputs);
    more(&mut can.outputs, &other.outputs);
    for (flag, other) in [
        (&mut can.tools, other.tools),
        (&mut can.schema, other.schema),
        (&mut can.reasoning, other.reasoning),
        (&mut can.caching, other.caching),
    ] {
        *flag = (*flag).max(other);
    }
    // LiteLLM tells the longest prompt, models.dev the whole.
    can.context_tokens = other.context_tokens.or(can.context_tokens);
    can.max_output_tokens = can.max_output_tokens.max(other.max_output_tokens);
    can
}

fn shown_by_litellm(map: &Map<String, Value>) -> BTreeMap<String, Vec<Modality>> {
    let mut shown: BTreeMap<String, Vec<Modality>> = BTreeMap::new();
    for (key, entry) in map {
        let flags = SHOWN.into_iter().filter(|(flag, _)| entry[*flag] == true);
        let flags: Vec<Modality> = flags.map(|(_, modality)| modality).collect();
        let name = key.split_once('/').map_or(key.as_str(), |(_, name)| name);
        for name in [key.as_str(), name] {
            shown.entry(name.to_owned()).or_default().extend(&flags);
        }
    }
    shown
}

/// What was not understood, for whoever runs it.
fn tell(name: &str, reading: &Reading) {
    let mut out = io::stderr().lock();
    let (models, remarks) = (reading.snapshot.len(), reading.remarks.count());
    // Nothing is lost where nobody listens.
    let _ = writeln!(out, "{name}: {models} models, {remarks} remarks, such as:");
    for remark in reading.remarks.kept().iter().take(10) {
        let _ = writeln!(out, "  {remark}");
    }
}
