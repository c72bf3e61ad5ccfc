//! The gateway as a whole: every service, opened in the one order that loses nothing.

mod node;
mod parts;

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use shared::{Money, id::NodeId};
use tokio::{runtime::Handle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::node::node_id;
use self::parts::{catalog_of, open_limits, recorder_of};
use crate::{
    access::{Access, Files},
    admin::{Keys, ManagedProviders, Users},
    audit::Audit,
    batches::Batches,
    budgets::Budgets,
    call::EventSender,
    catalog::LiveCatalog,
    configuration::{Configuration, ConfigurationError},
    conversations::Conversations,
    discovery::Discovery,
    events::EventBook,
    finance::{Corrections, Finance},
    identity::{Identity, SignIn},
    journal::{Journal, JournalError, JournalOptions},
    kernel::{
        Clock, Health, Ids,
        config::{Config, JournalPlace},
    },
    limits::{ClusterError, Divided},
    policy::Policy,
    providers::{ProviderError, Providers},
    proxy::{
        Estimates, Proxy, Sessions,
        ledger::{self, Adoption, ApplyError, LedgerWriter, OpenCalls},
    },
    responses::Responses,
    routing::Routing,
    storage::{Database, StorageError},
};

/// How often other processes' changes are looked for; a revoked key works no longer than this.
const CHANGE_POLL: Duration = Duration::from_millis(400);

/// How long an answer to that may take. After that it is asked on another connection, so that a
/// database that has moved elsewhere is found again.
const CHANGE_PATIENCE: Duration = Duration::from_secs(10);
/// How often records that the disk did not take are tried again while no call comes.
const OWED_POLL: Duration = Duration::from_millis(400);

/// Every service of the engine.
pub struct Gateway {
    /// The pipeline.
    pub proxy: Arc<Proxy>,
    /// Signing in and out.
    pub sign_in: SignIn,
    /// API keys.
    pub keys: Keys,
    /// Users and teams.
    pub users: Users,
    /// The chat.
    pub conversations: Conversations,
    /// Answers of the Responses API that are kept.
    pub responses: Responses,
    /// Files and batches that callers keep at providers.
    pub batches: Batches,
    /// Spend.
    pub finance: Finance,
    /// What is known of models beside the configuration.
    pub discovery: Discovery,
    /// Who may use which model.
    pub models: Arc<Access>,
    /// The configuration in force, and what administrators change of it.
    pub configuration: Arc<Configuration>,
    /// Providers, for those who manage them.
    pub providers: ManagedProviders,
    /// The models, which may be replaced by others while calls go on.
    pub catalog: Arc<LiveCatalog>,
    /// Time.
    pub clock: Clock,
    /// The database, for readiness and the command line.
    pub database: Database,
    /// Whether the database answers.
    pub database_health: Arc<Health>,
    /// The record log, for readiness.
    pub journal: Arc<Journal>,
    /// Whether the database takes the records.
    pub ledger_health: Arc<Health>,
    /// Background work.
    pub tasks: TaskTracker,
    /// Cancelled when another node has taken this one over; then it has to be started anew.
    pub is_adopted: CancellationToken,
    adoption: Option<Adoption>,
    /// Which edition of what is known of models the catalogue is made of.
    edition: AtomicU64,
    stop: CancellationToken,
}

/// Why the gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory.
    #[error("the data directory {0} cannot be used: {1}")]
    Data(String, #[source] io::Error),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Bringing the journal into the database.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// What the database has of the configuration.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The Redis.
    #[error(transparent)]
    Redis(#[from] ClusterError),
}

/// A gateway that has started.
pub struct Opened {
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// How many calls a crash had cut off; they are recorded now.
    pub recovered_calls: usize,
}

impl Gateway {
    /// Opens everything: first the database, then the journal with what it has that the database
    /// has not, then the counters, which are read from the database. Only then are calls let in.
    ///
    /// # Errors
    /// [`OpenError`], saying what is in the way.
    pub async fn open(config: &Config, clock: Clock, ids: Ids) -> Result<Opened, OpenError> {
        let directory = &config.data.directory;
        let data_error = |error| OpenError::Data(directory.display().to_string(), error);
        fs::create_dir_all(directory).map_err(data_error)?;
        let database = open_database(config).await?;
        let place = config.records.journal;
        let node = match place {
            JournalPlace::Files => node_id(directory, &clock, &ids).map_err(data_error)?,
            JournalPlace::Database => node::own_node_id(directory, &database, &clock, &ids).await?,
        };
        let options = JournalOptions::for_backlog(config.records.backlog_limit_bytes);
        let (journal, recovery) = Journal::open(&directory.join("journal"), options)?;
        for damage in &recovery.damaged {
            tracing::warn!(%damage, "a part of the journal cannot be read");
        }
        let (writer, recovered_calls) =
            ledger::recover(database.clone(), Arc::clone(&journal), node, place).await?;
        let audit = Audit::open(&database, node, clock.clone(), ids.clone()).await?;
        let file = config.clone();
        let configuration = Arc::new(Configuration::new(
            file,
            database.clone(),
            audit.clone(),
            clock.clone(),
            ids.clone(),
        ));
        let parts = Parts { database, journal, audit, configuration, node, clock, ids };
        let gateway = assemble(parts).await?;
        let cut_off_answers = gateway.conversations.recover().await?;
        if cut_off_answers > 0 {
            tracing::warn!(
                answers = cut_off_answers,
                "chat answers that a crash had cut off keep what had come of them"
            );
        }
        let cut_off_responses = gateway.responses.recover().await?;
        if cut_off_responses > 0 {
            tracing::warn!(
                responses = cut_off_responses,
                "responses in the background that a crash had cut off have failed"
            );
        }
        gateway.discovery.log_prices();
        gateway.start(writer).map_err(data_error)?;
        Ok(Opened { gateway, recovered_calls })
    }

    fn start(self: &Arc<Self>, writer: LedgerWriter) -> io::Result<()> {
        let (running, runtime) = (self.tasks.token(), Handle::current());
        let (ended, stop) = (self.proxy.recorder.ended(), self.stop.clone());
        let health = Arc::clone(&self.ledger_health);
        // What waits for the database shares no thread with what waits for an answer.
        thread::Builder::new().name("ledger-writer".to_owned()).spawn(move || {
            runtime.block_on(writer.run(ended, health, stop));
            drop(running);
        })?;
        let gateway = Arc::clone(self);
        self.tasks.spawn(async move {
            while gateway.stop.run_until_cancelled(tokio::time::sleep(CHANGE_POLL)).await.is_some()
            {
                // A stop does not wait for a database that does not answer.
                gateway.stop.run_until_cancelled(gateway.follow_changes()).await;
            }
        });
        let gateway = Arc::clone(self);
        self.tasks.spawn(async move {
            while gateway.stop.run_until_cancelled(tokio::time::sleep(OWED_POLL)).await.is_some() {
                // What is still owed then is tried again, and /readyz says why it is.
                drop(gateway.proxy.recorder.pay_what_is_owed());
            }
        });
        let gateway = Arc::clone(self);
        self.tasks.spawn(async move { gateway.watch_over_nodes().await });
        self.tasks.spawn(self.responses.clone().sweep(self.stop.clone()));
        self.tasks.spawn(self.batches.clone().watch(self.stop.clone()));
        self.tasks.spawn(self.discovery.clone().watch(self.stop.clone()));
        Ok(())
    }

    /// Says that this node is alive and takes over those that are not, where nodes keep their open
    /// calls in the database.
    async fn watch_over_nodes(&self) {
        let Some(adoption) = &self.adoption else { return };
        while self.stop.run_until_cancelled(tokio::time::sleep(adoption.pause())).await.is_some() {
            match adoption.turn().await {
                Ok(_) => {}
                Err(ApplyError::Adopted) => return self.is_adopted.cancel(),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "this node cannot say that it is alive; it is tried again"
                ),
            }
        }
    }

    /// Reads what other processes have changed and spent.
    async fn follow_changes(&self) {
        self.database_health.trying();
        let identity = timeout(CHANGE_PATIENCE, self.proxy.identity.refresh_if_changed()).await;
        let budgets = timeout(CHANGE_PATIENCE, self.proxy.budgets.refresh()).await;
        let configuration = timeout(CHANGE_PATIENCE, self.follow_configuration()).await;
        let limits = timeout(CHANGE_PATIENCE, self.proxy.limits.refresh()).await;
        let late = || Err(StorageError::Late(CHANGE_PATIENCE));
        let outcomes = [
            ("changes of keys and users", identity.unwrap_or_else(|_| late())),
            ("what other nodes have spent", budgets.unwrap_or_else(|_| late())),
            ("changes of the configuration", configuration.unwrap_or_else(|_| late())),
            ("which nodes divide the rate limits", limits.unwrap_or_else(|_| late())),
        ];
        let mut is_good = true;
        for (what, outcome) in outcomes {
            if let Err(error) = outcome {
                is_good = false;
                self.database_health.failed(&error);
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    what,
                    "the database cannot be read at the moment"
                );
            }
        }
        if is_good {
            self.database_health.succeeded();
        }
    }

    /// Takes on what administrators have changed of the configuration, and what was synced about
    /// models. What cannot be taken on is told in the log, and what was in force before stays.
    async fn follow_configuration(&self) -> Result<(), StorageError> {
        match self.configuration.read_if_changed().await {
            Ok(None) => {}
            Ok(Some(changed)) => self.discovery.reconfigure(changed),
            Err(ConfigurationError::Storage(error)) => return Err(error),
            Err(error) => tracing::error!(%error, "the changed configuration cannot be read"),
        }
        self.discovery.refresh_if_changed().await?;
        let edition = self.discovery.edition();
        if self.edition.swap(edition, Ordering::AcqRel) != edition {
            let config = self.discovery.completed();
            match self.proxy.providers.replace(&config, &self.clock) {
                Ok(()) => self.catalog.replace(catalog_of(&config, &self.discovery)),
                Err(error) => tracing::error!(%error, "the changed providers cannot be taken on"),
            }
        }
        Ok(())
    }

    /// Whether no call can be made without the database, because it keeps those under way.
    #[must_use]
    pub const fn keeps_calls_in_database(&self) -> bool {
        self.adoption.is_some()
    }

    /// What is set aside for calls under way on this node, over all budgets.
    #[must_use]
    pub fn reserved(&self) -> Money {
        self.proxy.budgets.reserved_here()
    }

    /// Why nodes divide the rate limits although a Redis is configured; none while it answers.
    #[must_use]
    pub fn divided_limits(&self) -> Option<Divided> {
        self.proxy.limits.divided()
    }

    /// How many teams, users, keys, models and providers are counted for rate limits on this node.
    #[must_use]
    pub fn limited_subjects(&self) -> usize {
        self.proxy.limits.subjects()
    }

    /// How many records of ended calls wait in memory for the journal.
    #[must_use]
    pub fn owed_records(&self) -> usize {
        self.proxy.recorder.owed_records()
    }

    /// From now on a dropped call counts as interrupted by the gateway.
    pub fn begin_stop(&self) {
        self.proxy.recorder.stop();
    }

    /// Ends the chat's answers and those in the background, brings the rest of the journal into the database and closes
    /// everything.
    pub async fn close(&self) {
        self.conversations.interrupt().await;
        self.responses.interrupt().await;
        self.proxy.estimates.end().await;
        if let Err(error) = self.proxy.recorder.pay_what_is_owed() {
            tracing::error!(%error, "calls that have ended are recorded as cut off at the next start");
        }
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if let Err(error) = self.proxy.budgets.release().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what was leased of the budgets is given back at the next start"
            );
        }
        self.database.close().await;
    }
}

