//! `docs/providers.md` shows the presets as they are in this binary.

use std::{env, fmt::Write, fs, path::Path};

use gateway::kernel::config::{
    CachedField, CredentialNeed, ModelList, Preset, ReasoningField, StreamUsage, UsagePlace,
    UsageShape,
};

const BEGIN: &str = "<!-- the table of presets: HELIX_DOCS=write cargo test -p helix-engine --test provider_docs -->\n";
const END: &str = "<!-- end of the table -->\n";

#[test]
fn the_table_in_the_documentation_is_that_of_the_presets() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/providers.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let table = table();
    if env::var("HELIX_DOCS").is_ok_and(|what| what == "write") {
        fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(shown, table, "write it anew with HELIX_DOCS=write");
}

fn table() -> String {
    let mut table =
        "| `kind` | vendor | address | surfaces | in its own way |\n|---|---|---|---|---|\n"
            .to_owned();
    for preset in Preset::all() {
        let address = match &preset.base_url {
            Some(url) => format!("`{url}`"),
            None => "yours, as `base_url`".to_owned(),
        };
        let surfaces: Vec<&str> = preset.surfaces.iter().map(|surface| surface.as_str()).collect();
        let _ = writeln!(
            table,
            "| `{}` | [{}]({}) | {address} | {} | {} |",
            preset.kind,
            preset.title,
            preset.documentation,
            surfaces.join(", "),
            own_ways(preset)
        );
    }
    table
}

fn own_ways(preset: &Preset) -> String {
    let mut ways = Vec::new();
    if preset.credential == CredentialNeed::Optional {
        ways.push("key only if yours wants one".to_owned());
    }
    if let Some(header) = &preset.credential_header {
        ways.push(format!("key in `{header}`"));
    }
    if !preset.optional_headers.is_empty() {
        ways.push(format!("takes the headers {}", code(&preset.optional_headers)));
    }
    if !preset.unsupported.is_empty() {
        ways.push(format!("refuses {}", code(preset.unsupported.keys())));
    }
    for (ours, theirs) in &preset.renamed {
        ways.push(format!("`{ours}` is sent as `{theirs}`"));
    }
    if preset.stream_usage == StreamUsage::Always {
        ways.push("streams tell usage unasked".to_owned());
    }
    ways.extend(ways_of_usage(preset.usage));
    match preset.models {
        ModelList::None => ways.push("lists no models".to_owned()),
        ModelList::Open => ways.push("lists its models to everyone".to_owned()),
        ModelList::Keyed => {}
    }
    ways.join("; ")
}

fn ways_of_usage(usage: UsageShape) -> Vec<String> {
    let mut ways = Vec::new();
    match usage.cached {
        CachedField::Details => {}
        CachedField::PromptCacheHitTokens => ways.push("cache in `prompt_cache_hit_tokens`"),
        CachedField::CachedTokens => ways.push("cache in `usage.cached_tokens`"),
    }
    match usage.reasoning {
        ReasoningField::Within => {}
        ReasoningField::Beside => ways.push("reasoning beside `completion_tokens`"),
        ReasoningField::TopLevel => ways.push("reasoning in `usage.reasoning_tokens`"),
    }
    match usage.stream {
        UsagePlace::Chunk => {}
        UsagePlace::XGroq => ways.push("streams tell usage in `x_groq`"),
        UsagePlace::Choice => ways.push("streams tell usage in the choice"),
    }
    if usage.citations {
        ways.push("`citation_tokens` count as input");
    }
    if usage.total_only {
        ways.push("usage is `total_tokens` alone");
    }
    ways.into_iter().map(str::to_owned).collect()
}

fn code<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
