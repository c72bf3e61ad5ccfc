//! Providers and models that administrators manage while gateways run.

use std::sync::Arc;

use gateway::{
    audit::{Actor, Audit, AuditFilter, search},
    configuration::{Configuration, ConfigurationError, Entry, ObjectKind, Origin},
    kernel::{Clock, Ids, config::Config},
    storage::{
        Database,
        tables::{change_sequence, configuration_objects},
    },
};
use serde_json::{Value, json};
use shared::{Id, ProblemCode, Timestamp};

const NOW: i64 = 1_790_000_000_000_000;
const OLD_KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const NEW_KEY: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// The service over a file that says `yaml`.
async fn over(database: &Database, yaml: &str) -> Configuration {
    let file: Config = serde_saphyr::from_str(yaml).unwrap();
    let clock = Clock::manual(Timestamp::from_micros(NOW));
    let node = Id::from_uuid(uuid::Uuid::from_u128(1));
    let audit = Audit::open(database, node, clock.clone(), Ids::random()).await.unwrap();
    Configuration::new(file, database.clone(), audit, clock, Ids::random())
}

async fn sealed_by(database: &Database, key: &str) -> Configuration {
    over(database, &format!("sealing: {{ master_key: {{ value: '{key}' }} }}")).await
}

fn actor() -> Actor {
    Actor::command_line()
}

fn openai() -> Value {
    json!({ "kind": "openai", "base_url": "https://a.example.com/v1", "api_key": "sk-canary-1" })
}

async fn add(configuration: &Configuration, name: &str, document: &Value) -> Entry {
    configuration.create(&actor(), ObjectKind::Provider, name, document).await.unwrap()
}

async fn key_of(configuration: &Configuration, name: &str) -> Option<String> {
    let config = configuration.read().await.unwrap();
    config.providers[name].api_key.as_ref().map(|key| key.expose().to_owned())
}

pub(crate) async fn an_object_is_in_force_as_if_the_file_had_said_it(database: Database) {
    let configuration = sealed_by(&database, OLD_KEY).await;
    assert!(configuration.read().await.unwrap().providers.is_empty());
    assert!(configuration.read_if_changed().await.unwrap().is_none());
    add(&configuration, "house", &openai()).await;
    let model = json!({ "name": "gpt", "backends": [{ "provider": "house", "model": "gpt-5.2" }] });
    let model = configuration.create(&actor(), ObjectKind::Model, "", &model).await.unwrap();
    assert_eq!(model.name, "gpt");
    let other_node = sealed_by(&database, OLD_KEY).await;
    for configuration in [&configuration, &other_node] {
        let config = configuration.read_if_changed().await.unwrap().unwrap();
        assert_eq!(config.providers["house"].api_key.as_ref().unwrap().expose(), "sk-canary-1");
        assert_eq!(config.models[0].backends[0].model.as_deref(), Some("gpt-5.2"));
        assert!(configuration.read_if_changed().await.unwrap().is_none());
    }
    let provider = configuration.find(ObjectKind::Provider, "house").await.unwrap().unwrap();
    let refused = configuration.remove(&actor(), provider.id().unwrap(), None).await.unwrap_err();
    assert!(refused.detail.contains("house"), "{}", refused.detail);
    configuration.remove(&actor(), model.id().unwrap(), None).await.unwrap();
    configuration.remove(&actor(), provider.id().unwrap(), None).await.unwrap();
    assert!(other_node.read_if_changed().await.unwrap().unwrap().providers.is_empty());
}

pub(crate) async fn what_else_is_changed_is_nothing_to_take_on(database: Database) {
    let configuration = sealed_by(&database, OLD_KEY).await;
    let id = add(&configuration, "house", &openai()).await.id().unwrap();
    assert!(configuration.read_if_changed().await.unwrap().is_some());
    let mut tx = database.begin().await.unwrap();
    change_sequence::raise(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(configuration.read_if_changed().await.unwrap().is_none());
    configuration.update(&actor(), id, None, &openai()).await.unwrap();
    assert!(configuration.read_if_changed().await.unwrap().is_some());
}

pub(crate) async fn a_secret_is_in_no_row_and_nobody_is_shown_it_again(database: Database) {
    let configuration = sealed_by(&database, OLD_KEY).await;
    let mut document = openai();
    document["headers"] = json!({ "X-Token": "sk-canary-2" });
    let entry = add(&configuration, "house", &document).await;
    assert_eq!(entry.secrets, ["api_key", "headers.X-Token"]);
    document["api_key"] = json!("sk-canary-3");
    configuration.update(&actor(), entry.id().unwrap(), None, &document).await.unwrap();
    let rows = configuration_objects::list(&database).await.unwrap();
    let sealed = rows[0].sealed.clone().unwrap();
    assert!(!sealed.windows(9).any(|window| window == b"sk-canary"));
    let entries = configuration.entries(ObjectKind::Provider).await.unwrap();
    let found = search(&database, &AuditFilter::default(), 50).await.unwrap();
    assert_eq!(found.changes.len(), 3, "the chain's beginning, and two changes");
    let shown = format!("{rows:?}{entries:?}{:?}", found.changes);
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("headers.X-Token"));
}

