//! What people may write: messages, titles, names of models.

use shared::Problem;

use super::refusal;

const LONGEST_MESSAGE_BYTES: usize = 200_000;
const LONGEST_TITLE_CHARACTERS: usize = 80;
const LONGEST_MODEL_BYTES: usize = 255;

/// The message as it is stored.
pub(super) fn message(written: &str) -> Result<String, Problem> {
    if written.trim().is_empty() {
        return Err(refusal::invalid("text", "`text` is empty. Write something to send."));
    }
    if written.len() > LONGEST_MESSAGE_BYTES {
        let detail = format!(
            "`text` has {} bytes; a message may have {LONGEST_MESSAGE_BYTES}. Shorten it or send \
             it in parts.",
            written.len()
        );
        return Err(refusal::invalid("text", detail));
    }
    Ok(storable(written))
}

/// The model as it is stored; whether it exists is for the pipeline to say.
pub(super) fn model(written: &str) -> Result<String, Problem> {
    let name = written.trim();
    if name.is_empty() {
        return Err(refusal::invalid("model", "`model` is empty. Choose a model."));
    }
    if name.len() > LONGEST_MODEL_BYTES {
        let detail = format!("`model` has more than {LONGEST_MODEL_BYTES} bytes; no model has.");
        return Err(refusal::invalid("model", detail));
    }
    Ok(storable(name))
}

/// A title that somebody chose.
pub(super) fn title(written: &str) -> Result<String, Problem> {
    let title = storable(written.trim());
    if title.is_empty() {
        return Err(refusal::invalid("title", "`title` is empty. Write a title."));
    }
    let characters = title.chars().count();
    if characters > LONGEST_TITLE_CHARACTERS {
        let detail =
            format!("`title` has {characters} characters; it may have {LONGEST_TITLE_CHARACTERS}.");
        return Err(refusal::invalid("title", detail));
    }
    Ok(title)
}

/// The title of a conversation that begins with this message: its first line with words in it.
pub(super) fn title_of(message: &str) -> String {
    let line = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= LONGEST_TITLE_CHARACTERS {
        return line.to_owned();
    }
    let kept: String = line.chars().take(LONGEST_TITLE_CHARACTERS - 1).collect();
    format!("{}…", kept.trim_end())
}

/// PostgreSQL cannot hold a NUL character, and nobody can see it.
fn storable(text: &str) -> String {
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_first_line_that_says_something() {
        assert_eq!(title_of("\n  \n  Plan a trip \nto Rome"), "Plan a trip");
    }

    #[test]
    fn a_long_first_line_is_cut_to_eighty_characters_whatever_their_width() {
        let title = title_of(&"日".repeat(200));
        assert_eq!(title.chars().count(), 80);
        assert!(title.ends_with('…'));
    }

    #[test]
    fn an_empty_and_an_oversized_message_are_refused_by_the_name_of_the_field() {
        for text in ["", " \n\t", "\u{a0}", &"x".repeat(200_001)] {
            let problem = message(text).unwrap_err();
            assert_eq!(problem.pointer.as_deref(), Some("text"));
            assert_eq!(problem.status, 400);
        }
        assert_eq!(message(&"x".repeat(200_000)).unwrap().len(), 200_000);
    }

    #[test]
    fn a_character_that_postgres_cannot_hold_is_left_out() {
        assert_eq!(message("a\0b").unwrap(), "ab");
    }
}
