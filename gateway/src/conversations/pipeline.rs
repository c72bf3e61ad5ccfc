//! The one way to a model: the pipeline that every other surface goes through.
//!
//! The trait is as narrow as what a chat needs, so that a test can script every moment of an
//! answer; in the gateway there is one implementation, and it is [`Proxy`].

use std::{future::ready, sync::Arc};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use shared::{Problem, id::RequestId, receipt::Receipt};

use crate::{call::Surface, identity::Principal, proxy::Proxy};

/// Asks a model for an answer.
pub(super) trait Pipeline: Send + Sync {
    /// Prepares a call with a body in OpenAI's chat dialect; nothing happens, and nothing is
    /// recorded, before its answer is awaited.
    fn ask(&self, principal: &Principal, body: Bytes) -> Asking;
}

/// A call that has not been answered yet.
pub(super) struct Asking {
    /// The call's id, under which its record can be found however it ends.
    pub(super) request_id: RequestId,
    /// The answer; dropped before it is there, it cancels the call.
    pub(super) answer: BoxFuture<'static, Result<Answering, Problem>>,
    /// The receipt of a call that was refused or dropped before it was answered.
    pub(super) receipt_without_answer: BoxFuture<'static, Option<Receipt>>,
}

/// An answer on its way.
pub(super) struct Answering {
    /// Server-sent events in OpenAI's dialect; dropped before its end, it cancels the call.
    pub(super) body: BoxStream<'static, Bytes>,
    /// The receipt, once the body has ended or was dropped.
    pub(super) receipt: BoxFuture<'static, Option<Receipt>>,
}

impl Pipeline for Arc<Proxy> {
    fn ask(&self, principal: &Principal, body: Bytes) -> Asking {
        let proxy = Self::clone(self);
        let call = proxy.chat_call(principal, body);
        let request_id = call.request_id;
        let mut trail = proxy.trail(request_id, Surface::Chat);
        let receipt = trail.receipt().wait().boxed().shared();
        let receipt_without_answer = receipt.clone().boxed();
        let answer = async move {
            let body = proxy.serve_on(call, trail).await?.body;
            // A conversation is told in events, and how one breaks off is an event, too.
            let body = body.filter_map(|bytes| ready(bytes.ok())).boxed();
            Ok(Answering { body, receipt: receipt.boxed() })
        };
        Asking { request_id, answer: answer.boxed(), receipt_without_answer }
    }
}
