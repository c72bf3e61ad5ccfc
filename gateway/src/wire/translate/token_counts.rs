//! What a client is told of the tokens that are billed.

use shared::receipt::TokenCounts;

use super::ir::Usage;

impl From<TokenCounts> for Usage {
    /// Of whichever medium a token is, it is one of the prompt's or one of the answer's.
    fn from(tokens: TokenCounts) -> Self {
        Self {
            input: tokens.input + tokens.audio_input + tokens.image_input,
            cache_read: tokens.cached_input,
            cache_write: tokens.cache_write + tokens.cache_write_1h,
            output: tokens.output + tokens.reasoning + tokens.audio_output + tokens.image_output,
            reasoning: tokens.reasoning,
        }
    }
}
