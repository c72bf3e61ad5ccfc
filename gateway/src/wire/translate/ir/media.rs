//! In which media an answer is asked for.

/// What an answer may hold beside text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::wire::translate) struct Media {
    pub text: bool,
    pub images: bool,
    pub speech: bool,
}

impl Media {
    /// Of the names that a client gave; nothing where another is among them.
    pub(in crate::wire::translate) fn named(names: &[String]) -> Option<Self> {
        let mut media = Self::default();
        for name in names {
            match name.to_ascii_lowercase().as_str() {
                "text" => media.text = true,
                "image" => media.images = true,
                "audio" => media.speech = true,
                _ => return None,
            }
        }
        Some(media)
    }

    /// Whether it is what every answer is.
    pub(in crate::wire::translate) const fn is_text_alone(self) -> bool {
        !self.images && !self.speech
    }
}
