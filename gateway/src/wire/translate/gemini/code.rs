//! Code that Google runs: a part with the code, and one with what came of it.
//!
//! Source: `ExecutableCode`, `CodeExecutionResult` (google-genai).

use serde::{Deserialize, Serialize};

use crate::wire::translate::ir::{CodeOutcome, ServerToolDeed, ServerToolUse};

const OUTCOME_OK: &str = "OUTCOME_OK";

#[derive(Debug, Deserialize)]
pub(super) struct ReadCode {
    id: Option<String>,
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReadOutcome {
    outcome: Option<String>,
    output: Option<String>,
}

/// The code whose outcome has not come yet, and how many came before it.
#[derive(Debug, Default)]
pub(super) struct CodeRuns {
    open: Option<ReadCode>,
    ran: usize,
}

impl CodeRuns {
    /// The use before this one, if its outcome never came; `id` begins the id of one without.
    pub(super) fn begin(&mut self, code: ReadCode, id: &str) -> Option<ServerToolUse> {
        let before = self.end(None, id);
        self.open = Some(code);
        before
    }

    /// The use, with what came of it.
    pub(super) fn end(&mut self, outcome: Option<ReadOutcome>, id: &str) -> Option<ServerToolUse> {
        let ReadCode { id: given, code } = self.open.take()?;
        let given = given.filter(|given| !given.is_empty());
        let id = given.unwrap_or_else(|| format!("{id}_c{}", self.ran));
        self.ran += 1;
        let outcome = outcome.map(ReadOutcome::meant);
        let done = ServerToolDeed::Code { code: code.unwrap_or_default(), outcome };
        Some(ServerToolUse { id, done, own: None })
    }
}

impl ReadOutcome {
    fn meant(self) -> CodeOutcome {
        let has_failed = self.outcome.as_deref().is_some_and(|outcome| outcome != OUTCOME_OK);
        let told = self.output.unwrap_or_default();
        let (output, errors) =
            if has_failed { (String::new(), told) } else { (told, String::new()) };
        CodeOutcome { output, errors, has_failed }
    }
}

#[derive(Serialize)]
pub(super) struct WrittenCode<'a> {
    language: &'static str,
    code: &'a str,
}

#[derive(Serialize)]
pub(super) struct WrittenOutcome<'a> {
    outcome: &'static str,
    output: &'a str,
}

/// Both parts of a use; nothing where it ran no code.
pub(super) fn written(
    used: &ServerToolUse,
) -> Option<(WrittenCode<'_>, Option<WrittenOutcome<'_>>)> {
    let ServerToolDeed::Code { code, outcome } = &used.done else { return None };
    let outcome = outcome.as_ref().map(|outcome| WrittenOutcome {
        outcome: if outcome.has_failed { "OUTCOME_FAILED" } else { OUTCOME_OK },
        output: if outcome.has_failed { &outcome.errors } else { &outcome.output },
    });
    Some((WrittenCode { language: "PYTHON", code }, outcome))
}
