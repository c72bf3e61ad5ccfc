//! What is synced about models, on every database: in versions, checked, audited, seen by all nodes.

use std::io::Write;

use gateway::{
    audit::{Actor, Audit, AuditFilter, search},
    catalog::{
        PriceTable,
        sources::{Deployed, ModelKey, Place},
    },
    discovery::{Discovery, DiscoveryError, Outcome, SourceState, SyncReport, VersionStatus, When},
    kernel::{
        Clock, Ids,
        config::{self, Config},
    },
    storage::Database,
};
use serde_json::{Value, json};
use shared::Timestamp;

use crate::price_list::PriceList;

const NOW: i64 = 1_796_000_000_000_000;
const HOUR: i64 = 3_600 * 1_000_000;

/// A gateway's configuration with one model at a vendor, and one at a server of its own.
fn configuration(list: &PriceList, catalog: &str) -> Config {
    let text = format!(
        "providers:
  vendor: {{ kind: groq, api_key: k }}
  house: {{ kind: openai, api_key: k, base_url: '{address}/v1' }}
models:
  - {{ name: fast, backends: [ {{ provider: vendor, model: some-model }} ] }}
  - {{ name: own, backends: [ {{ provider: house, model: some-model }} ] }}
catalog:
  sources: [ {{ format: litellm, url: '{address}/prices' }} ]
{catalog}",
        address = list.address,
    );
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    config::load(Some(file.path()), []).unwrap()
}

/// A node on a database; nodes differ by their seed.
async fn node(database: &Database, config: &Config, clock: &Clock, seed: u64) -> Discovery {
    let ids = Ids::seeded(seed);
    let node = ids.next(clock.now());
    let audit = Audit::open(database, node, clock.clone(), ids.clone()).await.unwrap();
    Discovery::open(config, database.clone(), audit, clock.clone(), ids).await.unwrap()
}

fn clock() -> Clock {
    Clock::manual(Timestamp::from_micros(NOW))
}

/// `LiteLLM`'s map with this model of the vendor's and some others.
fn prices(input: &str, others: usize) -> String {
    let entry = |input: &str| {
        json!({
            "litellm_provider": "groq", "mode": "chat", "max_input_tokens": 1_000,
            "input_cost_per_token": input, "output_cost_per_token": "2e-6",
        })
    };
    let mut map = serde_json::Map::new();
    map.insert("groq/some-model".to_owned(), entry(input));
    for at in 0..others {
        map.insert(format!("groq/other-{at}"), entry("1e-6"));
    }
    Value::Object(map).to_string()
}

async fn synced(node: &Discovery) -> SyncReport {
    node.sync(&Actor::command_line(), When::Now, &mut |_| {}).await.unwrap()
}

/// What the model at the vendor costs on a node, and who says so.
fn price_on(node: &Discovery) -> Option<(String, String)> {
    let completed = node.prices();
    let fast = completed.iter().find(|told| told.model == "fast").unwrap();
    let config = node.completed();
    let price = config.models[0].backends[0].price.as_ref()?;
    let (_, origin) = fast.price.as_ref().unwrap();
    Some((price[0].input.to_string(), origin.to_string()))
}

fn told(input: &str, origin: &str) -> (String, String) {
    (format!("{input}.000000000"), origin.to_owned())
}

/// What the audit trail tells of the catalogue, by action and resource.
async fn changes(database: &Database) -> Vec<(String, String)> {
    let found = search(database, &AuditFilter::default(), 100).await.unwrap().changes;
    let mut told: Vec<_> = found.into_iter().map(|row| (row.action, row.resource)).collect();
    told.retain(|(action, _)| action.starts_with("catalog."));
    told
}

