//! What a vendor's own web search finds, where the name of the model asks for it.

/// What the model searches for.
pub(super) const QUERY: &str = "temperature in Zürich";

/// A page that is found.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) url: &'static str,
    pub(super) title: &'static str,
    pub(super) says: &'static str,
}

pub(super) const PAGES: [Page; 2] = [
    Page {
        url: "https://weather.example/zuerich",
        title: "Wetter Zürich",
        says: "Zürich: 21 °C, sonnig",
    },
    Page { url: "https://other.example/", title: "Other", says: "Nothing of it." },
];

/// What the model says then: a greeting, what rests on the first page, and a farewell.
pub(super) const SAID: [&str; 3] =
    ["Grüß dich 🌞. ", "In Zürich it is 21 °C.", " Have a good day!"];

/// All of it.
pub(super) fn said() -> String {
    SAID.concat()
}
