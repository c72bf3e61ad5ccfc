//! Primitives: small pieces over platform elements, which work before any code runs.

mod amount;
mod copy_button;
mod icon;
mod instant;
mod logo;
mod menu;
mod meter;
mod notice;
mod page_heading;
mod rail;
mod skeleton;
mod theme_switch;

pub(crate) use amount::{Amount, exact};
pub(crate) use copy_button::CopyButton;
pub(crate) use icon::Icon;
pub(crate) use instant::Instant;
pub(crate) use logo::Logo;
pub(crate) use menu::Menu;
pub(crate) use meter::Meter;
pub(crate) use notice::{Notice, ProblemNotice, Tone};
pub(crate) use page_heading::PageHeading;
pub(crate) use rail::Rail;
pub(crate) use skeleton::{SkeletonLines, SkeletonRows};
pub(crate) use theme_switch::ThemeSwitch;
