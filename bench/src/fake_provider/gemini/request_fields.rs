//! The fields of every message that a Gemini call is made of, as google-genai's converters write
//! them for each of the two services.

use super::{
    message::{
        Field,
        Kind::{Any, Bytes, Choice, Flag, Integer, Map, Number, One, Text},
        Message,
    },
    service::Service::{AiStudio, Vertex},
};

pub(super) static GENERATE_CONTENT: Message = Message {
    fields: &[
        Field::new("model", Text),
        Field::list("contents", One(&CONTENT)),
        Field::new("systemInstruction", One(&CONTENT)),
        Field::list("tools", One(&TOOL)),
        Field::new("toolConfig", One(&TOOL_CONFIG)),
        Field::list("safetySettings", One(&SAFETY_SETTING)),
        Field::new("generationConfig", One(&GENERATION_CONFIG)),
        Field::new("cachedContent", Text),
        Field::new("labels", Any),
        Field::new("serviceTier", Text),
        Field::new("continuationToken", Bytes),
        Field::new("store", Flag).only(AiStudio),
        Field::new("modelArmorConfig", Any).only(Vertex),
        Field::new("outputConfig", Any).only(Vertex),
    ],
};

pub(super) static COUNT_TOKENS: Message = Message {
    fields: &[
        Field::new("model", Text),
        Field::list("contents", One(&CONTENT)),
        Field::new("generateContentRequest", One(&GENERATE_CONTENT)).only(AiStudio),
        Field::new("systemInstruction", One(&CONTENT)).only(Vertex),
        Field::list("tools", One(&TOOL)).only(Vertex),
        Field::new("generationConfig", One(&GENERATION_CONFIG)).only(Vertex),
    ],
};

pub(super) static EMBED_CONTENT: Message = Message {
    fields: &[
        Field::new("model", Text),
        Field::new("content", One(&CONTENT)),
        Field::new("taskType", Text),
        Field::new("title", Text),
        Field::new("outputDimensionality", Integer),
        Field::new("embedContentConfig", One(&EMBED_CONTENT_CONFIG)).only(Vertex),
    ],
};

static EMBED_CONTENT_CONFIG: Message = Message {
    fields: &[
        Field::new("taskType", Text),
        Field::new("title", Text),
        Field::new("outputDimensionality", Integer),
        Field::new("autoTruncate", Flag),
        Field::new("documentOcr", Flag),
        Field::new("audioTrackExtraction", Flag),
    ],
};

pub(super) static BATCH_EMBED_CONTENTS: Message =
    Message { fields: &[Field::list("requests", One(&EMBED_CONTENT))] };

static CONTENT: Message =
    Message { fields: &[Field::new("role", Text), Field::list("parts", One(&PART))] };

static PART: Message = Message {
    fields: &[
        Field::new("text", Text),
        Field::new("inlineData", One(&BLOB)),
        Field::new("fileData", One(&FILE_DATA)),
        Field::new("functionCall", One(&FUNCTION_CALL)),
        Field::new("functionResponse", One(&FUNCTION_RESPONSE)),
        Field::new("executableCode", Any),
        Field::new("codeExecutionResult", Any),
        Field::new("toolCall", Any).only(AiStudio),
        Field::new("toolResponse", Any).only(AiStudio),
        Field::new("thought", Flag),
        Field::new("thoughtSignature", Bytes),
        Field::new("partMetadata", Any).only(AiStudio),
        Field::new("videoMetadata", Any),
        Field::new("mediaResolution", Any),
        Field::new("audioTranscription", Any),
        Field::new("mediaProcessing", Any),
        Field::new("speechMetadata", Any),
        Field::new("documentMetadata", Any),
        Field::new("spreadsheetMetadata", Any),
        Field::new("audioMetadata", Any),
    ],
};

static BLOB: Message = Message {
    fields: &[
        Field::new("mimeType", Text),
        Field::new("data", Bytes),
        Field::new("displayName", Text),
    ],
};

static FILE_DATA: Message = Message {
    fields: &[
        Field::new("mimeType", Text),
        Field::new("fileUri", Text),
        Field::new("displayName", Text),
    ],
};

static FUNCTION_CALL: Message = Message {
    fields: &[
        Field::new("id", Text),
        Field::new("name", Text),
        Field::new("args", Any),
        Field::list("partialArgs", Any).only(Vertex),
        Field::new("willContinue", Flag).only(Vertex),
    ],
};

static FUNCTION_RESPONSE: Message = Message {
    fields: &[
        Field::new("id", Text),
        Field::new("name", Text),
        Field::new("response", Any),
        Field::list("parts", Any),
        Field::new("scheduling", Text),
        Field::new("willContinue", Flag).only(AiStudio),
    ],
};

