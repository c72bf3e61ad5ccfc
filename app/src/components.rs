//! Primitives: small pieces over platform elements, which work before any code runs.

#[cfg(feature = "ssr")]
mod amount;
mod copy_button;
mod icon;
#[cfg(feature = "ssr")]
mod instant;
mod logo;
mod menu;
#[cfg(feature = "ssr")]
mod meter;
mod notice;
mod page_heading;
mod rail;
mod skeleton;
mod theme_switch;

#[cfg(feature = "ssr")]
pub(crate) use amount::{Amount, exact};
pub(crate) use copy_button::CopyButton;
pub(crate) use icon::Icon;
#[cfg(feature = "ssr")]
pub(crate) use instant::Instant;
pub(crate) use logo::Logo;
pub(crate) use menu::Menu;
#[cfg(feature = "ssr")]
pub(crate) use meter::Meter;
pub(crate) use notice::{Notice, ProblemNotice, Tone};
pub(crate) use page_heading::PageHeading;
pub(crate) use rail::Rail;
pub(crate) use skeleton::{SkeletonLines, SkeletonRows};
pub(crate) use theme_switch::ThemeSwitch;
