//! `helixgateway journal inspect`: what the records say.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use gateway::{
    call::{Finish, RecordError, Recorded, Verdicts},
    journal::Position,
    kernel::instant,
};
use serde_json::{Value, json};
use shared::{Money, id::RequestId};

use crate::cli::{ConfigFile, note, say};

#[derive(Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(super) config: ConfigFile,
    /// Only the records of this call: `req_…`.
    #[arg(long)]
    call: Option<RequestId>,
    /// Only calls that have no end: those that the next start will charge with all that was set
    /// aside for them.
    #[arg(long)]
    open: bool,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for people.
    Text,
    /// One JSON object a line, with everything that the record holds.
    Json,
}

type Read = Recorded<Finish, Verdicts>;

/// Prints records as they come, and counts what it has seen.
pub(super) struct Shown<'a> {
    asked: &'a Inspect,
    /// The last intent of each call that has not ended so far.
    open: BTreeMap<RequestId, (Position, Finish, Money)>,
    printed: u64,
    unreadable: u64,
}

impl<'a> Shown<'a> {
    pub(super) fn new(asked: &'a Inspect) -> Self {
        Self { asked, open: BTreeMap::new(), printed: 0, unreadable: 0 }
    }

    /// Takes the record that ends there.
    pub(super) fn record(&mut self, end: Position, payload: &[u8]) {
        match Read::from_bytes(payload) {
            Ok(Recorded::Intent { so_far, worst_case }) if self.asked.open => {
                self.open.insert(so_far.request_id, (end, so_far, worst_case));
            }
            Ok(Recorded::Finish(finish)) if self.asked.open => {
                self.open.remove(&finish.request_id);
            }
            Ok(Recorded::Intent { so_far, worst_case }) => {
                self.print(end, &so_far, Some(worst_case));
            }
            Ok(Recorded::Finish(finish)) => self.print(end, &finish, None),
            Err(error) => self.unreadable(end, &error),
        }
    }

    /// Prints what is open at the end; gives how much was printed, of how much.
    pub(super) fn end(mut self, records: u64) -> String {
        for (end, so_far, worst_case) in std::mem::take(&mut self.open).into_values() {
            self.print(end, &so_far, Some(worst_case));
        }
        let unreadable = match self.unreadable {
            0 => String::new(),
            count => format!("; {count} are of a form that this version does not know"),
        };
        format!("{} of {records} records shown{unreadable}", self.printed)
    }

    fn print(&mut self, end: Position, call: &Finish, worst_case: Option<Money>) {
        if self.asked.call.is_some_and(|asked| asked != call.request_id) {
            return;
        }
        self.printed += 1;
        say(&match self.asked.format {
            Format::Text => text(end, call, worst_case),
            Format::Json => object(end, call, worst_case).to_string(),
        });
    }

    fn unreadable(&mut self, end: Position, error: &RecordError) {
        self.unreadable += 1;
        note(&format!("the record before {}:{}: {error}", end.segment, end.offset));
    }
}

/// `3:18422  finish  req_…  2026-11-24T08:00:00Z  finished 200  gpt-5.2  openai  120 tokens  $0.1`
fn text(end: Position, call: &Finish, worst_case: Option<Money>) -> String {
    let place = format!("{}:{}", end.segment, end.offset);
    let (id, at) = (call.request_id, instant::written(call.started_at));
    let (model, provider) = (&call.model, call.provider.as_deref().unwrap_or("-"));
    if let Some(most) = worst_case {
        return format!("{place}  intent  {id}  {at}  {model}  {provider}  at most ${most}");
    }
    let (outcome, status) = (call.outcome.as_str(), call.status);
    let (tokens, cost) = (call.tokens.total(), call.cost);
    let estimated = if call.is_estimated { "  (estimated)" } else { "" };
    format!(
        "{place}  finish  {id}  {at}  {outcome} {status}  {model}  {provider}  {tokens} tokens  \
         ${cost}{estimated}"
    )
}

fn object(end: Position, call: &Finish, worst_case: Option<Money>) -> Value {
    json!({
        "segment": end.segment,
        "end_offset": end.offset,
        "kind": if worst_case.is_some() { "intent" } else { "finish" },
        "worst_case": worst_case,
        "call": call,
    })
}
