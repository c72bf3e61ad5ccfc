//! A streamed answer on its way to the client.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use shared::{Problem, ProblemCode, receipt::Outcome};
use tokio::time::timeout;

use super::super::{
    account::{Account, End, Usage},
    estimate::Said,
};
use crate::{
    kernel::config::{self, DisconnectPolicy, UsageShape},
    providers::Failure,
    wire::{
        self, CutResponse, Dialect, StreamEnd, StreamMeter, StreamTranslator, TranslationContext,
        UsageChunkFilter, WholeEvents, WireError,
    },
};

type Upstream = BoxStream<'static, Result<Bytes, Failure>>;

/// Everything about one streamed answer; dropped before its end, it settles by what it saw.
pub(super) struct Relay {
    account: Account,
    meter: StreamMeter,
    passage: Passage,
    cut: Cut,
    inbound: Dialect,
    request_id: String,
    idle_timeout: Duration,
    on_disconnect: DisconnectPolicy,
    upstream: Option<Upstream>,
    pending: Option<Bytes>,
    is_over: bool,
}

/// What happens to the bytes between provider and client.
enum Passage {
    /// Nothing.
    Untouched(WholeEvents),
    /// The usage chunk, which the gateway asked for and the client did not, is taken out.
    WithoutUsage(UsageChunkFilter),
    /// The other dialect.
    Translated(Box<StreamTranslator>),
}

/// How the client is told that its answer was cut off.
enum Cut {
    /// By an error alone.
    Error,
    /// By events that refer to those before.
    Response(CutResponse),
}

impl Relay {
    pub(super) fn new(
        account: Account,
        inbound: Dialect,
        provider: Dialect,
        shape: UsageShape,
        context: TranslationContext,
        asks_for_usage: bool,
        settings: &config::Proxy,
    ) -> Self {
        let request_id = context.id.clone();
        let passage = if inbound != provider {
            let translator = StreamTranslator::new(provider, inbound, context, asks_for_usage);
            Passage::Translated(Box::new(translator))
        } else if is_asked_for_usage(inbound) && !asks_for_usage {
            Passage::WithoutUsage(UsageChunkFilter::new())
        } else {
            Passage::Untouched(WholeEvents::new())
        };
        Self {
            account,
            meter: StreamMeter::shaped(provider, shape),
            passage,
            cut: match inbound {
                Dialect::OpenAiResponses => Cut::Response(CutResponse::new()),
                _ => Cut::Error,
            },
            inbound,
            request_id,
            idle_timeout: Duration::from_millis(settings.idle_timeout_ms),
            on_disconnect: settings.on_client_disconnect,
            upstream: None,
            pending: None,
            is_over: false,
        }
    }

