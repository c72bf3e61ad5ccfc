//! Use cases behind the consoles and the command line: one function per action, each authorizes,
//! acts, audits in the same transaction, and refreshes what is kept in memory.

mod auditing;
mod budgets;
mod console;
pub mod demo;
mod first_run;
mod keys;
mod migrations;
mod providers;
mod users;

pub use auditing::Auditing;
pub use budgets::BudgetOverview;
pub use console::Console;
pub use first_run::{ADMINISTRATOR_EMAIL, FirstRun, first_run};
pub use keys::Keys;
pub use migrations::{MigrationState, MigrationStatus, Migrations};
pub use providers::ManagedProviders;
pub use users::{NewUser, Users};
