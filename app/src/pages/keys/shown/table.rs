//! The table of keys.

use leptos::prelude::*;
use shared::{Timestamp, id::ApiKeyId, view::keys::KeySummary};

use crate::{
    components::{Instant, Menu},
    format,
};

/// Every key with its state; on small screens each row is a card.
#[component]
pub(super) fn KeyTable(
    /// The keys, the newest first.
    keys: Vec<KeySummary>,
    /// When they were read.
    as_of: Timestamp,
) -> impl IntoView {
    let rows = keys.into_iter().map(|key| row(key, as_of)).collect_view();
    view! {
        <div class="card table-card">
            <table class="table stacking">
                <caption class="visually-hidden">"Your API keys, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Secret"</th>
                        <th scope="col">"Created"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col">"Expires"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// What a key is at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Working,
    Expired,
    Revoked,
}

fn state(key: &KeySummary, now: Timestamp) -> State {
    if key.revoked_at.is_some() {
        State::Revoked
    } else if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
        State::Expired
    } else {
        State::Working
    }
}

fn row(key: KeySummary, as_of: Timestamp) -> impl IntoView {
    let state = state(&key, as_of);
    let last_used = key.last_used_at.map_or_else(
        || view! { <span class="faint">"Never"</span> }.into_any(),
        |at| {
            let text = format!("{} ago", format::distance(at, as_of));
            view! { <Instant at text/> }.into_any()
        },
    );
    view! {
        <tr class=if state == State::Working { "" } else { "is-over" }>
            <th scope="row">{key.name.clone()}</th>
            <td data-label="Secret"><code class="faint">{format!("hx_…{}", key.last_four)}</code></td>
            <td data-label="Created">
                <Instant at=key.created_at text=format::date(key.created_at)/>
            </td>
            <td data-label="Last used">{last_used}</td>
            <td data-label="Expires">{end_of_life(&key, state, as_of)}</td>
            <td class="table-actions">
                {(state == State::Working).then(|| revoke_menu(key.id, &key.name))}
            </td>
        </tr>
    }
}

fn end_of_life(key: &KeySummary, state: State, as_of: Timestamp) -> AnyView {
    match (state, key.revoked_at, key.expires_at) {
        (State::Revoked, Some(at), _) => view! {
            <span class="badge badge-danger">"Revoked"</span>
            " "
            <Instant at text=format::short_date(at)/>
        }
        .into_any(),
        (State::Expired, _, Some(at)) => view! {
            <span class="badge">"Expired"</span>
            " "
            <Instant at text=format::short_date(at)/>
        }
        .into_any(),
        (_, _, Some(at)) => {
            view! { <Instant at text=format!("in {}", format::remaining(as_of, at))/> }.into_any()
        }
        (_, _, None) => view! { <span class="faint">"Never"</span> }.into_any(),
    }
}

fn revoke_menu(id: ApiKeyId, name: &str) -> impl IntoView + use<> {
    let question = format!(
        "Revoke “{name}”? Whatever uses it stops working within a second, and it cannot be \
         brought back."
    );
    let summary = view! { <span class="button button-quiet">"Revoke"</span> };
    view! {
        <Menu label="" class="menu menu-end" summary=summary.into_any()>
            <form method="post" action="/keys/revoke" class="confirm">
                <input type="hidden" name="id" value=id.to_string()/>
                <p>{question}</p>
                <button type="submit" class="button button-danger">"Revoke key"</button>
            </form>
        </Menu>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revoked_key_is_revoked_even_where_it_has_expired_too() {
        let at = Timestamp::from_micros;
        let mut key = KeySummary {
            id: "key_01980000000070008000000000000001".parse().unwrap(),
            name: "k".into(),
            last_four: "abcd".into(),
            created_at: at(0),
            last_used_at: None,
            expires_at: Some(at(10)),
            revoked_at: None,
        };
        assert_eq!(state(&key, at(9)), State::Working);
        assert_eq!(state(&key, at(10)), State::Expired);
        key.revoked_at = Some(at(5));
        assert_eq!(state(&key, at(20)), State::Revoked);
    }
}
