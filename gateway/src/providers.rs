//! The only code that talks to an LLM.
//!
//! A call reaches a provider only as [`Routed`], which only the routing stage can make; the
//! credential is opened against it, in the operator's check of a provider, for errands about files
//! and batches, which ask no model anything, and nowhere else. Backends are tried in order until one
//! has answered with its first byte; after that there is no going back.

mod attempt;
mod aws;
mod azure;
mod batch;
mod bedrock;
mod check;
mod client;
mod copilot;
mod credential;
mod demo;
mod endpoints;
mod errand;
mod error_body;
mod failure;
mod findings;
mod form;
mod handle;
mod hosting;
mod least_call;
mod lists;
mod manner;
mod rate_limits;
mod realtime;
mod replicate;
mod retry_after;
mod sagemaker;
mod send;
mod token;
mod total_timeout;
mod tried;
mod vertex;

pub use batch::NotBegun;
pub use check::{
    Check, CheckedCall, CheckedList, Failed, ListAnswer, address_of, check, surfaces_of,
};
pub use errand::{Contents, Errand, Keeps, Rewritten};
pub use failure::Failure;
pub use findings::Finding;
pub use handle::{Handle, ProviderError, try_out};
pub use lists::{Fetched, PublicLists, Unfetched, Validators, lists_models, models_page};
pub use realtime::{Connected, ProviderSocket};
pub use send::{Answered, Providers, Reached, UpstreamBody};
