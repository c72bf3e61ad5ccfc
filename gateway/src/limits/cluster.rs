//! Limits that several nodes count together, in a Redis.
//!
//! One script counts a call at every limit that binds it, or at none: one round trip, and nothing in
//! between. Redis' clock is that of all nodes. What a call has used in the end, and that it has
//! ended, is told behind it by a task of its own. A call's place among those under way is kept for
//! half a minute at a time, so that those of a node that is gone come free by themselves.
//!
//! Where an answer does not come within some milliseconds, Redis is asked whether it is there at all;
//! a machine that is busy is no reason to count apart. If it is not, nobody waits for it any more, and
//! nodes divide the limits until it is.

mod worker;

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use redis::{RedisError, Script, aio::MultiplexedConnection};
use shared::id::NodeId;
use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::worker::{Work, Worker};
use super::{
    count::{Bound, Gauge},
    rules::{is_of_tokens, period_of},
    subject::Subject,
    window::{SLICES, slice_micros},
};
use crate::{
    call::LimitMeasure,
    kernel::{Clock, Health, config},
};

/// How long a call's place is kept without a sign of its node.
const LEASE: Duration = Duration::from_secs(30);
/// How long a call waits for a Redis that is there and does not come to it.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The way to the Redis.
pub(super) struct Cluster {
    prefix: String,
    patience: Duration,
    count: Script,
    /// None while Redis does not answer.
    connection: ArcSwapOption<MultiplexedConnection>,
    /// Rung when an answer is late.
    doubt: Notify,
    /// Rung for everyone who waits, when the connection is of no use any more.
    lost: Notify,
    /// Rung for the worker then.
    reconnect: Notify,
    work: mpsc::UnboundedSender<Work>,
    node: NodeId,
    calls: AtomicU64,
    health: Arc<Health>,
}

