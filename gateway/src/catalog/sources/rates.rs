//! The classes of a price, by name: to collect a price class by class, and to compare two.

use std::collections::BTreeMap;

use shared::Money;

use crate::{
    catalog::Rates,
    kernel::config::{LongPromptPrice, Price, TierPrice},
};

macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident = $field:ident;)*) => {
        /// What one of a price's rates is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) enum Class {
            $($(#[$doc])* $class,)*
        }

        impl Class {
            pub(super) const ALL: &'static [Self] = &[$(Self::$class,)*];

            /// The key of the configuration.
            pub(super) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$class => stringify!($field),)*
                }
            }

            pub(super) const fn of(self, rates: &TierPrice) -> Option<Money> {
                match self {
                    $(Self::$class => rates.$field,)*
                }
            }

            /// The rate by which calls are billed.
            pub(super) const fn billed(self, rates: &Rates) -> Money {
                match self {
                    $(Self::$class => rates.$field,)*
                }
            }

            pub(super) const fn of_mut(self, rates: &mut TierPrice) -> &mut Option<Money> {
                match self {
                    $(Self::$class => &mut rates.$field,)*
                }
            }
        }
    };
}

classes! {
    Input = input;
    CachedInput = cached_input;
    CacheWrite = cache_write;
    CacheWrite1h = cache_write_1h;
    Output = output;
    Reasoning = reasoning;
    AudioInput = audio_input;
    AudioOutput = audio_output;
    ImageInput = image_input;
    ImageOutput = image_output;
    Request = request;
    Image = image;
    AudioHour = audio_hour;
    Characters = characters;
    Search = search;
}

/// A price that is being collected.
#[derive(Debug, Default)]
pub(super) struct Collected {
    ordinary: TierPrice,
    above: BTreeMap<i64, TierPrice>,
    service_tiers: BTreeMap<&'static str, TierPrice>,
}

impl Collected {
    pub(super) fn ordinary(&mut self) -> &mut TierPrice {
        &mut self.ordinary
    }

    /// The rates for prompts of more tokens than that.
    pub(super) fn above(&mut self, input_tokens: i64) -> &mut TierPrice {
        self.above.entry(input_tokens).or_default()
    }

    /// The rates of a service tier.
    pub(super) fn tier(&mut self, name: &'static str) -> &mut TierPrice {
        self.service_tiers.entry(name).or_default()
    }

    /// The ordinary rate of a class.
    pub(super) const fn rate(&self, class: Class) -> Option<Money> {
        class.of(&self.ordinary)
    }

    /// Whether anything at all costs something.
    pub(super) fn costs_something(&self) -> bool {
        let mut tiers = [&self.ordinary]
            .into_iter()
            .chain(self.above.values())
            .chain(self.service_tiers.values());
        tiers.any(|rates| {
            let mut classes = Class::ALL.iter();
            classes.any(|class| class.of(rates).is_some_and(|rate| rate > Money::ZERO))
        })
    }

    /// The price, without what it only repeats.
    pub(super) fn price(self) -> Price {
        let TierPrice {
            input,
            cached_input,
            cache_write,
            cache_write_1h,
            output,
            reasoning,
            audio_input,
            audio_output,
            image_input,
            image_output,
            request,
            image,
            audio_hour,
            characters,
            search,
        } = self.ordinary;
        let tells = |rates: &TierPrice| *rates != TierPrice::default();
        let above = self.above.into_iter().filter(|(_, rates)| tells(rates));
        let tiers = self.service_tiers.into_iter().filter(|(_, rates)| tells(rates));
        Price {
            input: input.unwrap_or_default(),
            cached_input,
            cache_write,
            cache_write_1h,
            output: output.unwrap_or_default(),
            reasoning,
            audio_input,
            audio_output,
            image_input,
            image_output,
            request: request.unwrap_or_default(),
            image: image.unwrap_or_default(),
            audio_hour: audio_hour.unwrap_or_default(),
            characters: characters.unwrap_or_default(),
            search: search.unwrap_or_default(),
            origin: None,
            from: None,
            above: above
                .map(|(input_tokens, price)| LongPromptPrice { input_tokens, price })
                .collect(),
            service_tiers: tiers.map(|(name, rates)| (name.to_owned(), rates)).collect(),
        }
    }
}
