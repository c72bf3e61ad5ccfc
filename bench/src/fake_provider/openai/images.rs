//! `POST /v1/images/generations`, `/v1/images/edits` and `/v1/images/variations`.
//!
//! Source: openai's `ImagesResponse` and `ImageGenerateParams`. Models named `dall-e-…` are billed
//! by the picture and tell no usage; all others are billed by tokens, as those named `gpt-image-…`.
//! A stream is of one picture.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{CREATED, beside::bare, image_stream};
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    fault::Fault,
    form::Form,
    ledger::{Units, Usage},
    picture::PNG,
    reply::{Payload, Prepared},
    vendor_call::VendorCall,
};

const USUAL_MODEL: &str = "dall-e-2";
/// A picture that is looked at: the base and a tile.
/// <https://platform.openai.com/docs/guides/images-vision#calculating-costs>
const TOKENS_SEEN: u64 = 65 + 129;
/// A square picture of medium quality.
/// <https://platform.openai.com/docs/guides/image-generation#cost-and-latency>
const TOKENS_MADE: u64 = 1_056;
const MOST_PICTURES: u64 = 10;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Generation,
    Edit,
    Variation,
}

/// What is asked for, in JSON or in a form.
#[derive(Debug, Deserialize)]
struct Asked {
    model: Option<String>,
    prompt: Option<String>,
    n: Option<u64>,
    response_format: Option<String>,
    size: Option<String>,
    quality: Option<String>,
    stream: Option<bool>,
    partial_images: Option<usize>,
    #[serde(skip)]
    pictures: u64,
}

/// Makes pictures.
pub(super) fn generate(call: &VendorCall<'_>) -> Result<Prepared, Fault> {
    let asked: Asked =
        serde_json::from_slice(call.body).map_err(|error| Fault::NotJson(error.to_string()))?;
    asked.prepare(Deed::Generation, call.serial)
}

/// Changes pictures.
pub(super) fn edit(call: &VendorCall<'_>) -> Result<Prepared, Fault> {
    Asked::of_form(&Form::read(call)?)?.prepare(Deed::Edit, call.serial)
}

/// Makes pictures like one.
pub(super) fn vary(call: &VendorCall<'_>) -> Result<Prepared, Fault> {
    Asked::of_form(&Form::read(call)?)?.prepare(Deed::Variation, call.serial)
}

impl Asked {
    fn of_form(form: &Form) -> Result<Self, Fault> {
        let number = |name: &str| form.text(name).and_then(|text| text.parse::<u64>().ok());
        let pictures = u64::try_from(form.files("image").count()).unwrap_or(u64::MAX);
        if pictures == 0 {
            return Err(Fault::MissingField("image"));
        }
        Ok(Self {
            model: form.text("model"),
            prompt: form.text("prompt"),
            n: number("n"),
            response_format: form.text("response_format"),
            size: form.text("size"),
            quality: form.text("quality"),
            stream: form.text("stream").map(|text| text == "true"),
            partial_images: number("partial_images").and_then(|count| count.try_into().ok()),
            pictures,
        })
    }

    fn prepare(self, deed: Deed, serial: u64) -> Result<Prepared, Fault> {
        let model = self.model.clone().unwrap_or_else(|| USUAL_MODEL.to_owned());
        let directives = Directives::of(&model)?;
        let is_dall_e = bare(&model).starts_with("dall-e");
        let n = self.check(deed, bare(&model))?;
        let images = Units { images: n, ..Units::default() };
        if is_dall_e {
            let payload = Payload::Whole(self.dall_es(n, bare(&model), serial).to_string());
            let usage = Usage { units: images, ..Usage::default() };
            return Ok(Prepared { model, directives, usage, payload });
        }
        let text = tokens_in(self.prompt.as_deref().unwrap_or_default().len());
        let seen = TOKENS_SEEN.saturating_mul(self.pictures);
        let usage = Usage {
            input: directives.input_tokens.unwrap_or(text + seen),
            output: directives.output_tokens.unwrap_or(TOKENS_MADE * n),
            units: images,
            ..Usage::default()
        };
        let made = Made {
            deed,
            size: self.size.as_deref().unwrap_or("1024x1024"),
            quality: self.quality.as_deref().unwrap_or("medium"),
            usage: (!directives.is_without_usage).then(|| told(usage, seen)),
        };
        let payload = if self.stream.unwrap_or(false) {
            let partial_images = self.partial_images.unwrap_or(0);
            Payload::Stream(image_stream::script(&made, partial_images))
        } else {
            Payload::Whole(made.whole(n).to_string())
        };
        Ok(Prepared { model, directives, usage, payload })
    }

    /// How many pictures are asked for, if that and all else is in order.
    fn check(&self, deed: Deed, name: &str) -> Result<u64, Fault> {
        let n = self.n.unwrap_or(1);
        let is_dall_e = name.starts_with("dall-e");
        let unknown = |field| Err(Fault::Invalid(format!("Unknown parameter: '{field}'.")));
        if deed != Deed::Variation && self.prompt.is_none() {
            Err(Fault::MissingField("prompt"))
        } else if !(1..=MOST_PICTURES).contains(&n) {
            Err(Fault::Invalid(format!("Invalid 'n': {n} is not between 1 and {MOST_PICTURES}.")))
        } else if name == "dall-e-3" && n > 1 {
            Err(Fault::Invalid("You must provide n=1 for this model.".to_owned()))
        } else if is_dall_e && self.stream.unwrap_or(false) {
            unknown("stream")
        } else if !is_dall_e && self.response_format.is_some() {
            unknown("response_format")
        } else if self.stream.unwrap_or(false) && n > 1 {
            Err(Fault::Invalid("Only one picture can be streamed.".to_owned()))
        } else {
            Ok(n)
        }
    }

    fn dall_es(&self, n: u64, name: &str, serial: u64) -> Value {
        let is_inline = self.response_format.as_deref() == Some("b64_json");
        let picture = |index| {
            let mut picture = if is_inline {
                json!({ "b64_json": PNG })
            } else {
                json!({ "url": format!("https://pictures.invalid/{serial:016x}/{index}.png") })
            };
            if name == "dall-e-3" {
                picture["revised_prompt"] = json!(self.prompt);
            }
            picture
        };
        json!({ "created": CREATED, "data": (0..n).map(picture).collect::<Vec<_>>() })
    }
}

/// What was made.
pub(super) struct Made<'a> {
    pub(super) deed: Deed,
    pub(super) size: &'a str,
    pub(super) quality: &'a str,
    pub(super) usage: Option<Value>,
}

impl Made<'_> {
    fn whole(&self, n: u64) -> Value {
        let data: Vec<_> = (0..n).map(|_| json!({ "b64_json": PNG })).collect();
        let mut whole = json!({
            "created": CREATED, "background": "opaque", "data": data, "output_format": "png",
            "quality": self.quality, "size": self.size,
        });
        if let Some(usage) = &self.usage {
            whole["usage"] = usage.clone();
        }
        whole
    }
}

/// Usage as it is told; `seen` is what the pictures of the request count for.
fn told(usage: Usage, seen: u64) -> Value {
    let image = seen.min(usage.input);
    json!({
        "input_tokens": usage.input, "output_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "input_tokens_details": { "image_tokens": image, "text_tokens": usage.input - image },
    })
}
