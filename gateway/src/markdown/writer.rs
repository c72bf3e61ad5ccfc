//! Parser events as HTML.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, LinkType, Tag};

use super::{escape, link, sanitizer};

/// Deeper than this, elements are left out and only their text stays: no browser, and no
/// sanitiser, should have to walk ten thousand nested quotes.
const DEEPEST: usize = 48;

/// Writes the events of one block.
#[derive(Default)]
pub(super) struct Writer {
    html: String,
    /// What closes each open element; empty for one that was left out.
    closing: Vec<&'static str>,
    columns: Vec<Alignment>,
    column: usize,
    in_table_head: bool,
    /// How many elements were open where the link began that everything now stands in.
    link_depth: Option<usize>,
    /// An image without words is shown by its address.
    wordless_image: Option<(usize, String)>,
}

impl Writer {
    /// The HTML of everything written.
    pub(super) fn finish(self) -> String {
        self.html
    }

    pub(super) fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => self.end(),
            Event::Text(text) | Event::Html(text) => escape::push(&mut self.html, &text),
            Event::InlineHtml(text) => self.inline_html(&text),
            Event::Code(text) => {
                self.html.push_str("<code>");
                escape::push(&mut self.html, &text);
                self.html.push_str("</code>");
            }
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>\n"),
            Event::Rule => self.html.push_str("<hr>\n"),
            Event::TaskListMarker(done) => self.html.push_str(if done {
                "<span class=\"task task-done\">☑</span> "
            } else {
                "<span class=\"task\">☐</span> "
            }),
            // Not enabled; shown as text should a later version of the parser send them.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                escape::push(&mut self.html, &text);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        if self.closing.len() >= DEEPEST {
            self.closing.push("");
            return;
        }
        let closing = match tag {
            Tag::Paragraph => self.open("<p>", "</p>\n"),
            Tag::Heading { level, .. } => self.heading(level),
            Tag::BlockQuote(_) => self.open("<blockquote>\n", "</blockquote>\n"),
            Tag::CodeBlock(kind) => self.code_block(&kind),
            Tag::HtmlBlock => self.open("<pre tabindex=\"0\"><code>", "</code></pre>\n"),
            Tag::List(None) => self.open("<ul>\n", "</ul>\n"),
            Tag::List(Some(1)) => self.open("<ol>\n", "</ol>\n"),
            Tag::List(Some(first)) => {
                self.write(&["<ol start=\"", &first.to_string(), "\">\n"]);
                "</ol>\n"
            }
            Tag::Item => self.open("<li>", "</li>\n"),
            Tag::Table(columns) => {
                self.columns = columns;
                self.open(
                    "<div class=\"table-scroll\" tabindex=\"0\"><table>\n",
                    "</tbody></table></div>\n",
                )
            }
            Tag::TableHead => {
                self.column = 0;
                self.in_table_head = true;
                self.open("<thead><tr>", "</tr></thead><tbody>\n")
            }
            Tag::TableRow => {
                self.column = 0;
                self.in_table_head = false;
                self.open("<tr>", "</tr>\n")
            }
            Tag::TableCell => self.table_cell(),
            Tag::Emphasis => self.open("<em>", "</em>"),
            Tag::Strong => self.open("<strong>", "</strong>"),
            Tag::Strikethrough => self.open("<del>", "</del>"),
            Tag::Link { link_type, dest_url, .. } => self.link(link_type, &dest_url),
            Tag::Image { link_type, dest_url, .. } => self.image(link_type, &dest_url),
            // Not enabled.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => "",
        };
        self.closing.push(closing);
    }

    fn end(&mut self) {
        let closing = self.closing.pop().unwrap_or_default();
        if self.link_depth == Some(self.closing.len()) {
            self.link_depth = None;
            if let Some((start, address)) = self.wordless_image.take()
                && start == self.html.len()
            {
                escape::push(&mut self.html, &address);
            }
        }
        self.html.push_str(closing);
    }

    fn write(&mut self, parts: &[&str]) {
        self.html.extend(parts.iter().copied());
    }

    fn open(&mut self, opening: &str, closing: &'static str) -> &'static str {
        self.html.push_str(opening);
        closing
    }

    /// The page's own headings are levels one and two.
    fn heading(&mut self, level: HeadingLevel) -> &'static str {
        match level {
            HeadingLevel::H1 => self.open("<h3>", "</h3>\n"),
            HeadingLevel::H2 => self.open("<h4>", "</h4>\n"),
            HeadingLevel::H3 => self.open("<h5>", "</h5>\n"),
            _ => self.open("<h6>", "</h6>\n"),
        }
    }

    fn code_block(&mut self, kind: &CodeBlockKind<'_>) -> &'static str {
        let info = match kind {
            CodeBlockKind::Fenced(info) => info.as_ref(),
            CodeBlockKind::Indented => "",
        };
        let language = info.split([' ', '\t', ',', '{']).next().unwrap_or_default();
        self.html.push_str("<div class=\"code-block\"><div class=\"code-header\">");
        if sanitizer::is_language(language) {
            self.write(&["<span class=\"code-language\">", language, "</span></div>"]);
            self.write(&["<pre tabindex=\"0\"><code class=\"language-", language, "\">"]);
        } else {
            self.html.push_str("</div><pre tabindex=\"0\"><code>");
        }
        "</code></pre></div>\n"
    }

    fn table_cell(&mut self) -> &'static str {
        let class = match self.columns.get(self.column) {
            Some(Alignment::Left) => " class=\"align-left\"",
            Some(Alignment::Center) => " class=\"align-center\"",
            Some(Alignment::Right) => " class=\"align-right\"",
            Some(Alignment::None) | None => "",
        };
        self.column += 1;
        if self.in_table_head {
            self.write(&["<th scope=\"col\"", class, ">"]);
            "</th>"
        } else {
            self.write(&["<td", class, ">"]);
            "</td>"
        }
    }

    fn link(&mut self, link_type: LinkType, written: &str) -> &'static str {
        let target = link::target(link_type, written).filter(|_| self.link_depth.is_none());
        let Some(target) = target else { return "" };
        self.link_depth = Some(self.closing.len());
        self.html.push_str("<a href=\"");
        escape::push(&mut self.html, &target);
        self.html.push_str("\">");
        "</a>"
    }

    /// An image is a link to it: showing it would tell its server who reads this, and when.
    fn image(&mut self, link_type: LinkType, written: &str) -> &'static str {
        let closing = self.link(link_type, written);
        if !closing.is_empty() {
            self.wordless_image = Some((self.html.len(), written.to_owned()));
        }
        closing
    }

    /// Raw HTML is shown, not obeyed, but for the line break that tables cannot do without.
    fn inline_html(&mut self, text: &str) {
        let name = text.trim_matches(['<', '>', '/', ' ']);
        if name.eq_ignore_ascii_case("br") && !text.starts_with("</") {
            self.html.push_str("<br>");
        } else {
            escape::push(&mut self.html, text);
        }
    }
}
