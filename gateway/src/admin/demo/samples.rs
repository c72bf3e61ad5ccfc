//! Sample people and two months of their usage, written through the journal like any other call.

use std::sync::Arc;

use shared::{
    Problem, Role, Timestamp,
    id::Request,
    receipt::{Outcome, Stage, TokenCounts, Units, Verdict, VerdictKind},
};

use super::PROVIDER;
use crate::{
    Gateway,
    admin::NewUser,
    audit::Actor,
    call::{Finish, Verdicts},
    catalog::{Model, PriceTable},
    identity::Principal,
    metering,
};

/// Name, address, team, and how many sample calls a day.
const PEOPLE: [(&str, &str, &str, u64); 5] = [
    ("Ada Vogel", "ada@example.com", "Research", 34),
    ("Ben Okafor", "ben@example.com", "Research", 21),
    ("Chiara Russo", "chiara@example.com", "Support", 27),
    ("Dev Patel", "dev@example.com", "Support", 12),
    ("Eva Lind", "eva@example.com", "Product", 16),
];
/// Enough for a month, and something to compare it with.
const DAYS: i64 = 65;
const DAY_SECONDS: i64 = 24 * 3_600;

/// Adds the samples; to be called once, at the first run.
///
/// # Errors
/// The [`Problem`] of making the people.
pub async fn add_samples(gateway: &Arc<Gateway>) -> Result<(), Problem> {
    let mut people = Vec::new();
    for (name, email, team, calls_a_day) in PEOPLE {
        let user = NewUser {
            email: email.to_owned(),
            name: name.to_owned(),
            team: team.to_owned(),
            role: Role::Member,
            password: None,
        };
        let id = gateway.users.add(&Actor::system(), user).await?;
        if let Some(person) = gateway.proxy.identity.directory().as_principal(id) {
            people.push((person, calls_a_day));
        }
    }
    let now = gateway.clock.now();
    let mut models: Vec<Arc<Model>> = gateway.models.served();
    models.retain(|model| model.name.starts_with("demo-"));
    if models.is_empty() {
        return Ok(());
    }
    for day in (0..DAYS).rev() {
        for (person, calls_a_day) in &people {
            for call in 0..*calls_a_day {
                let spread = i64::from_le_bytes(gateway.proxy.ids.bytes()).rem_euclid(DAY_SECONDS);
                let at = now.plus_seconds(-day * DAY_SECONDS - spread);
                let model = &models[usize::try_from(call).unwrap_or(0) % models.len()];
                let finish = sample(gateway, person, model, at);
                gateway.proxy.recorder.finish_quietly(&finish);
            }
        }
    }
    Ok(())
}

fn sample(gateway: &Gateway, person: &Principal, model: &Model, at: Timestamp) -> Finish {
    let dice: [u8; 4] = gateway.proxy.ids.bytes();
    let price = model.price_at(at);
    let is_embedding = price.is_some_and(|price| price.base().output.is_zero());
    let tokens = TokenCounts {
        input: 400 + i64::from(dice[0]) * 45,
        output: if is_embedding { 0 } else { 150 + i64::from(dice[1]) * 22 },
        ..TokenCounts::default()
    };
    let lines = price
        .map(|price| metering::cost_lines(&tokens, &Units::default(), price.base()))
        .unwrap_or_default();
    let cost = lines.iter().map(|line| line.cost).sum();
    let verdicts = Stage::ALL
        .into_iter()
        .map(|stage| Verdict {
            stage,
            kind: VerdictKind::Passed,
            summary: "sample data".to_owned(),
            took_micros: 0,
        })
        .collect();
    Finish {
        request_id: gateway.proxy.ids.next::<Request>(at),
        started_at: at,
        duration_micros: 400_000 + i64::from(dice[2]) * 9_000,
        surface: "sample".into(),
        outcome: Outcome::Finished,
        status: 200,
        problem: None,
        user: Some(person.user_id()),
        team: Some(person.team_id()),
        key: None,
        model: model.name.clone(),
        asked_model: None,
        provider: Some(PROVIDER.to_owned()),
        upstream_model: Some(model.name.clone()),
        tokens,
        cost,
        lines,
        is_estimated: false,
        is_priced: price.is_some(),
        price_version: price.map(PriceTable::version).map(str::to_owned),
        service_tier: None,
        raw_usage: None,
        charges: gateway.proxy.budgets.book(person, cost, at),
        verdicts: Verdicts(verdicts),
    }
}