pub(crate) async fn what_was_synced_is_in_force_on_every_node_and_audited(database: Database) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 3));
    let (config, clock) = (configuration(&list, ""), clock());
    let one = node(&database, &config, &clock, 1).await;
    let other = node(&database, &config, &clock, 2).await;
    assert_eq!(price_on(&one), None);
    let report = synced(&one).await;
    assert_eq!((report.outcome, report.difference.added.len()), (Outcome::Applied(1), 4));
    assert_eq!(price_on(&one), Some(told("1", "sync 1")));
    assert_eq!(price_on(&other), None);
    assert!(other.refresh_if_changed().await.unwrap());
    assert_eq!(price_on(&other), Some(told("1", "sync 1")));
    assert!(!other.refresh_if_changed().await.unwrap());
    let own = one.prices().into_iter().find(|told| told.model == "own").unwrap();
    assert_eq!(own.price, None, "a server of one's own has no list price");
    let version =
        PriceTable::from(&one.completed().models[0].backends[0].price.as_ref().unwrap()[0]);
    assert!(version.version().ends_with("@sync-1"), "{}", version.version());
    let expected = ("catalog.sync".to_owned(), "catalog version 1".to_owned());
    assert_eq!(changes(&database).await, [expected]);
    let started_later = node(&database, &config, &clock, 3).await;
    assert_eq!(price_on(&started_later), Some(told("1", "sync 1")));
}

pub(crate) async fn a_list_that_is_as_it_was_is_neither_sent_again_nor_a_version(
    database: Database,
) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 3));
    let node = node(&database, &configuration(&list, ""), &clock(), 1).await;
    synced(&node).await;
    let again = synced(&node).await;
    assert_eq!(
        (again.outcome, &again.asked[0].state),
        (Outcome::Unchanged, &SourceState::Unchanged)
    );
    let asked = list.asked();
    assert_eq!((&asked[0].1, asked[1].1.is_some()), (&None, true));
    assert_eq!(node.versions().await.unwrap().len(), 1);
    list.tell("/prices", 200, format!(" {}", prices("1e-6", 3)));
    let same = synced(&node).await;
    assert!(matches!(same.asked[0].state, SourceState::Read { models: 4, .. }));
    assert_eq!(same.outcome, Outcome::Unchanged, "other bytes with the same facts");
}

pub(crate) async fn a_price_that_jumps_is_refused_until_an_administrator_accepts_it(
    database: Database,
) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 3));
    let node = node(&database, &configuration(&list, ""), &clock(), 1).await;
    synced(&node).await;
    for bad in ["4e-6", "1e-9"] {
        list.tell("/prices", 200, prices(bad, 3));
        let report = synced(&node).await;
        assert!(matches!(report.outcome, Outcome::Refused(_)), "{bad}: {report:?}");
        assert_eq!(price_on(&node), Some(told("1", "sync 1")), "a refused sync changes nothing");
    }
    let again = synced(&node).await;
    assert_eq!(again.outcome, Outcome::Refused(3), "it is refused once, and not every hour");
    let versions = node.versions().await.unwrap();
    let told_of = |at: usize| (versions[at].version, versions[at].status, versions[at].is_in_force);
    assert_eq!(told_of(0), (3, VersionStatus::Refused, false));
    assert_eq!(told_of(2), (1, VersionStatus::Applied, true));
    assert!(versions[0].objections[0].to_string().contains("beyond 3 times"));
    assert!(matches!(
        node.accept(&Actor::command_line(), 1).await,
        Err(DiscoveryError::NotRefused(1))
    ));
    assert!(matches!(
        node.accept(&Actor::command_line(), 9).await,
        Err(DiscoveryError::NoVersion(9))
    ));
    node.accept(&Actor::command_line(), 2).await.unwrap();
    assert_eq!(price_on(&node), Some(told("4", "sync 2")));
    let actions: Vec<_> = changes(&database).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions.len(), 4);
    assert!(actions.contains(&"catalog.accept".to_owned()), "{actions:?}");
}

