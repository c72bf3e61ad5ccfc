//! How each database finds the pages of an export: by an index, wherever in ten million rows.

use gateway::storage::{
    Database, Dialect,
    tables::{
        calls,
        export_lines::{self, BookingPlace},
    },
};
use sqlx::{Connection, Executor, MySqlConnection, PgConnection};

use crate::{
    billing::{Correction, correct},
    databases::{empty_mariadb, empty_postgres, empty_sqlite},
    rows::{ROWS, START, fill, row_id},
};

const MINUTE: i64 = 60_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_an_export_are_found_by_an_index() {
    for empty in [empty_sqlite(), empty_postgres().await, empty_mariadb().await] {
        judge(&empty.url).await;
    }
}

async fn judge(url: &str) {
    let database = Database::open(url).await.unwrap();
    fill(&database).await;
    // Half of them are booked at one instant, as when a closed month is rated again.
    let booked_at = |n: i64| START + if n % 2 == 0 { 0 } else { n * MINUTE };
    let corrections: Vec<_> = (0..ROWS)
        .map(|n| Correction {
            id: 1,
            call: row_id(n),
            kind: "rerate",
            booked_at: booked_at(n),
            token_class: "input",
            tokens: 1,
            price_nanos: 1,
            cost_nanos: 1,
        })
        .collect();
    correct(&database, &corrections).await;
    analyze(url).await;
    let (database, plans) = database.with_plans();
    let (first, last) = (row_id(ROWS / 2), row_id(ROWS / 2 + 100));
    let at_once = BookingPlace { booked_at: START, call_id: first };
    let later = BookingPlace { booked_at: START + ROWS / 2 * MINUTE, call_id: last };
    let until = START + ROWS * MINUTE;
    export_lines::calls_after(&database, first, row_id(ROWS - 1), 100).await.unwrap();
    calls::cost_lines_between(&database, first, last).await.unwrap();
    export_lines::corrections_after(&database, at_once, until, 100).await.unwrap();
    export_lines::corrections_after(&database, later, until, 100).await.unwrap();
    export_lines::calls_of(&database, &[row_id(3), row_id(5)]).await.unwrap();
    let plans = plans.take();
    assert!(plans.len() >= 7, "every question of a page was judged");
    for plan in plans {
        assert!(is_by_an_index(&plan, database.dialect()), "{:?}:\n{plan}", database.dialect());
    }
}

/// Whether every table is read by an index, and nothing that an index could order is sorted.
fn is_by_an_index(plan: &str, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Sqlite => !plan.contains("SCAN") && !plan.contains("USE TEMP B-TREE"),
        Dialect::Postgres => plan.contains("Index") && !plan.contains("Seq Scan"),
        Dialect::MySql => {
            let is_read_in_full =
                |step: &str| step.contains("type=ALL") || step.contains("type=index ");
            !plan.lines().any(is_read_in_full) && !plan.contains("filesort")
        }
    }
}

async fn analyze(url: &str) {
    if url.starts_with("postgres") {
        PgConnection::connect(url).await.unwrap().execute("ANALYZE").await.unwrap();
    } else if url.starts_with("mysql") {
        let sql = "ANALYZE TABLE calls, cost_lines, correction_lines";
        MySqlConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
    }
}