static TOOL: Message = Message {
    fields: &[
        Field::list("functionDeclarations", One(&FUNCTION_DECLARATION)),
        Field::new("googleSearch", Any),
        Field::new("googleSearchRetrieval", Any),
        Field::new("googleMaps", Any),
        Field::new("codeExecution", Any),
        Field::new("urlContext", Any),
        Field::new("computerUse", Any),
        Field::list("mcpServers", Any),
        Field::new("fileSearch", Any).only(AiStudio),
        Field::new("retrieval", Any).only(Vertex),
        Field::new("enterpriseWebSearch", Any).only(Vertex),
        Field::new("parallelAiSearch", Any).only(Vertex),
        Field::new("exaAiSearch", Any).only(Vertex),
    ],
};

static FUNCTION_DECLARATION: Message = Message {
    fields: &[
        Field::new("name", Text),
        Field::new("description", Text),
        Field::new("parameters", One(&SCHEMA)),
        Field::new("parametersJsonSchema", Any),
        Field::new("response", One(&SCHEMA)),
        Field::new("responseJsonSchema", Any),
        Field::new("behavior", Text).only(AiStudio),
    ],
};

static TOOL_CONFIG: Message = Message {
    fields: &[
        Field::new("functionCallingConfig", One(&FUNCTION_CALLING_CONFIG)),
        Field::new("retrievalConfig", Any),
        Field::new("includeServerSideToolInvocations", Flag).only(AiStudio),
    ],
};

static FUNCTION_CALLING_CONFIG: Message = Message {
    fields: &[
        Field::new(
            "mode",
            Choice(
                "FunctionCallingConfig.Mode",
                &["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"],
            ),
        ),
        Field::list("allowedFunctionNames", Text),
        Field::new("streamFunctionCallArguments", Flag).only(Vertex),
    ],
};

static SAFETY_SETTING: Message = Message {
    fields: &[
        Field::new("category", Text),
        Field::new("threshold", Text),
        Field::new("method", Text).only(Vertex),
    ],
};

static GENERATION_CONFIG: Message = Message {
    fields: &[
        Field::new("temperature", Number),
        Field::new("topP", Number),
        Field::new("topK", Number),
        Field::new("candidateCount", Integer),
        Field::new("maxOutputTokens", Integer),
        Field::list("stopSequences", Text),
        Field::new("responseLogprobs", Flag),
        Field::new("logprobs", Integer),
        Field::new("presencePenalty", Number),
        Field::new("frequencyPenalty", Number),
        Field::new("seed", Integer),
        Field::new("responseMimeType", Text),
        Field::new("responseSchema", One(&SCHEMA)),
        Field::new("responseJsonSchema", Any),
        Field::list("responseModalities", Text),
        Field::new("mediaResolution", Text),
        Field::new("speechConfig", Any),
        Field::new("thinkingConfig", One(&THINKING_CONFIG)),
        Field::new("imageConfig", Any),
        Field::new("audioTranscriptionConfig", Any),
        Field::new("enableEnhancedCivicAnswers", Flag).only(AiStudio),
        Field::new("routingConfig", Any).only(Vertex),
        Field::new("modelConfig", Any).only(Vertex),
        Field::new("audioTimestamp", Flag).only(Vertex),
    ],
};

static THINKING_CONFIG: Message = Message {
    fields: &[
        Field::new("includeThoughts", Flag),
        Field::new("thinkingBudget", Integer),
        Field::new(
            "thinkingLevel",
            Choice(
                "GenerationConfig.ThinkingConfig.ThinkingLevel",
                &["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"],
            ),
        ),
    ],
};

static SCHEMA: Message = Message {
    fields: &[
        Field::new(
            "type",
            Choice(
                "Schema.Type",
                &[
                    "TYPE_UNSPECIFIED",
                    "STRING",
                    "NUMBER",
                    "INTEGER",
                    "BOOLEAN",
                    "ARRAY",
                    "OBJECT",
                    "NULL",
                ],
            ),
        ),
        Field::new("format", Text),
        Field::new("title", Text),
        Field::new("description", Text),
        Field::new("nullable", Flag),
        Field::list("enum", Text),
        Field::new("maxItems", Integer),
        Field::new("minItems", Integer),
        Field::new("properties", Map(&SCHEMA)),
        Field::list("required", Text),
        Field::new("minProperties", Integer),
        Field::new("maxProperties", Integer),
        Field::new("minLength", Integer),
        Field::new("maxLength", Integer),
        Field::new("pattern", Text),
        Field::new("example", Any),
        Field::list("anyOf", One(&SCHEMA)),
        Field::list("propertyOrdering", Text),
        Field::new("default", Any),
        Field::new("items", One(&SCHEMA)),
        Field::new("minimum", Number),
        Field::new("maximum", Number),
        Field::new("additionalProperties", Any).only(Vertex),
        Field::new("defs", Map(&SCHEMA)).only(Vertex),
        Field::new("ref", Text).only(Vertex),
    ],
};
