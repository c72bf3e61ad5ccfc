use proptest::{collection::vec, prelude::*, sample::select};

use crate::markdown::{StreamRenderer, render};

/// Pieces that, put together, cross every boundary that a later line can move.
const PIECES: &[&str] = &[
    "\n",
    "\n\n",
    "\n\n\n",
    " ",
    "  ",
    "   ",
    "    ",
    "\t",
    "a",
    "word",
    "2",
    "2.",
    "2. ",
    "1) ",
    "- ",
    "* ",
    "+ ",
    "-",
    "--",
    "---",
    "***",
    "===",
    "=",
    "# ",
    "## ",
    "#",
    "> ",
    ">",
    "```",
    "```rust\n",
    "~~~",
    "`",
    "``",
    "*",
    "**",
    "_",
    "__",
    "~~",
    "[",
    "]",
    "(",
    ")",
    "[a]",
    "[a][b]",
    "[a][]",
    "[a]: ",
    "[b]: <",
    "[a]: /x",
    "[a]: https://a.example\n",
    "[b]: https://b.example 't\n",
    "'title'",
    "\"",
    "(http://x.example)",
    "![",
    "![i](http://x.example/i.png)",
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "<a@b.example>",
    "<http://x.example>",
    "<br>",
    "<",
    "| a | b |",
    "| - | :-: |\n",
    "|---|\n",
    "|",
    ":-:",
    "\\",
    "&amp;",
    "&",
    "é",
    "日本",
    "\r\n",
    "\r",
    "[ ] ",
    "[x] ",
    "- [x] done\n",
    "1. one\n",
    "2. two\n",
    "para\n\n",
    "| a |\n|---|\n| b |\n",
    "$",
    "\u{0}",
    "\u{a0}",
    "<?php",
    "?>",
    "<![CDATA[",
    "]]>",
    "<!X",
    "<pre>\n\n",
    "text [a] more\n\n",
];

fn text() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..25).prop_map(|pieces| pieces.concat())
}

/// Feeds `text` in the given steps of characters (cycled) and checks every prefix on the way.
fn check(text: &str, steps: &[usize]) {
    let mut renderer = StreamRenderer::new();
    let mut frozen = String::new();
    let mut fed = 0;
    let mut steps = steps.iter().cycle();
    while fed < text.len() {
        let step = steps.next().copied().unwrap_or(1);
        let more: String = text[fed..].chars().take(step).collect();
        fed += more.len();
        for block in renderer.push(&more) {
            frozen.push_str(&block);
        }
        let shown = format!("{frozen}{}", renderer.tail());
        assert_eq!(shown, render(&text[..fed]), "after {:?}", &text[..fed]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frozen_blocks_and_tail_are_the_whole_at_every_prefix(
        text in text(),
        steps in vec(1_usize..12, 1..6),
    ) {
        check(&text, &steps);
    }

    #[test]
    fn any_characters_at_all_keep_the_stream_exact(text in "(?s).{0,40}") {
        check(&text, &[1]);
    }
}

#[test]
fn a_block_freezes_as_soon_as_the_next_one_has_a_complete_line() {
    let mut renderer = StreamRenderer::new();
    assert!(renderer.push("First.\n\nSecond").is_empty());
    assert_eq!(renderer.push(" line.\n"), ["<p dir=\"auto\">First.</p>\n"]);
    assert_eq!(renderer.tail(), "<p dir=\"auto\">Second line.</p>\n");
}

#[test]
fn a_list_stays_open_over_a_blank_line_because_it_may_go_on() {
    let mut renderer = StreamRenderer::new();
    assert!(renderer.push("1. one\n\n2").is_empty());
    assert!(renderer.push(".").is_empty());
    assert!(renderer.push(" two\n").is_empty());
    assert_eq!(renderer.push("\nAfter.\n").len(), 1);
}

#[test]
fn a_reference_waits_for_its_definition_and_then_freezes_as_a_link() {
    let mut renderer = StreamRenderer::new();
    assert!(renderer.push("See [1].\n\nMore.\n\nYet more.\n").is_empty());
    let frozen = renderer.push("\n[1]: https://source.example\n\nEnd.\n");
    // The block before the definition waits with it: what comes later may refer to it.
    assert_eq!(frozen.len(), 2);
    assert!(frozen[0].contains("href=\"https://source.example\""), "{}", frozen[0]);
}

#[test]
fn a_long_answer_keeps_a_short_tail() {
    let mut renderer = StreamRenderer::new();
    let mut frozen = 0;
    for index in 0..500 {
        frozen += renderer.push(&format!("Paragraph {index} with *some* text.\n\n")).len();
        assert!(renderer.tail_bytes() < 100);
    }
    assert_eq!(frozen, 499);
}
