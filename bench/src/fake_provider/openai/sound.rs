//! Sound that players take: silence, mostly.

/// Samples are of two bytes, one channel.
const SAMPLES_PER_SECOND: u32 = 24_000;
const BYTES_PER_SECOND: u32 = SAMPLES_PER_SECOND * 2;
const WAVE_HEAD_BYTES: u32 = 44;
/// MPEG-1, layer III, 128 kilobits and 44.1 kHz; a frame of these has 417 bytes.
const MP3_HEAD: [u8; 4] = [0xff, 0xfb, 0x90, 0x64];
const MP3_FRAME_BYTES: usize = 417;

/// Samples of a low hum.
pub(super) fn samples(bytes: usize) -> Vec<u8> {
    let hum = |index: usize| u8::try_from(index / 2 % 64).unwrap_or_default();
    (0..bytes).map(|index| if index % 2 == 0 { hum(index) } else { 0 }).collect()
}

/// A WAV file with so many bytes of samples (<http://soundfile.sapp.org/doc/WaveFormat>).
pub(super) fn wave(bytes: usize) -> Vec<u8> {
    let bytes = bytes.next_multiple_of(2);
    let length = u32::try_from(bytes).unwrap_or(u32::MAX - WAVE_HEAD_BYTES);
    let mut wave = b"RIFF".to_vec();
    wave.extend_from_slice(&(length + WAVE_HEAD_BYTES - 8).to_le_bytes());
    wave.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wave.extend_from_slice(&SAMPLES_PER_SECOND.to_le_bytes());
    wave.extend_from_slice(&BYTES_PER_SECOND.to_le_bytes());
    wave.extend_from_slice(b"\x02\0\x10\0data");
    wave.extend_from_slice(&length.to_le_bytes());
    wave.extend(samples(bytes));
    wave
}

/// Frames of MP3, at least so many bytes.
pub(super) fn mp3(bytes: usize) -> Vec<u8> {
    let mut frame = MP3_HEAD.to_vec();
    frame.resize(MP3_FRAME_BYTES, 0);
    frame.repeat(bytes.div_ceil(MP3_FRAME_BYTES).max(1))
}

/// How long a sound is: by its head if it is a WAV file, else as if it were MP3.
pub(super) fn seconds(sound: &[u8]) -> f64 {
    const USUAL_BYTES_PER_SECOND: u32 = 16_000;
    let is_wave = sound.starts_with(b"RIFF") && sound.get(8..12) == Some(b"WAVE");
    let rate = sound
        .get(28..32)
        .filter(|_| is_wave)
        .and_then(|four| four.try_into().ok())
        .map(u32::from_le_bytes)
        .filter(|rate| *rate > 0);
    let length = u32::try_from(sound.len()).unwrap_or(u32::MAX);
    match rate {
        Some(rate) => f64::from(length.saturating_sub(WAVE_HEAD_BYTES)) / f64::from(rate),
        None => f64::from(length) / f64::from(USUAL_BYTES_PER_SECOND),
    }
}

/// Seconds as they are billed: one that has begun counts whole.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a length is not negative, and the cast saturates"
)]
pub(super) fn billed(seconds: f64) -> u64 {
    seconds.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_says_in_its_head_how_long_it_is() {
        let wave = wave(48_000 * 3 / 2);
        assert_eq!(wave.len(), 72_044);
        assert!((seconds(&wave) - 1.5).abs() < 1e-9);
        assert_eq!(billed(seconds(&wave)), 2);
        assert!((seconds(&mp3(32_000)) - 2.0).abs() < 0.1);
    }
}
