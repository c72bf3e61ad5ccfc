//! The form that makes a key.

use leptos::{ev::SubmitEvent, html, prelude::*};

use crate::{
    Failure, api::keys::create_key, browser, components::Icon, reading::Reading, settle::Settle,
};

/// How long a key may live: days as the form sends them, and for people.
const LIFETIMES: [(&str, &str); 4] =
    [("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "Never")];
const USUAL_LIFETIME: &str = "90";

/// Name, lifetime, and the button.
#[component]
pub(crate) fn CreateKey(
    /// The list to read again afterwards.
    listing: Reading,
    /// Where the new key is shown, as HTML.
    made: RwSignal<Option<String>>,
    /// Where a failure is shown.
    failure: RwSignal<Option<Failure>>,
    /// The name from a try that failed.
    kept_name: String,
) -> impl IntoView {
    let name = NodeRef::<html::Input>::new();
    let lifetime = NodeRef::<html::Select>::new();
    let is_busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (Some(name), Some(lifetime)) = (name.get_untracked(), lifetime.get_untracked()) else {
            return;
        };
        is_busy.set(true);
        browser::start(async move {
            let created = create_key(name.value(), lifetime.value().parse().ok()).await;
            is_busy.set(false);
            match created {
                Ok(html) => {
                    failure.set(None);
                    made.set(Some(html));
                    listing.refetch();
                    name.set_value("");
                }
                Err(refusal) => failure.set(Some(refusal)),
            }
        });
    };
    view! {
        <form method="post" action="/keys" class="card create-key" on:submit=submit>
            <label class="field">
                <span>"Name"</span>
                <input
                    type="text"
                    name="name"
                    value=kept_name
                    maxlength="100"
                    placeholder="Claude Code on my laptop"
                    autocomplete="off"
                    required
                    node_ref=name
                />
            </label>
            <label class="field">
                <span>"Expires after"</span>
                <select name="expires_in_days" node_ref=lifetime>
                    {LIFETIMES
                        .map(|(days, title)| {
                            view! {
                                <option value=days selected=days == USUAL_LIFETIME>
                                    {title}
                                </option>
                            }
                        })}
                </select>
            </label>
            <button type="submit" class="button button-primary" disabled=move || is_busy.get()>
                {Icon::Plus.draw()}
                <span>"Create key"</span>
            </button>
        </form>
    }
    .settle()
}