pub(crate) async fn a_secret_stays_until_it_is_replaced_or_taken_away(database: Database) {
    let configuration = sealed_by(&database, OLD_KEY).await;
    let id = add(&configuration, "house", &openai()).await.id().unwrap();
    let mut document = json!({ "kind": "openai", "base_url": "https://a.example.com/v1",
        "unsupported_fields": "drop" });
    configuration.update(&actor(), id, None, &document).await.unwrap();
    assert_eq!(key_of(&configuration, "house").await.as_deref(), Some("sk-canary-1"));
    document["api_key"] = json!("sk-canary-2");
    configuration.update(&actor(), id, None, &document).await.unwrap();
    assert_eq!(key_of(&configuration, "house").await.as_deref(), Some("sk-canary-2"));
    document["api_key"] = Value::Null;
    let entry = configuration.update(&actor(), id, None, &document).await.unwrap();
    assert_eq!((entry.secrets, key_of(&configuration, "house").await), (vec![], None));
    assert_eq!(configuration_objects::list(&database).await.unwrap()[0].sealed, None);
}

pub(crate) async fn a_secret_does_not_go_to_another_address(database: Database) {
    let configuration = sealed_by(&database, OLD_KEY).await;
    let id = add(&configuration, "house", &openai()).await.id().unwrap();
    let elsewhere = json!({ "kind": "openai", "base_url": "https://evil.example.com/v1" });
    let refused = configuration.update(&actor(), id, None, &elsewhere).await.unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("api_key"));
    let config = configuration.read().await.unwrap();
    let base_url = config.providers["house"].base_url.as_ref().unwrap();
    assert_eq!(base_url.as_str(), "https://a.example.com/v1");
    let mut with_its_own = elsewhere;
    with_its_own["api_key"] = json!("sk-2");
    configuration.update(&actor(), id, None, &with_its_own).await.unwrap();
    assert_eq!(key_of(&configuration, "house").await.as_deref(), Some("sk-2"));
}

pub(crate) async fn what_does_not_fit_is_refused_by_its_field_and_nothing_is_kept(
    database: Database,
) {
    let configuration = sealed_by(&database, OLD_KEY).await;
    let cases = [
        (ObjectKind::Provider, "a", json!({ "kind": "opanai" }), None, "did you mean `openai`?"),
        (ObjectKind::Provider, "a", json!({ "kind": "anthropic" }), Some("api_key"), "needs a key"),
        (ObjectKind::Provider, "a", json!([]), None, "expected an object"),
        (ObjectKind::Provider, "", openai(), Some("name"), "needs a name"),
        (ObjectKind::Provider, "a b", openai(), Some("name"), "without blanks"),
        (
            ObjectKind::Provider,
            "a",
            json!({ "kind": "openai", "api_key": "sk\n1" }),
            None,
            "characters that an HTTP header cannot carry",
        ),
        (
            ObjectKind::Provider,
            "a",
            json!({ "kind": "openai", "api_key": { "text": "sk-1" } }),
            None,
            "api_key",
        ),
        (
            ObjectKind::Model,
            "",
            json!({ "name": "gpt", "backends": [{ "provider": "nobody" }] }),
            Some("models[0].backends[0].provider"),
            "nobody",
        ),
    ];
    for (kind, name, document, pointer, told) in cases {
        let refused = configuration.create(&actor(), kind, name, &document).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::InvalidRequest, "{document}: {}", refused.detail);
        assert_eq!(refused.pointer.as_deref(), pointer, "{document}: {}", refused.detail);
        assert!(refused.detail.contains(told), "{document}: {}", refused.detail);
    }
    assert!(configuration_objects::list(&database).await.unwrap().is_empty());
}

pub(crate) async fn of_many_changes_at_once_each_rests_on_the_one_before(database: Database) {
    let configuration = Arc::new(sealed_by(&database, OLD_KEY).await);
    let same_name = (0..6).map(|_| {
        let configuration = Arc::clone(&configuration);
        tokio::spawn(async move {
            configuration.create(&actor(), ObjectKind::Provider, "house", &openai()).await
        })
    });
    let mut added = 0;
    for task in same_name.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(_) => added += 1,
            Err(refused) => assert!(
                refused.detail.contains("of this name already")
                    || refused.code == ProblemCode::Conflict,
                "{}",
                refused.detail
            ),
        }
    }
    assert_eq!(added, 1);
    assert_eq!(configuration_objects::list(&database).await.unwrap().len(), 1);
}

