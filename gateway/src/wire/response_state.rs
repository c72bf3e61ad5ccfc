//! What a Responses request wants to be kept, and what it refers to that was.
//!
//! Answers are kept by the gateway, so a provider is asked without any of it: a request goes out
//! with all earlier items in its `input`, and what comes back is given the id and the fields under
//! which its caller finds it again. Every other value stays as it was written.

mod answer;
mod items;
mod listing;
mod references;
mod thoughts;
mod wishes;

pub use self::{
    answer::{KeptResponse, ResponseEvents, ResponseState},
    items::{InputItems, carried_items, input_items},
    listing::{ListedItem, ended_response, listed_items},
    references::{ItemReference, item_ids, kept_item},
    wishes::{StateWishes, StatelessInput, Thoughts, stateless_body},
};
