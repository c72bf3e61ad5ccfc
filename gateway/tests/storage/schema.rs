//! The three live schemas are one: the same tables, columns, keys and indexes.

use std::collections::{BTreeMap, BTreeSet};

use gateway::storage::Database;
use sqlx::{Connection, MySqlConnection, PgConnection, SqliteConnection};

use crate::databases::{empty_mariadb, empty_postgres, empty_sqlite};

/// What sqlx keeps for itself.
const NOT_OURS: &str = "_sqlx_migrations";

/// A table: its columns in order with class and whether they may be null, and its keys.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: Vec<(String, &'static str, bool)>,
    /// Whether it is unique, and its columns.
    keys: BTreeSet<(bool, Vec<String>)>,
}

type Schema = BTreeMap<String, Table>;

/// One row of what a database says of its columns: table, column, type, whether it may be null.
type Column = (String, String, String, i64);
/// One row of what it says of its keys: table, name, whether unique, column.
type KeyPart = (String, String, i64, String);

fn class(kind: &str) -> &'static str {
    match kind.to_lowercase().as_str() {
        "integer" | "bigint" => "integer",
        "text" | "varchar" | "character varying" | "longtext" => "text",
        // Ids are a type of their own in PostgreSQL alone.
        "blob" | "longblob" | "binary" | "varbinary" | "bytea" | "uuid" => "bytes",
        other => panic!("`{other}` is no type that we use"),
    }
}

fn schema(columns: Vec<Column>, keys: Vec<KeyPart>) -> Schema {
    let mut schema = Schema::new();
    for (table, column, kind, is_nullable) in columns.into_iter().filter(|row| row.0 != NOT_OURS) {
        let table = schema.entry(table).or_default();
        table.columns.push((column, class(&kind), is_nullable != 0));
    }
    let mut parts: BTreeMap<(String, String, bool), Vec<String>> = BTreeMap::new();
    for (table, name, is_unique, column) in keys.into_iter().filter(|row| row.0 != NOT_OURS) {
        parts.entry((table, name, is_unique != 0)).or_default().push(column);
    }
    for ((table, _, is_unique), columns) in parts {
        schema.get_mut(&table).unwrap().keys.insert((is_unique, columns));
    }
    schema
}

async fn of_sqlite(url: &str) -> Schema {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let columns = sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0
         FROM sqlite_master t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid",
    );
    let keys = sqlx::query_as(
        "SELECT t.name, i.name, i.\"unique\", c.name, c.seqno AS place
         FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
         UNION ALL
         SELECT t.name, 'primary key', 1, c.name, c.pk
         FROM sqlite_master t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.pk > 0
         ORDER BY 1, 2, place",
    );
    schema(
        columns.fetch_all(&mut connection).await.unwrap(),
        keys.fetch_all(&mut connection).await.unwrap(),
    )
}

async fn of_postgres(url: &str) -> Schema {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let columns = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text,
                CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END::bigint
         FROM information_schema.columns WHERE table_schema = 'public'
         ORDER BY table_name, ordinal_position",
    );
    let keys = sqlx::query_as(
        "SELECT t.relname::text, i.relname::text, x.indisunique::int::bigint, a.attname::text
         FROM pg_index x
         JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
         CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (number, place)
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
         ORDER BY t.relname, i.relname, k.place",
    );
    schema(
        columns.fetch_all(&mut connection).await.unwrap(),
        keys.fetch_all(&mut connection).await.unwrap(),
    )
}

async fn of_mariadb(url: &str) -> Schema {
    let mut connection = MySqlConnection::connect(url).await.unwrap();
    let columns = sqlx::query_as(
        "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), CAST(data_type AS CHAR),
                CAST(is_nullable = 'YES' AS SIGNED)
         FROM information_schema.columns WHERE table_schema = DATABASE()
         ORDER BY table_name, ordinal_position",
    );
    // A foreign key makes an index of its own there, which the others do without.
    let keys = sqlx::query_as(
        "SELECT CAST(s.table_name AS CHAR), CAST(s.index_name AS CHAR),
                CAST(s.non_unique = 0 AS SIGNED), CAST(s.column_name AS CHAR)
         FROM information_schema.statistics s
         WHERE s.table_schema = DATABASE() AND NOT EXISTS (
             SELECT 1 FROM information_schema.key_column_usage k
             WHERE k.table_schema = s.table_schema AND k.table_name = s.table_name
               AND k.referenced_table_name IS NOT NULL AND s.non_unique = 1
               AND s.index_name IN (k.column_name, k.constraint_name))
         ORDER BY s.table_name, s.index_name, s.seq_in_index",
    );
    schema(
        columns.fetch_all(&mut connection).await.unwrap(),
        keys.fetch_all(&mut connection).await.unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_live_schemas_are_one() {
    let (sqlite, postgres, mariadb) =
        (empty_sqlite(), empty_postgres().await, empty_mariadb().await);
    for empty in [&sqlite, &postgres, &mariadb] {
        Database::open(&empty.url).await.unwrap().close().await;
    }
    let expected = of_postgres(&postgres.url).await;
    assert!(expected.len() > 10, "the tables were found");
    for (name, found) in
        [("SQLite", of_sqlite(&sqlite.url).await), ("MariaDB", of_mariadb(&mariadb.url).await)]
    {
        let tables = |schema: &Schema| schema.keys().cloned().collect::<Vec<_>>();
        assert_eq!(tables(&found), tables(&expected), "{name}");
        for (table, expected) in &expected {
            assert_eq!(&found[table], expected, "{table} on {name}");
        }
    }
}
