//! Tells Redis behind the calls what has become of them, and keeps the connection.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use redis::{AsyncConnectionConfig, Client, Script, aio::MultiplexedConnection};
use tokio::{
    sync::mpsc,
    time::{Instant, interval, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Cluster, ClusterError, LEASE, SLICES, micros};

/// How often it is said which calls are under way.
const KEEP: Duration = Duration::from_secs(10);
/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(1);
/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(250);
/// How long an answer to what is told may take; no call waits for it.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much is told at once: Redis does nothing else meanwhile.
const AT_ONCE: usize = 256;
/// How many words wait for a Redis that does not answer; what is older is of little use by then.
const MOST_WAITING: usize = 100_000;

/// What is to be told.
#[derive(Debug)]
pub(super) enum Work {
    Begun { call: Arc<str>, keys: Vec<Arc<str>> },
    Correct { key: Arc<str>, slice_micros: i64, slice: i64, by: i64 },
    Ended { call: Arc<str>, keys: Vec<Arc<str>> },
}

/// One line of the script.
enum Line {
    Correct { key: Arc<str>, slice_micros: i64, slice: i64, by: i64 },
    Keep { key: Arc<str>, call: Arc<str> },
    Leave { key: Arc<str>, call: Arc<str> },
}

pub(super) struct Worker {
    cluster: Arc<Cluster>,
    client: Client,
    settle: Script,
    /// The calls of this node that are under way, with their places.
    under_way: HashMap<Arc<str>, Vec<Arc<str>>>,
    lines: VecDeque<Line>,
}

impl Worker {
    pub(super) fn new(cluster: Arc<Cluster>, client: Client) -> Self {
        Self {
            cluster,
            client,
            settle: Script::new(include_str!("settle.lua")),
            under_way: HashMap::new(),
            lines: VecDeque::new(),
        }
    }

    /// Goes on until the gateway stops; then what is left is told.
    pub(super) async fn run(
        mut self,
        mut waiting: mpsc::UnboundedReceiver<Work>,
        stop: CancellationToken,
    ) {
        let cluster = Arc::clone(&self.cluster);
        let mut keep = interval(KEEP);
        let mut connect_at = Instant::now();
        let mut some = Vec::with_capacity(AT_ONCE);
        loop {
            let is_lost = cluster.connection.load().is_none();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = sleep_until(connect_at), if is_lost => {
                    self.connect().await;
                    connect_at = Instant::now() + PAUSE;
                }
                () = cluster.reconnect.notified() => {}
                _ = keep.tick() => {
                    self.keep();
                    self.tell().await;
                }
                count = waiting.recv_many(&mut some, AT_ONCE) => {
                    if count == 0 {
                        break;
                    }
                    some.drain(..).for_each(|work| self.take(work));
                    self.tell().await;
                }
            }
        }
        while let Ok(work) = waiting.try_recv() {
            self.take(work);
        }
        self.tell().await;
    }

    /// Connects, says which calls are under way, and only then lets calls be counted there.
    pub(super) async fn connect(&mut self) {
        self.cluster.health.trying();
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(PATIENCE));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&settings);
        let connected = match timeout(CONNECTING, connecting).await {
            Ok(connected) => connected.map_err(ClusterError::from),
            Err(_) => Err(ClusterError::Late(CONNECTING)),
        };
        let told = match connected {
            Ok(mut connection) => {
                self.keep();
                self.tell_over(&mut connection).await.map(|()| connection)
            }
            Err(error) => Err(error),
        };
        match told {
            Ok(connection) => {
                let was_lost = self.cluster.health.trouble().is_some();
                self.cluster.health.succeeded();
                self.cluster.connection.store(Some(Arc::new(connection)));
                if was_lost {
                    tracing::info!("Redis answers again: limits are counted there for all nodes");
                }
            }
            Err(error) => {
                if self.cluster.health.trouble().is_none() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "Redis does not answer: until it does, each node keeps to its part of \
                         every limit"
                    );
                }
                self.cluster.health.failed(&error);
            }
        }
    }

    fn take(&mut self, work: Work) {
        match work {
            Work::Begun { call, keys } => {
                self.under_way.insert(call, keys);
            }
            Work::Correct { key, slice_micros, slice, by } => {
                self.lines.push_back(Line::Correct { key, slice_micros, slice, by });
            }
            Work::Ended { call, keys } => {
                self.under_way.remove(&call);
                let leaving = keys.into_iter().map(|key| Line::Leave { key, call: call.clone() });
                self.lines.extend(leaving);
            }
        }
    }

    /// All calls that are under way are to be kept; and that this node is there, so that a Redis
    /// that takes nothing in is never thought to count.
    fn keep(&mut self) {
        let (key, call) = (format!("{}:nodes", self.cluster.prefix).into(), self.cluster.node);
        self.lines.push_back(Line::Keep { key, call: call.to_string().into() });
        for (call, keys) in &self.under_way {
            let keeping = keys.iter().cloned().map(|key| Line::Keep { key, call: call.clone() });
            self.lines.extend(keeping);
        }
    }

    /// Tells what waits, where Redis answers.
    async fn tell(&mut self) {
        let Some(connection) = self.cluster.connection.load_full() else {
            let beyond = self.lines.len().saturating_sub(MOST_WAITING);
            self.lines.drain(..beyond);
            return;
        };
        let mut connection = MultiplexedConnection::clone(&connection);
        if let Err(error) = self.tell_over(&mut connection).await {
            self.cluster.lose(&error);
        }
    }

    async fn tell_over(
        &mut self,
        connection: &mut MultiplexedConnection,
    ) -> Result<(), ClusterError> {
        while !self.lines.is_empty() {
            let some = self.lines.drain(..self.lines.len().min(AT_ONCE));
            let mut settling = self.settle.prepare_invoke();
            settling.arg(SLICES);
            for line in some {
                match line {
                    Line::Correct { key, slice_micros, slice, by } => {
                        settling.key(&*key).arg("correct").arg(slice_micros).arg(slice).arg(by);
                    }
                    Line::Keep { key, call } => {
                        settling.key(&*key).arg("keep").arg(&*call).arg(micros(LEASE)).arg("");
                    }
                    Line::Leave { key, call } => {
                        settling.key(&*key).arg("leave").arg(&*call).arg("").arg("");
                    }
                }
            }
            let told: Result<i64, _> = settling.invoke_async(connection).await;
            told?;
        }
        Ok(())
    }
}
