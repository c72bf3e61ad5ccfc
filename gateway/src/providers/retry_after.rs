//! When a provider says that another try makes sense.
//!
//! Sources: RFC 9110 §10.2.3 (`retry-after` as seconds or as a date) and `retry-after-ms`, which
//! the official SDKs read first.

use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};
use jiff::{Timestamp, fmt::rfc2822};

/// The advice, in whole seconds, rounded up; none where there is none, or none that can be read.
pub(super) fn seconds(headers: &HeaderMap) -> Option<u32> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let milliseconds = text("retry-after-ms").and_then(|text| text.trim().parse::<f64>().ok());
    if let Some(milliseconds) = milliseconds {
        return whole(milliseconds / 1_000.0);
    }
    let advice = text(RETRY_AFTER.as_str())?.trim();
    if let Ok(seconds) = advice.parse::<f64>() {
        return whole(seconds);
    }
    // The provider's own clock says how far away its date is.
    let now = date(text(DATE.as_str())?)?;
    let wait = date(advice)?.as_second() - now.as_second();
    u32::try_from(wait.max(0)).ok()
}

fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn whole(seconds: f64) -> Option<u32> {
    let is_possible = seconds.is_finite() && (0.0..=f64::from(u32::MAX)).contains(&seconds);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole and within what the type holds"
    )]
    is_possible.then(|| seconds.ceil() as u32)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: (&str, &str) = ("date", "Fri, 06 Nov 2026 08:49:37 GMT");

    #[rstest]
    #[case(&[("retry-after", "3")], Some(3))]
    #[case(&[("retry-after", " 2.2 ")], Some(3))]
    #[case(&[("retry-after", "0")], Some(0))]
    #[case(&[("retry-after", "-1")], None)]
    #[case(&[("retry-after", "soon")], None)]
    #[case(&[("retry-after", "NaN")], None)]
    #[case(&[("retry-after", "99999999999999")], None)]
    #[case(&[("retry-after-ms", "1500"), ("retry-after", "9")], Some(2))]
    #[case(&[("retry-after-ms", "x"), ("retry-after", "9")], Some(9))]
    #[case(&[NOW, ("retry-after", "Fri, 06 Nov 2026 08:50:07 GMT")], Some(30))]
    #[case(&[NOW, ("retry-after", "Fri, 06 Nov 2026 08:49:00 GMT")], Some(0))]
    #[case(&[("retry-after", "Fri, 06 Nov 2026 08:50:07 GMT")], None)]
    #[case(&[NOW], None)]
    fn advice_is_read_in_every_form(
        #[case] headers: &[(&'static str, &'static str)],
        #[case] expected: Option<u32>,
    ) {
        let name = |name: &'static str| http::HeaderName::from_static(name);
        let headers = headers
            .iter()
            .map(|(header, value)| (name(header), http::HeaderValue::from_static(value)));
        assert_eq!(seconds(&headers.collect()), expected);
    }
}
