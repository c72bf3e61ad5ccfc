//! Mutations from a seed: of bytes, and of the JSON that is in them.
//!
//! Bytes that are changed at random are hardly ever JSON, and what is not ends at its parser. So
//! half of the mutations change a value in a document and write it anew.

use std::ops::Range;

use rand::{Rng, RngExt};
use serde_json::{Value, json};

/// What parsers are known to stumble over.
const WORDS: [&[u8]; 20] = [
    b"\0",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\n\n",
    b"data: ",
    b"data:",
    b"event: error\n",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[[[[",
    b"{\"a\":",
    b"null",
    b"9223372036854775807",
    b"1e999",
    b"--line",
];

/// Changes an input a little, to at most so many bytes.
pub fn mutate(data: &mut Vec<u8>, limit_bytes: usize, random: &mut impl Rng) {
    for _ in 0..random.random_range(1..4) {
        let is_done = random.random_bool(0.5) && change_document(data, random);
        if !is_done {
            change_bytes(data, random);
        }
    }
    data.truncate(limit_bytes);
}

fn change_bytes(data: &mut Vec<u8>, random: &mut impl Rng) {
    let part = part_of(data.len(), random);
    match random.random_range(0..8) {
        // What it chooses is in its first bytes.
        0 if !data.is_empty() => {
            let at = random.random_range(0..data.len().min(6));
            data[at] = b'a' + random.random_range(0..12);
        }
        1 if !data.is_empty() => {
            let at = random.random_range(0..data.len());
            data[at] ^= 1 << random.random_range(0..8);
        }
        2 => drop(data.drain(part)),
        3 => {
            let copy = data[part].to_vec();
            let times = random.random_range(1..4);
            let at = random.random_range(0..=data.len());
            data.splice(at..at, copy.repeat(times));
        }
        4 => {
            let copy = data[part].to_vec();
            let over = part_of(data.len(), random);
            data.splice(over, copy);
        }
        5 => data.truncate(part.end),
        _ => {
            let word = WORDS[random.random_range(0..WORDS.len())];
            let at = random.random_range(0..=data.len());
            data.splice(at..at, word.iter().copied());
        }
    }
}

/// A part that is rather short than long.
fn part_of(length: usize, random: &mut impl Rng) -> Range<usize> {
    let from = random.random_range(0..=length);
    let longest = if random.random_bool(0.7) { 16.min(length - from) } else { length - from };
    from..from + random.random_range(0..=longest)
}

/// Changes a value in one of the JSON documents of an input; says whether there was any.
fn change_document(data: &mut Vec<u8>, random: &mut impl Rng) -> bool {
    let starts: Vec<usize> = (0..data.len())
        .filter(|at| data[*at] == b'{' && (*at == 0 || data[at - 1] != b':'))
        .collect();
    let Some(start) = pick(&starts, random).copied() else { return false };
    let mut documents = serde_json::Deserializer::from_slice(&data[start..]).into_iter::<Value>();
    let Some(Ok(mut document)) = documents.next() else { return false };
    let end = start + documents.byte_offset();
    let values = count(&document);
    change_value(&mut document, &mut random.random_range(0..values), random);
    data.splice(start..end, document.to_string().into_bytes());
    true
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Goes to the value with this number, counted from the outermost one, and changes it.
fn change_value(value: &mut Value, number: &mut usize, random: &mut impl Rng) -> bool {
    if *number == 0 {
        change(value, random);
        return true;
    }
    *number -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change_value(item, number, random)),
        Value::Object(members) => {
            members.values_mut().any(|member| change_value(member, number, random))
        }
        _ => false,
    }
}

fn change(value: &mut Value, random: &mut impl Rng) {
    match (value, random.random_range(0..4)) {
        (Value::Object(members), 0) => {
            let names: Vec<String> = members.keys().cloned().collect();
            if let Some(name) = pick(&names, random) {
                members.shift_remove(name);
            }
        }
        (Value::Object(members), 1) => {
            let names: Vec<String> = members.keys().cloned().collect();
            if let (Some(from), Some(to)) = (pick(&names, random), pick(&names, random)) {
                let copy = members[from].clone();
                members.insert(to.clone(), copy);
            }
        }
        (Value::Array(items), 0) if !items.is_empty() => {
            items.remove(random.random_range(0..items.len()));
        }
        (Value::Array(items), 1) if !items.is_empty() => {
            let copy = items[random.random_range(0..items.len())].clone();
            items.insert(random.random_range(0..=items.len()), copy);
        }
        (Value::String(text), 0) => text.clear(),
        (Value::String(text), 1) => *text = text.repeat(random.random_range(2..20)),
        (Value::String(text), 2) => text.push_str("\u{0}\"\\é\r\n\u{1f600}"),
        (value, _) => {
            let strange = [
                Value::Null,
                json!(true),
                json!(0),
                json!(-1),
                json!(1.5),
                json!(i64::MAX),
                json!(u64::MAX),
                json!(1e300),
                json!(""),
                json!("text"),
                json!([]),
                json!({}),
                json!([{}]),
                json!({ "type": "text", "text": "a" }),
            ];
            *value = pick(&strange, random).cloned().unwrap_or_default();
        }
    }
}

fn pick<'a, T>(list: &'a [T], random: &mut impl Rng) -> Option<&'a T> {
    (!list.is_empty()).then(|| &list[random.random_range(0..list.len())])
}
