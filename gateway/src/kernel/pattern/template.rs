//! A name in which the texts that a pattern has captured stand: `$1`, `${1}`, and `$$` for a dollar.

use super::Pattern;

/// What is made of captures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// Which capture, from 0.
    Capture(usize),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A dollar without a number.
    #[error(
        "`$` must be followed by the number of a `*`, such as `$1` or `${{1}}`; write `$$` for a dollar"
    )]
    NoNumber,
    /// A number that no star has.
    #[error("`${number}` stands for no `*`: there are {stars}")]
    NoSuchStar {
        /// The number.
        number: String,
        /// How many there are.
        stars: usize,
    },
}

impl Template {
    /// Reads a template for a pattern of so many stars.
    ///
    /// # Errors
    /// [`TemplateError`] where a dollar is not followed by the number of one.
    pub fn new(text: &str, stars: usize) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            push_text(&mut pieces, before);
            rest = if let Some(after) = after.strip_prefix('$') {
                push_text(&mut pieces, "$");
                after
            } else {
                let (number, after) = number(after).ok_or(TemplateError::NoNumber)?;
                let star = number.parse::<usize>().ok().filter(|star| (1..=stars).contains(star));
                let no_such = || TemplateError::NoSuchStar { number: number.to_owned(), stars };
                pieces.push(Piece::Capture(star.ok_or_else(no_such)? - 1));
                after
            };
        }
        push_text(&mut pieces, rest);
        Ok(Self(pieces))
    }

    /// The text with these captures.
    #[must_use]
    pub fn filled(&self, captures: &[&str]) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Capture(index) => captures.get(*index).copied().unwrap_or_default().to_owned(),
        };
        self.0.iter().map(piece).collect()
    }

    /// The captures of which `text` would be made, for a pattern of so many stars; none where it
    /// could not, or where it does not tell all of them.
    #[must_use]
    pub fn captures<'t>(&self, text: &'t str, stars: usize) -> Option<Vec<&'t str>> {
        let shape = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Capture(_) => "*".to_owned(),
        };
        let found = Pattern::new(&self.0.iter().map(shape).collect::<String>()).captures(text)?;
        let mut captures = vec![None; stars];
        let places = self.0.iter().filter_map(|piece| match piece {
            Piece::Capture(index) => Some(*index),
            Piece::Text(_) => None,
        });
        for (index, capture) in places.zip(found) {
            match captures.get_mut(index)? {
                Some(other) if *other != capture => return None,
                place => *place = Some(capture),
            }
        }
        captures.into_iter().collect()
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// The number behind a dollar, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(inner) = text.strip_prefix('{') {
        let (number, after) = inner.split_at(digits(inner));
        return Some((number, after.strip_prefix('}')?)).filter(|_| !number.is_empty());
    }
    let (number, after) = text.split_at(digits(text));
    (!number.is_empty()).then_some((number, after))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("$1", "a")]
    #[case("x-$2/$1", "x-b/a")]
    #[case("${1}0", "a0")]
    #[case("$1$1", "aa")]
    #[case("$$1", "$1")]
    #[case("fixed", "fixed")]
    #[case("", "")]
    fn captures_stand_where_their_numbers_are(#[case] template: &str, #[case] expected: &str) {
        assert_eq!(Template::new(template, 2).unwrap().filled(&["a", "b"]), expected);
    }

    #[rstest]
    #[case("$3", "`$3` stands for no `*`: there are 2")]
    #[case("$0", "`$0` stands for no `*`: there are 2")]
    #[case("$10", "`$10` stands for no `*`: there are 2")]
    #[case("$", "must be followed")]
    #[case("a$b", "must be followed")]
    #[case("${1", "must be followed")]
    #[case("${}", "must be followed")]
    #[case("$99999999999999999999", "stands for no")]
    fn a_number_that_no_star_has_is_refused(#[case] template: &str, #[case] part: &str) {
        let error = Template::new(template, 2).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }

    #[rstest]
    #[case("$2", "x", None)]
    #[case("$1-$2", "a-b", Some(vec!["a", "b"]))]
    #[case("$2/$1", "a/b", Some(vec!["b", "a"]))]
    #[case("$1/$2/$1", "a/b/a", Some(vec!["a", "b"]))]
    #[case("$1/$2/$1", "a/b/c", None)]
    #[case("fixed", "fixed", None)]
    fn a_text_tells_its_captures_where_all_of_them_are_in_it(
        #[case] template: &str,
        #[case] text: &str,
        #[case] expected: Option<Vec<&str>>,
    ) {
        assert_eq!(Template::new(template, 2).unwrap().captures(text, 2), expected);
    }
}
