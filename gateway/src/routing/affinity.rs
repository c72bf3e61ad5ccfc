//! Keeps calls of one session, or of one prompt, with one deployment, without remembering any.
//!
//! Rendezvous hashing: every deployment draws a number from the call's key, and the highest draw,
//! by weight, has the call. Every node draws the same, a deployment that goes away gives away its
//! own calls alone, and gets them back when it returns.
//! (Thaler, Ravishankar: "A name-based mapping scheme for rendezvous", 1996; by weight as in
//! Schindelhauer, Schomaker: "Weighted distributed hash tables", 2005.)

use super::strategy::Figures;

/// What calls that belong together have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AffinityKey(u64);

impl AffinityKey {
    /// Of a text.
    pub(super) fn of(text: &[u8]) -> Self {
        Self(hash_of(text))
    }

    /// Of what is a hash already.
    pub(super) const fn of_hash(hash: u64) -> Self {
        Self(mixed(hash))
    }

    /// Whose call it is, among the candidates that `may` have it; `identity` is each one's own
    /// number.
    pub(super) fn owner(
        self,
        candidates: &[Figures],
        may: &[bool],
        identity: impl Fn(usize) -> u64,
    ) -> Option<usize> {
        let draw = |index: &usize| {
            let candidate = &candidates[*index];
            let drawn = share(mixed(self.0 ^ identity(candidate.place)));
            f64::from(candidate.weight.max(1)) / -drawn.ln()
        };
        (0..candidates.len())
            .filter(|index| may[*index])
            .max_by(|one, other| draw(one).total_cmp(&draw(other)))
    }
}

/// The same number for the same bytes, on every node and in every version (FNV-1a, mixed).
pub(super) fn hash_of(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mixed(hash)
}

/// Every bit of the result depends on every bit given (the finalizer of `SplitMix64`).
pub(super) const fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Between 0 and 1, and neither of them.
#[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
fn share(hash: u64) -> f64 {
    ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::{super::strategy::samples::alike, *};

    const CALLS: u64 = 10_000;

    fn identity(place: usize) -> u64 {
        hash_of(format!("provider {place}").as_bytes())
    }

    fn owner(key: u64, candidates: &[Figures], may: &[bool]) -> usize {
        AffinityKey::of_hash(key).owner(candidates, may, identity).expect("one may")
    }

    #[test]
    fn each_has_its_share_by_weight() {
        let mut candidates = alike(3);
        candidates[0].weight = 2;
        let mut counts = [0_u64; 3];
        for key in 0..CALLS {
            counts[owner(key, &candidates, &[true; 3])] += 1;
        }
        assert!(counts[0].abs_diff(CALLS / 2) < CALLS / 50, "{counts:?}");
        assert!(counts[1].abs_diff(CALLS / 4) < CALLS / 50, "{counts:?}");
    }

    #[test]
    fn one_that_goes_away_gives_away_its_own_calls_alone() {
        let candidates = alike(4);
        for key in 0..CALLS {
            let before = owner(key, &candidates, &[true; 4]);
            let after = owner(key, &candidates, &[true, true, false, true]);
            assert!(before == after || before == 2, "call {key} moved from {before} to {after}");
        }
    }

    #[test]
    fn the_same_text_has_the_same_key_whoever_hashes_it() {
        assert_eq!(hash_of(b"session 1"), hash_of(b"session 1"));
        assert_ne!(hash_of(b"session 1"), hash_of(b"session 2"));
        assert_eq!(hash_of(b""), mixed(0xcbf2_9ce4_8422_2325));
    }

    #[test]
    fn where_none_may_nobody_is_the_owner() {
        let key = AffinityKey::of(b"session");
        assert_eq!(key.owner(&alike(2), &[false, false], identity), None);
    }
}
