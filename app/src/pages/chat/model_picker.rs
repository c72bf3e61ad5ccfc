//! Which model the next message goes to, with what it costs.

use leptos::{ev::Event, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{
    components::{Icon, Menu},
    settle::Settle,
};

/// Radio buttons in a menu; part of the composer's form.
#[component]
pub(crate) fn ModelPicker(
    /// The models on offer, as HTML.
    models_html: String,
    /// The chosen one.
    chosen: RwSignal<String>,
) -> impl IntoView {
    let summary = view! {
        <span class="button button-quiet model-button">
            <span>{move || chosen.get()}</span>
            {Icon::Chevron.draw()}
        </span>
    };
    let choose = move |event: Event| {
        let radio = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(radio) = radio {
            chosen.set(radio.value());
        }
    };
    view! {
        <Menu label="Choose the model" class="menu model-menu menu-up" summary=summary.settle()>
            <fieldset class="models" inner_html=models_html on:change=choose></fieldset>
        </Menu>
    }
}

/// What there is to pick from: names, what they cost for people, and which one is chosen.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn Models(models: Vec<(String, String)>, chosen: String) -> impl IntoView {
    let option = |(name, price): (String, String)| {
        let is_chosen = name == chosen;
        view! {
            <label class="model">
                <input type="radio" name="model" value=name.clone() checked=is_chosen/>
                <span class="model-name">{name}</span>
                <span class="model-price number">{price}</span>
            </label>
        }
    };
    view! {
        <legend>"Model " <span>"dollars per million tokens"</span></legend>
        {models.into_iter().map(option).collect_view()}
    }
}
