//! The table of keys.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{Problem, Timestamp, id::ApiKeyId, view::keys::KeySummary};

use crate::{
    Failure,
    api::keys::{KeyList, revoke_key},
    components::{Instant, Menu},
    format,
    settle::Settle,
};

/// Every key with its state; on small screens each row is a card.
#[component]
pub(crate) fn KeyTable(
    /// What is shown.
    list: KeyList,
    /// The list to read again after a key was revoked.
    keys: Resource<Result<KeyList, Failure>>,
    /// Where a problem is shown.
    problem: RwSignal<Option<Problem>>,
) -> impl IntoView {
    let revoke = Action::new(|id: &ApiKeyId| revoke_key(*id));
    Effect::new(move || match revoke.value().get() {
        Some(Ok(())) => {
            problem.set(None);
            keys.refetch();
        }
        Some(Err(Failure(refusal))) => problem.set(Some(refusal)),
        None => {}
    });
    let as_of = list.as_of;
    let rows = list.keys.into_iter().map(|key| row(key, as_of, revoke)).collect_view();
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
    .settle()
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

fn row(
    key: KeySummary,
    as_of: Timestamp,
    revoke: Action<ApiKeyId, Result<(), Failure>>,
) -> impl IntoView {
    let state = state(&key, as_of);
    let last_used = key.last_used_at.map_or_else(
        || view! { <span class="faint">"Never"</span> }.settle(),
        |at| {
            let text = format!("{} ago", format::distance(at, as_of));
            view! { <Instant at text/> }.settle()
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
                {(state == State::Working).then(|| revoke_menu(key.id, key.name, revoke))}
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
        .settle(),
        (State::Expired, _, Some(at)) => view! {
            <span class="badge">"Expired"</span>
            " "
            <Instant at text=format::short_date(at)/>
        }
        .settle(),
        (_, _, Some(at)) => {
            view! { <Instant at text=format!("in {}", format::distance(as_of, at))/> }.settle()
        }
        (_, _, None) => view! { <span class="faint">"Never"</span> }.settle(),
    }
}

fn revoke_menu(
    id: ApiKeyId,
    name: String,
    revoke: Action<ApiKeyId, Result<(), Failure>>,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        revoke.dispatch(id);
    };
    let is_busy = revoke.pending();
    view! {
        <Menu
            label="Revoke"
            class="menu-end"
            summary=std::sync::Arc::new(|| {
                view! { <span class="button button-quiet">"Revoke"</span> }.settle()
            })
        >
            <form method="post" action="/keys/revoke" class="confirm" on:submit=submit>
                <input type="hidden" name="id" value=id.to_string()/>
                <p>
                    {format!(
                        "Revoke “{name}”? Whatever uses it stops working within a second, and it \
                         cannot be brought back.",
                    )}
                </p>
                <button type="submit" class="button button-danger" disabled=move || is_busy.get()>
                    "Revoke key"
                </button>
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
