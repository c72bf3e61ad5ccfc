//! Answers in the background: the call goes on without its caller, from the first event to the
//! stored end.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use http::{HeaderMap, StatusCode};
use shared::{Problem, ProblemCode};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    CUT_OFF, Inner, refusal,
    run::Run,
    serving::{Keep, Prepared},
};
use crate::{
    audit,
    call::{Call, Refusal, Trail},
    proxy::{Admitted, Answer, AnswerBody},
    storage::tables::stored_responses::{self, Settlement},
    wire::{Echo, KeptResponse, ResponseEvents, ResponseState, TranslationContext, begun_response},
};

/// How often it is looked whether another node was asked to cancel.
const LOOK_PERIOD: Duration = Duration::from_secs(1);
/// How long after its end a stream can be read again: by a reader who has lost it meanwhile.
const READ_AGAIN: Duration = Duration::from_secs(30);
/// The longest answer that is written in the background, in bytes of its events.
const LONGEST_ANSWER_BYTES: usize = 64 * 1024 * 1024;

const BROKE_OFF: &str = "The answer broke off before its end. Ask again.";
const TOO_LONG: &str = "The answer is larger than what is kept. Ask for less, or stream it.";
const DEFECT: &str = "A defect of the gateway ended this response; the log has the details.";

/// How an answer ended.
struct Ended {
    status: String,
    response: Option<String>,
    problem: Option<String>,
}

impl Ended {
    fn failed(problem: impl Into<String>) -> Self {
        Self { status: "failed".to_owned(), response: None, problem: Some(problem.into()) }
    }

    fn asked(by_caller: bool) -> Self {
        if by_caller {
            Self { status: "cancelled".to_owned(), response: None, problem: None }
        } else {
            Self::failed(CUT_OFF)
        }
    }

    fn of(response: KeptResponse) -> Self {
        if !response.is_kept {
            return Self::failed(TOO_LONG);
        }
        Self { status: response.status.clone(), response: Some(response.stored()), problem: None }
    }
}

impl Inner {
    /// Lets a call go on by itself once it is admitted; what refuses it is told at once.
    ///
    /// # Errors
    /// The [`Problem`] that the client is told.
    pub(super) async fn begin(
        self: &Arc<Self>,
        call: Call,
        trail: Trail,
        prepared: Prepared,
    ) -> Result<Answer, Problem> {
        let Prepared { keep, is_streaming, .. } = prepared;
        let Some(place) = self.runs.place() else {
            return Err(trail.refuse(&Refusal::Edge(refusal::too_many_at_once())));
        };
        let request_id = call.request_id;
        let Some(begun) = begun(&call, &keep) else {
            let problem = Problem::new(ProblemCode::Internal, DEFECT);
            return Err(trail.refuse(&Refusal::Edge(problem)));
        };
        let admitted = self.proxy.admit_on(call, trail).await?;
        let (inner, row) = (Arc::clone(self), keep.row(begun.clone()));
        let added = self.runtime.spawn(async move { inner.add(&row).await }).await;
        // The call is dropped where its answer could not be found later, and recorded so.
        let added = added.map_err(|_| refusal::stopping());
        added
            .and_then(|added| added.map_err(audit::internal))
            .map_err(|problem| problem.for_request(request_id))?;
        let run = Arc::new(Run::new(keep.id, place));
        self.runs.add(Arc::clone(&run));
        let writing = Arc::clone(self).write(Arc::clone(&run), admitted, keep.state);
        self.tasks.spawn_on(writing, &self.runtime);
        let body = if is_streaming {
            AnswerBody::Stream(run.follow(0))
        } else {
            AnswerBody::Whole(Bytes::from(begun.json))
        };
        Ok(Answer { request_id, status: StatusCode::OK, headers: HeaderMap::new(), body })
    }

    /// Writes the answer and stores how it ended, whatever happens on the way.
    async fn write(self: Arc<Self>, run: Arc<Run>, admitted: Admitted, state: ResponseState) {
        let ended = AssertUnwindSafe(self.read(&run, admitted, state)).catch_unwind().await;
        let Ended { status, response, problem } = ended.unwrap_or_else(|_| Ended::failed(DEFECT));
        let settlement = Settlement {
            status: &status,
            response: response.as_deref(),
            problem: problem.as_deref(),
        };
        self.settle(run.id, &settlement).await;
        run.close();
        self.closing.run_until_cancelled(sleep(READ_AGAIN)).await;
        self.runs.remove(run.id);
    }

    /// Reads the answer to its end, or until somebody ends it; then the provider's call is dropped.
    async fn read(&self, run: &Run, admitted: Admitted, state: ResponseState) -> Ended {
        let cancelled_elsewhere = self.cancelled_elsewhere(run.id);
        tokio::pin!(cancelled_elsewhere);
        let answering = async {
            let mut body = match self.proxy.answer(admitted).await {
                Ok(answer) => answer.body,
                Err(problem) => return Ended::failed(problem.detail),
            };
            let mut events = ResponseEvents::new(state);
            let mut bytes_so_far = 0;
            let mut last = None;
            while let Some(Ok(bytes)) = body.next().await {
                bytes_so_far += bytes.len();
                if bytes_so_far > LONGEST_ANSWER_BYTES {
                    return Ended::failed(TOO_LONG);
                }
                run.add(events.push(bytes));
                last = events.take_last().or(last);
            }
            run.add(events.finish());
            let last = events.take_last().or(last);
            last.map_or_else(|| Ended::failed(BROKE_OFF), Ended::of)
        };
        tokio::select! {
            biased;
            by_caller = run.asked_to_end() => Ended::asked(by_caller),
            () = &mut cancelled_elsewhere => Ended::asked(true),
            ended = answering => ended,
        }
    }

    /// Comes back when the answer is no longer wanted: another node was told so.
    async fn cancelled_elsewhere(&self, id: Uuid) {
        loop {
            sleep(LOOK_PERIOD).await;
            // A database that does not answer says nothing of the caller's wishes.
            let status = stored_responses::status(&self.database, id).await;
            if status.is_ok_and(|status| status.is_none_or(|status| status == "cancelled")) {
                return;
            }
        }
    }
}

/// The answer of which nothing has come yet.
fn begun(call: &Call, keep: &Keep) -> Option<KeptResponse> {
    let context = TranslationContext {
        model: keep.model.clone(),
        id: call.request_id.to_string(),
        created_at_seconds: call.received_at.micros() / 1_000_000,
        echo: Some(Echo::read(&call.body)),
    };
    let begun = begun_response(&context).ok()?;
    keep.state.apply(std::str::from_utf8(&begun).ok()?)
}
