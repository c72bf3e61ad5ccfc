//! What a message may be made of, as botocore's `ContentBlock` says.

use super::shape::{
    Member,
    Shape::{self, Blob, Document, Flag, List, OneOf, Structure, Union, Whole},
    Text, optional, required,
};

const ANY: usize = usize::MAX;

/// A text of such a length.
pub(super) const fn text(least: usize, most: usize) -> Shape {
    Shape::Text(Text { least, most, punctuation: None })
}

const fn word(most: usize, punctuation: &'static str) -> Shape {
    Shape::Text(Text { least: 1, most, punctuation: Some(punctuation) })
}

pub(super) const STRING: Shape = text(0, ANY);
pub(super) const NON_EMPTY: Shape = text(1, ANY);
pub(super) const TOOL_NAME: Shape = word(64, "_-");
const TOOL_USE_ID: Shape = word(64, "_.:-");
const INDEX: Shape = Whole { least: 0 };

/// Where a prompt's cache ends.
pub(super) const CACHE_POINT: Shape =
    Structure(&[required("type", &OneOf(&["default"])), optional("ttl", &OneOf(&["5m", "1h"]))]);

/// One part of a message.
pub(super) const CONTENT_BLOCK: Shape = Union(
    "ContentBlock",
    &[
        optional("text", &STRING),
        optional("image", &IMAGE),
        optional("document", &DOCUMENT),
        optional("video", &VIDEO),
        optional("audio", &AUDIO),
        optional(
            "toolUse",
            &Structure(&[
                required("toolUseId", &TOOL_USE_ID),
                required("name", &TOOL_NAME),
                required("input", &Document),
                optional("type", &OneOf(&["server_tool_use"])),
            ]),
        ),
        optional("toolResult", &TOOL_RESULT),
        optional("guardContent", &GUARD_CONTENT),
        optional("cachePoint", &CACHE_POINT),
        optional(
            "reasoningContent",
            &Union(
                "ReasoningContentBlock",
                &[
                    optional(
                        "reasoningText",
                        &Structure(&[required("text", &STRING), optional("signature", &STRING)]),
                    ),
                    optional("redactedContent", &Blob),
                ],
            ),
        ),
        optional("citationsContent", &CITATIONS_CONTENT),
        optional("searchResult", &SEARCH_RESULT),
        optional("toolAddition", &Structure(&[required("tool", &TOOL_REFERENCE)])),
        optional("toolRemoval", &Structure(&[required("tool", &TOOL_REFERENCE)])),
    ],
);

const TOOL_RESULT: Shape = Structure(&[
    required("toolUseId", &TOOL_USE_ID),
    required(
        "content",
        &List {
            of: &Union(
                "ToolResultContentBlock",
                &[
                    optional("json", &Document),
                    optional("text", &STRING),
                    optional("image", &IMAGE),
                    optional("document", &DOCUMENT),
                    optional("video", &VIDEO),
                    optional("searchResult", &SEARCH_RESULT),
                ],
            ),
            least: 0,
        },
    ),
    optional("status", &OneOf(&["success", "error"])),
    optional("type", &STRING),
]);

const SEARCH_RESULT: Shape = Structure(&[
    required("source", &STRING),
    required("title", &STRING),
    required("content", &List { of: &Structure(&[required("text", &STRING)]), least: 0 }),
    optional("citations", &CITATIONS),
]);

const CITATIONS: Shape = Structure(&[required("enabled", &Flag)]);

/// What a guardrail is to look at.
pub(super) const GUARD_CONTENT: Shape = Union(
    "GuardrailConverseContentBlock",
    &[
        optional(
            "text",
            &Structure(&[
                required("text", &STRING),
                optional(
                    "qualifiers",
                    &List { of: &OneOf(&["grounding_source", "query", "guard_content"]), least: 0 },
                ),
            ]),
        ),
        optional(
            "image",
            &Structure(&[
                required("format", &OneOf(&["png", "jpeg"])),
                required(
                    "source",
                    &Union("GuardrailConverseImageSource", &[optional("bytes", &Blob)]),
                ),
            ]),
        ),
    ],
);

const S3: Member = optional(
    "s3Location",
    &Structure(&[required("uri", &text(1, 1024)), optional("bucketOwner", &STRING)]),
);

const IMAGE: Shape = Structure(&[
    required("format", &OneOf(&["png", "jpeg", "gif", "webp"])),
    required("source", &Union("ImageSource", &[optional("bytes", &Blob), S3])),
    optional("error", &Structure(&[optional("message", &STRING)])),
]);

const VIDEO: Shape = Structure(&[
    required(
        "format",
        &OneOf(&["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"]),
    ),
    required("source", &Union("VideoSource", &[optional("bytes", &Blob), S3])),
]);

const AUDIO: Shape = Structure(&[
    required(
        "format",
        &OneOf(&[
            "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a",
            "mpeg", "mpga", "pcm", "webm",
        ]),
    ),
    required("source", &Union("AudioSource", &[optional("bytes", &Blob), S3])),
    optional("error", &Structure(&[optional("message", &STRING)])),
]);

const DOCUMENT: Shape = Structure(&[
    optional("format", &OneOf(&["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"])),
    required("name", &text(1, 200)),
    required(
        "source",
        &Union(
            "DocumentSource",
            &[
                optional("bytes", &Blob),
                S3,
                optional("text", &STRING),
                optional(
                    "content",
                    &List {
                        of: &Union("DocumentContentBlock", &[optional("text", &STRING)]),
                        least: 0,
                    },
                ),
            ],
        ),
    ),
    optional("context", &STRING),
    optional("citations", &CITATIONS),
]);

const TOOL_REFERENCE: Shape = Structure(&[
    optional("type", &text(1, 64)),
    optional("name", &text(1, 128)),
    optional("serverName", &text(1, 128)),
]);

const CITATIONS_CONTENT: Shape = Structure(&[
    optional("content", &TEXTS),
    optional("citations", &List { of: &CITATION, least: 0 }),
]);

const TEXTS: Shape =
    List { of: &Union("CitationGeneratedContent", &[optional("text", &STRING)]), least: 0 };

const CITATION: Shape = Structure(&[
    optional("title", &STRING),
    optional("source", &STRING),
    optional("sourceContent", &TEXTS),
    optional("location", &LOCATION),
]);

const LOCATION: Shape = Union(
    "CitationLocation",
    &[
        optional("web", &Structure(&[optional("url", &STRING), optional("domain", &STRING)])),
        optional("documentChar", &IN_DOCUMENT),
        optional("documentPage", &IN_DOCUMENT),
        optional("documentChunk", &IN_DOCUMENT),
        optional(
            "searchResultLocation",
            &Structure(&[
                optional("searchResultIndex", &INDEX),
                optional("start", &INDEX),
                optional("end", &INDEX),
            ]),
        ),
    ],
);

const IN_DOCUMENT: Shape = Structure(&[
    optional("documentIndex", &INDEX),
    optional("start", &INDEX),
    optional("end", &INDEX),
]);