/// Why Redis does not count.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// It cannot even be asked.
    #[error("redis.url: {0}")]
    Address(#[source] RedisError),
    /// It refuses, or cannot be reached.
    #[error("{0}")]
    Redis(#[from] RedisError),
    /// It takes too long.
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    /// It answers with something else.
    #[error("an answer that is none of the script's")]
    Nonsense,
}

/// What Redis says of a call.
pub(super) struct Answer {
    pub(super) is_counted: bool,
    /// By its clock, in microseconds.
    pub(super) now: i64,
    /// In the order of the limits.
    pub(super) gauges: Vec<Gauge>,
}

/// A call in the Redis; it is told there what becomes of it.
pub(super) struct Place {
    cluster: Arc<Cluster>,
    call: String,
    /// When it was counted, by Redis' clock; none where this node has counted it alone.
    at: Option<i64>,
    tokens: Vec<(Arc<str>, i64)>,
    at_once: Vec<Arc<str>>,
}

impl Cluster {
    /// Connects, and goes on trying where that fails. None where no Redis is configured.
    ///
    /// # Errors
    /// [`ClusterError::Address`].
    pub(super) async fn start(
        settings: &config::Redis,
        node: NodeId,
        clock: Clock,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Option<Arc<Self>>, ClusterError> {
        let Some(url) = &settings.url else { return Ok(None) };
        let client = redis::Client::open(url.expose()).map_err(ClusterError::Address)?;
        let (work, waiting) = mpsc::unbounded_channel();
        let cluster = Arc::new(Self {
            // The braces keep all keys on one server where several divide them.
            prefix: format!("{{{}:limits}}", settings.prefix),
            patience: Duration::from_millis(settings.timeout_ms),
            count: Script::new(include_str!("cluster/count.lua")),
            connection: ArcSwapOption::empty(),
            doubt: Notify::new(),
            lost: Notify::new(),
            reconnect: Notify::new(),
            work,
            node,
            calls: AtomicU64::new(0),
            health: Arc::new(Health::new(clock)),
        });
        let mut worker = Worker::new(Arc::clone(&cluster), client);
        worker.connect().await;
        tasks.spawn(worker.run(waiting, stop.clone()));
        tasks.spawn(Arc::clone(&cluster).watch(stop));
        Ok(Some(cluster))
    }

    /// Whether Redis answers.
    pub(super) fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Counts a call at all of these limits, or at none. None where Redis does not answer.
    pub(super) async fn count(
        self: &Arc<Self>,
        subjects: &[Arc<Subject>],
        bound: &[Bound],
    ) -> Option<(Answer, Place)> {
        let mut connection = MultiplexedConnection::clone(&*self.connection.load_full()?);
        let mut place = self.place(subjects, bound);
        let mut counting = self.count.prepare_invoke();
        counting.arg(&place.call).arg(micros(LEASE)).arg(SLICES);
        for it in bound {
            counting.key(self.key(&subjects[it.subject], it.measure));
            let slice = period_of(it.measure).map_or(0, slice_micros);
            counting.arg(slice).arg(it.whole).arg(it.need);
        }
        let counted = self.patiently(counting.invoke_async(&mut connection)).await;
        let read = |reply| Answer::read(reply, bound.len()).ok_or(ClusterError::Nonsense);
        match counted.and_then(read) {
            Ok(answer) => {
                place.at = Some(answer.now);
                Some((answer, place))
            }
            // Whether it is there at all is found out behind the call.
            Err(ClusterError::Late(_)) => None,
            Err(error) => {
                self.lose(&error);
                None
            }
        }
    }

    /// Waits for an answer while Redis is there.
    async fn patiently(
        &self,
        asking: impl Future<Output = Result<Vec<i64>, RedisError>>,
    ) -> Result<Vec<i64>, ClusterError> {
        let (mut asking, mut lost) = (pin!(asking), pin!(self.lost.notified()));
        lost.as_mut().enable();
        if let Ok(answer) = timeout(self.patience, &mut asking).await {
            return Ok(answer?);
        }
        self.doubt.notify_one();
        tokio::select! {
            biased;
            answer = asking => Ok(answer?),
            () = lost => Err(ClusterError::Late(self.patience)),
            () = sleep(LONGEST_WAIT) => Err(ClusterError::Late(LONGEST_WAIT)),
        }
    }

    /// Asks Redis whether it is there, whenever an answer is late.
    async fn watch(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(self.doubt.notified()).await.is_some() {
            let Some(connection) = self.connection.load_full() else { continue };
            let mut connection = MultiplexedConnection::clone(&connection);
            let ping = redis::cmd("PING");
            match timeout(self.patience, ping.query_async::<()>(&mut connection)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.lose(&error.into()),
                Err(_) => self.lose(&ClusterError::Late(self.patience)),
            }
        }
    }

    /// A call that this node has counted alone, because Redis did not answer: it still is one of
    /// those under way when Redis is there again.
    pub(super) fn place(self: &Arc<Self>, subjects: &[Arc<Subject>], bound: &[Bound]) -> Place {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let key = |it: &Bound| self.key(&subjects[it.subject], it.measure).into();
        let of_tokens = bound.iter().filter(|it| is_of_tokens(it.measure) && it.need > 0);
        let tokens =
            of_tokens.filter_map(|it| Some((key(it), slice_micros(period_of(it.measure)?))));
        let at_once = bound.iter().filter(|it| it.measure == LimitMeasure::Concurrent);
        Place {
            cluster: Arc::clone(self),
            call: format!("{}:{number}", self.node.uuid().simple()),
            at: None,
            tokens: tokens.collect(),
            at_once: at_once.map(key).collect(),
        }
    }

    fn key(&self, subject: &Subject, measure: LimitMeasure) -> String {
        let span = period_of(measure).map_or("now", config::LimitPeriod::as_str);
        format!("{}:{}:{}:{span}", self.prefix, subject.key, measure.as_str())
    }

    /// Redis is of no use until the worker has connected anew. Told once.
    fn lose(&self, error: &ClusterError) {
        self.health.failed(error);
        if self.connection.swap(None).is_some() {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "Redis does not answer: until it does, each node keeps to its part of every limit"
            );
        }
        self.lost.notify_waiters();
        self.reconnect.notify_one();
    }
}

impl Answer {
    fn read(reply: Vec<i64>, limits: usize) -> Option<Self> {
        let [is_counted, now, gauges @ ..] = &reply[..] else { return None };
        let gauge = |it: &[i64]| match *it {
            [used, fits_at, whole_at] => Some(Gauge { used, fits_at, whole_at }),
            _ => None,
        };
        let gauges = gauges.chunks(3).map(gauge).collect::<Option<Vec<_>>>()?;
        (gauges.len() == limits).then_some(Self { is_counted: *is_counted == 1, now: *now, gauges })
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Place").field("call", &self.call).finish_non_exhaustive()
    }
}

impl Place {
    /// The call has begun.
    pub(super) fn begin(&self) {
        if !self.at_once.is_empty() {
            self.tell(Work::Begun { call: self.call.clone(), keys: self.at_once.clone() });
        }
    }

    /// The call has used that much more than is counted, or less.
    pub(super) fn correct(&self, by: i64) {
        let Some(at) = self.at.filter(|_| by != 0) else { return };
        for (key, slice_micros) in &self.tokens {
            self.tell(Work::Correct {
                key: Arc::clone(key),
                slice_micros: *slice_micros,
                slice: at.div_euclid(*slice_micros),
                by,
            });
        }
    }

    /// The call has ended.
    pub(super) fn leave(&self) {
        if !self.at_once.is_empty() {
            self.tell(Work::Ended { call: self.call.clone() });
        }
    }

    fn tell(&self, work: Work) {
        // The worker is there for as long as calls are; at the end of the process nobody needs it.
        let _ = self.cluster.work.send(work);
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
