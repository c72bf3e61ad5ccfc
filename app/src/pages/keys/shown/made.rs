//! A key that was just made, and what to do with one.

use leptos::prelude::*;
use shared::view::keys::NewKey;

use crate::components::{CopyButton, Icon};

/// The secret, shown once, with a request that works as it stands.
#[component]
pub(super) fn MadeKey(
    /// The key.
    key: NewKey,
    /// The address of this gateway.
    origin: String,
    /// A model that the key may use.
    model: String,
) -> impl IntoView {
    let request = format!(
        "curl {origin}/v1/chat/completions \\\n  -H \"authorization: Bearer {}\" \\\n  -H \
         \"content-type: application/json\" \\\n  -d '{{\"model\": \"{model}\", \"messages\": \
         [{{\"role\": \"user\", \"content\": \"Say hello\"}}]}}'",
        key.secret
    );
    view! {
        <header class="made-key-head">
            <h2 id="made-key">{format!("“{}” is ready", key.summary.name)}</h2>
            <a href="/keys" class="icon-button" title="Close" data-close="">
                {Icon::Close.draw()}
                <span class="visually-hidden">"Close; the secret will not be shown again"</span>
            </a>
        </header>
        <p>"Copy the secret now. Only its hash is stored, so it cannot be shown again."</p>
        <div class="secret">
            <code>{key.secret.clone()}</code>
            <CopyButton text=key.secret label="Copy key" with_label=true/>
        </div>
        <Snippet title="Try it" text=request copy_label="Copy command"/>
    }
}

/// Lines to be copied into a terminal.
#[component]
fn Snippet(
    /// What they are.
    title: &'static str,
    /// The lines.
    text: String,
    /// What the button does.
    copy_label: &'static str,
) -> impl IntoView {
    view! {
        <div class="snippet">
            <header>
                <span>{title}</span>
                <CopyButton text=text.clone() label=copy_label/>
            </header>
            <pre tabindex="0"><code>{text}</code></pre>
        </div>
    }
}

/// What a first key is for.
#[component]
pub(super) fn FirstSteps(
    /// The address of this gateway.
    origin: String,
) -> impl IntoView {
    let exports = format!(
        "export OPENAI_BASE_URL={origin}/v1\nexport OPENAI_API_KEY=hx_…\n\n# or, for Claude Code \
         and the Anthropic SDKs\nexport ANTHROPIC_BASE_URL={origin}\nexport \
         ANTHROPIC_AUTH_TOKEN=hx_…"
    );
    view! {
        <section class="empty">
            <h2>"No keys yet"</h2>
            <p>
                "Make one above, then point any SDK, agent or editor at this gateway. Nothing else \
                 in your program changes."
            </p>
            <Snippet title="Shell" text=exports copy_label="Copy lines"/>
        </section>
    }
}
