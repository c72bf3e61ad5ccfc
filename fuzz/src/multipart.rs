//! Forms with files.

use std::{convert::Infallible, env, sync::LazyLock};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use gateway::{
    call::Upload,
    wire::{RelayedApi, RequestFacts},
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    choice::{Choices, pieces},
    json::assert_json,
};

/// As kept inputs have it.
const BOUNDARY: &str = "line";
const LIMIT_BYTES: u64 = 600 * 1024;
/// What a byte of zero stands for where forms are to be large: more than is held in memory.
const LARGE_BYTES: usize = 300 * 1024;

/// Waits for the disk alone.
static RUNTIME: LazyLock<Option<Runtime>> =
    LazyLock::new(|| Builder::new_current_thread().build().ok());

/// Reads a form: the same whole and in pieces, its fields JSON, its files as long as they say.
pub fn multipart(data: &[u8]) {
    let mut choices = Choices::of(data);
    let (how, is_large) = (choices.number(), choices.one([false, true]));
    let mut form = choices.rest().to_vec();
    if is_large && let Some(at) = form.iter().position(|byte| *byte == 0) {
        form.splice(at..=at, vec![b'.'; LARGE_BYTES]);
    }
    let Some(runtime) = &*RUNTIME else { return };
    let whole = runtime.block_on(told(vec![Bytes::from(form.clone())]));
    let in_pieces = pieces(&form, how).map(Bytes::copy_from_slice);
    let in_pieces = if is_large {
        form.chunks(10_007).map(Bytes::copy_from_slice).collect()
    } else {
        in_pieces.collect()
    };
    assert_eq!(runtime.block_on(told(in_pieces)), whole);
}

/// What is in a form; none where it is none.
async fn told(chunks: Vec<Bytes>) -> Option<Vec<(String, Vec<u8>)>> {
    let chunks = stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
    let upload =
        Upload::read(chunks, BOUNDARY.to_owned(), LIMIT_BYTES, &env::temp_dir()).await.ok()?;
    let fields = upload.fields();
    assert_json(&fields);
    let mut bytes_of_files = 0;
    let mut parts = Vec::new();
    for part in upload.parts() {
        let mut content = Vec::new();
        let mut pieces = part.content();
        while let Some(piece) = pieces.next().await {
            assert!(piece.is_ok(), "what was kept can be read");
            content.extend_from_slice(&piece.unwrap_or_default());
        }
        assert_eq!(content.len() as u64, part.bytes());
        bytes_of_files += if part.is_file() { part.bytes() } else { 0 };
        parts.push((format!("{:?}", (&part.name, &part.file_name, &part.content_type)), content));
    }
    assert_eq!(upload.files().bytes, bytes_of_files);
    for api in RelayedApi::ALL.into_iter().filter(|api| api.takes_files()) {
        if let Ok(facts) = RequestFacts::read_form(api, &fields, upload.files()) {
            assert!(facts.file_tokens >= 0 && facts.output_limit.is_none_or(|limit| limit >= 0));
        }
    }
    Some(parts)
}
