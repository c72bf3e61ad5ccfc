//! Something that a person should read: what happened, what was kept, what to do.

use leptos::prelude::*;

use super::{CopyButton, Icon};
use crate::{Failure, settle::Settle};

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    #[cfg(feature = "ssr")]
    Warning,
    Problem,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            #[cfg(feature = "ssr")]
            Self::Warning => "notice notice-warning",
            Self::Problem => "notice notice-problem",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            #[cfg(feature = "ssr")]
            Self::Warning => Icon::Warning,
            Self::Problem => Icon::Refused,
        }
    }

    const fn role(self) -> &'static str {
        match self {
            #[cfg(feature = "ssr")]
            Self::Warning => "status",
            Self::Problem => "alert",
        }
    }
}

/// A notice.
#[component]
pub(crate) fn Notice(
    /// How much it matters.
    tone: Tone,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=tone.class() role=tone.role()>
            {tone.icon().draw()}
            <div class="notice-body">{children()}</div>
        </div>
    }
}

/// A problem with the id under which the log and the records know it.
#[component]
pub(crate) fn ProblemNotice(
    /// What went wrong.
    failure: Failure,
) -> impl IntoView {
    let request_id = failure.request_id;
    let id = (!request_id.is_empty()).then(|| {
        view! {
            <p class="notice-id">
                <span>"Request"</span>
                <code>{request_id.clone()}</code>
                <CopyButton text=request_id label="Copy request id"/>
            </p>
        }
    });
    view! {
        <Notice tone=Tone::Problem>
            <p>{failure.detail}</p>
            {id}
        </Notice>
    }
    .settle()
}
