//! Rebuilds when a migration is added: the macro that embeds them sees only the files it knows.
//! Compresses the list prices, of which a running gateway wants a few lines.

use std::{env, error::Error, fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};

const LIST_PRICES: &str = "src/catalog/sources/list_prices.jsonl";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../migrations");
    println!("cargo::rerun-if-changed={LIST_PRICES}");
    let file = Path::new(&env::var("OUT_DIR")?).join("list_prices.jsonl.gz");
    let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(&fs::read(LIST_PRICES)?)?;
    fs::write(file, compressed.finish()?)?;
    Ok(())
}
