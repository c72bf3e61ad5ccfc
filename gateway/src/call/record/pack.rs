//! MessagePack on bytes, always in the shortest form: what `rmp_serde` writes, at the cost of a
//! copy.

/// What a record usually needs less than.
const USUAL_BYTES: usize = 2 * 1024;

/// Values one behind the other. Maps and lists say first how many they hold.
pub(super) struct Packer {
    bytes: Vec<u8>,
}

impl Packer {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::with_capacity(USUAL_BYTES) }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A map of so many names, each with a value behind it.
    #[inline]
    pub(super) fn map(&mut self, entries: usize) {
        match entries {
            0..16 => self.bytes.push(0x80 | low_byte(entries)),
            _ => self.size(entries, [0xde, 0xdf]),
        }
    }

    /// A list of so many values.
    #[inline]
    pub(super) fn list(&mut self, values: usize) {
        match values {
            0..16 => self.bytes.push(0x90 | low_byte(values)),
            _ => self.size(values, [0xdc, 0xdd]),
        }
    }

    #[inline]
    pub(super) fn text(&mut self, text: &str) {
        self.text_header(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A text that is written in place, because nobody knows before how long it is.
    pub(super) fn written_text(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let end = self.bytes.len();
        self.text_header(end - start);
        let header_bytes = self.bytes.len() - end;
        self.bytes[start..].rotate_right(header_bytes);
    }

    #[inline]
    fn text_header(&mut self, length: usize) {
        match length {
            0..32 => self.bytes.push(0xa0 | low_byte(length)),
            32..0x100 => self.bytes.extend_from_slice(&[0xd9, low_byte(length)]),
            _ => self.size(length, [0xda, 0xdb]),
        }
    }

    /// The 16 bytes of an id.
    #[inline]
    pub(super) fn id(&mut self, id: &[u8; 16]) {
        self.bytes.extend_from_slice(&[0xc4, 16]);
        self.bytes.extend_from_slice(id);
    }

    #[inline]
    pub(super) fn flag(&mut self, is_set: bool) {
        self.bytes.push(if is_set { 0xc3 } else { 0xc2 });
    }

    #[inline]
    pub(super) fn nothing(&mut self) {
        self.bytes.push(0xc0);
    }

    pub(super) fn integer(&mut self, value: i64) {
        let whole = value.to_be_bytes();
        let [.., d, c, b, a] = whole;
        match value {
            -32..128 => self.bytes.push(a),
            128..0x100 => self.bytes.extend_from_slice(&[0xcc, a]),
            0x100..0x1_0000 => self.bytes.extend_from_slice(&[0xcd, b, a]),
            0x1_0000..0x1_0000_0000 => self.bytes.extend_from_slice(&[0xce, d, c, b, a]),
            -0x80..-32 => self.bytes.extend_from_slice(&[0xd0, a]),
            -0x8000..-0x80 => self.bytes.extend_from_slice(&[0xd1, b, a]),
            -0x8000_0000..-0x8000 => self.bytes.extend_from_slice(&[0xd2, d, c, b, a]),
            _ => {
                self.bytes.push(if value < 0 { 0xd3 } else { 0xcf });
                self.bytes.extend_from_slice(&whole);
            }
        }
    }

    /// A size in two bytes or in four, each behind its marker.
    fn size(&mut self, size: usize, [of_two, of_four]: [u8; 2]) {
        // Nothing in memory is longer than four bytes can say.
        let [d, c, b, a] = u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes();
        match size {
            ..0x1_0000 => self.bytes.extend_from_slice(&[of_two, b, a]),
            _ => self.bytes.extend_from_slice(&[of_four, d, c, b, a]),
        }
    }
}

/// The size of what is so short that its marker holds it.
#[inline]
const fn low_byte(size: usize) -> u8 {
    size.to_le_bytes()[0]
}