/// What is open before the services are.
struct Parts {
    database: Database,
    journal: Arc<Journal>,
    audit: Audit,
    configuration: Arc<Configuration>,
    node: NodeId,
    clock: Clock,
    ids: Ids,
}

async fn assemble(parts: Parts) -> Result<Arc<Gateway>, OpenError> {
    let Parts { database, journal, audit, configuration, node, clock, ids } = parts;
    let config = &configuration.read().await?;
    let identity = Identity::open(database.clone(), clock.clone()).await?;
    let (changes, time, names) = (audit.clone(), clock.clone(), ids.clone());
    let discovery = Discovery::open(config, database.clone(), changes, time, names).await?;
    let config = &discovery.completed();
    let catalog = Arc::new(LiveCatalog::new(catalog_of(config, &discovery)));
    let access = Arc::new(Access::from_config(config, Arc::clone(&catalog)));
    let (sender, events) = EventSender::channel();
    let budgets = Budgets::open(config, &database, node, clock.clone(), sender.clone()).await?;
    let budgets = Arc::new(budgets);
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let is_elsewhere = config.records.journal == JournalPlace::Database;
    let open_calls =
        is_elsewhere.then(|| OpenCalls::start(database.clone(), node, &tasks, stop.clone()));
    let recorder = recorder_of(config, &journal, sender, open_calls);
    let adoption = is_elsewhere.then(|| {
        let after = Duration::from_secs(u64::from(config.records.adopt_after_seconds));
        let (recorder, budgets) = (Arc::clone(&recorder), Arc::clone(&budgets));
        Adoption::new(database.clone(), node, recorder, budgets, clock.clone(), after)
    });
    let limits = open_limits(config, &database, node, &clock, &tasks, &stop).await?;
    let proxy = Arc::new(Proxy {
        identity: Arc::clone(&identity),
        access: Arc::clone(&access),
        files: Files::new(database.clone(), config),
        policy: Policy,
        limits: Arc::clone(&limits),
        budgets: Arc::clone(&budgets),
        routing: Routing::from_config(config, clock.clone(), &ids),
        providers: Providers::from_config(config, limits, &clock)?,
        recorder,
        estimates: Arc::new(Estimates::new()),
        settings: config.proxy.clone(),
        sessions: Sessions::new(config.realtime.clone()),
        clock: clock.clone(),
        ids: ids.clone(),
    });
    let book = EventBook::new(database.clone(), clock.clone(), ids.clone());
    tasks.spawn(book.run(events, stop.clone()));
    let conversations = Conversations::new(
        database.clone(),
        Arc::clone(&proxy),
        clock.clone(),
        ids.clone(),
        tasks.clone(),
    );
    let responses =
        Responses::new(database.clone(), Arc::clone(&proxy), clock.clone(), tasks.clone(), config);
    let corrections = Corrections::new(
        config,
        Arc::clone(&catalog),
        database.clone(),
        audit.clone(),
        clock.clone(),
        ids.clone(),
    );
    let batches =
        Batches::new(database.clone(), Arc::clone(&proxy), corrections, tasks.clone(), config);
    Ok(Arc::new(Gateway {
        proxy,
        sign_in: SignIn::new(
            database.clone(),
            Arc::clone(&identity),
            audit.clone(),
            clock.clone(),
            ids.clone(),
            config.server.session_hours.saturating_mul(3_600),
        ),
        keys: Keys::new(
            database.clone(),
            Arc::clone(&identity),
            audit.clone(),
            clock.clone(),
            ids.clone(),
        ),
        users: Users::new(database.clone(), Arc::clone(&identity), audit, clock.clone(), ids),
        finance: Finance::new(database.clone(), identity, budgets, clock.clone()),
        edition: AtomicU64::new(discovery.edition()),
        discovery,
        models: access,
        providers: ManagedProviders::new(Arc::clone(&configuration), clock.clone()),
        configuration,
        catalog,
        conversations,
        responses,
        batches,
        database_health: Arc::new(Health::new(clock.clone())),
        ledger_health: Arc::new(Health::new(clock.clone())),
        clock,
        database,
        journal,
        tasks,
        is_adopted: CancellationToken::new(),
        adoption,
        stop,
    }))
}

/// Opens the configured database: SQLite in the data directory unless another is named.
///
/// # Errors
/// [`StorageError`] as [`Database::open`].
pub(crate) async fn open_database(config: &Config) -> Result<Database, StorageError> {
    Database::open(&database_url(config)).await
}

/// Where the configured database is.
pub(crate) fn database_url(config: &Config) -> String {
    let file = || format!("sqlite:{}", config.data.directory.join("helix.db").display());
    config.database.url.as_ref().map_or_else(file, |url| url.expose().to_owned())
}
