//! Cuts members out of an object, and elements out of a list.

use std::ops::Range;

/// What goes, in order, where `parts` are the members or elements one after the other. Each goes
/// with the comma behind it, and the last ones with the comma before them.
pub(super) fn cuts(parts: &[Range<usize>], is_gone: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        if !is_gone(at) {
            at += 1;
            continue;
        }
        let first = at;
        while at < parts.len() && is_gone(at) {
            at += 1;
        }
        cuts.push(match (parts.get(at), first.checked_sub(1)) {
            (Some(next), _) => parts[first].start..next.start,
            (None, Some(before)) => parts[before].end..parts[at - 1].end,
            (None, None) => parts[first].start..parts[at - 1].end,
        });
    }
    cuts
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], "a, b ,c")]
    #[case(&[0], "b ,c")]
    #[case(&[1], "a, c")]
    #[case(&[2], "a, b")]
    #[case(&[0, 1], "c")]
    #[case(&[1, 2], "a")]
    #[case(&[0, 2], "b")]
    #[case(&[0, 1, 2], "")]
    fn commas_stay_between_what_stays(#[case] gone: &[usize], #[case] expected: &str) {
        let mut text = "a, b ,c".to_owned();
        for cut in cuts(&[0..1, 3..4, 6..7], |at| gone.contains(&at)).into_iter().rev() {
            text.replace_range(cut, "");
        }
        assert_eq!(text, expected);
    }
}
