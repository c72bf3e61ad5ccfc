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
#[cfg(feature = "ssr")]
pub(crate) mod rail;
mod skeleton;
#[cfg(feature = "ssr")]
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
pub(crate) use notice::ProblemNotice;
#[cfg(feature = "ssr")]
pub(crate) use notice::{Notice, Tone};
pub(crate) use page_heading::PageHeading;
pub(crate) use skeleton::{SkeletonLines, SkeletonRows};
#[cfg(feature = "ssr")]
use theme_switch::ThemeSwitch;
