//! What sources tell of models and prices.

use gateway::{
    catalog::sources::{
        Difference, Reading, Snapshot, Unreadable, litellm, model_list, models_dev, openrouter,
    },
    kernel::config::ProviderKind,
};
use shared::Money;

use crate::choice::Choices;

type Reader = fn(&[u8]) -> Result<Reading, Unreadable>;

/// Price lists and lists of models: nothing of what is taken for a price is below zero or beyond
/// reason, names can be read, and what is kept comes back as it was.
pub fn price_sources(data: &[u8]) {
    let mut choices = Choices::of(data);
    let choice = usize::from(choices.number());
    let body = choices.rest();
    let readers: [Reader; 3] = [litellm, models_dev, openrouter];
    let reading = match readers.get(choice) {
        Some(read) => read(body).ok(),
        None => of_list(choice - readers.len(), body),
    };
    if let Some(reading) = reading {
        assert!(reading.remarks.kept().len() <= reading.remarks.count());
        check(&reading.snapshot);
    }
}

/// The list of one of the kinds of providers.
fn of_list(choice: usize, body: &[u8]) -> Option<Reading> {
    let kind = ProviderKind::all().nth(choice % ProviderKind::all().count())?;
    let page = model_list(kind, "p", body)?.ok()?;
    assert!(page.next.is_none_or(|next| !next.value.is_empty()));
    Some(page.reading)
}

fn check(snapshot: &Snapshot) {
    for (place, model, facts) in snapshot.all() {
        let is_plain = !model.is_empty() && !model.chars().any(char::is_control);
        assert!(is_plain && model.len() <= 255, "{place} {model:?}");
        let can = &facts.capabilities;
        let counts = [can.context_tokens, can.max_output_tokens, can.dimensions];
        assert!(counts.into_iter().flatten().all(|count| count > 0), "{can:?}");
        let Some(price) = &facts.price else { continue };
        assert_eq!(price.negative_rate(), None, "{price:?}");
        let rates = [price.input, price.output, price.request, price.image, price.search];
        assert!(rates.iter().all(|rate| *rate <= Money::from_dollars(100_000)), "{price:?}");
        assert!(price.above.iter().all(|long| long.input_tokens > 0), "{price:?}");
    }
    let kept = serde_json::to_vec(snapshot).ok();
    let again = kept.and_then(|kept| serde_json::from_slice::<Snapshot>(&kept).ok());
    assert_eq!(again.as_ref(), Some(snapshot));
    assert!(Difference::between(snapshot, snapshot).is_empty());
}
