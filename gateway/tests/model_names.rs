//! Which name leads whom to which model: every row of the table in `docs/models.md`, tried with the
//! configuration that stands there, on a gateway that is whole.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by ending")]

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use gateway::{
    Gateway,
    admin::NewUser,
    audit::Actor,
    call::{Credential, Refusal},
    catalog::Model,
    identity::Principal,
    kernel::{
        Clock, Ids, Secret,
        config::{self, Config},
    },
};
use shared::{Role, Timestamp};

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const PEOPLE: [(&str, &str); 5] = [
    ("ada", "Research"),
    ("bob", "Research"),
    ("pat", "Support"),
    ("sam", "Support"),
    ("gus", "Guests"),
];

/// One row of the table.
struct Case {
    what: String,
    caller: String,
    asks_for: String,
    gets: String,
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/models.md");
    fs::read_to_string(path).unwrap()
}

/// The part of the page that is tried.
fn section(page: &str) -> &str {
    let (_, rest) = page.split_once("\n## The cases\n").unwrap();
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

fn configuration(section: &str, data: &Path) -> Config {
    let (_, rest) = section.split_once("```yaml\n").unwrap();
    let (yaml, _) = rest.split_once("```").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let data = format!("data: {{ directory: {} }}\n", data.display());
    fs::write(file.path(), data + yaml).unwrap();
    config::load(Some(file.path()), []).unwrap()
}

fn cases(section: &str) -> Vec<Case> {
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        <[&str; 4]>::try_from(cells).unwrap_or_else(|cells| panic!("{cells:?} is no case"))
    });
    cells
        .map(|[what, caller, asks_for, gets]| Case {
            what: what.to_owned(),
            caller: caller.to_owned(),
            asks_for: asks_for.trim_matches('`').to_owned(),
            gets: gets.to_owned(),
        })
        .collect()
}

async fn people(gateway: &Gateway) -> HashMap<&'static str, Principal> {
    let mut people = HashMap::new();
    for (name, team) in PEOPLE {
        let user = NewUser {
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            team: team.to_owned(),
            role: Role::Member,
            password: None,
        };
        let email = user.email.clone();
        gateway.users.add(&Actor::system(), user).await.unwrap();
        let key = gateway.keys.create_for_email(&email, "key").await.unwrap();
        let credential = Credential::ApiKey(Secret::new(key.secret));
        people.insert(name, gateway.proxy.caller(&credential).unwrap());
    }
    people
}

fn told(outcome: Result<Arc<Model>, Refusal>) -> String {
    match outcome {
        Ok(model) => {
            let first = &model.deployments[0];
            format!("`{}` from {} as `{}`", model.name, first.provider, first.upstream_model)
        }
        Err(refusal) => refusal.code().status().to_string(),
    }
}

#[tokio::test]
async fn every_case_of_the_page_is_as_it_says() {
    let (page, directory) = (page(), tempfile::tempdir().unwrap());
    let config = configuration(section(&page), directory.path());
    let opened = Gateway::open(&config, Clock::manual(NOW), Ids::seeded(1)).await.unwrap();
    let gateway = opened.gateway;
    let people = people(&gateway).await;
    let cases = cases(section(&page));
    assert!(cases.len() > 50, "the table is read to its end");
    let mut wrong = Vec::new();
    for Case { what, caller, asks_for, gets } in &cases {
        let principal = &people[&**caller];
        let told = told(gateway.models.model_for(principal, asks_for));
        if told != *gets {
            wrong.push(format!(
                "{what}: {caller} asks for `{asks_for}` and gets {told}, not {gets}"
            ));
        }
        // A list shows what can be used, and nothing else.
        let listed = gateway.models.models_of(principal);
        let listed = listed.into_iter().find(|(name, _)| name == asks_for);
        let listed = listed.map(|(_, model)| self::told(Ok(model)));
        if listed.is_some_and(|listed| listed != *gets) {
            wrong.push(format!("{what}: {caller} is shown `{asks_for}` in a list"));
        }
    }
    gateway.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_name_that_others_see_is_refused_in_the_same_words_as_one_that_nobody_does() {
    let (page, directory) = (page(), tempfile::tempdir().unwrap());
    let config = configuration(section(&page), directory.path());
    let opened = Gateway::open(&config, Clock::manual(NOW), Ids::seeded(1)).await.unwrap();
    let gateway = opened.gateway;
    let people = people(&gateway).await;
    let detail = |name: &str| {
        let refusal = gateway.models.model_for(&people["gus"], name).unwrap_err();
        (refusal.code(), refusal.public_detail().replace(name, "…"))
    };
    assert_eq!(detail("lab-1"), detail("nobodys-1"));
    gateway.close().await;
}
