//! Line icons on a 24-unit grid, inline, only those that are used.

use leptos::prelude::*;

/// An icon; decoration beside a text that says the same, never alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "most are drawn on the server only"))]
pub(crate) enum Icon {
    Chat,
    Key,
    Spend,
    Providers,
    Plus,
    Send,
    Stop,
    Again,
    Copy,
    Check,
    Chevron,
    ChevronLeft,
    ChevronRight,
    Close,
    Warning,
    Mark,
    Refused,
    Dash,
    Sun,
    Moon,
    Screen,
    SignOut,
    List,
    Bin,
    Pencil,
    More,
    Lock,
    Receipt,
    Calendar,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Chat => "M20 4H4v13h4v4l5-4h7z",
            Self::Key => {
                "M8 11.5a4.25 4.25 0 1 0 0 8.5 4.25 4.25 0 0 0 0-8.5zM11.2 12.8L20 4M15.5 8.5l3 3"
            }
            Self::Spend => "M4 20h16M6.5 16v-4M12 16V5M17.5 16V9",
            Self::Providers => "M5 5h14v5H5zM5 14h14v5H5zM8.5 7.5h.01M8.5 16.5h.01",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Send => "M12 19V5M6 11l6-6 6 6",
            Self::Stop => "M7 7h10v10H7z",
            Self::Again => "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7",
            Self::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Chevron => "M7 10l5 5 5-5",
            Self::ChevronLeft => "M14 7l-5 5 5 5",
            Self::ChevronRight => "M10 7l5 5-5 5",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Warning => "M12 4l9 16H3zM12 10v4M12 17h.01",
            Self::Mark => "M12 5.5v8M12 18h.01",
            Self::Refused => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12h8",
            Self::Dash => "M8 12h8",
            Self::Sun => {
                "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 \
                 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
            }
            Self::Moon => "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
            Self::Screen => "M4 5h16v11H4zM9 20h6M12 16v4",
            Self::SignOut => "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
            Self::List => "M4 6h16M4 12h16M4 18h10",
            Self::Bin => "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
            Self::Pencil => "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
            Self::More => {
                "M5.2 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M11.4 12a.6.6 0 1 0 1.2 0 .6.6 0 1 \
                 0-1.2 0M17.6 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0"
            }
            Self::Lock => "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
            Self::Calendar => "M5 6h14v14H5zM5 10.5h14M9 3.5v4M15 3.5v4",
            Self::Receipt => "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
        }
    }

    /// The drawing, at the size of the text around it.
    pub(crate) fn draw(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d=self.path()></path>
            </svg>
        }
    }
}
