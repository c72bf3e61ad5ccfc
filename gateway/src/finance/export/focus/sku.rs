//! What is sold: a token class of a model of a provider.

use serde_json::json;

use super::group::Group;
use crate::{call::TokenClass, finance::export::cell::Decimal};

/// The classes of the call itself; their price is for one and not for a million.
const OF_THE_CALL: [&str; 2] = [TokenClass::Request.as_str(), TokenClass::Reserved.as_str()];

/// How a class is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Tokens,
    Requests,
    Images,
    AudioSeconds,
    Characters,
    Searches,
}

impl Measure {
    pub(super) fn of(group: &Group) -> Self {
        let class = group.token_class.as_str();
        let others = [
            (TokenClass::Images, Self::Images),
            (TokenClass::AudioSeconds, Self::AudioSeconds),
            (TokenClass::Characters, Self::Characters),
            (TokenClass::Searches, Self::Searches),
        ];
        let other = others.into_iter().find(|(other, _)| other.as_str() == class);
        match other {
            Some((_, measure)) => measure,
            None if OF_THE_CALL.contains(&class) => Self::Requests,
            None => Self::Tokens,
        }
    }

    pub(super) const fn consumed_unit(self) -> &'static str {
        match self {
            Self::Tokens => "Tokens",
            Self::Requests => "Requests",
            Self::Images => "Images",
            Self::AudioSeconds => "Seconds",
            Self::Characters => "Characters",
            Self::Searches => "Searches",
        }
    }

    pub(super) const fn pricing_unit(self) -> &'static str {
        match self {
            Self::Tokens => "1000000 Tokens",
            Self::Characters => "1000000 Characters",
            Self::AudioSeconds => "Hours",
            other => other.consumed_unit(),
        }
    }

    /// How many pricing units these are, in millionths.
    pub(super) fn pricing_quantity_millionths(self, count: i64) -> i128 {
        match self {
            Self::Tokens | Self::Characters => i128::from(count),
            Self::AudioSeconds => (i128::from(count) * 1_000_000 + 1_800) / 3_600,
            Self::Requests | Self::Images | Self::Searches => i128::from(count) * 1_000_000,
        }
    }
}

/// The meter of a class.
pub(super) fn meter(token_class: &str) -> &str {
    match token_class {
        "" => "Tokens",
        "input" => "Input Tokens",
        "cached_input" => "Cached Input Tokens",
        "cache_write" => "Cache Write Tokens",
        "cache_write_1h" => "Cache Write Tokens, One Hour",
        "audio_input" => "Audio Input Tokens",
        "image_input" => "Image Input Tokens",
        "output" => "Output Tokens",
        "reasoning" => "Reasoning Tokens",
        "audio_output" => "Audio Output Tokens",
        "image_output" => "Image Output Tokens",
        "images" => "Images",
        "audio_seconds" => "Audio",
        "characters" => "Characters",
        "searches" => "Searches",
        "request" => "Requests",
        "reserved" => "Requests Cut Off by a Crash",
        other => other,
    }
}

/// The deployment: who serves which model.
pub(super) fn resource_id(group: &Group) -> String {
    format!("{}/{}", group.provider, group.upstream_model)
}

/// What is sold, at whatever price.
pub(super) fn sku_id(group: &Group) -> String {
    let class = if group.token_class.is_empty() { "tokens" } else { &group.token_class };
    format!("{}/{class}", resource_id(group))
}

/// What is sold, at one price of one price list.
pub(super) fn sku_price_id(group: &Group) -> String {
    let sku = sku_id(group);
    match group.price {
        None => format!("{sku}@unpriced"),
        Some(price) => {
            let price = Decimal { units: price.nanos().into(), scale: 9 }.short();
            let list = group.price_version.as_deref().unwrap_or("price");
            let tier = group.service_tier.as_deref().map(|tier| format!(":{tier}"));
            format!("{sku}@{list}:{price}{}", tier.unwrap_or_default())
        }
    }
}

/// What sets this price apart, as a JSON object; keys of our own begin with `x_` until FOCUS 1.5
/// has them.
pub(super) fn sku_price_details(group: &Group) -> String {
    let mut details = json!({ "x_ModelId": group.upstream_model });
    if !group.token_class.is_empty() {
        details["x_TokenType"] = json!(group.token_class);
    }
    if let Some(tier) = &group.service_tier {
        details["x_ServiceTier"] = json!(tier);
    }
    details.to_string()
}
