use rstest::rstest;

use crate::markdown::{plain, render};

#[rstest]
#[case::paragraph("Hello *world*", "<p dir=\"auto\">Hello <em>world</em></p>\n")]
#[case::heading_below_the_page("# Title", "<h3 dir=\"auto\">Title</h3>\n")]
#[case::deep_heading("##### Title", "<h6 dir=\"auto\">Title</h6>\n")]
#[case::strikethrough("~~no~~", "<p dir=\"auto\"><del>no</del></p>\n")]
#[case::inline_code("`a < b`", "<p dir=\"auto\"><code>a &lt; b</code></p>\n")]
#[case::line_break_in_a_cell("a<br>b<BR />c", "<p dir=\"auto\">a<br>b<br>c</p>\n")]
#[case::ordered_from("3. c", "<ol start=\"3\" dir=\"auto\">\n<li dir=\"auto\">c</li>\n</ol>\n")]
fn markdown_becomes(#[case] markdown: &str, #[case] html: &str) {
    assert_eq!(render(markdown), html);
}

#[test]
fn a_code_block_has_a_header_that_a_copy_button_can_join() {
    assert_eq!(
        render("```rust title=x\nlet a = \"<b>\";\n```\n"),
        "<div class=\"code-block\"><div class=\"code-header\">\
         <span class=\"code-language\">rust</span></div>\
         <pre tabindex=\"0\" dir=\"ltr\"><code class=\"language-rust\">\
         let a = \"&lt;b&gt;\";\n</code></pre></div>\n"
    );
}

#[test]
fn a_table_aligns_by_class_and_scrolls_by_itself() {
    let html = render("| a | b |\n|:--|--:|\n| 1 | 2 |\n");
    assert!(html.starts_with("<div class=\"table-scroll\" tabindex=\"0\"><table"), "{html}");
    assert!(html.contains("<th scope=\"col\" class=\"align-left\">a</th>"), "{html}");
    assert!(html.contains("<td class=\"align-right\">2</td>"), "{html}");
    assert!(!html.contains("style"), "{html}");
}

#[test]
fn a_task_list_shows_what_is_done_without_form_fields() {
    let html = render("- [x] done\n- [ ] open\n");
    assert!(html.contains("<span class=\"task task-done\">☑</span> done"), "{html}");
    assert!(html.contains("<span class=\"task\">☐</span> open"), "{html}");
    assert!(!html.contains("<input"), "{html}");
}

#[test]
fn a_link_opens_elsewhere_and_gives_nothing_away() {
    assert_eq!(
        render("[site](https://a.example/?b=1&c=2 'title')"),
        "<p dir=\"auto\"><a href=\"https://a.example/?b=1&amp;c=2\" target=\"_blank\" \
         rel=\"noopener noreferrer nofollow\">site</a></p>\n"
    );
}

#[test]
fn an_address_in_angle_brackets_can_be_written_to() {
    assert!(render("<ada@example.org>").contains("href=\"mailto:ada@example.org\""));
}

#[test]
fn an_image_is_a_link_so_that_showing_an_answer_fetches_nothing() {
    let html = render("![a chart](https://x.example/c.png) ![](https://x.example/d.png)");
    assert!(!html.contains("<img"), "{html}");
    assert!(html.contains(">a chart</a>"), "{html}");
    assert!(html.contains(">https://x.example/d.png</a>"), "{html}");
}

#[test]
fn an_image_inside_a_link_leaves_one_link() {
    let html = render("[![badge](https://x.example/b.svg)](https://x.example)");
    assert_eq!(html.matches("<a ").count(), 1, "{html}");
    assert!(html.contains(">badge</a>"), "{html}");
}

#[test]
fn raw_html_is_shown_as_it_was_written() {
    assert_eq!(render("a <b>c</b>"), "<p dir=\"auto\">a &lt;b&gt;c&lt;/b&gt;</p>\n");
    assert_eq!(
        render("<div>\n  x\n</div>\n"),
        "<pre tabindex=\"0\" dir=\"ltr\"><code>&lt;div&gt;\n  x\n&lt;/div&gt;\n</code></pre>\n"
    );
}

#[test]
fn what_a_person_typed_is_shown_literally_with_its_lines() {
    assert_eq!(
        plain("*one*\r\n<two>\n\n\n three\n"),
        "<p dir=\"auto\">*one*<br>\n&lt;two&gt;</p>\n<p dir=\"auto\"> three</p>\n"
    );
    assert_eq!(plain(" \n "), "");
}
