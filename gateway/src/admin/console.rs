//! The command line's door: keys, users and records, also while a gateway is running.
//!
//! It opens the database but not the journal, which belongs to the running process. What it
//! changes reaches every gateway on this database through the change sequence.

use std::{fs, sync::Arc};

use shared::{Problem, id::RequestId, receipt::Receipt};

use super::{Auditing, BudgetOverview, Keys, Users};
use crate::{
    audit::{self, Audit},
    catalog::{Catalog, LiveCatalog},
    configuration::Configuration,
    discovery::Discovery,
    finance::Corrections,
    finance::{BillingPeriods, Exports},
    gateway::{OpenError, node_id, open_database},
    identity::Identity,
    kernel::{Clock, Ids, config::Config},
    proxy::ledger,
    storage::Database,
};

/// What an administrator on the server itself can do.
pub struct Console {
    /// API keys.
    pub keys: Keys,
    /// Users.
    pub users: Users,
    /// Budgets.
    pub budgets: BudgetOverview,
    /// Exports of the ledger.
    pub exports: Exports,
    /// Closed months.
    pub periods: BillingPeriods,
    /// What is booked about calls after their end.
    pub corrections: Corrections,
    /// The configuration in force, and what is changed of it while gateways run.
    pub configuration: Configuration,
    /// What is known of models beside the configuration.
    pub discovery: Discovery,
    /// The audit trail.
    pub audit: Auditing,
    database: Database,
}

impl Console {
    /// Opens the database of a configuration.
    ///
    /// # Errors
    /// [`OpenError`], saying what is in the way.
    pub async fn open(config: &Config, clock: Clock, ids: Ids) -> Result<Self, OpenError> {
        let directory = &config.data.directory;
        fs::create_dir_all(directory)
            .map_err(|error| OpenError::Data(directory.display().to_string(), error))?;
        let database = open_database(config).await?;
        let node = node_id(directory, &clock, &ids)
            .map_err(|error| OpenError::Data(directory.display().to_string(), error))?;
        let audit = Audit::open(&database, node, clock.clone(), ids.clone()).await?;
        let configuration = Configuration::new(
            config.clone(),
            database.clone(),
            audit.clone(),
            clock.clone(),
            ids.clone(),
        );
        let (changes, time) = (audit.clone(), clock.clone());
        let managed = configuration.within_reach().await?;
        let discovery =
            Discovery::open(&managed, database.clone(), changes, time, ids.clone()).await?;
        let config = &discovery.completed();
        let identity = Identity::open(database.clone(), clock.clone()).await?;
        let organization = config.organization.clone();
        let exports = Exports::new(database.clone(), audit.clone(), organization.clone());
        let periods =
            BillingPeriods::new(database.clone(), audit.clone(), organization, clock.clone());
        Ok(Self {
            discovery,
            exports,
            periods,
            configuration,
            keys: Keys::new(
                database.clone(),
                identity.clone(),
                audit.clone(),
                clock.clone(),
                ids.clone(),
            ),
            users: Users::new(
                database.clone(),
                identity,
                audit.clone(),
                clock.clone(),
                ids.clone(),
            ),
            budgets: BudgetOverview::new(
                config.clone(),
                database.clone(),
                audit.clone(),
                clock.clone(),
            ),
            corrections: Corrections::new(
                config,
                Arc::new(LiveCatalog::new(Catalog::from_config(config))),
                database.clone(),
                audit.clone(),
                clock,
                ids,
            ),
            audit: Auditing::new(database.clone(), audit),
            database,
        })
    }

    /// The first run's administrator, where there is no user yet.
    ///
    /// # Errors
    /// The [`Problem`] of making it.
    pub async fn first_run(&self) -> Result<Option<super::FirstRun>, Problem> {
        super::first_run(&self.database, &self.users).await
    }

    /// A page of recorded calls in the order of arrival.
    ///
    /// # Errors
    /// [`shared::ProblemCode::Internal`] where the database fails.
    pub async fn calls(
        &self,
        after: Option<RequestId>,
        limit: u64,
    ) -> Result<Vec<Receipt>, Problem> {
        ledger::page(&self.database, after, limit).await.map_err(audit::internal)
    }
}
