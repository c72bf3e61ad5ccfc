//! The load run with its real programs, in phases too short for figures to mean anything.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use bench::load::{LoadError, Options, Plan, Through, Way, render, run};

const SHORT: Duration = Duration::from_millis(60);

fn plan() -> Plan {
    Plan {
        rounds: 1,
        warm_up: SHORT,
        closed: SHORT,
        open: SHORT,
        first_text: SHORT,
        paced: SHORT,
        unpaced: SHORT,
        translation: SHORT,
        soak: SHORT,
    }
}

fn options(gateway_binary: Option<PathBuf>) -> Options {
    let programs = Path::new(env!("CARGO_BIN_EXE_bare-proxy")).parent().unwrap().to_owned();
    Options { gateway_binary, programs, plan: plan(), only: None, is_pinned: false, cores: 1 }
}

#[tokio::test]
async fn every_phase_has_figures_of_every_target_and_no_errors() {
    let report = run(&options(None)).await.unwrap();
    assert_eq!(report.phases.len(), 8);
    for phase in &report.phases {
        let targets: Vec<_> = phase.targets.iter().map(|compared| compared.target).collect();
        assert_eq!(targets, [Through::Direct, Through::Bare, Through::BareWork]);
        for compared in &phase.targets {
            let figures = &compared.median;
            assert_eq!(figures.errors, 0, "{}: {:?}", phase.scenario, figures.first_error);
            assert!(figures.units > 0 && figures.p99_us.is_some(), "{}", phase.scenario);
            let has_process = compared.target != Through::Direct;
            assert_eq!(figures.cpu_seconds_per_thousand.is_some(), has_process);
        }
    }
    assert_eq!(report.translations.len(), 9, "four dialects in two shapes, and embeddings");
    for part in &report.translations {
        let [bare] = &part.ways[..] else { panic!("{part:?}") };
        let figures = &bare.median;
        assert_eq!(bare.way, Way::Bare);
        assert_eq!(figures.errors, 0, "{}: {:?}", part.client, figures.first_error);
        let pieces_a_call = if part.is_streaming { 100 } else { 1 };
        let calls: u64 = bare.rounds.iter().map(|turn| turn.calls).sum();
        assert!(calls > 0 && bare.cpu_us_per_call.is_some(), "{bare:?}");
        assert_eq!(figures.units, calls * pieces_a_call, "{}", part.client);
    }
    assert_eq!(report.soak.as_ref().unwrap().target, Through::BareWork);
    assert!(report.goals.is_empty() && report.ledger.is_none());
    let table = render(&report);
    assert!(table.contains("closed loop, 256 connections"), "{table}");
    assert!(table.contains("anthropic messages (bare proxy)"), "{table}");
}

/// A program in the gateway's place.
fn stand_in(directory: &Path, script: &str) -> PathBuf {
    let path = directory.join("gateway");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_gateway_that_makes_no_key_is_quoted() {
    let directory = tempfile::tempdir().unwrap();
    let binary = stand_in(directory.path(), "echo budgets: expected a list >&2; exit 2");
    let error = run(&options(Some(binary))).await.unwrap_err();
    assert!(matches!(error, LoadError::Gateway(_)));
    assert!(error.to_string().contains("budgets: expected a list"), "{error}");
}

#[tokio::test]
async fn a_gateway_is_started_beside_its_configuration_with_a_key_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let seen = directory.path().join("seen");
    let script = format!(
        "if [ \"$1\" = keys ]; then echo hx_made; exit; fi\n\
         echo \"$*\" > {seen}\n\
         echo $HELIX__SERVER__LISTEN >> {seen}\n\
         cat gateway.yaml >> {seen}\n\
         echo no room >&2; exit 4",
        seen = seen.display()
    );
    let error = run(&options(Some(stand_in(directory.path(), &script)))).await.unwrap_err();
    assert!(error.to_string().contains("no room"), "{error}");
    let seen = fs::read_to_string(seen).unwrap();
    let (command, rest) = seen.split_once('\n').unwrap();
    assert_eq!(command, "serve --config gateway.yaml");
    let (listen, configuration) = rest.split_once('\n').unwrap();
    assert_eq!(listen, "127.0.0.1:0");
    assert!(configuration.contains("name: \"fake-model\""), "{configuration}");
}
