//! What came of reading a source: facts, and what was not understood.

use shared::Money;

use super::{
    amount::{Unit, amount, whole_number},
    document::{Object, Unreadable},
    facts::{ModelFacts, Place, Snapshot},
};

/// How many remarks are kept; of the others only their number is.
const MOST_REMARKS: usize = 100;
/// The longest name of a model, as the configuration has it.
const LONGEST_NAME_BYTES: usize = 255;
/// Of fewer entries than that, one that cannot be understood says nothing of the others.
const FEW_ENTRIES: usize = 8;

/// What a source tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What was understood.
    pub snapshot: Snapshot,
    /// What was not.
    pub remarks: Remarks,
}

impl Reading {
    /// Adds what another one tells and this one does not.
    pub fn add_all(&mut self, other: Self) {
        self.snapshot.add_all(other.snapshot);
        let further = other.remarks.count - other.remarks.kept.len();
        other.remarks.kept.into_iter().for_each(|remark| self.remarks.add(remark));
        self.remarks.count += further;
    }
}

/// What was not understood: some of it in words, the rest counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    kept: Vec<String>,
    count: usize,
}

impl Remarks {
    /// Those that were kept.
    #[must_use]
    pub fn kept(&self) -> &[String] {
        &self.kept
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    fn add(&mut self, remark: String) {
        if self.kept.len() < MOST_REMARKS {
            self.kept.push(remark);
        }
        self.count += 1;
    }
}

/// Collects a reading, entry by entry.
#[derive(Default)]
pub(super) struct Collector {
    reading: Reading,
    entries: usize,
    /// Entries of which nothing was understood.
    bad: usize,
    /// Why the first of them is one.
    example: Option<String>,
}

impl Collector {
    /// An entry of a name; none where nothing may have that name.
    pub(super) fn entry<'a>(&mut self, name: &'a str, fields: Object<'a>) -> Option<Entry<'a>> {
        self.entries += 1;
        let is_name = !name.is_empty()
            && name.len() <= LONGEST_NAME_BYTES
            && !name.chars().any(char::is_control);
        if is_name {
            return Some(Entry { name, fields, remarks: Vec::new() });
        }
        let shown: String = name.chars().take(40).collect();
        let detail = format!("`{}`: expected a name of 1 to 255 plain bytes", shown.escape_debug());
        self.is_bad(detail);
        None
    }

    /// An entry without a name or of another form.
    pub(super) fn nameless(&mut self, detail: &str) {
        self.entries += 1;
        self.is_bad(detail.to_owned());
    }

    fn is_bad(&mut self, detail: String) {
        self.bad += 1;
        self.example.get_or_insert_with(|| detail.clone());
        self.reading.remarks.add(detail);
    }

    /// Keeps what an entry tells.
    pub(super) fn keep(&mut self, place: Place, model: &str, facts: ModelFacts) {
        self.reading.snapshot.add(place, model, facts);
    }

    /// Keeps what was not understood of an entry.
    pub(super) fn note(&mut self, entry: Entry<'_>) {
        for remark in entry.remarks {
            self.reading.remarks.add(format!("`{}`: {remark}", entry.name));
        }
    }

    /// The reading, unless most of it was not understood or it tells of no model.
    pub(super) fn finish(self) -> Result<Reading, Unreadable> {
        let reading = self.finish_page()?;
        if reading.snapshot.is_empty() { Err(Unreadable::NoModels) } else { Ok(reading) }
    }

    /// As [`Collector::finish`], where others may come before and behind.
    pub(super) fn finish_page(self) -> Result<Reading, Unreadable> {
        let is_all_bad = self.bad > 0 && self.bad == self.entries;
        if is_all_bad || (self.entries >= FEW_ENTRIES && self.bad * 2 > self.entries) {
            let example = self.example.unwrap_or_default();
            return Err(Unreadable::Mostly { bad: self.bad, all: self.entries, example });
        }
        Ok(self.reading)
    }
}

/// One entry of a source; wrong types are noted where they are found.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) fields: Object<'a>,
    remarks: Vec<String>,
}

impl Entry<'_> {
    /// Notes something.
    pub(super) fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }

    /// A count of tokens or the like; zero says that it is not known.
    pub(super) fn count(&mut self, key: &str) -> Option<i64> {
        count(&self.fields, key, &mut self.remarks)
    }

    /// As [`Entry::count`], in an object of the entry.
    pub(super) fn count_in(&mut self, fields: &Object<'_>, key: &str) -> Option<i64> {
        count(fields, key, &mut self.remarks)
    }

    /// Whether a key says so.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let flag = self.fields.flag(key);
        if flag.is_none() && self.fields.written(key).is_some() {
            self.remark(format!("{key}: expected true or false"));
        }
        flag
    }

    /// An amount in an object of the entry.
    ///
    /// # Errors
    /// [`NoAmount`] where something else is there; that is noted.
    pub(super) fn amount_in(
        &mut self,
        fields: &Object<'_>,
        key: &str,
        unit: Unit,
    ) -> Result<Option<Money>, NoAmount> {
        let Some(written) = fields.written(key) else { return Ok(None) };
        self.amount(key, written, unit).map(Some)
    }

    /// An amount as it is written, as a number or a text.
    pub(super) fn amount(
        &mut self,
        key: &str,
        written: &str,
        unit: Unit,
    ) -> Result<Money, NoAmount> {
        amount(bare(written), unit).map_err(|error| {
            self.remark(format!("{key}: {error}"));
            NoAmount
        })
    }
}

/// There is something where an amount should be, and it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoAmount;

fn count(fields: &Object<'_>, key: &str, remarks: &mut Vec<String>) -> Option<i64> {
    match whole_number(bare(fields.written(key)?)) {
        Some(0) => None,
        Some(count) if count > 0 => Some(count),
        _ => {
            remarks.push(format!("{key}: expected a whole number above zero"));
            None
        }
    }
}

/// A number as it is written, also where it is in quotes.
fn bare(written: &str) -> &str {
    written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(written)
}
