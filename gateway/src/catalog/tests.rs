//! What the page of rules does not tell: lists, what patterns make, and where a record leads back.

use shared::Timestamp;

use super::*;

const NOBODY: Viewer<'static> = Viewer { team: "none", user: "nobody@example.com" };
const ADA: Viewer<'static> = Viewer { team: "research", user: "ada@example.com" };

fn catalog(models: &str) -> Catalog {
    let text =
        format!("providers: {{ p: {{ kind: demo }}, q: {{ kind: demo }} }}\nmodels: {models}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Catalog::from_config(&config::load(Some(file.path()), []).unwrap())
}

fn names(catalog: &Catalog, viewer: Viewer<'_>) -> Vec<String> {
    catalog.names_for(viewer).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_list_has_every_name_once_and_what_it_leads_to() {
    let catalog = catalog(
        "[ { name: a, aliases: [b, c], backends: [ { provider: p } ] },
           { name: b, teams: [Research], backends: [ { provider: q } ] },
           { name: d, users: [x@y.z], backends: [ { provider: p } ] },
           { name: 'e-*', backends: [ { provider: p } ] } ]",
    );
    assert_eq!(names(&catalog, NOBODY), ["a", "b", "c"]);
    let of_ada = catalog.names_for(ADA);
    let led: Vec<_> = of_ada.iter().map(|(name, model)| (&**name, &*model.name)).collect();
    assert_eq!(led, [("a", "a"), ("b", "b"), ("c", "a")]);
}

#[test]
fn a_pattern_is_listed_by_what_its_providers_are_known_to_have() {
    let catalog = catalog(
        "[ { name: 'fast/*', backends: [ { provider: p, model: 'v-$1' } ] },
           { name: 'v-*', backends: [ { provider: p } ] },
           { name: 'x-*-*', backends: [ { provider: q, model: '$2' } ] },
           { name: v-1, aliases: [fast/2], backends: [ { provider: q } ] } ]",
    );
    assert_eq!(names(&catalog, NOBODY), ["v-1", "fast/2"]);
    let known = ["v-1", "v-2", "w"].map(str::to_owned).to_vec();
    let catalog = catalog.with_known(KnownModels::from([("p".to_owned(), known)]));
    assert_eq!(names(&catalog, NOBODY), ["v-1", "fast/2", "fast/1", "v-2"]);
}

#[test]
fn a_model_of_a_pattern_is_made_once_and_a_flood_of_names_is_forgotten() {
    let catalog = catalog("[ { name: 'a-*', backends: [ { provider: p, model: 'b-$1' } ] } ]");
    let first = catalog.resolve("a-1", NOBODY).unwrap();
    assert!(Arc::ptr_eq(&first, &catalog.resolve("a-1", NOBODY).unwrap()));
    for number in 0..5_000 {
        let model = catalog.resolve(&format!("a-{number}"), NOBODY).unwrap();
        assert_eq!(model.deployments[0].upstream_model, format!("b-{number}"));
    }
    assert!(catalog.patterns[0].kept() <= 1_024);
    assert_eq!(first.deployments[0].upstream_model, "b-1", "who holds a model keeps it");
}

#[test]
fn where_the_caller_says_nothing_no_answer_is_longer_than_what_every_deployment_writes() {
    let catalog = catalog(
        "[ { name: a, max_output_tokens: 4096, backends: [
             { provider: p, capabilities: { max_output_tokens: 8192 } },
             { provider: q, capabilities: { max_output_tokens: 2048 } } ] } ]",
    );
    assert_eq!(catalog.resolve("a", NOBODY).unwrap().max_output_tokens, 2_048);
}

#[test]
fn a_record_leads_back_to_the_price_of_the_deployment_that_served_it() {
    let catalog = catalog(
        "[ { name: a, aliases: [b], price: { input: '1' }, backends: [
             { provider: p, model: x }, { provider: p, model: y, price: { input: '2' } },
             { provider: q, price: [ { input: '3' }, { from: 2026-01-01, input: '4' } ] } ] },
           { name: a, teams: [Research], price: { input: '9' }, backends: [ { provider: p, model: x } ] },
           { name: 'z-*', price: { input: '5' }, backends: [ { provider: p } ] } ]",
    );
    let price = |model, provider, upstream_model, viewer, at| {
        let by = ServedBy { model, provider, upstream_model };
        let serving = catalog.serving(by, viewer, Timestamp::from_micros(at));
        serving.and_then(|serving| {
            serving.price().map(|price| price.base().input.nanos() / 1_000_000_000)
        })
    };
    let of = |model, provider, upstream| price(model, provider, upstream, Some(NOBODY), 0);
    assert_eq!(of("a", "p", Some("x")), Some(1));
    assert_eq!(of("b", "p", Some("y")), Some(2));
    assert_eq!(of("a", "p", Some("gone")), Some(1), "the provider's first");
    assert_eq!(of("a", "q", None), Some(3));
    assert_eq!(of("z-1", "p", Some("z-1")), Some(5));
    assert_eq!(of("a", "gone", None), None);
    assert_eq!(of("unknown", "p", None), None);
    assert_eq!(price("a", "p", Some("x"), Some(ADA), 0), Some(9));
    assert_eq!(price("a", "p", Some("y"), Some(ADA), 0), Some(9));
    assert_eq!(price("a", "q", None, Some(ADA), 0), Some(3), "no longer hers");
    assert_eq!(price("a", "p", Some("x"), None, 0), Some(1));
    let later = 1_800_000_000_000_000;
    assert_eq!(price("a", "q", None, Some(NOBODY), later), Some(4));
}

#[test]
fn a_replaced_catalogue_is_seen_by_all_and_calls_under_way_keep_their_model() {
    let live = LiveCatalog::new(catalog("[ { name: a, backends: [ { provider: p } ] } ]"));
    let held = live.now().resolve("a", NOBODY).unwrap();
    live.replace(catalog("[ { name: a, backends: [ { provider: q } ] } ]"));
    assert_eq!(live.now().resolve("a", NOBODY).unwrap().deployments[0].provider, "q");
    assert_eq!(held.deployments[0].provider, "p");
}
