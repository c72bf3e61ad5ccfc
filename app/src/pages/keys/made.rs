//! A key that was just made, and what to do with one.

use leptos::prelude::*;
use shared::view::keys::NewKey;

use crate::{
    components::{CopyButton, Icon},
    settle::Settle,
    visit::Origin,
};

fn origin() -> String {
    use_context::<Origin>().map(|origin| origin.0).unwrap_or_default()
}

/// The secret, shown once, with a request that works as it stands.
#[component]
pub(crate) fn MadeKey(
    /// The key.
    key: NewKey,
    /// A model that the key may use.
    model: String,
    /// Where the key is kept until this is closed.
    made: RwSignal<Option<NewKey>>,
) -> impl IntoView {
    let heading = NodeRef::<leptos::html::H2>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            // Focus leads a screen reader to the secret; it cannot fail on an element in the page.
            let _focused = heading.focus();
        }
    });
    let request = format!(
        "curl {}/v1/chat/completions \\\n  -H \"authorization: Bearer {}\" \\\n  -H \
         \"content-type: application/json\" \\\n  -d '{{\"model\": \"{model}\", \"messages\": \
         [{{\"role\": \"user\", \"content\": \"Say hello\"}}]}}'",
        origin(),
        key.secret
    );
    view! {
        <section class="card made-key" aria-labelledby="made-key">
            <header class="made-key-head">
                <h2 id="made-key" tabindex="-1" node_ref=heading>
                    {format!("“{}” is ready", key.summary.name)}
                </h2>
                <a
                    href="/keys"
                    class="icon-button"
                    title="Close"
                    on:click=move |event| {
                        event.prevent_default();
                        event.stop_propagation();
                        made.set(None);
                    }
                >
                    {Icon::Close.draw()}
                    <span class="visually-hidden">"Close; the secret will not be shown again"</span>
                </a>
            </header>
            <p>"Copy the secret now. Only its hash is stored, so it cannot be shown again."</p>
            <div class="secret">
                <code>{key.secret.clone()}</code>
                <CopyButton text=key.secret label="Copy key" with_label=true/>
            </div>
            <div class="snippet">
                <header>
                    <span>"Try it"</span>
                    <CopyButton text=request.clone() label="Copy command"/>
                </header>
                <pre tabindex="0"><code>{request}</code></pre>
            </div>
        </section>
    }
    .settle()
}

/// What a first key is for.
#[component]
pub(crate) fn FirstSteps() -> impl IntoView {
    let exports = format!(
        "export OPENAI_BASE_URL={0}/v1\nexport OPENAI_API_KEY=hx_…\n\n# or, for Claude Code and the \
         Anthropic SDKs\nexport ANTHROPIC_BASE_URL={0}\nexport ANTHROPIC_AUTH_TOKEN=hx_…",
        origin()
    );
    view! {
        <section class="empty">
            <h2>"No keys yet"</h2>
            <p>
                "Make one above, then point any SDK, agent or editor at this gateway. Nothing else \
                 in your program changes."
            </p>
            <div class="snippet">
                <header>
                    <span>"Shell"</span>
                    <CopyButton text=exports.clone() label="Copy lines"/>
                </header>
                <pre tabindex="0"><code>{exports}</code></pre>
            </div>
        </section>
    }
    .settle()
}
