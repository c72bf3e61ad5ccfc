//! Routing as a whole, on a virtual clock: calls arrive, deployments behave as a script says, and
//! time passes from one event to the next. Nothing waits, so hours are seconds, and every run is the
//! same. `cargo test -p helix-engine --lib routing::tests -- --nocapture` prints the figures.

mod attempts;
mod cost;
mod outages;
mod plans;
mod recovery;
mod script;
mod strategies;
mod world;
