//! How many calls a deployment has at once, and who is next where it may have no more.
//!
//! Whoever waits is let in by fairness and not by luck: first the team that has fewest calls there,
//! within it the user who has fewest, then whoever came first. The queue is bounded; a team that
//! fills it gives its last place to one that has fewer.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use shared::id::{TeamId, UserId};
use tokio::sync::oneshot;

/// Whose call it is, as far as fairness goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The team.
    pub team: TeamId,
    /// The user.
    pub user: UserId,
}

/// The way in to one deployment.
#[derive(Debug)]
pub(super) struct Gate {
    /// Zero for any number.
    limit: AtomicU32,
    queue_limit: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    /// Whose calls are under way.
    running: Vec<Caller>,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    caller: Caller,
    admit: oneshot::Sender<Permit>,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Arc<Gate>,
    caller: Caller,
}

/// What the gate says to a call.
#[derive(Debug)]
pub(super) enum Entry {
    /// It may come in; with a permit where there is a limit.
    Free(Option<Permit>),
    Full,
}

impl Gate {
    pub(super) fn new(queue_limit: usize) -> Self {
        Self { limit: AtomicU32::new(0), queue_limit, inside: Mutex::default() }
    }

    /// From now on so many calls at once.
    pub(super) fn limit_to(self: &Arc<Self>, limit: Option<u32>) {
        self.limit.store(limit.unwrap_or(0), Ordering::Release);
        self.let_in();
    }

    pub(super) fn enter(self: &Arc<Self>, caller: Caller) -> Entry {
        let Some(limit) = self.limit() else { return Entry::Free(None) };
        let mut inside = self.lock();
        inside.forget_who_left();
        // Nobody passes by those who wait.
        if inside.running.len() >= limit || !inside.waiting.is_empty() {
            return Entry::Full;
        }
        inside.running.push(caller);
        Entry::Free(Some(Permit { gate: Arc::clone(self), caller }))
    }

    /// Waits for a place; none where the queue is full. What is given gives nothing any more where
    /// the place in the queue went to somebody else.
    pub(super) fn queue(self: &Arc<Self>, caller: Caller) -> Option<oneshot::Receiver<Permit>> {
        let (admit, permit) = oneshot::channel();
        {
            let mut inside = self.lock();
            inside.forget_who_left();
            if inside.waiting.len() >= self.queue_limit {
                let place = inside.place_to_give_up(caller)?;
                inside.waiting.remove(place);
            }
            inside.waiting.push(Waiting { caller, admit });
        }
        self.let_in();
        Some(permit)
    }

    fn leave(self: &Arc<Self>, caller: Caller) {
        {
            let mut inside = self.lock();
            if let Some(place) = inside.running.iter().position(|running| *running == caller) {
                inside.running.swap_remove(place);
            }
        }
        self.let_in();
    }

    /// Lets in whoever is next, while there is room.
    fn let_in(self: &Arc<Self>) {
        while let Some(Waiting { caller, admit }) = self.next() {
            let permit = Permit { gate: Arc::clone(self), caller };
            // Who does not wait any more gives the place back by dropping it.
            let _ = admit.send(permit);
        }
    }

    fn next(&self) -> Option<Waiting> {
        let limit = self.limit().unwrap_or(usize::MAX);
        let mut inside = self.lock();
        inside.forget_who_left();
        if inside.running.len() >= limit {
            return None;
        }
        let place = inside.fairest()?;
        let next = inside.waiting.remove(place);
        inside.running.push(next.caller);
        Some(next)
    }

    fn limit(&self) -> Option<usize> {
        let limit = self.limit.load(Ordering::Acquire);
        usize::try_from(limit).ok().filter(|limit| *limit > 0)
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn forget_who_left(&mut self) {
        self.waiting.retain(|waiting| !waiting.admit.is_closed());
    }

    fn fairest(&self) -> Option<usize> {
        let running = |is_theirs: &dyn Fn(&Caller) -> bool| {
            self.running.iter().filter(|caller| is_theirs(caller)).count()
        };
        (0..self.waiting.len()).min_by_key(|place| {
            let caller = self.waiting[*place].caller;
            (running(&|other| other.team == caller.team), running(&|other| *other == caller))
        })
    }

    /// The last place of the team that has most, where that has more than this caller's team would.
    fn place_to_give_up(&self, caller: Caller) -> Option<usize> {
        let waiting =
            |team: TeamId| self.waiting.iter().filter(|it| it.caller.team == team).count();
        let most = |place: &usize| waiting(self.waiting[*place].caller.team);
        let place = (0..self.waiting.len()).max_by_key(most)?;
        (most(&place) > waiting(caller.team) + 1).then_some(place)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.leave(self.caller);
    }
}

#[cfg(test)]
mod tests {
    use shared::Id;
    use uuid::Uuid;

