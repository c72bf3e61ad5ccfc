//! A call that goes on: whether it may use more tokens.

use std::sync::Arc;

use super::{
    Limits,
    allowance::Part,
    count::{self, Bound},
    rules::is_of_tokens,
    share::Share,
    subject::Subject,
};
use crate::call::LimitRefusal;

impl Limits {
    /// Sets more tokens aside for one part of a call's allowance, at everyone whom its limits bind or
    /// at none.
    ///
    /// # Errors
    /// The limit that stands in the way for the longest.
    pub(super) async fn extend(
        &self,
        part: &mut Part,
        tokens: i64,
    ) -> Result<(), Box<LimitRefusal>> {
        let subjects: Vec<Arc<Subject>> = part.subjects().cloned().collect();
        let share = if self.cluster.is_some() { Share::WHOLE } else { self.share() };
        let bound = of_tokens(&subjects, tokens, share);
        if bound.is_empty() {
            return Ok(());
        }
        let told = match &self.cluster {
            Some(cluster) => cluster.count(&subjects, &bound).await,
            None => None,
        };
        let now = self.clock.now().micros();
        match told {
            Some((answer, mut place)) if answer.is_counted => {
                place.begin();
                count::add(&subjects, &bound, now);
                part.has_counted(tokens);
                Ok(())
            }
            Some((answer, _)) => match count::narrowest(&bound, &answer.gauges) {
                Some((it, gauge)) => {
                    let refusal = count::refusal(&subjects, &it, &gauge, share, answer.now);
                    Err(Box::new(refusal))
                }
                None => Ok(()),
            },
            None => self.extend_here(part, &subjects, tokens, now),
        }
    }

    fn extend_here(
        &self,
        part: &mut Part,
        subjects: &[Arc<Subject>],
        tokens: i64,
        now: i64,
    ) -> Result<(), Box<LimitRefusal>> {
        let share = self.share();
        let bound = of_tokens(subjects, tokens, share);
        match count::try_add(subjects, &bound, now) {
            Ok(()) => {
                part.has_counted(tokens);
                Ok(())
            }
            Err((it, gauge)) => Err(Box::new(count::refusal(subjects, &it, &gauge, share, now))),
        }
    }
}

fn of_tokens(subjects: &[Arc<Subject>], tokens: i64, share: Share) -> Vec<Bound> {
    let mut bound = count::bound(subjects, tokens, share);
    bound.retain(|it| is_of_tokens(it.measure));
    bound
}