    /// The client's stream.
    pub(super) fn run(mut self, first: Bytes, rest: Upstream) -> BoxStream<'static, Bytes> {
        self.pending = Some(first);
        self.upstream = Some(rest);
        stream::unfold(Box::new(self), |mut relay| async move {
            let bytes = relay.next().await?;
            Some((bytes, relay))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Bytes> {
        while !self.is_over {
            let chunk = match self.pending.take() {
                Some(first) => Some(Ok(first)),
                None => match timeout(self.idle_timeout, self.upstream.as_mut()?.next()).await {
                    Ok(chunk) => chunk,
                    Err(_) => Some(Err(Failure::Timeout)),
                },
            };
            let bytes = match chunk {
                Some(Ok(bytes)) => self.pass_what_is_paid(bytes).await,
                Some(Err(failure)) => self.break_off(&failure),
                None => self.end(),
            };
            if !bytes.is_empty() {
                return Some(bytes);
            }
        }
        None
    }

    /// Passes the next bytes on; behind the last that a budget covers comes its refusal.
    async fn pass_what_is_paid(&mut self, bytes: Bytes) -> Bytes {
        let bytes = self.pass(bytes);
        if let Cut::Response(cut) = &mut self.cut {
            cut.pass(&bytes);
        }
        if self.is_over || self.meter.ended() != StreamEnd::Open {
            return bytes;
        }
        let Err(refusal) = self.account.cover(self.meter.least_output_tokens()).await else {
            return bytes;
        };
        let problem = Problem::new(
            refusal.code(),
            format!("The answer was ended here and is billed so far. {}", refusal.public_detail()),
        )
        .for_request(&self.request_id);
        self.finish(Outcome::Interrupted, Some(refusal.code()));
        let error = self.cut_off(&problem);
        [&bytes[..], error.as_ref()].concat().into()
    }

    fn pass(&mut self, bytes: Bytes) -> Bytes {
        self.meter.push(&bytes);
        match &mut self.passage {
            Passage::Untouched(events) => events.push(bytes),
            Passage::WithoutUsage(filter) => filter.push(bytes),
            Passage::Translated(translator) => {
                let mut out = Vec::with_capacity(bytes.len() + 256);
                let told = translator.push(&bytes, &mut out);
                let out = Bytes::from(out);
                match told {
                    Ok(()) => out,
                    // What came before the nonsense is the client's; the error follows it.
                    Err(error) => self.break_off_behind(&out, &error),
                }
            }
        }
    }

    /// The provider's stream is at its end: whole, or not.
    fn end(&mut self) -> Bytes {
        let Some((outcome, problem)) = outcome_of(self.meter.closed()) else {
            return self.break_off(&Failure::Broken);
        };
        let (rest, ended) = self.flush();
        match ended {
            Err(error) if outcome == Outcome::Finished => {
                // The provider ended well, but what it said cannot be told: without a word of it,
                // the client would wait for an end that never comes.
                self.break_off_behind(&rest, &error)
            }
            _ => {
                self.finish(outcome, problem);
                rest
            }
        }
    }

    /// What was left to say, and whether the client's stream ended with it.
    fn flush(&mut self) -> (Bytes, Result<(), WireError>) {
        match &mut self.passage {
            Passage::Untouched(events) => (events.finish(), Ok(())),
            Passage::WithoutUsage(filter) => (filter.finish(), Ok(())),
            Passage::Translated(translator) => {
                let mut out = Vec::new();
                let ended = translator.finish(&mut out);
                (Bytes::from(out), ended)
            }
        }
    }

    /// The answer broke off: the client is told in its own dialect, and pays for what it got.
    fn break_off(&mut self, failure: &Failure) -> Bytes {
        let code = match failure {
            Failure::Timeout => ProblemCode::UpstreamTimeout,
            _ => ProblemCode::UpstreamFailed,
        };
        let how = match failure {
            Failure::Broken => "the connection ended before the answer did".to_owned(),
            Failure::Timeout => "nothing more came in time".to_owned(),
            other => format!("it {}", other.summary()),
        };
        let detail = format!(
            "The provider's answer broke off in the middle: {how}. What had come until then is \
             billed, and the rest is lost; try again."
        );
        let problem = Problem::new(code, detail).for_request(&self.request_id);
        self.finish(Outcome::UpstreamFailed, Some(code));
        // The beginning of an event that never ended is left out, so that this is one of its own.
        Bytes::from(self.cut_off(&problem))
    }

    /// What cannot be told has come behind this.
    fn break_off_behind(&mut self, told: &Bytes, error: &WireError) -> Bytes {
        if let Cut::Response(cut) = &mut self.cut {
            cut.pass(told);
        }
        let end = self.break_off(&Failure::Nonsense(error.to_string()));
        [&told[..], &end].concat().into()
    }

    fn cut_off(&self, problem: &Problem) -> Vec<u8> {
        match &self.cut {
            Cut::Error => wire::render_problem_mid_stream(self.inbound, problem),
            Cut::Response(cut) => cut.end(problem),
        }
    }

    fn finish(&mut self, outcome: Outcome, problem: Option<ProblemCode>) {
        self.is_over = true;
        self.upstream = None;
        self.account.close(End { outcome, status: 200, problem }, usage(&self.meter));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let outcome = self.account.outcome_if_dropped();
        if let Some((outcome, problem)) = outcome_of(self.meter.ended()) {
            // The client left after the last event but before the connection was closed.
            self.finish(outcome, problem);
        } else if self.on_disconnect == DisconnectPolicy::Drain
            && outcome == Outcome::ClientGone
            && let Some(upstream) = self.upstream.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let meter = std::mem::replace(&mut self.meter, StreamMeter::new(self.inbound));
            let account = self.account.take();
            self.is_over = true;
            runtime.spawn(drain(upstream, meter, account, self.idle_timeout));
        } else {
            self.finish(outcome, None);
        }
    }
}

/// Whether the gateway asks for a chunk of usage that the client may not want.
const fn is_asked_for_usage(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::OpenAiChat | Dialect::OpenAiCompletions)
}

/// How a call ended whose stream ended like this; none while the stream is open.
fn outcome_of(end: StreamEnd) -> Option<(Outcome, Option<ProblemCode>)> {
    match end {
        StreamEnd::Complete => Some((Outcome::Finished, None)),
        StreamEnd::Error => Some((Outcome::UpstreamFailed, Some(ProblemCode::UpstreamFailed))),
        StreamEnd::Open => None,
    }
}

/// Reads an answer to its end although nobody waits for it, so that the bill is exact.
async fn drain(
    mut upstream: Upstream,
    mut meter: StreamMeter,
    mut account: Account,
    idle: Duration,
) {
    while let Ok(Some(Ok(bytes))) = timeout(idle, upstream.next()).await {
        meter.push(&bytes);
    }
    // A last event may lack its blank line; how the stream ended is of no matter here.
    let _ = meter.closed();
    let end = End { outcome: Outcome::ClientGone, status: 200, problem: None };
    account.close(end, usage(&meter));
}

fn usage(meter: &StreamMeter) -> Usage {
    meter.report().map_or_else(
        || Usage::Unreported { prompt: meter.prompt(), said: Said::by(meter) },
        Usage::Reported,
    )
}