pub(crate) async fn half_a_file_and_a_page_change_nothing_and_are_told(database: Database) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 30));
    let node = node(&database, &configuration(&list, ""), &clock(), 1).await;
    synced(&node).await;
    let whole = prices("1e-6", 30);
    for (status, body) in [
        (200, whole[..whole.len() / 2].to_owned()),
        (200, "<html>Sign in</html>".to_owned()),
        (500, whole.clone()),
        (302, whole.clone()),
    ] {
        list.tell("/prices", status, body);
        let report = synced(&node).await;
        assert_eq!(report.outcome, Outcome::Unchanged);
        assert!(matches!(report.asked[0].state, SourceState::Failed(_)), "{report:?}");
        assert_eq!(price_on(&node), Some(told("1", "sync 1")));
        let source = node.kept_sources().await.unwrap().remove(0);
        assert!(source.failure.is_some() && source.models == 31, "{source:?}");
    }
    list.tell("/prices", 200, prices("1e-6", 5));
    let report = synced(&node).await;
    assert_eq!(report.outcome, Outcome::Refused(2), "most models are gone");
    list.tell("/prices", 200, whole);
    synced(&node).await;
    assert_eq!(node.kept_sources().await.unwrap()[0].failure, None);
}

pub(crate) async fn an_earlier_version_stays_in_force_until_another_one_is_accepted(
    database: Database,
) {
    let list = PriceList::start().await;
    let (config, clock) = (configuration(&list, ""), clock());
    let node = node(&database, &config, &clock, 1).await;
    for input in ["1e-6", "2e-6"] {
        list.tell("/prices", 200, prices(input, 3));
        synced(&node).await;
    }
    assert_eq!(price_on(&node), Some(told("2", "sync 2")));
    let actor = Actor::command_line();
    node.roll_back(&actor, 1).await.unwrap();
    assert_eq!(price_on(&node), Some(told("1", "sync 1")));
    assert!(matches!(node.roll_back(&actor, 1).await, Err(DiscoveryError::InForce(1))));
    assert_eq!(synced(&node).await.outcome, Outcome::Refused(2), "it was gone back from");
    list.tell("/prices", 200, prices("3e-6", 3));
    let report = synced(&node).await;
    assert_eq!(report.outcome, Outcome::Refused(3));
    assert!(report.objections[0].to_string().contains("gone back to version 1"));
    node.accept(&actor, 3).await.unwrap();
    assert_eq!(price_on(&node), Some(told("3", "sync 3")));
    list.tell("/prices", 200, prices("4e-6", 3));
    assert_eq!(synced(&node).await.outcome, Outcome::Applied(4), "and so it goes on");
    node.roll_back(&actor, 0).await.unwrap();
    assert_eq!(price_on(&node), None);
}

pub(crate) async fn of_two_nodes_one_syncs_and_not_before_it_is_due(database: Database) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 3));
    let (config, clock) = (configuration(&list, ""), clock());
    let one = node(&database, &config, &clock, 1).await;
    let other = node(&database, &config, &clock, 2).await;
    let actor = Actor::system();
    let (mut unheard, mut unheard_too) = (|_: &_| {}, |_: &_| {});
    let (first, second) = tokio::join!(
        one.sync(&actor, When::Due, &mut unheard),
        other.sync(&actor, When::Due, &mut unheard_too),
    );
    let mut outcomes = [first.unwrap().outcome, second.unwrap().outcome];
    outcomes.sort_by_key(|outcome| *outcome == Outcome::NotDue);
    assert_eq!(outcomes, [Outcome::Applied(1), Outcome::NotDue]);
    clock.set(Timestamp::from_micros(NOW + HOUR - 1));
    let early = other.sync(&actor, When::Due, &mut unheard).await.unwrap();
    assert_eq!((early.outcome, list.asked().len()), (Outcome::NotDue, 1));
    clock.set(Timestamp::from_micros(NOW + HOUR));
    let due = other.sync(&actor, When::Due, &mut unheard).await.unwrap();
    assert_eq!((due.outcome, list.asked().len()), (Outcome::Unchanged, 2));
}

