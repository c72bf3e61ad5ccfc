//! Bringing a schema up to date, alone and with others, and leaving alone what is newer.

use gateway::{
    kernel::Clock,
    storage::{Database, MigrationState, StorageError},
};
use sea_query::{Alias, Expr, ExprTrait, Query};

use crate::databases::{Empty, empty_mariadb, empty_postgres, empty_sqlite};

const TABLE: &str = "_sqlx_migrations";
const NEWER: i64 = 999_999;

async fn each() -> [Empty; 3] {
    [empty_sqlite(), empty_postgres().await, empty_mariadb().await]
}

/// As a program would leave it that has one migration more, or another one.
async fn renumber_the_last_migration(database: &Database, number: i64) {
    let last = database.migrations().await.unwrap().last().unwrap().number;
    let update = Query::update()
        .table(Alias::new(TABLE))
        .value(Alias::new("version"), number)
        .and_where(Expr::col(Alias::new("version")).eq(last))
        .take();
    let mut tx = database.begin().await.unwrap();
    assert_eq!(tx.execute(&update).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_that_start_at_once_on_an_empty_database_all_come_up() {
    for empty in each().await {
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let url = empty.url.clone();
                tokio::spawn(async move { Database::open(&url).await.map(drop) })
            })
            .collect();
        for start in starts {
            start.await.unwrap().unwrap();
        }
        let statuses = Database::connect(&empty.url).await.unwrap().migrations().await.unwrap();
        assert!(statuses.iter().all(|status| status.state == MigrationState::Applied));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_changes_nothing_and_migrating_tells_of_each_migration_once() {
    for empty in each().await {
        for _ in 0..2 {
            let statuses = Database::migrations_at(&empty.url).await.unwrap();
            assert!(statuses.iter().all(|status| status.state == MigrationState::Pending));
            assert!(statuses.iter().all(|status| !status.sql.is_empty()));
            assert!(statuses.iter().all(|status| status.applied_at.is_none()));
        }
        if let Some(file) = empty.url.strip_prefix("sqlite:") {
            assert!(!std::path::Path::new(file).exists(), "looking makes no database");
        }
        let database = Database::connect(&empty.url).await.unwrap();
        let mut told = Vec::new();
        for _ in 0..2 {
            database.migrate(&mut |migration| told.push(migration.to_owned())).await.unwrap();
        }
        assert_eq!(told.len(), database.migrations().await.unwrap().len());
        assert_eq!(told[0], "0001 teams");
        let hour_ago = Clock::system().now().plus_seconds(-3_600);
        let statuses = Database::migrations_at(&empty.url).await.unwrap();
        assert!(statuses.iter().all(|status| status.applied_at.is_some_and(|at| at > hour_ago)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_newer_version_has_migrated_is_refused_and_left_as_it_is() {
    for empty in each().await {
        let database = Database::open(&empty.url).await.unwrap();
        renumber_the_last_migration(&database, NEWER).await;
        let before = database.migrations().await.unwrap();
        let refused = Database::open(&empty.url).await.unwrap_err();
        let told = refused.to_string();
        let StorageError::UnknownMigration { found, newest_known } = refused else {
            panic!("{told}")
        };
        assert!(found == NEWER && newest_known < NEWER);
        assert!(told.contains("start that version, or restore the backup"), "{told}");
        assert_eq!(database.migrations().await.unwrap(), before);
        let of_newer = before.last().unwrap();
        assert_eq!((of_newer.number, of_newer.state), (NEWER, MigrationState::Unknown));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_was_another_one_is_refused() {
    for empty in each().await {
        let database = Database::open(&empty.url).await.unwrap();
        let update = Query::update()
            .table(Alias::new(TABLE))
            .value(Alias::new("checksum"), vec![7_u8])
            .and_where(Expr::col(Alias::new("version")).eq(3))
            .take();
        let mut tx = database.begin().await.unwrap();
        tx.execute(&update).await.unwrap();
        tx.commit().await.unwrap();
        let refused = Database::open(&empty.url).await.unwrap_err();
        assert!(matches!(refused, StorageError::ChangedMigration(3)), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_stopped_in_the_middle_is_refused() {
    for empty in each().await {
        let database = Database::open(&empty.url).await.unwrap();
        let update = Query::update()
            .table(Alias::new(TABLE))
            .value(Alias::new("success"), false)
            .and_where(Expr::col(Alias::new("version")).eq(8))
            .take();
        let mut tx = database.begin().await.unwrap();
        tx.execute(&update).await.unwrap();
        tx.commit().await.unwrap();
        let refused = Database::open(&empty.url).await.unwrap_err();
        assert!(matches!(refused, StorageError::UnfinishedMigration(8)), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_is_named_with_what_to_do() {
    for empty in each().await {
        let database = Database::open(&empty.url).await.unwrap();
        // The first one is to run again and finds its table there already.
        let forget = Query::delete()
            .from_table(Alias::new(TABLE))
            .and_where(Expr::col(Alias::new("version")).eq(1))
            .take();
        let mut tx = database.begin().await.unwrap();
        assert_eq!(tx.execute(&forget).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let failed = Database::open(&empty.url).await.unwrap_err();
        assert!(matches!(failed, StorageError::FailedMigration { number: 1, .. }), "{failed}");
        assert!(failed.to_string().contains("restore the backup"), "{failed}");
    }
}
