//! The commented sample that the README points to is a valid configuration, and the defaults that
//! it shows are the true ones.

use std::path::Path;

use gateway::kernel::config::{self, Config, ConfigError};

fn example() -> Result<Config, ConfigError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway.example.yaml");
    let environment = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HELIX_DATABASE_URL"]
        .map(|name| (name.to_owned(), "from the environment".to_owned()));
    config::load(Some(&path), environment)
}

#[test]
fn the_example_configuration_is_accepted() {
    let config = example().unwrap();
    assert_eq!((config.providers.len(), config.models.len(), config.budgets.len()), (3, 3, 3));
}

#[test]
fn the_example_configuration_shows_the_defaults() {
    let shown = example().unwrap();
    let default = config::load(None, []).unwrap();
    assert_eq!(shown.server.listen, default.server.listen);
    assert_eq!(shown.server.body_limit_bytes, default.server.body_limit_bytes);
    assert_eq!(shown.server.shutdown_seconds, default.server.shutdown_seconds);
    assert_eq!(shown.server.session_hours, default.server.session_hours);
    assert_eq!(format!("{:?}", shown.data), format!("{:?}", default.data));
    assert_eq!(format!("{:?}", shown.records), format!("{:?}", default.records));
    assert_eq!(format!("{:?}", shown.proxy), format!("{:?}", default.proxy));
    assert_eq!(format!("{:?}", shown.log), format!("{:?}", default.log));
}
