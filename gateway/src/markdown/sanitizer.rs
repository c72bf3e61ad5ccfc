//! The last word on what reaches the page: an allowlist of elements, attributes and schemes.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};

use super::link;

const TAGS: [&str; 26] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "wbr",
];
const ATTRIBUTES: [(&str, &[&str]); 6] = [
    ("a", &["href"]),
    ("code", &["class"]),
    ("div", &["tabindex"]),
    ("ol", &["start"]),
    ("pre", &["tabindex"]),
    ("th", &["scope"]),
];
const CLASSES: [(&str, &[&str]); 4] = [
    ("div", &["code-block", "code-header", "table-scroll"]),
    ("span", &["code-language", "task", "task-done"]),
    ("td", &["align-left", "align-center", "align-right"]),
    ("th", &["align-left", "align-center", "align-right"]),
];
/// Each block takes the direction of its own first letters; code is always left to right.
const DIRECTIONS: [(&str, &str); 11] = [
    ("blockquote", "auto"),
    ("h3", "auto"),
    ("h4", "auto"),
    ("h5", "auto"),
    ("h6", "auto"),
    ("li", "auto"),
    ("ol", "auto"),
    ("p", "auto"),
    ("pre", "ltr"),
    ("table", "auto"),
    ("ul", "auto"),
];
const LANGUAGE_CLASS: &str = "language-";

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(build);

/// What is left of the HTML when only what is allowed may stay.
pub(super) fn clean(html: &str) -> String {
    SANITIZER.clean(html).to_string()
}

/// Whether every character may be part of a code language's name.
pub(super) fn is_language(name: &str) -> bool {
    const LONGEST: usize = 32;
    !name.is_empty()
        && name.len() <= LONGEST
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+#.-".contains(&byte))
}

fn build() -> Builder<'static> {
    let sets = |pairs: &[(&'static str, &'static [&'static str])]| {
        pairs
            .iter()
            .map(|(tag, values)| (*tag, values.iter().copied().collect::<HashSet<_>>()))
            .collect::<HashMap<_, _>>()
    };
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.into_iter().collect())
        .tag_attributes(sets(&ATTRIBUTES))
        .allowed_classes(sets(&CLASSES))
        .url_schemes(link::SCHEMES.into_iter().collect())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(|tag, attribute, value| match (tag, attribute) {
            ("code", "class") => {
                value.strip_prefix(LANGUAGE_CLASS).is_some_and(is_language).then_some(value.into())
            }
            (_, "tabindex") => (value == "0").then_some(Cow::Borrowed(value)),
            _ => Some(Cow::Borrowed(value)),
        });
    for (tag, direction) in DIRECTIONS {
        builder.set_tag_attribute_value(tag, "dir", direction);
    }
    builder
}
