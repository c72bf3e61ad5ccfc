//! What others say of models and their prices: pure readers, and what is done with what they read.
//!
//! Three public sources tell prices (`litellm`, `models_dev`, `openrouter`), and most providers
//! list their models (`lists`). Each reader takes bytes of strangers, within bounds, and gives
//! facts with remarks on what it did not understand, or a reason why nothing of it can be used:
//! never a part of a price, never a price that is nothing because it is missing.

mod amount;
mod check;
mod difference;
mod document;
mod embedded;
mod facts;
#[cfg(test)]
mod hostile;
mod known;
mod lists;
mod litellm;
mod models_dev;
mod openrouter;
mod rates;
mod reading;
mod vendors;

pub use self::{
    check::{Bounds, InUse, Objection, objections},
    difference::{AbilityChange, Difference, ModelChange, ModelKey, RateChange},
    document::{LARGEST_DOCUMENT_BYTES, Unreadable},
    embedded::{BuiltIn, list_prices},
    facts::{ModelFacts, ParsePlaceError, Place, Snapshot},
    known::{Deployed, Found, Known, Origin, Wanted},
    lists::{ListPage, NextPage, model_list},
    litellm::litellm,
    models_dev::models_dev,
    openrouter::openrouter,
    reading::{Reading, Remarks},
};
