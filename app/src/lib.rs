//! The pages: complete HTML from the server first, then the same components in the browser.
//!
//! Reading, signing in, sending and every other change work without JavaScript, through plain
//! forms that `helix-server` answers. Where WebAssembly runs, the same forms call the server
//! functions in [`api`] instead, and nothing reloads.
#![recursion_limit = "256"]
#![cfg_attr(
    feature = "ssr",
    expect(clippy::needless_pass_by_value, reason = "components take their properties by value")
)]
#![expect(
    missing_docs,
    unreachable_pub,
    reason = "the component and server macros generate public items without a word; ours have one"
)]

pub mod api;
mod app;
pub mod behaviour;
mod browser;
mod components;
mod failure;
#[cfg(feature = "ssr")]
mod format;
mod pages;
mod places;
mod reading;
mod settle;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod theme;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod time_zone;
pub mod visit;
pub mod wire;
#[cfg(feature = "ssr")]
mod written;

pub use app::App;
#[cfg(feature = "hydrate")]
pub use browser::hydration_is_over;
pub use failure::Failure;
