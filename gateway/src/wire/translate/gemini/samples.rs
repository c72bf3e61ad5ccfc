//! Sound as Google's models speak it: plain samples.
//! <https://ai.google.dev/gemini-api/docs/speech-generation>

/// What a client reads.
pub(super) const MIME_TYPE: &str = "audio/L16;codec=pcm;rate=24000";

/// Whether a sound is in the one form that is the same in every dialect, which OpenAI calls
/// `pcm16`: 16 bits a sample, 24,000 samples a second.
pub(super) fn are_samples(media_type: &str) -> bool {
    let mut words = media_type.split(';').map(|word| word.trim().to_ascii_lowercase());
    let is_plain = words.next().is_some_and(|kind| kind == "audio/l16" || kind == "audio/pcm");
    is_plain && words.all(|word| !word.starts_with("rate=") || word == "rate=24000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_known_by_their_rate() {
        assert!(are_samples(MIME_TYPE) && are_samples("audio/pcm; rate=24000"));
        for other in ["audio/wav", "audio/L16;codec=pcm;rate=16000", ""] {
            assert!(!are_samples(other), "{other}");
        }
    }
}
