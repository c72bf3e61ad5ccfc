//! What routing adds to a call: plan, attempt and its end, by the number of deployments. No network.
//!
//!     cargo bench --package helix-engine --bench routing
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

#[path = "translation/allocations.rs"]
mod allocations;

use std::{
    collections::HashMap,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use futures_util::FutureExt;
use gateway::{
    catalog::{Catalog, Model},
    kernel::{Clock, Ids, config::Config},
    routing::{Ask, Caller, Outcome, Routing},
};
use serde_json::{Value, json};
use shared::Id;
use uuid::Uuid;

use self::allocations::Counting;

#[global_allocator]
static HEAP: Counting = Counting::new();

const PROVIDERS: usize = 200;
const MODELS: usize = 2_000;
const STRATEGIES: [&str; 5] =
    ["priority", "lowest_cost", "lowest_latency", "weighted", "least_busy"];
/// How long each figure is measured, after as much that does not count.
const TIME: Duration = Duration::from_millis(200);

fn main() -> Result<()> {
    let config = config()?;
    let catalog = Catalog::from_config(&config);
    let routing = Routing::from_config(&config, Clock::system(), &Ids::seeded(1));
    println!("{PROVIDERS} deployments, {MODELS} models; a call of 4 KB");
    println!("{:<34}{:>10}{:>10}{:>10}", "", "µs", "allocs", "bytes");
    measure(&routing, &catalog, "one deployment", |_| "lone".to_owned())?;
    for (number, strategy) in STRATEGIES.iter().enumerate() {
        let name = |turn: usize| format!("m{}", (turn * 5 + number) % MODELS);
        measure(&routing, &catalog, &format!("ten deployments, {strategy}"), name)?;
    }
    for strategy in STRATEGIES {
        let name = |_| format!("wide-{strategy}");
        measure(&routing, &catalog, &format!("{PROVIDERS} deployments, {strategy}"), name)?;
    }
    Ok(())
}

/// A model with one deployment, models with ten, and a model for each strategy with all of them.
fn config() -> Result<Config> {
    let providers: serde_json::Map<String, Value> =
        (0..PROVIDERS).map(|number| (format!("p{number}"), json!({"kind": "demo"}))).collect();
    let price = json!({"input": "1", "cached_input": "0.1", "output": "2"});
    let backend =
        |number: usize| json!({"provider": format!("p{}", number % PROVIDERS), "price": price});
    let ten = |number: usize| (0..10).map(|place| backend(number + place * 20)).collect::<Vec<_>>();
    let all: Vec<_> = (0..PROVIDERS).map(backend).collect();
    let mut models: Vec<Value> = (0..MODELS)
        .map(|number| json!({"name": format!("m{number}"), "strategy": STRATEGIES[number % 5], "backends": ten(number)}))
        .collect();
    models.push(json!({"name": "lone", "backends": [backend(0)]}));
    models.extend(STRATEGIES.map(|strategy| json!({"name": format!("wide-{strategy}"), "strategy": strategy, "backends": all})));
    Ok(serde_json::from_value(json!({"providers": providers, "models": models}))?)
}

fn measure(
    routing: &Routing,
    catalog: &Catalog,
    title: &str,
    name: impl Fn(usize) -> String,
) -> Result<()> {
    let by_name: HashMap<&str, &Arc<Model>> =
        catalog.list().map(|model| (&*model.name, model)).collect();
    let models = (0..MODELS)
        .map(|turn| by_name.get(&*name(turn)).copied().context("the model is there"))
        .collect::<Result<Vec<_>>>()?;
    let body = vec![b'x'; 4_096];
    let nobody = Uuid::nil();
    let caller = Caller { team: Id::from_uuid(nobody), user: Id::from_uuid(nobody) };
    let ask = Ask {
        caller,
        regions: None,
        needs: None,
        arrived_at: Clock::system().now(),
        body: &body,
        is_streaming: true,
        most_answer_tokens: 1_000,
    };
    let mut figures = None;
    for _ in ["warm", "counted"] {
        let (mut calls, began, before) = (0_u32, Instant::now(), HEAP.taken());
        while began.elapsed() < TIME {
            for model in &models {
                let mut attempts = routing.attempts(model, &ask).context("it may be asked")?;
                let next = attempts.next().now_or_never().context("nobody waits")?;
                let mut attempt = next.map_err(|told| anyhow!(told.why))?;
                attempt.answering();
                attempt.end(Outcome::Answered);
                black_box(&attempt);
                calls += 1;
            }
        }
        let (took, after) = (began.elapsed(), HEAP.taken());
        let each = |sum: f64| sum / f64::from(calls);
        figures = Some((
            each(took.as_secs_f64() * 1e6),
            each(float(after.count - before.count)),
            each(float(after.bytes - before.bytes)),
        ));
    }
    if let Some((micros, allocations, bytes)) = figures {
        println!("{title:<34}{micros:>10.2}{allocations:>10.1}{bytes:>10.0}");
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "what is counted in a second is exact")]
fn float(count: u64) -> f64 {
    count as f64
}
