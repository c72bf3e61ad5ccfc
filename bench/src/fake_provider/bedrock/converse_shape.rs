//! What a conversation's request may have, as botocore's `ConverseRequest` and
//! `ConverseStreamRequest` say.

use super::{
    content_shape::{
        CACHE_POINT, CONTENT_BLOCK, GUARD_CONTENT, NON_EMPTY, STRING, TOOL_NAME, text,
    },
    shape::{
        Shape::{self, Document, Flag, List, Map, OneOf, Share, Structure, Union, Whole},
        optional, required,
    },
};

/// The request; only the modes of a guardrail differ when it is streamed.
pub(super) const REQUEST: Shape = Structure(&[
    optional("messages", &List { of: &MESSAGE, least: 0 }),
    optional("system", &List { of: &SYSTEM_BLOCK, least: 0 }),
    optional("inferenceConfig", &INFERENCE),
    optional("toolConfig", &TOOLS),
    optional("guardrailConfig", &GUARDRAIL),
    optional("projectIdentifier", &text(1, 2048)),
    optional("additionalModelRequestFields", &Document),
    optional("promptVariables", &Map(&Union("PromptVariableValues", &[optional("text", &STRING)]))),
    optional("additionalModelResponseFieldPaths", &List { of: &text(1, 256), least: 0 }),
    optional("requestMetadata", &Map(&text(0, 256))),
    optional("performanceConfig", &Structure(&[optional("latency", &LATENCY)])),
    optional("serviceTier", &Structure(&[required("type", &TIER)])),
    optional("outputConfig", &OUTPUT),
]);

const LATENCY: Shape = OneOf(&["standard", "optimized"]);
const TIER: Shape = OneOf(&["priority", "default", "flex", "reserved"]);

const INFERENCE: Shape = Structure(&[
    optional("maxTokens", &Whole { least: 1 }),
    optional("temperature", &Share),
    optional("topP", &Share),
    optional("stopSequences", &List { of: &NON_EMPTY, least: 0 }),
]);

const GUARDRAIL: Shape = Structure(&[
    optional("guardrailIdentifier", &text(0, 2048)),
    optional("guardrailVersion", &STRING),
    optional("trace", &OneOf(&["enabled", "disabled", "enabled_full"])),
    optional("streamProcessingMode", &OneOf(&["sync", "async"])),
]);

const OUTPUT: Shape = Structure(&[
    optional(
        "textFormat",
        &Structure(&[
            required("type", &OneOf(&["json_schema"])),
            required(
                "structure",
                &Union("OutputFormatStructure", &[optional("jsonSchema", &SCHEMA)]),
            ),
        ]),
    ),
    optional("effort", &text(0, 16)),
]);

const SCHEMA: Shape = Structure(&[
    required("schema", &STRING),
    optional("name", &STRING),
    optional("description", &STRING),
]);

const TOOLS: Shape = Structure(&[
    required("tools", &List { of: &TOOL, least: 1 }),
    optional(
        "toolChoice",
        &Union(
            "ToolChoice",
            &[
                optional("auto", &Structure(&[])),
                optional("any", &Structure(&[])),
                optional("tool", &Structure(&[required("name", &TOOL_NAME)])),
            ],
        ),
    ),
]);

const TOOL: Shape = Union(
    "Tool",
    &[
        optional(
            "toolSpec",
            &Structure(&[
                required("name", &TOOL_NAME),
                optional("description", &NON_EMPTY),
                required("inputSchema", &Union("ToolInputSchema", &[optional("json", &Document)])),
                optional("strict", &Flag),
            ]),
        ),
        optional("systemTool", &Structure(&[required("name", &TOOL_NAME)])),
        optional("cachePoint", &CACHE_POINT),
    ],
);

const SYSTEM_BLOCK: Shape = Union(
    "SystemContentBlock",
    &[
        optional("text", &NON_EMPTY),
        optional("guardContent", &GUARD_CONTENT),
        optional("cachePoint", &CACHE_POINT),
    ],
);

const MESSAGE: Shape = Structure(&[
    required("role", &OneOf(&["user", "assistant", "system"])),
    required("content", &List { of: &CONTENT_BLOCK, least: 0 }),
]);

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fake_provider::vendor::Fault;

    fn refused(request: &Value) -> String {
        match REQUEST.check(request, "") {
            Err(Fault::Invalid(message) | Fault::Named { message, .. }) => message,
            other => panic!("{other:?}"),
        }
    }

    fn said(block: &Value) -> Value {
        json!({ "messages": [{ "role": "user", "content": [block] }] })
    }

    #[test]
    fn a_request_with_everything_in_it_is_taken() {
        let request = json!({
            "messages": [{ "role": "user", "content": [
                { "text": "Hi" }, { "cachePoint": { "type": "default", "ttl": "1h" } },
                { "image": { "format": "png", "source": { "bytes": "aGk=" } } },
                { "document": { "format": "txt", "name": "a", "source": { "text": "b" } } },
            ] }],
            "system": [{ "text": "Be brief." }],
            "inferenceConfig": { "maxTokens": 1, "temperature": 0, "topP": 1, "stopSequences": [] },
            "toolConfig": {
                "tools": [{ "toolSpec": { "name": "look", "inputSchema": { "json": {} } } }],
                "toolChoice": { "any": {} },
            },
            "serviceTier": { "type": "flex" }, "performanceConfig": { "latency": "optimized" },
            "additionalModelRequestFields": { "top_k": 5 },
        });
        assert_eq!(REQUEST.check(&request, ""), Ok(()));
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_by_its_place() {
        let message = refused(&json!({ "inferenceConfig": { "maxTokens": 0 } }));
        assert!(message.contains("Value '0' at 'inferenceConfig.maxTokens'"), "{message}");
        let message = refused(&json!({ "inferenceConfig": { "temperature": 1.5 } }));
        assert!(message.contains("less than or equal to 1"), "{message}");
        let message = refused(&json!({ "messages": [{ "role": "user" }] }));
        assert!(message.contains("Value null at 'messages.1.member.content'"), "{message}");
        let message = refused(&json!({ "messages": [{ "role": "tool", "content": [] }] }));
        assert!(message.contains("enum value set: [user, assistant, system]"), "{message}");
        let message = refused(&json!({ "toolConfig": { "tools": [] } }));
        assert!(message.contains("length greater than or equal to 1"), "{message}");
    }

    #[test]
    fn what_the_service_does_not_know_is_refused_by_name() {
        let message = refused(&json!({ "max_tokens": 5 }));
        assert!(message.contains("\"max_tokens\""), "{message}");
        let message = refused(&said(&json!({ "type": "text", "text": "Hi" })));
        assert!(message.contains("\"messages.1.member.content.1.member.type\""), "{message}");
    }

    #[test]
    fn a_union_has_one_member() {
        let message = refused(&said(&json!({})));
        assert!(message.starts_with("ContentBlock object at messages.0.content.0 must set one"));
        let point = json!({ "text": "Hi", "cachePoint": { "type": "default" } });
        assert!(refused(&said(&point)).starts_with("ContentBlock object"));
    }

    #[test]
    fn names_have_the_letters_that_are_taken() {
        let call = json!({ "toolUse": { "toolUseId": "a", "name": "look at", "input": {} } });
        assert!(refused(&said(&call)).contains("pattern: [a-zA-Z0-9_-]+"));
        let image = json!({ "image": { "format": "png", "source": { "bytes": "?" } } });
        assert!(!refused(&said(&image)).is_empty());
    }
}
