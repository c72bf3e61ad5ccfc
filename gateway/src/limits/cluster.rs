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

mod place;
mod worker;

use std::{
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
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(super) use self::place::Place;
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
        let keys: Vec<_> =
            bound.iter().map(|it| self.key(&subjects[it.subject], it.measure)).collect();
        let bound = bound.to_vec();
        let cluster = Arc::clone(self);
        // Whoever goes away meanwhile does not take the answer along: what was counted is undone by
        // the place, which comes back with it.
        let counting = tokio::spawn(async move {
            let mut counting = cluster.count.prepare_invoke();
            counting.arg(&*place.call).arg(micros(LEASE)).arg(SLICES);
            for (it, key) in bound.iter().zip(keys) {
                let slice = period_of(it.measure).map_or(0, slice_micros);
                counting.key(key).arg(slice).arg(it.whole).arg(it.need);
            }
            let reply: Vec<i64> = counting.invoke_async(&mut connection).await?;
            let answer = Answer::read(&reply, bound.len()).ok_or(ClusterError::Nonsense)?;
            place.at = answer.is_counted.then_some(answer.now);
            Ok((answer, place))
        });
        match self.patiently(counting).await {
            Ok(counted) => Some(counted),
            // Whether it is there at all is found out behind the call.
            Err(ClusterError::Late(_)) => None,
            Err(error) => {
                self.lose(&error);
                None
            }
        }
    }

    /// Waits for an answer while Redis is there.
    async fn patiently<T>(
        &self,
        asking: JoinHandle<Result<T, ClusterError>>,
    ) -> Result<T, ClusterError> {
        let (mut asking, mut lost) = (pin!(asking), pin!(self.lost.notified()));
        lost.as_mut().enable();
        if let Ok(answer) = timeout(self.patience, &mut asking).await {
            return answer.unwrap_or(Err(ClusterError::Late(self.patience)));
        }
        self.doubt.notify_one();
        tokio::select! {
            biased;
            answer = asking => answer.unwrap_or(Err(ClusterError::Late(self.patience))),
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

    /// The place of a call that is not counted yet. One that this node has counted alone, because
    /// Redis did not answer, still is one of those under way when Redis is there again.
    pub(super) fn place(self: &Arc<Self>, subjects: &[Arc<Subject>], bound: &[Bound]) -> Place {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let call = format!("{}:{number}", self.node.uuid().simple());
        let mut place = Place::new(self.work.clone(), call);
        for it in bound {
            let key = || self.key(&subjects[it.subject], it.measure).into();
            match period_of(it.measure) {
                Some(period) if is_of_tokens(it.measure) && it.need > 0 => {
                    place.set_aside = it.need;
                    place.tokens.push((key(), slice_micros(period)));
                }
                Some(_) => {}
                None => place.at_once.push(key()),
            }
        }
        place
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
    fn read(reply: &[i64], limits: usize) -> Option<Self> {
        let [is_counted, now, gauges @ ..] = reply else { return None };
        let gauge = |it: &[i64]| match *it {
            [used, fits_at, whole_at] => Some(Gauge { used, fits_at, whole_at }),
            _ => None,
        };
        let gauges = gauges.chunks(3).map(gauge).collect::<Option<Vec<_>>>()?;
        (gauges.len() == limits).then_some(Self { is_counted: *is_counted == 1, now: *now, gauges })
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
