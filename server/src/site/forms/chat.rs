//! Sending a message and everything else that can be done in a conversation.

use app::visit::{FailedForm, Form as Which};
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{
    Problem,
    id::{ConversationId, MessageId},
};

use super::super::{Site, caller::Caller, render::Posted};

/// What the composer posts; without a conversation it starts one.
#[derive(Deserialize)]
pub(in crate::site) struct Sending {
    #[serde(default)]
    conversation: String,
    #[serde(default)]
    model: String,
    text: String,
}

/// What the buttons under an answer post.
#[derive(Deserialize)]
pub(in crate::site) struct OnMessage {
    #[serde(default)]
    conversation: String,
    message: MessageId,
    /// Which of the answers to the same question to show, from 1.
    #[serde(default)]
    sibling: u32,
}

/// What the form for a title posts.
#[derive(Deserialize)]
pub(in crate::site) struct Renaming {
    conversation: ConversationId,
    title: String,
}

/// What the confirmation posts.
#[derive(Deserialize)]
pub(in crate::site) struct Deletion {
    conversation: ConversationId,
}

fn page_of(conversation: &str) -> String {
    match conversation.parse::<ConversationId>() {
        Ok(id) => format!("/chat/{id}"),
        Err(_) => "/chat".to_owned(),
    }
}

/// Goes on to `page`, or shows it with the problem and the text that was kept.
async fn go_on(
    site: &Site,
    caller: Caller,
    page: String,
    result: Result<(), Problem>,
    kept: String,
) -> Response {
    match result {
        Ok(()) => Redirect::to(&page).into_response(),
        Err(problem) => {
            let problem = caller.name(problem);
            let posted = Posted::Failed(FailedForm { form: Which::Chat, problem, kept });
            site.page_after(&page, caller.headers, posted).await
        }
    }
}

/// `POST /chat/send`
pub(in crate::site) async fn send(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<Sending>,
) -> Response {
    let conversation = form.conversation.parse().ok();
    let conversations = &site.gateway.conversations;
    match conversations.send(&caller.principal, conversation, &form.model, &form.text).await {
        Ok(run) => Redirect::to(&format!("/chat/{}#latest", run.conversation_id)).into_response(),
        Err(problem) => {
            go_on(&site, caller, page_of(&form.conversation), Err(problem), form.text).await
        }
    }
}

/// `POST /chat/regenerate`
pub(in crate::site) async fn regenerate(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<OnMessage>,
) -> Response {
    let run = site.gateway.conversations.regenerate(&caller.principal, form.message).await;
    let page = format!("{}#latest", page_of(&form.conversation));
    go_on(&site, caller, page, run.map(|_| ()), String::new()).await
}

/// `POST /chat/sibling`
pub(in crate::site) async fn choose_sibling(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<OnMessage>,
) -> Response {
    let conversations = &site.gateway.conversations;
    let chosen = conversations.choose_sibling(&caller.principal, form.message, form.sibling).await;
    go_on(&site, caller, page_of(&form.conversation), chosen, String::new()).await
}

/// `POST /chat/stop`
pub(in crate::site) async fn stop(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<OnMessage>,
) -> Response {
    let stopped = site.gateway.conversations.stop(&caller.principal, form.message).await;
    go_on(&site, caller, page_of(&form.conversation), stopped, String::new()).await
}

/// `POST /chat/rename`
pub(in crate::site) async fn rename(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<Renaming>,
) -> Response {
    let conversations = &site.gateway.conversations;
    let renamed = conversations.rename(&caller.principal, form.conversation, &form.title).await;
    go_on(&site, caller, format!("/chat/{}", form.conversation), renamed, String::new()).await
}

/// `POST /chat/delete`
pub(in crate::site) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<Deletion>,
) -> Response {
    let deleted = site.gateway.conversations.delete(&caller.principal, form.conversation).await;
    let page =
        if deleted.is_ok() { "/chat".to_owned() } else { format!("/chat/{}", form.conversation) };
    go_on(&site, caller, page, deleted, String::new()).await
}
