//! Light, dark, or as the system says.
//!
//! The choice is in a cookie that the server reads, so the first paint is already right.

/// The cookie that holds the choice; readable by the page, which sets it too.
pub const THEME_COOKIE: &str = "helix_theme";

/// What the person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the operating system is set.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All themes, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    /// The stable name in the cookie and in the page's `data-theme`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// Reads the stable name; anything else is the system's theme.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name).unwrap_or_default()
    }

    /// The cookie's text, for `set-cookie` and for the page alike; kept for a year.
    #[must_use]
    pub fn cookie(self) -> String {
        format!("{THEME_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_is_found_under_its_name_and_nonsense_is_the_system_theme() {
        for theme in Theme::ALL {
            assert_eq!(Theme::named(theme.as_str()), theme);
        }
        assert_eq!(Theme::named("mauve"), Theme::System);
    }
}
