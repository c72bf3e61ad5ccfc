//! A call costs what the deployment costs that answered, at the price of the moment of its arrival.

use gateway::{
    call::Surface,
    catalog::{Catalog, PriceTable},
    kernel::instant,
};
use serde_json::{Value, json};
use shared::ProblemCode;

use crate::house::{House, configuration, nobody};

fn chat(model: &str) -> Value {
    json!({"model": model, "max_tokens": 300, "messages": [{"role": "user", "content": "hi"}]})
}

async fn asks(house: &House, body: &Value) {
    house.ask("ada", Surface::OpenAiChat, None, body).await.unwrap();
}

#[tokio::test]
async fn the_bill_is_the_price_of_the_backend_that_answered_whole_or_as_a_stream() {
    let house = House::open(&format!(
        "providers: {{ gone: {{ kind: openai, base_url: '{}', api_key: k }}, demo: {{ kind: demo }} }}
models:
  - name: m
    price: {{ input: '100', output: '200' }}
    backends: [ {{ provider: gone }}, {{ provider: demo, price: {{ input: '1', output: '2', request: '0.5' }} }} ]
budgets: [ {{ level: instance, limit: '1000' }} ]",
        nobody()
    ))
    .await;
    let price = |place: usize| {
        let model = house.gateway.models.model_for(&house.person("ada"), "m").unwrap();
        model.deployments[place]
            .price_at(house.clock.now())
            .map(PriceTable::version)
            .map(str::to_owned)
    };
    let (dear, cheap) = (price(0), price(1));
    assert_ne!(dear, cheap);
    asks(&house, &chat("m")).await;
    let mut streamed = chat("m");
    streamed["stream"] = true.into();
    asks(&house, &streamed).await;
    assert!(house.gateway.reserved().is_zero(), "whatever was set aside is given back");
    for row in house.records().await {
        assert_eq!((row.provider.as_deref(), &row.price_version), (Some("demo"), &cheap));
        let expected = 500_000_000 + row.input_tokens * 1_000 + row.output_tokens * 2_000;
        assert_eq!(row.cost_nanos, expected, "{row:?}");
    }
}

#[tokio::test]
async fn what_is_set_aside_covers_the_dearest_backend_that_may_serve_the_call() {
    let house = House::open(
        "providers: { a: { kind: demo }, b: { kind: demo } }
models:
  - name: m
    backends:
      - { provider: a, price: { input: '0', request: '1' } }
      - { provider: b, price: { input: '0', request: '5' }, capabilities: { tools: false } }
budgets: [ { level: instance, limit: '3' } ]",
    )
    .await;
    let plain = house.ask("ada", Surface::OpenAiChat, None, &chat("m")).await.unwrap_err();
    assert_eq!(plain.code, ProblemCode::BudgetExceeded, "the second backend may have to serve it");
    let mut with_tools = chat("m");
    with_tools["tools"] =
        json!([{"type": "function", "function": {"name": "f", "parameters": {}}}]);
    asks(&house, &with_tools).await;
    let records = house.records().await;
    assert_eq!(records.iter().map(|row| row.cost_nanos).sum::<i64>(), 1_000_000_000);
}

#[tokio::test]
async fn the_price_is_the_one_of_the_moment_of_arrival() {
    let house = House::open(
        "providers: { demo: { kind: demo } }
models:
  - name: m
    price: [ { from: 2026-10-01, input: '0', request: '1' }, { from: 2026-11-01, input: '0', request: '2' } ]
    backends: [ { provider: demo } ]",
    )
    .await;
    for at in ["2026-09-30T23:59:59Z", "2026-10-01", "2026-10-31T23:59:59Z", "2026-11-01"] {
        house.clock.set(instant::read(at).unwrap());
        asks(&house, &chat("m")).await;
    }
    let records = house.records().await;
    let told: Vec<_> = records.iter().map(|row| (row.is_priced, row.cost_nanos)).collect();
    assert_eq!(told, [(0, 0), (1, 1_000_000_000), (1, 1_000_000_000), (1, 2_000_000_000)]);
}

#[tokio::test]
async fn a_backend_without_a_price_is_refused_under_a_hard_budget_even_behind_others() {
    let house = House::open(
        "providers: { a: { kind: demo }, b: { kind: demo } }
models:
  - { name: m, backends: [ { provider: a, price: { input: '1' } }, { provider: b } ] }
budgets: [ { level: instance, limit: '3' } ]",
    )
    .await;
    let problem = house.ask("ada", Surface::OpenAiChat, None, &chat("m")).await.unwrap_err();
    assert!(problem.detail.contains("has no price"), "{problem}");
    house.gateway.close().await;
}

#[tokio::test]
async fn a_replaced_catalogue_counts_for_calls_that_come_after() {
    let with = |price: &str| {
        format!(
            "providers: {{ demo: {{ kind: demo }} }}
models: [ {{ name: m, price: {{ input: '0', request: '{price}' }}, backends: [ {{ provider: demo }} ] }} ]"
        )
    };
    let house = House::open(&with("1")).await;
    asks(&house, &chat("m")).await;
    let elsewhere = tempfile::tempdir().unwrap();
    house.gateway.catalog.replace(Catalog::from_config(&configuration(&with("2"), &elsewhere)));
    asks(&house, &chat("m")).await;
    let records = house.records().await;
    let costs: Vec<_> = records.iter().map(|row| row.cost_nanos).collect();
    assert_eq!(costs, [1_000_000_000, 2_000_000_000]);
}
