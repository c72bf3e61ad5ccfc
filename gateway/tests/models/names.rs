//! Which name leads whom to which model: every row of the table in `docs/models.md`, tried with the
//! configuration that stands there.

use std::{fs, path::Path, sync::Arc};

use gateway::{
    call::{Refusal, Surface},
    catalog::Model,
};
use serde_json::json;

use crate::house::House;

/// One row of the table.
struct Case {
    what: String,
    caller: String,
    asks_for: String,
    gets: String,
}

/// The part of the page that is tried.
fn section() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/models.md");
    let page = fs::read_to_string(path).unwrap();
    let (_, rest) = page.split_once("\n## The cases\n").unwrap();
    rest.split_once("\n## ").map_or(rest, |(section, _)| section).to_owned()
}

fn configuration(section: &str) -> &str {
    let (_, rest) = section.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0
}

fn cases(section: &str) -> Vec<Case> {
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        <[&str; 4]>::try_from(cells).unwrap()
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
    let section = section();
    let house = House::open(configuration(&section)).await;
    let models = &house.gateway.models;
    let cases = cases(&section);
    assert!(cases.len() > 50, "the table is read to its end");
    let mut wrong = Vec::new();
    for Case { what, caller, asks_for, gets } in &cases {
        let principal = house.person(caller);
        let told = |outcome| self::told(outcome);
        let found = told(models.model_for(&principal, asks_for));
        if found != *gets {
            wrong.push(format!("{what}: {caller} asks for `{asks_for}` and gets {found}"));
        }
        // A list shows what can be used, and nothing else.
        let listed = models.models_of(&principal).into_iter().find(|(name, _)| name == asks_for);
        if listed.is_some_and(|(_, model)| told(Ok(model)) != *gets) {
            wrong.push(format!("{what}: {caller} is shown `{asks_for}` in a list"));
        }
    }
    house.gateway.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_name_that_others_see_is_refused_in_the_same_words_as_one_that_nobody_does() {
    let house = House::open(configuration(&section())).await;
    let gus = house.person("gus");
    let detail = |name: &str| {
        let refusal = house.gateway.models.model_for(&gus, name).unwrap_err();
        (refusal.code(), refusal.public_detail().replace(name, "…"))
    };
    assert_eq!(detail("lab-1"), detail("nobodys-1"));
    house.gateway.close().await;
}

#[tokio::test]
async fn a_record_has_the_models_own_name_the_name_that_was_asked_and_where_it_was_served() {
    let house = House::open(configuration(&section())).await;
    for name in ["best", "gpt-5", "gpt-4", "nothing"] {
        let body = json!({"model": name, "messages": [{"role": "user", "content": "hi"}]});
        let outcome = house.ask("pat", Surface::OpenAiChat, None, &body).await;
        assert_eq!(outcome.is_err(), name == "nothing");
    }
    let records = house.records().await;
    let told: Vec<_> = records
        .iter()
        .map(|row| {
            let asked = row.asked_model.as_deref();
            (&*row.model, asked, row.provider.as_deref(), row.upstream_model.as_deref())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("gpt-5", Some("best"), Some("openai"), Some("gpt-5-2026")),
            ("gpt-5", None, Some("openai"), Some("gpt-5-2026")),
            ("gpt-4", None, Some("openai"), Some("gpt-4")),
            ("nothing", None, None, None),
        ]
    );
}
