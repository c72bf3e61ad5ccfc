//! What a call is billed beside texts, where its provider does not tell: by what was asked for.

use shared::receipt::{TokenCounts, Units};

use super::super::account::Used;
use crate::{
    catalog::PriceTable,
    routing::Routed,
    wire::{Dialect, RelayedApi, seconds_of_audio},
};

/// Ten tokens are a second of sound that is listened to, twenty one that is spoken.
/// <https://platform.openai.com/docs/guides/realtime-costs>
const TOKENS_PER_SECOND_HEARD: i64 = 10;
const TOKENS_PER_SECOND_SPOKEN: i64 = 20;
/// As quickly as people usually speak.
const CHARACTERS_PER_SECOND: i64 = 15;

/// Sound has a price by tokens or by its own measure; what is counted is what has a price.
pub(super) fn beside(routed: &Routed, price: Option<&PriceTable>) -> Used {
    let Dialect::Relayed(api) = routed.call().surface.dialect() else { return Used::default() };
    let asked = routed.facts().units;
    let base = price.map(PriceTable::base);
    match api {
        RelayedApi::Transcriptions | RelayedApi::Translations => {
            let seconds = routed
                .call()
                .upload
                .as_ref()
                .map_or(0, |upload| seconds_of_audio(upload.head(), upload.files().bytes));
            if base.is_some_and(|rates| !rates.audio_hour.is_zero()) {
                let units = Units { audio_seconds: seconds, ..Units::default() };
                return Used { units, ..Used::default() };
            }
            let audio_input = seconds.saturating_mul(TOKENS_PER_SECOND_HEARD);
            let tokens = TokenCounts { audio_input, ..TokenCounts::default() };
            Used { tokens, ..Used::default() }
        }
        RelayedApi::Speech if base.is_some_and(|rates| rates.characters.is_zero()) => {
            let seconds =
                asked.characters.saturating_add(CHARACTERS_PER_SECOND - 1) / CHARACTERS_PER_SECOND;
            let audio_output = seconds.saturating_mul(TOKENS_PER_SECOND_SPOKEN);
            let tokens = TokenCounts { audio_output, ..TokenCounts::default() };
            Used { tokens, ..Used::default() }
        }
        _ => Used { units: asked, ..Used::default() },
    }
}
