//! A fresh database for each test.

use gateway::{
    kernel::{Clock, Ids},
    storage::Database,
};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection};

/// A database that nobody else uses, brought up to date; SQLite's file goes with it.
pub(crate) struct Fresh {
    pub(crate) database: Database,
    _empty: Empty,
}

/// The URL of a database without a schema.
pub(crate) struct Empty {
    pub(crate) url: String,
    _directory: Option<tempfile::TempDir>,
}

pub(crate) async fn sqlite() -> Fresh {
    fresh(empty_sqlite()).await
}

pub(crate) async fn postgres() -> Fresh {
    fresh(empty_postgres().await).await
}

pub(crate) async fn mariadb() -> Fresh {
    fresh(empty_mariadb().await).await
}

async fn fresh(empty: Empty) -> Fresh {
    Fresh { database: Database::open(&empty.url).await.unwrap(), _empty: empty }
}

pub(crate) fn empty_sqlite() -> Empty {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    Empty { url, _directory: Some(directory) }
}

pub(crate) async fn empty_postgres() -> Empty {
    let server = url_of("HELIX_TEST_POSTGRES_URL");
    let name = fresh_name();
    let mut connection = PgConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    empty(&server, &name)
}

pub(crate) async fn empty_mariadb() -> Empty {
    let server = url_of("HELIX_TEST_MYSQL_URL");
    let name = fresh_name();
    let mut connection = MySqlConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    empty(&server, &name)
}

fn empty(server: &str, name: &str) -> Empty {
    let (base, _) = server.rsplit_once('/').unwrap();
    Empty { url: format!("{base}/{name}"), _directory: None }
}

fn url_of(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run this as `scripts/with-databases cargo test`")
    })
}

fn fresh_name() -> String {
    let id = Ids::random().next::<shared::id::Node>(Clock::system().now());
    format!("test_{}", id.uuid().simple())
}
