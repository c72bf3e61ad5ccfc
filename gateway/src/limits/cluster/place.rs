//! A call in the Redis: it is told there what becomes of it.

use std::{fmt, sync::Arc};

use tokio::sync::mpsc::UnboundedSender;

use super::worker::Work;

/// A call in the Redis. Dropped before it has begun, what was counted of it is taken back.
pub(in crate::limits) struct Place {
    work: UnboundedSender<Work>,
    pub(super) call: Arc<str>,
    /// When Redis has counted it, by its own clock; none where it has not.
    pub(super) at: Option<i64>,
    /// How many tokens are set aside for it.
    pub(super) set_aside: i64,
    /// Where these are counted, and how long a slice is there.
    pub(super) tokens: Vec<(Arc<str>, i64)>,
    /// Where it is one of the calls under way.
    pub(super) at_once: Vec<Arc<str>>,
    has_begun: bool,
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Place").field("call", &self.call).finish_non_exhaustive()
    }
}

impl Place {
    pub(super) fn new(work: UnboundedSender<Work>, call: String) -> Self {
        let call = call.into();
        let (tokens, at_once) = (Vec::new(), Vec::new());
        Self { work, call, at: None, set_aside: 0, tokens, at_once, has_begun: false }
    }

    /// The call has begun.
    pub(in crate::limits) fn begin(&mut self) {
        self.has_begun = true;
        if !self.at_once.is_empty() {
            let (call, keys) = (Arc::clone(&self.call), self.at_once.clone());
            self.tell(Work::Begun { call, keys });
        }
    }

    /// The call has used that much more than is counted, or less.
    pub(in crate::limits) fn correct(&self, by: i64) {
        let Some(at) = self.at.filter(|_| by != 0) else { return };
        for (key, slice_micros) in &self.tokens {
            let (key, slice_micros) = (Arc::clone(key), *slice_micros);
            let slice = at.div_euclid(slice_micros);
            self.tell(Work::Correct { key, slice_micros, slice, by });
        }
    }

    /// The call has ended.
    pub(in crate::limits) fn leave(&self) {
        if !self.at_once.is_empty() {
            let (call, keys) = (Arc::clone(&self.call), self.at_once.clone());
            self.tell(Work::Ended { call, keys });
        }
    }

    fn tell(&self, work: Work) {
        // The worker is there for as long as calls are; at the end of the process nobody needs it.
        let _ = self.work.send(work);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.at.is_some() && !self.has_begun {
            self.correct(-self.set_aside);
            self.leave();
        }
    }
}
