//! A tool call as the models of Workers AI write it: by its name and arguments alone, or as OpenAI
//! does; in a stream whole, or in parts.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{JsonObject, ToolCall},
        nonsense,
    },
};

/// A call as it is written, or a part of one.
#[derive(Deserialize)]
pub(super) struct WrittenCall {
    id: Option<String>,
    index: Option<i64>,
    name: Option<String>,
    arguments: Option<Box<RawValue>>,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: Option<String>,
    arguments: Option<Box<RawValue>>,
}

/// What a call, or a part of one, says.
pub(super) struct CallPart {
    pub(super) id: Option<String>,
    pub(super) index: Option<i64>,
    /// None where it goes on with a call.
    pub(super) name: Option<String>,
    /// JSON, or a part of it.
    pub(super) arguments: String,
}

impl WrittenCall {
    /// # Errors
    ///
    /// `Nonsense` where the arguments are neither an object nor the text of one.
    pub(super) fn part(self) -> Result<CallPart, WireError> {
        let (name, arguments) = match self.function {
            Some(Function { name, arguments }) => (name, arguments),
            None => (self.name, self.arguments),
        };
        let arguments = match arguments.as_deref().map(RawValue::get) {
            None => String::new(),
            Some(object) if object.starts_with('{') => object.to_owned(),
            Some(text) => serde_json::from_str(text)
                .map_err(|_| nonsense("the arguments of a tool call are no JSON object"))?,
        };
        let name = name.filter(|name| !name.is_empty());
        Ok(CallPart { id: self.id, index: self.index, name, arguments })
    }

    /// A call that is whole.
    ///
    /// # Errors
    ///
    /// `Nonsense` where it has no name, or arguments that are no object.
    pub(super) fn whole(
        self,
        ordinal: usize,
        context: &TranslationContext,
    ) -> Result<ToolCall, WireError> {
        let CallPart { id, index: _, name, arguments } = self.part()?;
        let name = name.ok_or_else(|| nonsense("a tool call has no name"))?;
        let arguments = JsonObject::read(&arguments).ok_or_else(|| {
            nonsense(format!("the arguments of its call of `{name}` are no JSON object"))
        })?;
        Ok(ToolCall { id: context.tool_call_id(id.as_deref(), ordinal), name, arguments })
    }
}
