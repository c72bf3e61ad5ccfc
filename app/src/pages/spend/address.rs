//! The address of a spend page says all that it shows, so that it can be kept, sent and gone back
//! to: `/spend?period=30-days&model=gpt-5.2`.

use form_urlencoded::Serializer;
use shared::{
    Problem, ProblemCode,
    view::spend::{Dimension, SpendPeriod, SpendQuery},
};

const PATH: &str = "/spend";

/// Reads what is behind the question mark of an address.
///
/// # Errors
/// [`ProblemCode::InvalidRequest`] for a period that has no such name, or no days.
pub(crate) fn read(search: &str) -> Result<SpendQuery, Problem> {
    let mut query = SpendQuery::default();
    let (mut period, mut first, mut last) = (String::new(), String::new(), String::new());
    for (name, value) in form_urlencoded::parse(search.trim_start_matches('?').as_bytes()) {
        match &*name {
            "period" => period = value.into_owned(),
            "from" => first = value.into_owned(),
            "to" => last = value.into_owned(),
            "zone" => query.time_zone = Some(value.into_owned()).filter(|zone| !zone.is_empty()),
            // Whatever else somebody's tools add to addresses means nothing here.
            name => {
                let dimension = Dimension::ALL.into_iter().find(|each| each.as_str() == name);
                query.only.extend(dimension.map(|dimension| (dimension, value.into_owned())));
            }
        }
    }
    query.period = read_period(&period, first, last)?;
    Ok(query)
}

fn read_period(name: &str, first: String, last: String) -> Result<SpendPeriod, Problem> {
    if name.is_empty() {
        return Ok(SpendPeriod::default());
    }
    let custom = SpendPeriod::Days { first, last };
    if name != custom.as_str() {
        let named = SpendPeriod::NAMED.into_iter().find(|period| period.as_str() == name);
        return named.ok_or_else(|| unknown_period(name));
    }
    let SpendPeriod::Days { first, last } = &custom else { return Ok(custom) };
    if first.is_empty() || last.is_empty() {
        return Err(refused("Choose a first and a last day.".to_owned()));
    }
    Ok(custom)
}

fn unknown_period(name: &str) -> Problem {
    let known: Vec<_> = SpendPeriod::NAMED.iter().map(SpendPeriod::as_str).collect();
    refused(format!("There is no period `{name}`; take one of {}, days.", known.join(", ")))
}

fn refused(detail: String) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, detail).at("period")
}

/// The address of what a query asks for.
pub(crate) fn of(query: &SpendQuery) -> String {
    let fields = fields(query);
    if fields.is_empty() {
        return PATH.to_owned();
    }
    let search = Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{PATH}?{search}")
}

/// The names and values of the address, as a form that adds to them has to keep them.
pub(crate) fn fields(query: &SpendQuery) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if query.period != SpendPeriod::default() {
        fields.push(("period", query.period.as_str().to_owned()));
    }
    if let SpendPeriod::Days { first, last } = &query.period {
        fields.extend([("from", first.clone()), ("to", last.clone())]);
    }
    fields.extend(query.time_zone.iter().map(|zone| ("zone", zone.clone())));
    fields.extend(query.only.iter().map(|(dimension, value)| (dimension.as_str(), value.clone())));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_all_that_a_page_shows() {
        let query = SpendQuery {
            period: SpendPeriod::Days { first: "2026-10-01".into(), last: "2026-10-07".into() },
            time_zone: Some("Europe/Berlin".into()),
            only: [(Dimension::Model, "a & b".into()), (Dimension::Key, String::new())].into(),
        };
        let address = of(&query);
        assert_eq!(
            address,
            "/spend?period=days&from=2026-10-01&to=2026-10-07&zone=Europe%2FBerlin&model=a+%26+b\
             &key="
        );
        assert_eq!(read(address.trim_start_matches(PATH)), Ok(query));
        assert_eq!(of(&SpendQuery::default()), PATH);
        assert_eq!(read("?utm_source=mail&zone="), Ok(SpendQuery::default()));
    }

    #[test]
    fn a_period_that_there_is_not_is_refused_by_its_name() {
        assert!(read("?period=week").unwrap_err().detail.contains("`week`"));
        assert!(read("?period=days&from=2026-10-01").unwrap_err().detail.contains("last day"));
    }
}
