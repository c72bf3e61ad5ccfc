//! A case of the matrix, as its file of fixtures has it.
//!
//! ```text
//! # What it is about.
//! reasoning: effort
//! === openai_chat
//! {…}
//! === openai_completions: absent, a completion has no tools
//! ```

use std::{fs, path::Path};

use crate::{kernel::config::ReasoningControl, wire::Dialect};

pub(super) struct Case {
    pub(super) name: String,
    /// How the model is told to think.
    pub(super) reasoning: Option<ReasoningControl>,
    sections: Vec<Section>,
}

struct Section {
    place: String,
    body: Body,
}

/// What stands in one place.
pub(super) enum Body {
    Given(String),
    /// The dialect has no such case.
    Absent,
}

/// Every case of a kind, by name.
pub(super) fn all(kind: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire/translate/tests/matrix");
    let files = fs::read_dir(folder.join(kind)).unwrap();
    let mut cases: Vec<_> = files.map(|file| Case::read(&file.unwrap().path())).collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

impl Case {
    pub(super) fn read(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(path).unwrap();
        let mut parts = text.split("\n=== ");
        let head = parts.next().unwrap();
        assert!(head.starts_with("# "), "{name} does not say what it is about");
        let reasoning = head.lines().find_map(|line| line.strip_prefix("reasoning: "));
        let reasoning = reasoning.map(|word| match word {
            "effort" => ReasoningControl::Effort,
            "budget" => ReasoningControl::Budget,
            word => panic!("{name}: no model is told to think by `{word}`"),
        });
        Self { reasoning, sections: parts.map(|part| Section::read(&name, part)).collect(), name }
    }

    /// Where it has something, or a reason for nothing.
    pub(super) fn places(&self) -> Vec<String> {
        self.sections.iter().map(|section| section.place.clone()).collect()
    }

    /// What a dialect has, in one form: that of this form, or of every form alike.
    pub(super) fn of(&self, dialect: Dialect, form: &str) -> Option<&Body> {
        let place = format!("{}, {form}", dialect.as_str());
        let is_it =
            |section: &&Section| section.place == place || section.place == dialect.as_str();
        self.sections.iter().find(is_it).map(|section| &section.body)
    }

    /// The same, where there is something.
    pub(super) fn given(&self, dialect: Dialect, form: &str) -> Option<&str> {
        match self.of(dialect, form)? {
            Body::Given(text) => Some(text),
            Body::Absent => None,
        }
    }
}

impl Section {
    fn read(case: &str, text: &str) -> Self {
        let (title, body) = text.split_once('\n').unwrap_or((text, ""));
        match title.split_once(": absent, ") {
            Some((place, reason)) => {
                assert!(!reason.trim().is_empty(), "{case} does not say why {place} is absent");
                Self { place: place.to_owned(), body: Body::Absent }
            }
            None => Self { place: title.to_owned(), body: Body::Given(body.to_owned()) },
        }
    }
}
