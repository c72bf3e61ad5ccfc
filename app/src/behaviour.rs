//! What pressing does, wherever in the page the pressed thing came from.
//!
//! HTML that the server has written holds no code of its own. It says what it is by attribute or
//! class, and these listeners on the document do the rest: `data-copy` copies, an open menu
//! closes, arrow keys walk over bars.

use std::time::Duration;

use leptos::{
    ev::{self, KeyboardEvent, MouseEvent},
    prelude::{document, set_timeout, window_event_listener},
};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlDetailsElement, HtmlElement, Node};

use crate::{browser, theme::Theme};

/// How long a button says that it has copied.
const COPIED: Duration = Duration::from_millis(1_600);

/// Attaches all of it, once, for as long as the page lives.
pub fn attach() {
    window_event_listener(ev::click, |event| {
        if let Some(target) = element(event.target()) {
            copy_pressed(&target);
            choose_theme(&event, &target);
            close_menus_without(Some(&target));
        }
    });
    window_event_listener(ev::focusin, |event| {
        close_menus_without(element(event.target()).as_ref());
    });
    window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
            leave_menu(&event);
        } else if let Some(target) = element(event.target()) {
            walk(&event, &target);
        }
    });
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

/// Puts a copy button into the head of every code block that has none yet.
pub(crate) fn offer_copying(container: &Element) {
    let heads = container.query_selector_all(".code-header:not(:has(button))");
    // The selector is valid wherever `:has` is known; elsewhere there is no button.
    let Ok(heads) = heads else { return };
    for index in 0..heads.length() {
        if let Some(head) = heads.item(index).and_then(|head| head.dyn_into::<Element>().ok()) {
            // Appending to an element of the page cannot fail.
            let _added = head.insert_adjacent_html(
                "beforeend",
                "<button type=\"button\" class=\"copy-code\">Copy</button>",
            );
        }
    }
}

/// Copies what the pressed button stands for, and says so on it for a moment.
fn copy_pressed(target: &Element) {
    let Some(button) = closest(target, "[data-copy], .copy-code") else { return };
    let text = button.get_attribute("data-copy").or_else(|| {
        let block = closest(&button, ".code-block")?;
        block.query_selector("code").ok().flatten()?.text_content()
    });
    let Some(text) = text else { return };
    browser::copy(&text);
    let label = button.query_selector(".copy-label").ok().flatten().unwrap_or(button.clone());
    let usual = label.text_content();
    if button.has_attribute("data-copied") {
        return;
    }
    // A valid attribute name cannot be refused.
    let _marked = button.set_attribute("data-copied", "");
    label.set_text_content(Some("Copied"));
    set_timeout(
        move || {
            let _unmarked = button.remove_attribute("data-copied");
            label.set_text_content(usual.as_deref());
        },
        COPIED,
    );
}

/// Paints the page in the theme whose button was pressed, instead of posting its form.
fn choose_theme(event: &MouseEvent, target: &Element) {
    let button = closest(target, "form[action='/theme'] button");
    let Some((button, form)) = button.and_then(|it| Some((it.clone(), it.parent_element()?)))
    else {
        return;
    };
    event.prevent_default();
    let theme = Theme::named(&button.get_attribute("value").unwrap_or_default());
    browser::set_cookie(&theme.cookie());
    browser::paint(theme);
    let buttons = form.children();
    for each in (0..buttons.length()).filter_map(|index| buttons.item(index)) {
        let is_pressed = if each == button { "true" } else { "false" };
        // A valid attribute name cannot be refused.
        let _marked = each.set_attribute("aria-pressed", is_pressed);
    }
}

/// Closes every menu.
pub(crate) fn close_menus() {
    close_menus_without(None);
}

fn open_menus() -> impl Iterator<Item = HtmlDetailsElement> {
    let menus = document().query_selector_all("details.menu[open]").ok();
    let count = menus.as_ref().map_or(0, web_sys::NodeList::length);
    (0..count).filter_map(move |index| menus.as_ref()?.item(index)?.dyn_into().ok())
}

/// Whether a menu is open, which takes the Escape key first.
pub(crate) fn is_menu_open() -> bool {
    open_menus().next().is_some()
}

/// Closes every menu that the press or the focus is not in.
fn close_menus_without(target: Option<&Element>) {
    let target: Option<&Node> = target.map(AsRef::as_ref);
    for menu in open_menus().filter(|menu| !menu.contains(target)) {
        menu.set_open(false);
    }
}

/// Escape closes a menu, gives the focus back to what opened it, and means nothing else then.
fn leave_menu(event: &KeyboardEvent) {
    for menu in open_menus() {
        menu.set_open(false);
        event.prevent_default();
        let opener = menu.query_selector("summary").ok().flatten();
        if let Some(opener) = opener.and_then(|opener| opener.dyn_into::<HtmlElement>().ok()) {
            // The opener is on the page.
            let _focused = opener.focus();
        }
    }
}

/// Arrow keys, Home and End walk over the bars of a chart.
fn walk(event: &KeyboardEvent, bar: &Element) {
    if !bar.class_list().contains("day-bar") {
        return;
    }
    let Some(place) = bar.parent_element() else { return };
    let to = match event.key().as_str() {
        "ArrowLeft" => place.previous_element_sibling(),
        "ArrowRight" => place.next_element_sibling(),
        "Home" => place.parent_element().and_then(|bars| bars.first_element_child()),
        "End" => place.parent_element(),
        _ => return,
    };
    event.prevent_default();
    // The last one is the one that Tab leads to; bars to come take no focus, and then it stays.
    let selector = if event.key() == "End" { ".day-bar[tabindex='0']" } else { ".day-bar" };
    let to = to.and_then(|to| to.query_selector(selector).ok().flatten());
    if let Some(to) = to.and_then(|to| to.dyn_into::<HtmlElement>().ok()) {
        // An element of the page takes the focus.
        let _focused = to.focus();
    }
}
