//! The provider's own bill, to compare the gateway's records with.
//!
//! A call is billed when its answer has begun. A stream that is cut is billed its whole input and
//! the share of its output that had been sent, as vendors do. Refusals and failures before an
//! answer cost nothing. Requests of a batch are billed apart, when the batch ends.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::HeaderMap;

use super::bill::{BillLine, Calls, Item};

/// What one call uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) input: u64,
    pub(super) cached: u64,
    pub(super) cache_write: u64,
    pub(super) output: u64,
    pub(super) reasoning: u64,
    pub(super) units: Units,
}

/// How much of an answer's tokens were sound, in a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sound {
    /// Of the input, cached reads aside.
    pub(super) input: u64,
    pub(super) output: u64,
}

/// What of it is no token; billed whole once the answer begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Units {
    pub(super) images: u64,
    pub(super) seconds: u64,
    pub(super) characters: u64,
    pub(super) searches: u64,
}

#[derive(Debug, Default)]
struct Tally {
    arrived: u64,
    calls: u64,
    streamed: u64,
    cancelled: u64,
    failed: u64,
    failed_by_tag: BTreeMap<String, u64>,
    bill: BTreeMap<String, BillLine>,
    /// What came in batches.
    batch_bill: BTreeMap<String, BillLine>,
    items: BTreeMap<String, Item>,
    last_headers: HeaderMap,
    last_body: Bytes,
}

/// The running tally of one fake provider.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    tally: Mutex<Tally>,
    /// Whether every call is kept with its id, which takes memory for each.
    is_itemized: bool,
}

impl Ledger {
    pub(super) fn new(is_itemized: bool) -> Self {
        Self { is_itemized, ..Self::default() }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request and counts it as cancelled unless its answer begins or it is made to fail.
    pub(super) fn arrive(self: &Arc<Self>, headers: HeaderMap, body: Bytes) -> Arrival {
        let mut tally = self.tally();
        tally.arrived += 1;
        let request = self.is_itemized.then(|| id_of(&headers)).flatten();
        if let Some(request) = &request {
            tally.item(request).arrived += 1;
        }
        tally.last_headers = headers;
        tally.last_body = body;
        drop(tally);
        Arrival { ledger: Arc::clone(self), request, is_answered: false }
    }

    /// Every call that came with an id, where they are kept.
    pub(super) fn items(&self) -> Vec<Item> {
        self.tally().items.values().cloned().collect()
    }

    /// Whether a call of this tag is among the first `count`, which are to fail.
    pub(super) fn is_among_first(&self, tag: &str, count: u64) -> bool {
        let mut tally = self.tally();
        let failed = tally.failed_by_tag.entry(tag.to_owned()).or_default();
        let is_first = *failed < count;
        *failed += u64::from(is_first);
        is_first
    }

    /// Forgets everything.
    pub(super) fn reset(&self) {
        *self.tally() = Tally::default();
    }

    /// What there is so far.
    pub(super) fn snapshot(&self) -> Calls {
        let tally = self.tally();
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Calls {
            arrived: tally.arrived,
            calls: tally.calls,
            streamed: tally.streamed,
            cancelled: tally.cancelled,
            failed: tally.failed,
            tokens: 0,
            bill: tally.bill.values().chain(tally.batch_bill.values()).cloned().collect(),
            last_headers: tally.last_headers.iter().map(header).collect(),
            last_body: String::from_utf8_lossy(&tally.last_body).into_owned(),
        }
    }

    fn charge(
        &self,
        model: &str,
        request: Option<&str>,
        usage: Usage,
        sound: Sound,
        ending: Ending,
    ) {
        let mut tally = self.tally();
        tally.cancelled += u64::from(ending == Ending::Cancelled);
        if let Some(request) = request {
            let item = tally.item(request);
            model.clone_into(&mut item.model);
            item.billed += 1;
            item.is_whole = ending == Ending::Whole;
            item.input += usage.input;
            item.output += usage.output;
        }
        tally.add_to_bill(model, false, usage, sound);
    }

    /// Bills one request of a batch.
    pub(super) fn bill_batched(&self, model: &str, usage: Usage) {
        let mut tally = self.tally();
        tally.calls += 1;
        tally.add_to_bill(model, true, usage, Sound::default());
    }
}

impl Tally {
    fn add_to_bill(&mut self, model: &str, batch: bool, usage: Usage, sound: Sound) {
        let bill = if batch { &mut self.batch_bill } else { &mut self.bill };
        if !bill.contains_key(model) {
            let line = BillLine { model: model.to_owned(), batch, ..BillLine::default() };
            bill.insert(model.to_owned(), line);
        }
        if let Some(line) = bill.get_mut(model) {
            line.count += 1;
            line.input += usage.input;
            line.cached += usage.cached;
            line.cache_write += usage.cache_write;
            line.output += usage.output;
            line.reasoning += usage.reasoning;
            line.images += usage.units.images;
            line.seconds += usage.units.seconds;
            line.characters += usage.units.characters;
            line.searches += usage.units.searches;
            line.audio_input += sound.input;
            line.audio_output += sound.output;
        }
    }

