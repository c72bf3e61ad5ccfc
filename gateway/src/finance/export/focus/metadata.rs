//! What the specification wants to be told beside the rows: who made them, by which schema.
//!
//! (<https://focus.finops.org/focus-specification/v1-2/>, section Metadata.)

use serde_json::{Map, Value, json};

use super::{
    FocusVersion,
    columns::{self, FocusColumn},
};
use crate::finance::export::cell::Kind;

/// Changes with every change of the columns or of what is in them.
const SCHEMA: u32 = 1;
/// When that schema was made.
const SCHEMA_CREATED_AT: &str = "2026-11-23T00:00:00Z";
const DECIMAL_DIGITS: u32 = 38;

/// The metadata as JSON; the same for every file of a version.
pub(in crate::finance) fn metadata(version: FocusVersion) -> String {
    let number = version.as_str();
    let columns: Vec<Value> =
        columns::of(version).map(|column| definition(column, version)).collect();
    let metadata = json!({
        "DataGenerator": "Helix Gateway",
        "Schema": {
            "SchemaId": format!("helixgateway-focus-{number}-{SCHEMA}"),
            "FocusVersion": number,
            "CreationDate": SCHEMA_CREATED_AT,
            "DataGeneratorVersion": format!("{number}-{SCHEMA}"),
            "ColumnDefinition": columns,
        },
    });
    format!("{metadata:#}\n")
}

fn definition(column: &FocusColumn, version: FocusVersion) -> Value {
    let mut definition = Map::new();
    definition.insert("ColumnName".to_owned(), json!(column.name));
    let kind = match column.kind {
        _ if column.name == "SkuPriceDetails" => "JSON",
        Kind::Text => "STRING",
        Kind::Integer => "INTEGER",
        Kind::Decimal(_) => "DECIMAL",
        Kind::Instant(_) => "DATETIME",
        Kind::Flag => "BOOLEAN",
    };
    definition.insert("DataType".to_owned(), json!(kind));
    match column.kind {
        Kind::Decimal(scale) => {
            definition.insert("NumericPrecision".to_owned(), json!(DECIMAL_DIGITS));
            definition.insert("NumberScale".to_owned(), json!(scale));
        }
        Kind::Text => {
            definition.insert("StringEncoding".to_owned(), json!("UTF-8"));
        }
        Kind::Integer | Kind::Instant(_) | Kind::Flag => {}
    }
    if column.deprecated.is_some_and(|(since, _)| version >= since) {
        definition.insert("Deprecated".to_owned(), json!(true));
    }
    Value::Object(definition)
}
