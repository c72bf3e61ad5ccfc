//! Verdicts as the ledger keeps them: the JSON that serde makes of them, written field by field.

use shared::receipt::Verdict;

use crate::kernel::decimal::{DIGITS, decimal};

/// Writes the list onto `json`.
pub(super) fn write_verdicts(json: &mut Vec<u8>, verdicts: &[Verdict]) {
    json.push(b'[');
    for (index, Verdict { stage, kind, summary, took_micros }) in verdicts.iter().enumerate() {
        let start: &[u8] = if index == 0 { b"{\"stage\":\"" } else { b",{\"stage\":\"" };
        json.extend_from_slice(start);
        json.extend_from_slice(stage.as_str().as_bytes());
        json.extend_from_slice(b"\",\"kind\":\"");
        json.extend_from_slice(kind.as_str().as_bytes());
        json.extend_from_slice(b"\",\"summary\":\"");
        write_text(json, summary);
        json.extend_from_slice(b"\",\"took_micros\":");
        json.extend_from_slice(decimal(*took_micros, &mut [0; DIGITS]));
        json.push(b'}');
    }
    json.push(b']');
}

/// A text between its quotes.
fn write_text(json: &mut Vec<u8>, text: &str) {
    let needs_escape = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    let mut rest = text.as_bytes();
    // Most have nothing to escape. Without an end before the last byte, the processor looks at
    // many bytes at once.
    if !rest.iter().fold(false, |found, byte| found | needs_escape(byte)) {
        return json.extend_from_slice(rest);
    }
    while let Some(at) = rest.iter().position(needs_escape) {
        json.extend_from_slice(&rest[..at]);
        write_escape(json, rest[at]);
        rest = &rest[at + 1..];
    }
    json.extend_from_slice(rest);
}

fn write_escape(json: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let [high, low] = [byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]);
            return json.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
        }
    };
    json.extend_from_slice(&[b'\\', short]);
}