    fn item(&mut self, request: &str) -> &mut Item {
        self.items.entry(request.to_owned()).or_insert_with(|| Item {
            request: request.to_owned(),
            model: String::new(),
            arrived: 0,
            billed: 0,
            is_whole: false,
            input: 0,
            output: 0,
        })
    }
}

/// The id that the caller gave its request, as OpenAI lets it:
/// <https://platform.openai.com/docs/api-reference/debugging-requests>.
fn id_of(headers: &HeaderMap) -> Option<String> {
    headers.get("x-client-request-id")?.to_str().ok().map(str::to_owned)
}

/// A request whose answer has not begun.
#[derive(Debug)]
pub(super) struct Arrival {
    ledger: Arc<Ledger>,
    request: Option<String>,
    is_answered: bool,
}

impl Arrival {
    /// The call went wrong on purpose, before an answer.
    pub(super) fn fail(mut self) {
        self.is_answered = true;
        self.ledger.tally().failed += 1;
    }

    /// The request was refused or costs nothing.
    pub(super) fn waive(mut self) {
        self.is_answered = true;
    }

    /// A session begins, whose answers are billed one by one.
    pub(super) fn open_session(mut self) -> OpenSession {
        self.is_answered = true;
        let mut tally = self.ledger.tally();
        tally.calls += 1;
        tally.streamed += 1;
        drop(tally);
        OpenSession { ledger: Arc::clone(&self.ledger), request: self.request.take() }
    }

    /// The answer begins and goes out whole.
    pub(super) fn answer_whole(self, model: &str, usage: Usage) {
        self.begin(model, usage, 1, false).finish();
    }

    /// The answer begins and is broken off on the way; as it was made whole, it is billed whole.
    pub(super) fn break_whole(self, model: &str, usage: Usage) {
        let mut charge = self.begin(model, usage, 1, false);
        charge.sent_one();
        charge.break_off();
    }

    /// The answer begins, to come in so many parts.
    pub(super) fn answer_in_parts(self, model: &str, usage: Usage, parts: usize) -> Charge {
        self.begin(model, usage, parts, true)
    }

    fn begin(mut self, model: &str, usage: Usage, parts: usize, is_streamed: bool) -> Charge {
        self.is_answered = true;
        let mut tally = self.ledger.tally();
        tally.calls += 1;
        tally.streamed += u64::from(is_streamed);
        drop(tally);
        Charge {
            ledger: Arc::clone(&self.ledger),
            request: self.request.take(),
            model: model.to_owned(),
            usage,
            parts,
            sent: 0,
            ending: Ending::Cancelled,
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if !self.is_answered {
            self.ledger.tally().cancelled += 1;
        }
    }
}

/// A session under way.
#[derive(Debug)]
pub(super) struct OpenSession {
    ledger: Arc<Ledger>,
    request: Option<String>,
}

impl OpenSession {
    /// What the caller has sent last.
    pub(super) fn note(&self, event: &str) {
        self.ledger.tally().last_body = Bytes::copy_from_slice(event.as_bytes());
    }

    /// An answer, or what a model beside has done, is billed.
    pub(super) fn bill(&self, model: &str, usage: Usage, sound: Sound) {
        self.ledger.charge(model, self.request.as_deref(), usage, sound, Ending::Whole);
    }

    /// The same for one whose client has left.
    pub(super) fn bill_left(&self, model: &str, usage: Usage, sound: Sound) {
        self.ledger.charge(model, self.request.as_deref(), usage, sound, Ending::Cancelled);
    }

    /// It goes wrong on purpose.
    pub(super) fn fail(&self) {
        self.ledger.tally().failed += 1;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Whole,
    Broken,
    Cancelled,
}

/// What an answer under way will cost; billed when it is dropped, whatever made it end.
#[derive(Debug)]
pub(super) struct Charge {
    ledger: Arc<Ledger>,
    request: Option<String>,
    model: String,
    usage: Usage,
    parts: usize,
    sent: usize,
    ending: Ending,
}

impl Charge {
    /// One more part has gone out.
    pub(super) fn sent_one(&mut self) {
        self.sent += 1;
    }

    /// Everything has gone out.
    pub(super) fn finish(mut self) {
        self.ending = Ending::Whole;
    }

    /// From here on the end is this provider's doing, not the client's.
    pub(super) fn break_off(&mut self) {
        self.ending = Ending::Broken;
        self.ledger.tally().failed += 1;
    }

