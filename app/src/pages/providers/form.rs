//! The form of a provider, for a new one and for one that is there.

use gateway::kernel::config::ProviderKind;
use leptos::prelude::*;
use shared::view::providers::{CredentialSummary, ManagedProvider, ProviderDraft};

const USUAL_KIND: &str = "openai";
const SETTINGS_ROWS: &str = "5";

/// Name, kind, address, key, and whatever else a kind takes.
#[component]
pub(super) fn ProviderForm(
    /// What the fields say.
    draft: ProviderDraft,
    /// The provider that is changed, with what opens it; none for a new one.
    managed: Option<(ManagedProvider, CredentialSummary)>,
) -> impl IntoView {
    let title = match &managed {
        None => "Add a provider".to_owned(),
        Some(_) => format!("Change {}", draft.name),
    };
    let (key_placeholder, key_help) = key_texts(managed.as_ref().map(|(_, credential)| credential));
    let is_new = managed.is_none();
    let kind = if draft.kind.is_empty() { USUAL_KIND.to_owned() } else { draft.kind };
    let has_settings = !draft.settings.is_empty();
    view! {
        <form method="post" action="/providers" class="card provider-form" autocomplete="off">
            <h2>{title}</h2>
            {managed
                .map(|(managed, _)| {
                    view! {
                        <input type="hidden" name="id" value=managed.id.to_string()/>
                        <input type="hidden" name="version" value=managed.version.to_string()/>
                    }
                })}
            <div class="provider-fields">
                <label class="field">
                    <span>"Name"</span>
                    <input
                        type="text"
                        name="name"
                        value=draft.name
                        maxlength="100"
                        placeholder="openai"
                        pattern=r"\S+"
                        title="A name without blanks"
                        readonly=!is_new
                        required
                    />
                </label>
                <label class="field">
                    <span>"Kind"</span>
                    <select name="kind">{kinds(&kind)}</select>
                </label>
                <label class="field">
                    <span>"Address"</span>
                    <input
                        type="url"
                        name="base_url"
                        value=draft.base_url
                        placeholder="The vendor’s own"
                    />
                </label>
                <label class="field">
                    <span>"API key"</span>
                    <input
                        type="password"
                        name="api_key"
                        placeholder=key_placeholder
                        autocomplete="new-password"
                    />
                </label>
            </div>
            <p class="provider-help">{key_help}</p>
            <details class="provider-more" open=has_settings>
                <summary>"Further settings"</summary>
                <label class="field">
                    <span>
                        "Keys of the configuration file, in YAML or JSON: clouds, headers, what the \
                         provider does not take"
                    </span>
                    <textarea
                        name="settings"
                        rows=SETTINGS_ROWS
                        spellcheck="false"
                        placeholder="aws: { region: eu-central-1 }"
                    >
                        {draft.settings}
                    </textarea>
                </label>
            </details>
            <div class="provider-buttons">
                <button type="submit" class="button button-primary">
                    {if is_new { "Add provider" } else { "Save changes" }}
                </button>
                <a href="/providers" class="button button-quiet">"Cancel"</a>
            </div>
        </form>
    }
}

/// What the field of the key says, and what is below it.
fn key_texts(credential: Option<&CredentialSummary>) -> (&'static str, &'static str) {
    match credential {
        Some(CredentialSummary::Sealed(_)) => (
            "Sealed",
            "Leave the key empty to keep it. Where kind or address change, write it again: it does \
             not go to another address than the one it was given for.",
        ),
        _ => ("", "The key is sealed under the master key and never shown again."),
    }
}

/// Every kind, by its name for people.
fn kinds(chosen: &str) -> impl IntoView + use<> {
    let mut kinds: Vec<ProviderKind> =
        ProviderKind::all().filter(|kind| *kind != ProviderKind::Demo).collect();
    kinds.sort_by_key(|kind| kind.title().to_lowercase());
    let option = |kind: ProviderKind| {
        view! {
            <option value=kind.name() selected=kind.name() == chosen>
                {kind.title()}
            </option>
        }
    };
    kinds.into_iter().map(option).collect_view()
}
