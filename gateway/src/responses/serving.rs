//! A request, without its state into the pipeline; its answer, under its own id back to the
//! caller and into the database.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use memchr::memmem;
use shared::Problem;
use uuid::Uuid;

use super::{Inner, Responses, id_of, refusal, text_of};
use crate::{
    call::{Call, Refusal, Trail},
    identity::Principal,
    proxy::{Answer, AnswerBody},
    storage::tables::stored_responses::StoredResponseRow,
    wire::{
        InputItems, KeptResponse, ResponseEvents, ResponseState, StateWishes, StatelessInput,
        Thoughts, input_items, stateless_body,
    },
};

/// The largest answer that is kept, with the items of its request, in bytes.
const LARGEST_KEPT_BYTES: usize = 8 * 1024 * 1024;

/// A request that can be answered without any state, and what its answer is to be.
pub(super) struct Prepared {
    pub(super) body: Bytes,
    pub(super) keep: Keep,
    pub(super) is_streaming: bool,
}

/// What is known of an answer before it is there.
pub(super) struct Keep {
    pub(super) id: Uuid,
    pub(super) model: String,
    pub(super) state: ResponseState,
    user_id: Uuid,
    team_id: Uuid,
    previous_id: Option<Uuid>,
    input: String,
    created_at: i64,
    expires_at: i64,
}

impl Keep {
    /// The row of the answer.
    pub(super) fn row(&self, response: KeptResponse) -> StoredResponseRow {
        StoredResponseRow {
            id: self.id,
            user_id: self.user_id,
            team_id: self.team_id,
            previous_id: self.previous_id,
            model: self.model.clone(),
            status: response.status.clone(),
            is_background: i64::from(self.state.is_background),
            input: self.input.clone(),
            response: response.stored(),
            problem: None,
            created_at: self.created_at,
            expires_at: self.expires_at,
        }
    }
}

impl Responses {
    /// Serves one request, on a trail that the edge has opened.
    ///
    /// # Errors
    /// The [`Problem`] that the client is told; it is recorded already.
    pub async fn serve(&self, call: Call, mut trail: Trail) -> Result<Answer, Problem> {
        let inner = &self.0;
        let Ok(principal) = inner.proxy.caller(&call.credential) else {
            return inner.proxy.serve_on(call, trail).await;
        };
        let prepared = match inner.prepare(&principal, &call).await {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return inner.proxy.serve_on(call, trail).await,
            Err(refusal) => {
                trail.caller(principal.user_id(), principal.team_id(), principal.key_id());
                return Err(trail.refuse(&refusal));
            }
        };
        let call = Call { body: prepared.body.clone(), ..call };
        if prepared.keep.state.is_background {
            return inner.begin(call, trail, prepared).await;
        }
        let answer = inner.proxy.serve_on(call, trail).await?;
        let body = match answer.body {
            AnswerBody::Whole(bytes) => AnswerBody::Whole(inner.whole(bytes, &prepared.keep)),
            AnswerBody::Stream(stream) => {
                AnswerBody::Stream(Arc::clone(inner).stream(stream, prepared.keep))
            }
            // What is answered by this API is JSON or events.
            media @ AnswerBody::Media { .. } => media,
        };
        Ok(Answer { body, ..answer })
    }
}