pub(crate) async fn a_change_of_an_old_version_is_refused(database: Database) {
    let configuration = sealed_by(&database, OLD_KEY).await;
    let id = add(&configuration, "house", &openai()).await.id().unwrap();
    let written = configuration.update(&actor(), id, Some(1), &openai()).await.unwrap();
    assert!(matches!(written.origin, Origin::Managed { version: 2, .. }), "{written:?}");
    let late = configuration.update(&actor(), id, Some(1), &openai()).await.unwrap_err();
    assert_eq!(late.code, ProblemCode::Conflict);
    let late = configuration.remove(&actor(), id, Some(1)).await.unwrap_err();
    assert_eq!(late.code, ProblemCode::Conflict);
    configuration.remove(&actor(), id, Some(2)).await.unwrap();
    let gone = configuration.update(&actor(), id, None, &openai()).await.unwrap_err();
    assert_eq!(gone.code, ProblemCode::NotFound);
}

pub(crate) async fn the_file_is_not_changed_and_wins(database: Database) {
    let file = format!(
        "{{ sealing: {{ master_key: {{ value: '{OLD_KEY}' }} }}, \
         providers: {{ house: {{ kind: openai, api_key: sk-file }} }} }}"
    );
    let before_it = sealed_by(&database, OLD_KEY).await;
    add(&before_it, "house", &openai()).await;
    add(&before_it, "other", &openai()).await;
    let configuration = over(&database, &file).await;
    assert_eq!(key_of(&configuration, "house").await.as_deref(), Some("sk-file"));
    assert_eq!(key_of(&configuration, "other").await.as_deref(), Some("sk-canary-1"));
    let entries = configuration.entries(ObjectKind::Provider).await.unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|it| (&*it.name, it.origin == Origin::File, it.problem.is_some()))
        .collect();
    assert_eq!(told, [("house", true, false), ("house", false, true), ("other", false, false)]);
    // What does not fit is nobody else's obstacle, and can be removed.
    add(&configuration, "third", &openai()).await;
    configuration.remove(&actor(), entries[1].id().unwrap(), None).await.unwrap();
}

pub(crate) async fn a_new_master_key_opens_everything_after_it_was_sealed_anew(database: Database) {
    let old = sealed_by(&database, OLD_KEY).await;
    for name in ["a", "b", "c"] {
        add(&old, name, &openai()).await;
    }
    let both = over(
        &database,
        &format!(
            "sealing: {{ master_key: {{ value: '{NEW_KEY}' }}, \
             previous_keys: [{{ value: '{OLD_KEY}' }}] }}"
        ),
    )
    .await;
    assert_eq!(key_of(&both, "a").await.as_deref(), Some("sk-canary-1"));
    add(&both, "d", &openai()).await;
    let versions = |rows: Vec<configuration_objects::ConfigurationObjectRow>| {
        rows.into_iter().map(|row| row.version).collect::<Vec<_>>()
    };
    let before = versions(configuration_objects::list(&database).await.unwrap());
    let done = both.reseal(&actor()).await.unwrap();
    assert_eq!((done.resealed, done.unchanged), (3, 1));
    let again = both.reseal(&actor()).await.unwrap();
    assert_eq!((again.resealed, again.unchanged), (0, 4));
    let keys = both.sealed_by().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].key, done.key.to_string());
    // What objects say has not changed, so running gateways have nothing to take on.
    assert_eq!(versions(configuration_objects::list(&database).await.unwrap()), before);
    let new = sealed_by(&database, NEW_KEY).await;
    for name in ["a", "b", "c", "d"] {
        assert_eq!(key_of(&new, name).await.as_deref(), Some("sk-canary-1"));
    }
}

pub(crate) async fn without_its_master_key_nothing_starts(database: Database) {
    add(&sealed_by(&database, OLD_KEY).await, "house", &openai()).await;
    let wrong = sealed_by(&database, NEW_KEY).await.read().await.unwrap_err();
    assert!(matches!(wrong, ConfigurationError::Sealed { .. }));
    let told = wrong.to_string();
    assert!(told.contains("provider `house`") && told.contains("sealing.previous_keys"), "{told}");
    assert!(!told.contains(OLD_KEY) && !told.contains(NEW_KEY), "{told}");
    // A database that others have, too, is sealed by no key of one gateway's own.
    let none = over(&database, "database: { url: 'postgres://elsewhere/helix' }").await;
    let none = none.read().await.unwrap_err().to_string();
    assert!(none.contains("write `sealing.master_key`"), "{none}");
}
