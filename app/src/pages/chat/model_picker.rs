//! Which model the next message goes to, with what it costs.

use leptos::prelude::*;

use crate::{
    api::chat::OfferedModel,
    components::{Icon, Menu},
    settle::Settle,
};

/// Radio buttons in a menu; part of the composer's form.
#[component]
pub(crate) fn ModelPicker(
    /// The models on offer.
    models: Vec<OfferedModel>,
    /// The chosen one.
    chosen: RwSignal<String>,
) -> impl IntoView {
    let options = models.into_iter().map(|model| option(model, chosen)).collect_view();
    let summary = view! {
        <span class="button button-quiet model-button">
            <span>{move || chosen.get()}</span>
            {Icon::Chevron.draw()}
        </span>
    };
    view! {
        <Menu label="Choose the model" class="menu model-menu menu-up" summary=summary.settle()>
            <fieldset class="models">
                <legend>"Model " <span>"dollars per million tokens"</span></legend>
                {options}
            </fieldset>
        </Menu>
    }
}

fn option(model: OfferedModel, chosen: RwSignal<String>) -> impl IntoView {
    let OfferedModel { name, price } = model;
    let is_chosen = chosen.with_untracked(|chosen| *chosen == name);
    let shown = name.clone();
    let value = name.clone();
    view! {
        <label class="model">
            <input
                type="radio"
                name="model"
                value=value
                checked=is_chosen
                on:change=move |_| chosen.set(name.clone())
            />
            <span class="model-name">{shown}</span>
            <span class="model-price number">{price}</span>
        </label>
    }
}
