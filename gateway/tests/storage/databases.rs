//! A fresh database for each test.

use gateway::{
    kernel::{Clock, Ids},
    storage::Database,
};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection};

/// A database that nobody else uses; SQLite's file goes with it.
pub(crate) struct Fresh {
    pub(crate) database: Database,
    _directory: Option<tempfile::TempDir>,
}

pub(crate) async fn sqlite() -> Fresh {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    Fresh { database: Database::open(&url).await.unwrap(), _directory: Some(directory) }
}

pub(crate) async fn postgres() -> Fresh {
    let server = url_of("HELIX_TEST_POSTGRES_URL");
    let name = fresh_name();
    let mut connection = PgConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    open(&server, &name).await
}

pub(crate) async fn mariadb() -> Fresh {
    let server = url_of("HELIX_TEST_MYSQL_URL");
    let name = fresh_name();
    let mut connection = MySqlConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    open(&server, &name).await
}

async fn open(server: &str, name: &str) -> Fresh {
    let (base, _) = server.rsplit_once('/').unwrap();
    let database = Database::open(&format!("{base}/{name}")).await.unwrap();
    Fresh { database, _directory: None }
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
