use proptest::{prelude::*, sample::Index};

use super::*;

#[derive(Debug, Clone)]
enum Action {
    Append(Vec<u8>),
    Read { records: usize, bytes: usize },
    Apply(Index),
    Release(Index),
    Restart { segment_bytes: u64 },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        10 => prop::collection::vec(any::<u8>(), 1..=100).prop_map(Action::Append),
        4 => (1..9_usize, 1..300_usize).prop_map(|(records, bytes)| Action::Read { records, bytes }),
        2 => any::<Index>().prop_map(Action::Apply),
        1 => any::<Index>().prop_map(Action::Release),
        1 => (124..400_u64).prop_map(|segment_bytes| Action::Restart { segment_bytes }),
    ]
}

/// The journal and what it must hold.
struct Model {
    directory: TempDir,
    journal: Option<Arc<Journal>>,
    reader: Option<Reader>,
    written: Vec<Record>,
    read: usize,
    applied: usize,
}

impl Model {
    fn restart(&mut self, segment_bytes: u64) {
        let watermark = self.watermark(self.read);
        self.reader = None;
        self.journal = None;
        let options = JournalOptions { segment_bytes, max_record_bytes: 100, ..SMALL };
        let (journal, recovery) = Journal::open(self.directory.path(), options).unwrap();
        assert_eq!((recovery.damaged, recovery.truncated_bytes), (vec![], 0));
        journal.applied(self.watermark(self.applied)).unwrap();
        self.reader = Some(journal.reader(watermark));
        self.journal = Some(journal);
    }

    /// The position after this many records.
    fn watermark(&self, records: usize) -> Position {
        records.checked_sub(1).map_or(Position::START, |last| self.written[last].position)
    }

    fn act(&mut self, action: Action) {
        let journal = Arc::clone(self.journal.as_ref().unwrap());
        match action {
            Action::Append(payload) => {
                let position = journal.append(&payload).unwrap();
                assert!(position > self.watermark(self.written.len()));
                self.written.push(Record { position, payload });
            }
            Action::Read { records, bytes } => {
                let batch = self.reader.as_mut().unwrap().next_batch(records, bytes).unwrap();
                assert!(batch.len() <= records);
                assert_eq!(batch.is_empty(), self.read == self.written.len());
                assert_eq!(batch, self.written[self.read..self.read + batch.len()]);
                self.read += batch.len();
            }
            // As the applier does: only what was read, and never back.
            Action::Apply(index) => self.apply(index),
            Action::Release(index) => {
                self.apply(index);
                journal.release(self.watermark(self.applied)).unwrap();
            }
            Action::Restart { segment_bytes } => {
                drop(journal);
                self.restart(segment_bytes);
            }
        }
    }

    fn apply(&mut self, index: Index) {
        self.applied += index.index(self.read - self.applied + 1);
        self.journal.as_ref().unwrap().applied(self.watermark(self.applied)).unwrap();
    }

    fn check(&self) {
        let state = self.journal.as_ref().unwrap().state();
        let waiting = &self.written[self.applied..];
        let bytes: usize = waiting.iter().map(|record| record.payload.len() + 8).sum();
        assert_eq!(state.backlog_bytes, bytes as u64);
        assert!(waiting.iter().all(|record| record.position > state.released));
        let segments = self.directory.path().read_dir().unwrap().count() - 1;
        assert_eq!(state.segments, segments);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn in_whatever_order_it_is_used_every_record_is_read_once_and_in_order(
        actions in prop::collection::vec(action(), 1..80),
    ) {
        let mut model = Model {
            directory: directory(), journal: None, reader: None, written: vec![], read: 0, applied: 0,
        };
        model.restart(256);
        for action in actions {
            model.act(action);
            model.check();
        }
        let rest = read_all(model.reader.as_mut().unwrap());
        prop_assert_eq!(&rest[..], &model.written[model.read..]);
    }
}
