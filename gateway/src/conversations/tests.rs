//! The chat against a scripted model, on every database that is there.

mod changes;
mod crash;
mod endings;
mod followers;
mod house;
mod pipeline;
mod privacy;
mod script;
