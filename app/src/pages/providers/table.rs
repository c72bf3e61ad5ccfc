//! The table of providers.

use leptos::prelude::*;
use shared::{
    Timestamp,
    view::providers::{CredentialSummary, ManagedProvider, ProviderSummary},
};

use crate::{
    components::{Instant, Menu, Notice, Tone},
    format,
};

/// Every provider; on small screens each row is a card.
#[component]
pub(super) fn ProviderTable(
    /// The providers, those of the configuration file first.
    providers: Vec<ProviderSummary>,
    /// When they were read.
    as_of: Timestamp,
) -> impl IntoView {
    let unfit = providers.iter().filter_map(|provider| {
        let problem = provider.problem.clone()?;
        Some(format!("{} is not in force: {problem}", provider.name))
    });
    let unfit: Vec<String> = unfit.collect();
    let rows = providers.into_iter().map(|provider| row(provider, as_of)).collect_view();
    view! {
        {unfit
            .into_iter()
            .map(|text| view! { <Notice tone=Tone::Warning>{text}</Notice> })
            .collect_view()}
        <div class="card table-card">
            <table class="table stacking">
                <caption class="visually-hidden">
                    "Providers, those of the configuration file first"
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"Address"</th>
                        <th scope="col">"Credential"</th>
                        <th scope="col" class="number">"Models"</th>
                        <th scope="col">"Changed"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(provider: ProviderSummary, as_of: Timestamp) -> impl IntoView {
    let ProviderSummary { name, kind, title, address, credential, managed, models, problem } =
        provider;
    let changed = match &managed {
        None => view! { <span class="badge" title="Changed in the configuration file alone">"File"</span> }.into_any(),
        Some(managed) => {
            let text = format!("{} ago", format::distance(managed.updated_at, as_of));
            view! { <Instant at=managed.updated_at text/> }.into_any()
        }
    };
    let is_in_force = problem.is_none();
    view! {
        <tr class=if is_in_force { "" } else { "is-over" }>
            <th scope="row">{name.clone()}</th>
            <td data-label="Kind">{title.unwrap_or(kind)}</td>
            <td data-label="Address" class="provider-address">{address_of(address)}</td>
            <td data-label="Credential">{credential_of(credential)}</td>
            <td data-label="Models" class="number">{models}</td>
            <td data-label="Changed">{changed}</td>
            <td class="table-actions">{actions(name, managed, is_in_force)}</td>
        </tr>
    }
}

fn address_of(address: Option<String>) -> AnyView {
    match address {
        Some(address) => {
            let shown = address.trim_start_matches("https://").trim_end_matches('/').to_owned();
            view! { <code title=address>{shown}</code> }.into_any()
        }
        None => view! { <span class="faint">"Inside the gateway"</span> }.into_any(),
    }
}

fn credential_of(credential: CredentialSummary) -> AnyView {
    match credential {
        CredentialSummary::InFile => "In the file".into_any(),
        CredentialSummary::Sealed(names) => {
            let names = names.join(", ");
            view! { <span title=names>"Sealed"</span> }.into_any()
        }
        CredentialSummary::Unwritten => {
            view! { <span class="faint">"None written"</span> }.into_any()
        }
    }
}

fn actions(name: String, managed: Option<ManagedProvider>, is_in_force: bool) -> impl IntoView {
    let question = format!(
        "Remove “{name}”? Its credential is deleted, and cannot be brought back. Calls under way go \
         on to their end."
    );
    let summary = view! { <span class="button button-quiet">"Remove"</span> };
    let test = is_in_force.then(|| {
        view! {
            <form method="post" action="/providers/test">
                <input type="hidden" name="name" value=name/>
                <button type="submit" class="button button-quiet">"Test"</button>
            </form>
        }
    });
    view! {
        <div class="provider-actions">
            {test}
            {managed
                .map(|managed| {
                    let id = managed.id.to_string();
                    view! {
                        <a href=format!("/providers?change={id}") class="button button-quiet">
                            "Change"
                        </a>
                        <Menu label="" class="menu menu-end" summary=summary.into_any()>
                            <form method="post" action="/providers/remove" class="confirm">
                                <input type="hidden" name="id" value=id/>
                                <p>{question}</p>
                                <button type="submit" class="button button-danger">
                                    "Remove provider"
                                </button>
                            </form>
                        </Menu>
                    }
                })}
        </div>
    }
}
