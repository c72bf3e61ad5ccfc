//! Which deployments have the beginning of a prompt in their cache, as far as can be known: where
//! it was sent lately, and how much of such prompts they did read from the cache.
//!
//! A conversation grows at its end, so its body begins with that of the turn before. The beginning
//! is hashed at lengths that double; the longest that was sent somewhere is what is warm there.

use std::collections::HashMap;

use shared::Timestamp;

/// The first length that is marked, in bytes; the others are twice the one before.
const FIRST_MARK_BYTES: usize = 1_024;
const MARKS: usize = 9;
/// For how long providers keep what was not read again; most say five minutes.
/// <https://platform.openai.com/docs/guides/prompt-caching>
/// <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>
const KEPT_MICROS: i64 = 300_000_000;
/// The most beginnings that are remembered of a model.
const MOST_BEGINNINGS: usize = 8_192;
/// How much of what is warm a deployment is thought to read from its cache before it has shown it.
const FIRST_HIT_SHARE: f64 = 0.5;
/// How much one answer changes that.
const LEARNING: f64 = 0.2;

/// The beginnings of one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Beginnings {
    hashes: [u32; MARKS],
    count: usize,
}

impl Beginnings {
    /// Of a body; none of one that is shorter than the first mark.
    pub(super) fn of(body: &[u8]) -> Self {
        let mut beginnings = Self::default();
        let mut hasher = crc32fast::Hasher::new();
        let (mut from, mut to) = (0, FIRST_MARK_BYTES);
        while beginnings.count < MARKS && to <= body.len() {
            hasher.update(&body[from..to]);
            beginnings.hashes[beginnings.count] = hasher.clone().finalize();
            beginnings.count += 1;
            (from, to) = (to, to * 2);
        }
        beginnings
    }

    /// The first of a body, which is enough to know which prompt it is.
    pub(super) fn first_of(body: &[u8]) -> Self {
        Self::of(&body[..body.len().min(FIRST_MARK_BYTES)])
    }

    /// What all turns of a conversation have in common; none of a short one.
    pub(super) fn first(&self) -> Option<u64> {
        (self.count > 0).then_some(u64::from(self.hashes[0]))
    }

    /// Length and hash of each, the longest first.
    fn longest_first(&self) -> impl Iterator<Item = (usize, u64)> {
        self.hashes[..self.count]
            .iter()
            .enumerate()
            .rev()
            .map(|(mark, hash)| (FIRST_MARK_BYTES << mark, (mark as u64) << 32 | u64::from(*hash)))
    }
}

/// The caches of one model's deployments.
#[derive(Debug)]
pub(super) struct PromptCaches {
    /// Where each beginning was sent, by place, and until when it is warm there.
    sent: HashMap<u64, Vec<(usize, Timestamp)>>,
    /// How much of what is warm each deployment reads from its cache.
    hit_shares: Vec<f64>,
}

impl PromptCaches {
    pub(super) fn new(deployments: usize) -> Self {
        Self { sent: HashMap::new(), hit_shares: vec![FIRST_HIT_SHARE; deployments] }
    }

    /// How many bytes of the body's beginning are warm at each deployment, by place.
    pub(super) fn warm_bytes(&self, beginnings: &Beginnings, now: Timestamp) -> Vec<usize> {
        let mut warm = vec![0; self.hit_shares.len()];
        for (bytes, key) in beginnings.longest_first() {
            for (place, until) in self.sent.get(&key).into_iter().flatten() {
                if warm[*place] == 0 && now < *until {
                    warm[*place] = bytes;
                }
            }
        }
        warm
    }

    /// How much of that it reads from its cache, from 0 to 1.
    pub(super) fn hit_share(&self, place: usize) -> f64 {
        self.hit_shares[place]
    }

    /// The body was answered there.
    pub(super) fn sent(&mut self, beginnings: &Beginnings, place: usize, now: Timestamp) {
        if self.sent.len() + beginnings.count > MOST_BEGINNINGS {
            self.sent.retain(|_, places| places.iter().any(|(_, until)| now < *until));
            if self.sent.len() + beginnings.count > MOST_BEGINNINGS {
                self.sent.clear();
            }
        }
        let until = Timestamp::from_micros(now.micros().saturating_add(KEPT_MICROS));
        for (_, key) in beginnings.longest_first() {
            let places = self.sent.entry(key).or_default();
            match places.iter_mut().find(|(known, _)| *known == place) {
                Some((_, known)) => *known = until,
                None => places.push((place, until)),
            }
        }
    }

    /// Of so many tokens that were thought to be warm, so many were read from the cache.
    pub(super) fn learn(&mut self, place: usize, warm_tokens: i64, cached_tokens: i64) {
        if warm_tokens > 0 {
            let share = (float(cached_tokens) / float(warm_tokens)).clamp(0.0, 1.0);
            let known = &mut self.hit_shares[place];
            *known += (share - *known) * LEARNING;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "tokens of one call are exact")]
fn float(tokens: i64) -> f64 {
    tokens as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn the_next_turn_of_a_conversation_finds_its_beginning_warm_where_it_was_sent() {
        let turn = "You are a helpful assistant. ".repeat(200);
        let (first, second) = (turn.clone(), turn.repeat(2) + "and more");
        let mut caches = PromptCaches::new(3);
        caches.sent(&Beginnings::of(first.as_bytes()), 1, at(0));
        let beginnings = Beginnings::of(second.as_bytes());
        assert_eq!(caches.warm_bytes(&beginnings, at(299)), [0, 4_096, 0]);
        assert_eq!(caches.warm_bytes(&beginnings, at(300)), [0, 0, 0], "it is cold by then");
        caches.sent(&beginnings, 1, at(200));
        assert_eq!(caches.warm_bytes(&beginnings, at(400)), [0, 8_192, 0]);
        let other = Beginnings::of("Another prompt. ".repeat(500).as_bytes());
        assert_eq!(caches.warm_bytes(&other, at(0)), [0, 0, 0]);
    }

    #[test]
    fn a_short_prompt_has_no_beginning() {
        assert_eq!(Beginnings::of(&[b'x'; 1_023]).first(), None);
        assert!(Beginnings::of(&[b'x'; 1_024]).first().is_some());
        assert_eq!(Beginnings::of(&vec![b'x'; 10_000_000]).count, MARKS);
    }

    #[test]
    fn what_is_read_from_a_cache_is_learned() {
        let mut caches = PromptCaches::new(2);
        for _ in 0..30 {
            caches.learn(0, 1_000, 0);
            caches.learn(1, 1_000, 950);
        }
        assert!(caches.hit_share(0) < 0.01 && (caches.hit_share(1) - 0.95).abs() < 0.01);
        caches.learn(0, 0, 500);
        assert!(caches.hit_share(0) < 0.01, "where nothing was thought warm nothing is learned");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut caches = PromptCaches::new(1);
        for number in 0..20_000_u32 {
            let body = number.to_le_bytes().repeat(300);
            caches.sent(&Beginnings::of(&body), 0, at(0));
        }
        assert!(caches.sent.len() <= MOST_BEGINNINGS);
    }
}
