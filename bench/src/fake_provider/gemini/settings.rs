//! Settings that Gemini refuses, in its own words where they are known.

use serde_json::Value;

use crate::fake_provider::fault::Fault;

const MOST_STOP_SEQUENCES: usize = 5;
const THINKING_BUDGETS: std::ops::RangeInclusive<i64> = -1..=32_768;

/// Refuses a request whose settings do not go together.
pub(super) fn check(request: &Value) -> Result<(), Fault> {
    let config = &request["generationConfig"];
    check_thinking(&config["thinkingConfig"])?;
    check_schemas(config)?;
    check_tools(request)?;
    if whole(&config["candidateCount"]).is_some_and(|count| count > 1) {
        return refuse("Multiple candidates is not enabled for this model");
    }
    if config["stopSequences"].as_array().map_or(0, Vec::len) > MOST_STOP_SEQUENCES {
        return refuse("The number of stop sequences is out of range. It must be at most 5.");
    }
    if whole(&config["maxOutputTokens"]).is_some_and(|tokens| tokens < 1) {
        return refuse("max_output_tokens must be positive.");
    }
    Ok(())
}

/// An integer, which JSON of protocol buffers may have as a text.
pub(super) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn check_thinking(thinking: &Value) -> Result<(), Fault> {
    let budget = whole(&thinking["thinkingBudget"]);
    if budget.is_some() && thinking["thinkingLevel"].is_string() {
        return refuse("You can only set only one of thinking budget and thinking level.");
    }
    match budget {
        Some(tokens) if !THINKING_BUDGETS.contains(&tokens) => {
            refuse(format!("The thinking budget ({tokens}) is invalid."))
        }
        _ => Ok(()),
    }
}

fn check_schemas(config: &Value) -> Result<(), Fault> {
    let has = |name: &str| config.get(name).is_some();
    if has("responseSchema") && has("responseJsonSchema") {
        return refuse("Only one of response_schema and response_json_schema can be set.");
    }
    let is_json = config["responseMimeType"] == "application/json";
    let is_enum = config["responseMimeType"] == "text/x.enum";
    if (has("responseSchema") || has("responseJsonSchema")) && !is_json && !is_enum {
        return refuse(
            "A response schema needs response_mime_type to be application/json or text/x.enum.",
        );
    }
    Ok(())
}

fn check_tools(request: &Value) -> Result<(), Fault> {
    let calling = &request["toolConfig"]["functionCallingConfig"];
    let functions = declarations(request).count();
    if calling.is_object() && functions == 0 {
        return refuse("Function calling config is set without function_declarations.");
    }
    let names_some =
        calling["allowedFunctionNames"].as_array().is_some_and(|names| !names.is_empty());
    if names_some && !matches!(calling["mode"].as_str(), Some("ANY" | "VALIDATED")) {
        return refuse(
            "allowed_function_names can only be set where the function calling mode is ANY or \
             VALIDATED.",
        );
    }
    for (index, function) in declarations(request).enumerate() {
        if function.get("parameters").is_some() && function.get("parametersJsonSchema").is_some() {
            return refuse(format!(
                "function_declarations[{index}]: only one of parameters and parameters_json_schema \
                 can be set."
            ));
        }
    }
    Ok(())
}

/// Every function that is declared.
pub(super) fn declarations(request: &Value) -> impl Iterator<Item = &Value> {
    let tools = request["tools"].as_array().into_iter().flatten();
    tools.flat_map(|tool| tool["functionDeclarations"].as_array().into_iter().flatten())
}

fn refuse<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Invalid(message.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_that_exclude_each_other_are_refused() {
        let thinking = json!({ "thinkingBudget": 512, "thinkingLevel": "LOW" });
        let both_schemas = json!({ "responseSchema": {}, "responseJsonSchema": {} });
        for config in [
            json!({ "thinkingConfig": thinking }),
            json!({ "thinkingConfig": { "thinkingBudget": 52_428 } }),
            both_schemas,
            json!({ "responseSchema": { "type": "OBJECT" } }),
            json!({ "candidateCount": 2 }),
            json!({ "stopSequences": ["1", "2", "3", "4", "5", "6"] }),
            json!({ "maxOutputTokens": 0 }),
        ] {
            assert!(check(&json!({ "generationConfig": config })).is_err(), "{config}");
        }
        let fine = json!({
            "responseSchema": { "type": "OBJECT" }, "responseMimeType": "application/json",
            "thinkingConfig": { "thinkingBudget": -1 }, "candidateCount": 1,
        });
        assert_eq!(check(&json!({ "generationConfig": fine })), Ok(()));
    }

    #[test]
    fn a_choice_of_functions_needs_functions() {
        let calling = |calling: Value, tools: Value| {
            check(&json!({ "toolConfig": { "functionCallingConfig": calling }, "tools": tools }))
        };
        let tools = json!([{ "functionDeclarations": [{ "name": "look" }] }]);
        assert!(calling(json!({ "mode": "ANY" }), json!([])).is_err());
        assert!(calling(json!({ "mode": "ANY" }), tools.clone()).is_ok());
        let named = |mode: &str| json!({ "mode": mode, "allowedFunctionNames": ["look"] });
        assert!(calling(named("AUTO"), tools.clone()).is_err());
        assert!(calling(named("ANY"), tools).is_ok());
    }
}