    fn share(&self, tokens: u64) -> u64 {
        let sent = u64::try_from(self.sent).unwrap_or(u64::MAX);
        let parts = u64::try_from(self.parts.max(1)).unwrap_or(u64::MAX);
        tokens.saturating_mul(sent.min(parts)) / parts
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let usage = if self.ending == Ending::Whole {
            self.usage
        } else {
            Usage {
                output: self.share(self.usage.output),
                reasoning: self.share(self.usage.reasoning),
                ..self.usage
            }
        };
        let (model, request) = (&self.model, self.request.as_deref());
        self.ledger.charge(model, request, usage, Sound::default(), self.ending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: Usage = Usage {
        input: 100,
        cached: 10,
        cache_write: 5,
        output: 50,
        reasoning: 4,
        units: Units { images: 1, seconds: 0, characters: 0, searches: 2 },
    };

    fn arrival(ledger: &Arc<Ledger>) -> Arrival {
        ledger.arrive(HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn a_whole_answer_is_billed_whole() {
        let ledger = Arc::new(Ledger::default());
        arrival(&ledger).answer_whole("fake", USAGE);
        arrival(&ledger).answer_whole("fake", USAGE);
        let calls = ledger.snapshot();
        assert_eq!((calls.arrived, calls.calls, calls.cancelled, calls.streamed), (2, 2, 0, 0));
        assert_eq!(
            calls.bill,
            [BillLine {
                model: "fake".to_owned(),
                count: 2,
                input: 200,
                cached: 20,
                cache_write: 10,
                output: 100,
                reasoning: 8,
                images: 2,
                searches: 4,
                ..BillLine::default()
            }]
        );
        let line = serde_json::to_string(&calls.bill[0]).unwrap();
        assert!(line.contains("\"images\":2") && !line.contains("seconds"), "{line}");
    }

    #[test]
    fn a_cut_stream_is_billed_its_input_and_the_share_that_was_sent() {
        let ledger = Arc::new(Ledger::default());
        let mut charge = arrival(&ledger).answer_in_parts("fake", USAGE, 10);
        charge.sent_one();
        charge.sent_one();
        drop(charge);
        let calls = ledger.snapshot();
        assert_eq!((calls.calls, calls.streamed, calls.cancelled, calls.failed), (1, 1, 1, 0));
        assert_eq!((calls.bill[0].input, calls.bill[0].output), (100, 10));
        assert_eq!((calls.bill[0].images, calls.bill[0].searches), (1, 2));
    }

    #[test]
    fn a_stream_that_the_provider_breaks_off_is_not_called_cancelled() {
        let ledger = Arc::new(Ledger::default());
        let mut charge = arrival(&ledger).answer_in_parts("fake", USAGE, 10);
        charge.break_off();
        drop(charge);
        let calls = ledger.snapshot();
        assert_eq!((calls.calls, calls.cancelled, calls.failed), (1, 0, 1));
    }

    #[test]
    fn who_leaves_before_an_answer_is_cancelled_and_not_billed() {
        let ledger = Arc::new(Ledger::default());
        drop(arrival(&ledger));
        let calls = ledger.snapshot();
        assert_eq!((calls.arrived, calls.calls, calls.cancelled), (1, 0, 1));
        assert!(calls.bill.is_empty());
    }

    #[test]
    fn each_call_is_kept_under_its_callers_id_where_that_is_wanted() {
        let ledger = Arc::new(Ledger::new(true));
        let arrive = |id: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-client-request-id", http::HeaderValue::from_static(id));
            ledger.arrive(headers, Bytes::new())
        };
        arrive("whole").answer_whole("fake", USAGE);
        let mut cut = arrive("cut").answer_in_parts("fake", USAGE, 10);
        cut.sent_one();
        drop(cut);
        drop(arrive("unanswered"));
        let items = ledger.items();
        let seen: Vec<_> = items
            .iter()
            .map(|item| (&*item.request, item.arrived, item.billed, item.is_whole, item.output))
            .collect();
        assert_eq!(
            seen,
            [("cut", 1, 1, false, 5), ("unanswered", 1, 0, false, 0), ("whole", 1, 1, true, 50)]
        );
        let plain = Arc::new(Ledger::default());
        let mut headers = HeaderMap::new();
        headers.insert("x-client-request-id", http::HeaderValue::from_static("whole"));
        plain.arrive(headers, Bytes::new()).answer_whole("fake", USAGE);
        assert!(plain.items().is_empty(), "a bench of millions of calls keeps none of them");
    }

    #[test]
    fn only_the_first_calls_of_a_tag_are_to_fail() {
        let ledger = Ledger::default();
        let failures: Vec<_> = (0..4).map(|_| ledger.is_among_first("abc", 2)).collect();
        assert_eq!(failures, [true, true, false, false]);
        assert!(ledger.is_among_first("other", 1));
    }

    #[test]
    fn lines_of_models_named_alike_are_added_up() {
        let ledger = Arc::new(Ledger::default());
        for model in ["fake@tag=gateway", "fake@chunks=2,tag=gateway", "fake"] {
            arrival(&ledger).answer_whole(model, USAGE);
        }
        let sum = ledger.snapshot().billed_to("tag=gateway");
        assert_eq!((sum.count, sum.input, sum.output), (2, 200, 100));
    }
}
