//! Which model the next message goes to, with what it costs.

use leptos::prelude::*;
use shared::view::chat::ModelChoice;

use crate::components::{Icon, Menu};
use crate::settle::Settle;

/// `$5.00 in · $25.00 out`, per million tokens.
fn price(model: &ModelChoice) -> String {
    match (model.input_price, model.output_price) {
        (None, None) => "no price set".to_owned(),
        (input, output) => {
            let told = |price: Option<shared::Money>| {
                price.map_or_else(|| "?".to_owned(), shared::Money::short)
            };
            format!("{} in · {} out", told(input), told(output))
        }
    }
}

/// Radio buttons in a menu; part of the composer's form.
#[component]
pub(crate) fn ModelPicker(
    /// The models on offer.
    models: Vec<ModelChoice>,
    /// The chosen one.
    chosen: RwSignal<String>,
) -> impl IntoView {
    let options = models
        .into_iter()
        .map(|model| {
            let name = model.name.clone();
            let is_chosen = {
                let name = name.clone();
                move || chosen.with(|chosen| *chosen == name)
            };
            let choose = {
                let name = name.clone();
                move |_| chosen.set(name.clone())
            };
            view! {
                <label class="model">
                    <input
                        type="radio"
                        name="model"
                        value=name
                        checked=is_chosen()
                        on:change=choose
                    />
                    <span class="model-name">{model.name.clone()}</span>
                    <span class="model-price number">{price(&model)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <Menu
            label=""
            class="model-menu menu-up"
            summary=std::sync::Arc::new(move || {
                view! {
                    <span class="button button-quiet model-button">
                        <span class="visually-hidden">"Model: "</span>
                        <span>{move || chosen.get()}</span>
                        {Icon::Chevron.draw()}
                    </span>
                }
                .settle()
            })
        >
            <fieldset class="models">
                <legend>"Model " <span>"dollars per million tokens"</span></legend>
                {options}
            </fieldset>
        </Menu>
    }
    .settle()
}
