//! `--demo`: a provider that needs no network, and sample teams, people and usage to look at.

mod samples;

use shared::{
    Money,
    view::spend::{BudgetLevel, BudgetMode, BudgetPeriod},
};

pub use self::samples::add_samples;
use crate::kernel::config::{
    Affinity, Backend, Budget, Capabilities, Config, Model, Price, Prices, Provider, ProviderKind,
    Strategy,
};

const PROVIDER: &str = "demo";

/// Adds the demo's provider, models and budgets to a configuration, without touching what it has.
pub fn add_to(config: &mut Config) {
    let demo = Provider::new(ProviderKind::Demo);
    config.providers.entry(PROVIDER.to_owned()).or_insert(demo);
    for (name, input, output) in [
        ("demo-chat", 250_000_000, 2_000_000_000),
        ("demo-mini", 50_000_000, 400_000_000),
        ("demo-embedding", 20_000_000, 0),
    ] {
        if !config.models.iter().any(|model| model.name == name) {
            config.models.push(model(name, input, output));
        }
    }
    if config.budgets.is_empty() {
        config.budgets = vec![
            budget(BudgetLevel::Instance, None, 500, BudgetMode::Hard),
            budget(BudgetLevel::Team, Some("Research"), 120, BudgetMode::Soft),
            budget(BudgetLevel::Team, Some("Support"), 80, BudgetMode::Hard),
            budget(BudgetLevel::User, Some("*"), 60, BudgetMode::Hard),
        ];
    }
}

fn model(name: &str, input_nanos: i64, output_nanos: i64) -> Model {
    let price = Price {
        input: Money::from_nanos(input_nanos),
        output: Money::from_nanos(output_nanos),
        ..Price::default()
    };
    Model {
        name: name.to_owned(),
        aliases: Vec::new(),
        teams: None,
        users: None,
        price: Some(Prices::always(price)),
        max_output_tokens: 4_096,
        capabilities: Capabilities::default(),
        strategy: Strategy::default(),
        affinity: Affinity::default(),
        fallbacks: Vec::new(),
        backends: vec![Backend { provider: PROVIDER.to_owned(), ..Backend::default() }],
    }
}

fn budget(level: BudgetLevel, name: Option<&str>, dollars: i64, mode: BudgetMode) -> Budget {
    Budget {
        level,
        name: name.map(str::to_owned),
        limit: Money::from_dollars(dollars),
        mode,
        period: BudgetPeriod::Month,
        time_zone: "UTC".to_owned(),
        thresholds_percent: vec![80, 100],
    }
}