pub(crate) async fn an_administrators_word_comes_first_until_it_is_taken_back(database: Database) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 3));
    let (config, clock) = (configuration(&list, ""), clock());
    let one = node(&database, &config, &clock, 1).await;
    let other = node(&database, &config, &clock, 2).await;
    synced(&one).await;
    let (actor, key) = (
        Actor::command_line(),
        ModelKey { place: Place::kind("groq"), model: "some-model".to_owned() },
    );
    for bad in [json!({"price": {"input": "-1"}}), json!({"prize": 1}), json!({}), json!(7)] {
        let refused = one.set_override(&actor, &key, &bad).await;
        assert!(matches!(refused, Err(DiscoveryError::BadOverride(_))), "{bad}");
    }
    for input in ["7", "8"] {
        let facts = json!({"price": {"input": input, "output": "9"}});
        one.set_override(&actor, &key, &facts).await.unwrap();
    }
    assert_eq!(price_on(&one), Some(told("8", "override")));
    assert!(other.refresh_if_changed().await.unwrap());
    assert_eq!(price_on(&other), Some(told("8", "override")));
    list.tell("/prices", 200, prices("500e-6", 3));
    assert_eq!(synced(&one).await.outcome, Outcome::Applied(2), "what is overridden is in no use");
    one.remove_override(&actor, &key).await.unwrap();
    assert_eq!(price_on(&one), Some(told("500", "sync 2")));
    let nothing = one.remove_override(&actor, &key).await;
    assert!(matches!(nothing, Err(DiscoveryError::NoOverride(_))));
    let overrides = changes(&database).await;
    let overrides = overrides.iter().filter(|(action, _)| action == "catalog.override");
    assert_eq!(overrides.count(), 3);
}

pub(crate) async fn trying_out_tells_what_would_change_and_changes_nothing(database: Database) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 3));
    let node = node(&database, &configuration(&list, ""), &clock(), 1).await;
    let mut heard = Vec::new();
    let report = node.try_out(&mut |asked| heard.push(asked.name.clone())).await.unwrap();
    assert_eq!((heard.len(), report.difference.added.len()), (1, 4));
    assert_eq!(price_on(&node), None);
    assert!(node.versions().await.unwrap().is_empty());
    assert!(node.kept_sources().await.unwrap().is_empty());
    assert!(changes(&database).await.is_empty());
}

pub(crate) async fn providers_are_asked_for_their_models_where_that_is_wanted(database: Database) {
    let list = PriceList::start().await;
    list.tell("/prices", 200, prices("1e-6", 3));
    let models = json!({"object": "list", "data": [
        {"id": "some-model", "object": "model", "max_model_len": 4_096}, {"id": "other"},
    ]});
    list.tell("/v1/models", 200, models.to_string());
    let quiet = configuration(&list, "");
    synced(&node(&database, &quiet, &clock(), 1).await).await;
    assert!(list.asked().iter().all(|(path, _)| path == "/prices"), "nobody else is asked");
    let mut config = configuration(&list, "  discover: true");
    config.providers.remove("vendor");
    config.models.remove(0);
    let node = node(&database, &config, &clock(), 2).await;
    let report = synced(&node).await;
    assert_eq!(report.outcome, Outcome::Applied(2));
    assert_eq!(node.listed()["house"], ["other", "some-model"]);
    let known = &node.completed().models[0].backends[0].capabilities;
    assert_eq!(known.context_tokens, Some(4_096), "as the server itself says");
    let deployed = Deployed::all(&config);
    assert_eq!(deployed.len(), 1);
    list.tell("/v1/models", 401, r#"{"error": {"message": "no"}}"#);
    let report = synced(&node).await;
    let failed = report.asked.iter().find(|asked| asked.name == "models of house").unwrap();
    assert!(matches!(failed.state, SourceState::Failed(_)), "{failed:?}");
    assert_eq!(node.listed()["house"].len(), 2, "what it said before counts on");
}
