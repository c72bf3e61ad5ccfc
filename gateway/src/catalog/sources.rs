//! What others say of models and their prices: pure readers, and what is done with what they read.
//!
//! Three public sources tell prices (`litellm`, `models_dev`, `openrouter`), and most providers
//! list their models (`lists`). Each reader takes bytes of strangers, within bounds, and gives
//! facts with remarks on what it did not understand, or a reason why nothing of it can be used:
//! never a part of a price, never a price that is nothing because it is missing.

mod amount;
mod document;
mod facts;
#[cfg(test)]
mod hostile;
mod lists;
mod litellm;
mod models_dev;
mod openrouter;
mod rates;
mod reading;
mod vendors;

pub use self::{
    document::{LARGEST_DOCUMENT_BYTES, Unreadable},
    facts::{ModelFacts, ParsePlaceError, Place, Snapshot},
    lists::{ListPage, NextPage, model_list},
    litellm::litellm,
    models_dev::models_dev,
    openrouter::openrouter,
    reading::{Reading, Remarks},
};