impl Inner {
    /// Nothing where no state is asked for.
    async fn prepare(
        self: &Arc<Self>,
        principal: &Principal,
        call: &Call,
    ) -> Result<Option<Prepared>, Refusal> {
        let refers = || memmem::find(&call.body, b"\"item_reference\"").is_some();
        let wishes = StateWishes::read(&call.body)?;
        let Some(wishes) = wishes.filter(|wishes| wishes.are_any() || refers()) else {
            return Ok(None);
        };
        if self.keep_micros.is_none() {
            let needed = wishes.previous.as_ref().map(|_| "previous_response_id");
            if let Some(field) = needed.or(wishes.is_background.then_some("background")) {
                return Err(Refusal::Edge(refusal::nothing_is_kept(field)));
            }
        }
        let earlier = match &wishes.previous {
            Some(last) => {
                self.history(principal, last, &wishes.model).await.map_err(Refusal::Edge)?
            }
            None => InputItems::default(),
        };
        let mut own = input_items(&call.body)?;
        let is_resolved = self.keep_micros.is_some()
            && self.resolve(principal, &mut own, &wishes.model).await.map_err(Refusal::Edge)?;
        let keep = self.keep_of(principal, call, &wishes, &own);
        let input = StatelessInput { earlier: &earlier, own: &own, is_resolved };
        let body = stateless_body(&call.body, &input, &wishes, keep.state.withholds_thoughts)?;
        Ok(Some(Prepared { body, keep, is_streaming: wishes.is_streaming }))
    }

    fn keep_of(
        &self,
        principal: &Principal,
        call: &Call,
        wishes: &StateWishes,
        input: &InputItems,
    ) -> Keep {
        let id = call.request_id.uuid();
        let created_at = call.received_at.micros();
        let is_kept = wishes.is_kept && self.keep_micros.is_some();
        Keep {
            id,
            model: wishes.model.clone(),
            state: ResponseState {
                id: text_of(id),
                previous: wishes.previous.clone(),
                is_kept,
                is_background: wishes.is_background,
                withholds_thoughts: is_kept && self.leaves_thoughts(wishes),
                limit_bytes: LARGEST_KEPT_BYTES.saturating_sub(input.bytes()),
            },
            user_id: principal.user_id().uuid(),
            team_id: principal.team_id().uuid(),
            previous_id: wishes.previous.as_deref().and_then(|id| id_of(id).ok()),
            input: input.json(),
            created_at,
            expires_at: created_at.saturating_add(self.keep_micros.unwrap_or(0)),
        }
    }

    /// Whether the model may think, and its caller leaves the thoughts to the gateway.
    fn leaves_thoughts(&self, wishes: &StateWishes) -> bool {
        match wishes.thoughts {
            Thoughts::Told => false,
            Thoughts::Left => true,
            Thoughts::Unmentioned => self.reasoning_models.contains(&wishes.model),
        }
    }

    /// A whole answer; one that cannot be read passes as it came.
    fn whole(self: &Arc<Self>, bytes: Bytes, keep: &Keep) -> Bytes {
        let text = std::str::from_utf8(&bytes).ok();
        let Some(response) = text.and_then(|text| keep.state.apply(text)) else { return bytes };
        let told = Bytes::from(response.json.clone());
        if response.is_kept {
            self.keep(keep.row(response));
        }
        told
    }

    /// An answer as it grows; it can be found before its caller has seen the end.
    fn stream(
        self: Arc<Self>,
        upstream: BoxStream<'static, Bytes>,
        keep: Keep,
    ) -> BoxStream<'static, Bytes> {
        let events = ResponseEvents::new(keep.state.clone());
        let passing =
            Passing { inner: self, upstream, events, keep, told: VecDeque::new(), is_over: false };
        stream::unfold(passing, |mut passing| async move {
            let bytes = passing.next().await?;
            Some((bytes, passing))
        })
        .boxed()
    }
}

/// A stream on its way to the caller.
struct Passing {
    inner: Arc<Inner>,
    upstream: BoxStream<'static, Bytes>,
    events: ResponseEvents,
    keep: Keep,
    told: VecDeque<Bytes>,
    is_over: bool,
}

impl Passing {
    async fn next(&mut self) -> Option<Bytes> {
        while self.told.is_empty() && !self.is_over {
            if let Some(bytes) = self.upstream.next().await {
                self.told.extend(self.events.push(bytes));
            } else {
                self.told.extend(self.events.finish());
                self.is_over = true;
            }
            if let Some(response) = self.events.take_last().filter(|response| response.is_kept) {
                self.inner.keep(self.keep.row(response));
            }
        }
        self.told.pop_front()
    }
}
