//! The commented sample that the README points to is a valid configuration, and the defaults that
//! it shows are the true ones.

use std::path::{Path, PathBuf};

use gateway::kernel::config::{self, Config, ConfigError, UnsupportedFields};

fn example() -> Result<Config, ConfigError> {
    config::load(Some(&path()), environment())
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway.example.yaml")
}

fn environment() -> Vec<(String, String)> {
    [
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GROQ_API_KEY",
        "OPENROUTER_API_KEY",
        "AZURE_OPENAI_API_KEY",
        "AZURE_CLIENT_SECRET",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_BEARER_TOKEN_BEDROCK",
        "REPLICATE_API_TOKEN",
        "GITHUB_COPILOT_TOKEN",
        "HELIX_DATABASE_URL",
        "HELIX_MASTER_KEY",
    ]
    .map(|name| (name.to_owned(), "from the environment".to_owned()))
    .to_vec()
}

#[test]
fn the_example_configuration_is_accepted() {
    let config = example().unwrap();
    assert_eq!((config.providers.len(), config.models.len(), config.budgets.len()), (4, 7, 3));
    assert_eq!((config.limits.len(), config.limits[0].tokens), (2, Some(400_000)));
}

#[test]
fn what_the_example_configuration_keeps_in_comments_is_accepted_too() {
    let text = std::fs::read_to_string(path()).unwrap();
    // Only commented keys begin with a comment sign at the place where a key would stand.
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("  # ") {
            Some(key) => format!("  {key}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), uncommented).unwrap();
    let config = config::load(Some(file.path()), environment()).unwrap();
    assert_eq!(config.proxy.total_timeout_ms, Some(3_600_000));
    let groq = &config.providers["groq"];
    assert_eq!(groq.unsupported_fields, UnsupportedFields::Drop);
    assert_eq!(config.providers["openrouter"].headers["X-Title"].expose(), "Acme");
    assert_eq!(config.providers["vertex"].betas.deny, ["context-1m-2025-08-07"]);
    let formats: Vec<_> =
        config.catalog.sources.iter().map(|source| source.format.as_str()).collect();
    assert_eq!(formats, ["litellm", "models_dev"]);
    let dated = config.providers["azure"].azure.as_ref().unwrap();
    assert_eq!(dated.dated(), Some("2024-10-21"));
    let by_entra = config.providers["azure-by-entra"].azure.as_ref().unwrap();
    assert!(by_entra.login(false).is_ok());
    let aws = config.providers["bedrock"].aws.as_ref().unwrap();
    assert_eq!(aws.secret_access_key.as_ref().unwrap().expose(), "from the environment");
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
    assert_eq!(format!("{:?}", shown.routing), format!("{:?}", default.routing));
    assert_eq!(shown.responses.keep_days, default.responses.keep_days);
    assert_eq!(format!("{:?}", shown.realtime), format!("{:?}", default.realtime));
    assert_eq!(format!("{:?}", shown.log), format!("{:?}", default.log));
    assert_eq!(shown.catalog, default.catalog);
}
