//! Lowest latency: the deployment whose median is lowest, of the time to the first byte for a
//! stream and of the whole time for an answer that comes whole.
//!
//! A median is only known of who is asked. So each deployment is asked a few times at first, and
//! then a stated share of calls goes to the one that is known least, which is how a deployment that
//! has become quick again is found.

use super::{Figures, LAST, Ranking, Turn};
use crate::routing::latency::Evidence;

/// Latencies that differ by less count as the same where affinity chooses.
pub(super) const TOLERANCE_PERCENT: i64 = 25;
/// So many calls show how quick a deployment is that was never asked.
const FIRST_CALLS: f32 = 3.0;

pub(super) fn rank(candidates: &[Figures], turn: Turn) -> Ranking {
    let evidence = |it: &Figures| if turn.is_streaming { it.first_byte } else { it.total };
    let score = |candidate: &Figures| {
        let median = evidence(candidate).median_micros;
        median.map_or(LAST, |micros| i64::try_from(micros).unwrap_or(LAST))
    };
    let scores: Vec<i64> = candidates.iter().map(score).collect();
    let first = begins_elsewhere(candidates, &scores, evidence, turn);
    Ranking { scores, first }
}

/// Where this call begins, where that is not with the quickest.
fn begins_elsewhere(
    candidates: &[Figures],
    scores: &[i64],
    evidence: impl Fn(&Figures) -> Evidence,
    turn: Turn,
) -> Option<usize> {
    // A call under way will be a measurement.
    let known = |place: &usize| -> f32 {
        let candidate = &candidates[*place];
        evidence(candidate).measurements + f32_of(candidate.in_flight)
    };
    let least = |places: &mut dyn Iterator<Item = usize>| {
        places.min_by(|one, other| known(one).total_cmp(&known(other)))
    };
    let best = (0..candidates.len()).min_by_key(|place| scores[*place])?;
    let is_unknown = |place: &usize| scores[*place] == LAST;
    let nothing_is_known = is_unknown(&best);
    let newcomer = least(&mut (0..candidates.len()).filter(is_unknown));
    if let Some(place) = newcomer
        && (nothing_is_known || known(&place) < FIRST_CALLS)
    {
        return Some(place);
    }
    if !explores(turn) {
        return None;
    }
    least(&mut (0..candidates.len()).filter(|place| *place != best))
}

/// Whether it is this call's turn: of any hundred calls in a row, exactly so many.
fn explores(turn: Turn) -> bool {
    let percent = u64::from(turn.exploration_percent);
    let share = |number: u64| number.saturating_mul(percent) / 100;
    share(turn.number + 1) > share(turn.number)
}

#[expect(clippy::cast_precision_loss, reason = "as many calls are under way as fit a node")]
fn f32_of(count: u32) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::{super::samples::alike, *};

    fn turn(number: u64) -> Turn {
        Turn { number, is_streaming: true, exploration_percent: 5 }
    }

    fn known(candidate: &mut Figures, median_micros: u64, measurements: f32) {
        candidate.first_byte = Evidence { median_micros: Some(median_micros), measurements };
    }

    #[test]
    fn the_quickest_is_the_best_by_what_the_call_waits_for() {
        let mut candidates = alike(2);
        known(&mut candidates[0], 90, 50.0);
        known(&mut candidates[1], 30, 50.0);
        candidates[0].total = Evidence { median_micros: Some(500), measurements: 50.0 };
        candidates[1].total = Evidence { median_micros: Some(800), measurements: 50.0 };
        assert_eq!(rank(&candidates, turn(0)), Ranking { scores: vec![90, 30], first: None });
        let whole = Turn { is_streaming: false, ..turn(0) };
        assert_eq!(rank(&candidates, whole).scores, [500, 800]);
    }

    #[test]
    fn who_was_never_asked_is_asked_a_few_times_first_also_where_all_come_at_once() {
        let mut candidates = alike(3);
        let mut asked = [0; 3];
        for number in 0..30 {
            let first = rank(&candidates, turn(number)).first.expect("nothing is known");
            candidates[first].in_flight += 1;
            asked[first] += 1;
        }
        assert_eq!(asked, [10, 10, 10]);
        known(&mut candidates[0], 90, 10.0);
        assert_eq!(rank(&candidates, turn(1)).first, None, "the others are being asked");
    }

    #[test]
    fn a_stated_share_of_calls_goes_to_the_one_that_is_known_least() {
        let mut candidates = alike(3);
        known(&mut candidates[0], 10, 50.0);
        known(&mut candidates[1], 20, 9.0);
        known(&mut candidates[2], 30, 4.0);
        let elsewhere: Vec<_> =
            (0..1_000).filter_map(|number| rank(&candidates, turn(number)).first).collect();
        assert_eq!(elsewhere.len(), 50);
        assert!(elsewhere.iter().all(|place| *place == 2));
        let never = Turn { exploration_percent: 0, ..turn(19) };
        assert_eq!(rank(&candidates, never).first, None);
    }
}