    use super::*;

    fn caller(team: u128, user: u128) -> Caller {
        Caller {
            team: Id::from_uuid(Uuid::from_u128(team)),
            user: Id::from_uuid(Uuid::from_u128(user)),
        }
    }

    fn gate(limit: u32, queue_limit: usize) -> Arc<Gate> {
        let gate = Arc::new(Gate::new(queue_limit));
        gate.limit_to(Some(limit));
        gate
    }

    fn entered(gate: &Arc<Gate>, caller: Caller) -> Permit {
        let Entry::Free(Some(permit)) = gate.enter(caller) else { panic!("there is no place") };
        permit
    }

    fn is_in(waiting: &mut oneshot::Receiver<Permit>) -> Option<Permit> {
        waiting.try_recv().ok()
    }

    #[test]
    fn without_a_limit_everybody_comes_in() {
        let gate = Arc::new(Gate::new(0));
        assert!(matches!(gate.enter(caller(1, 1)), Entry::Free(None)));
    }

    #[test]
    fn no_more_come_in_than_may_and_whoever_leaves_lets_the_next_in() {
        let gate = gate(2, 10);
        let (first, _second) = (entered(&gate, caller(1, 1)), entered(&gate, caller(1, 1)));
        assert!(matches!(gate.enter(caller(1, 2)), Entry::Full));
        let mut waiting = gate.queue(caller(1, 2)).expect("the queue has room");
        assert!(is_in(&mut waiting).is_none());
        drop(first);
        let third = is_in(&mut waiting).expect("a place is free");
        assert!(matches!(gate.enter(caller(1, 1)), Entry::Full));
        drop(third);
        assert!(matches!(gate.enter(caller(1, 1)), Entry::Free(Some(_))));
    }

    #[test]
    fn a_busy_team_and_a_busy_user_wait_for_those_who_have_less() {
        let gate = gate(3, 10);
        let busy: Vec<_> = (0..3).map(|_| entered(&gate, caller(1, 1))).collect();
        let mut same_user = gate.queue(caller(1, 1)).expect("room");
        let mut same_team = gate.queue(caller(1, 2)).expect("room");
        let mut other_team = gate.queue(caller(2, 9)).expect("room");
        let mut order = Vec::new();
        let mut inside = Vec::new();
        for leaving in busy {
            drop(leaving);
            for (name, waiting) in [
                ("same user", &mut same_user),
                ("same team", &mut same_team),
                ("other", &mut other_team),
            ] {
                if let Some(permit) = is_in(waiting) {
                    order.push(name);
                    inside.push(permit);
                }
            }
        }
        assert_eq!(order, ["other", "same team", "same user"]);
    }

    #[test]
    fn a_full_queue_takes_no_more_but_a_team_that_fills_it_makes_room_for_another() {
        let gate = gate(1, 3);
        let _inside = entered(&gate, caller(1, 1));
        let mut crowd: Vec<_> = (0..3).map(|_| gate.queue(caller(1, 1)).expect("room")).collect();
        assert!(gate.queue(caller(1, 2)).is_none());
        let _other = gate.queue(caller(2, 1)).expect("its team has nobody in the queue");
        let last = crowd.pop().expect("three wait");
        assert!(last.blocking_recv().is_err(), "who came last gave up the place");
        assert!(is_in(&mut crowd[0]).is_none());
    }

    #[test]
    fn who_gave_up_waiting_takes_no_place() {
        let gate = gate(1, 10);
        let inside = entered(&gate, caller(1, 1));
        drop(gate.queue(caller(2, 1)));
        let mut patient = gate.queue(caller(1, 2)).expect("room");
        drop(inside);
        let permit = is_in(&mut patient).expect("the next one");
        drop((permit, patient));
        assert!(matches!(gate.enter(caller(3, 1)), Entry::Free(Some(_))));
    }

    #[test]
    fn a_place_that_nobody_takes_up_goes_to_the_next() {
        let gate = gate(1, 10);
        let inside = entered(&gate, caller(1, 1));
        let gone = gate.queue(caller(2, 1)).expect("room");
        let mut next = gate.queue(caller(3, 1)).expect("room");
        drop(inside);
        assert!(is_in(&mut next).is_none());
        drop(gone);
        assert!(is_in(&mut next).is_some());
    }
}
