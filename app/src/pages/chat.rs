//! The chat: conversations beside it, the open one, and a receipt under every answer.

mod actions;
#[cfg(feature = "ssr")]
mod answer;
mod composer;
mod conversation;
mod conversation_menu;
mod draft;
mod list;
mod live;
mod message;
mod model_picker;
#[cfg(feature = "ssr")]
mod receipt;
#[cfg(feature = "ssr")]
pub(crate) mod shown;
mod thread;
mod welcome;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{LazyRoute, hooks::use_params_map, lazy_route};
use shared::{Problem, ProblemCode};

use self::{conversation::Conversation, list::ConversationNav};
use crate::{
    Failure,
    api::chat::{ConversationGroup, OpenChat, list_conversations, read_chat},
    components::{ProblemNotice, SkeletonLines},
    settle::Settle,
    visit::{Form, posted_failure},
};

/// The list of conversations, to be read again when one begins, ends or is renamed.
type Listing = Resource<Result<Vec<ConversationGroup>, Failure>>;
/// The open conversation.
type Opening = Resource<Result<OpenChat, Failure>>;

/// The page.
pub(crate) struct ChatPage;

async fn open(id: Option<String>) -> Result<OpenChat, Failure> {
    match id.map(|id| id.parse()).transpose() {
        Ok(id) => read_chat(id).await,
        Err(_) => Err(Failure(Problem::new(
            ProblemCode::NotFound,
            "This address names no conversation. Pick one from the list, or start a new one.",
        ))),
    }
}

#[lazy_route]
impl LazyRoute for ChatPage {
    fn data() -> Self {
        Self
    }

    fn view(this: Self) -> AnyView {
        let ChatPage = this;
        let parameters = use_params_map();
        let id = move || parameters.with(|parameters| parameters.get("conversation"));
        let failure = StoredValue::new(posted_failure(Form::Chat));
        Effect::watch(id, move |_, _, _| failure.set_value(None), false);
        let listing: Listing = Resource::new(|| (), |()| list_conversations());
        let opening: Opening = Resource::new(id, open);
        view! {
            <div class="chat">
                <ConversationNav listing/>
                <main id="main" class="chat-main">
                    <Transition fallback=|| {
                        view! { <div class="chat-loading"><SkeletonLines/></div> }
                    }>
                        {move || Suspend::new(async move {
                            match opening.await {
                                Ok(open) => {
                                    let failure = failure.get_value();
                                    view! { <Conversation open failure listing opening/> }.settle()
                                }
                                Err(Failure(problem)) => cannot_open(problem),
                            }
                        })}
                    </Transition>
                </main>
            </div>
        }
        .into_any()
    }
}

fn cannot_open(problem: Problem) -> AnyView {
    view! {
        <Title text="Chat"/>
        <div class="chat-problem">
            <h1>"This conversation cannot be shown"</h1>
            <ProblemNotice problem/>
            <a class="button button-primary" href="/chat">"Start a new chat"</a>
        </div>
    }
    .settle()
}
