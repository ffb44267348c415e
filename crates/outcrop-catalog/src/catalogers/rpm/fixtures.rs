//! Headers made in code.

const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;

/// A header that is put together tag by tag.
#[derive(Default)]
pub(in crate::catalogers) struct HeaderFixture {
    index: Vec<u8>,
    data: Vec<u8>,
    entries: u32,
}

impl HeaderFixture {
    fn entry(mut self, tag: u32, kind: u32, count: usize, data: &[u8]) -> Self {
        let entry = [tag, kind, self.data.len() as u32, count as u32];
        self.index.extend(entry.map(u32::to_be_bytes).concat());
        self.data.extend(data);
        self.entries += 1;
        self
    }

    pub(in crate::catalogers) fn text(self, tag: u32, text: &str) -> Self {
        self.entry(tag, STRING, 1, format!("{text}\0").as_bytes())
    }

    pub(in crate::catalogers) fn texts(self, tag: u32, texts: &[&str]) -> Self {
        let data = texts.join("\0") + "\0";
        self.entry(tag, STRING_ARRAY, texts.len(), data.as_bytes())
    }

    pub(in crate::catalogers) fn numbers(mut self, tag: u32, numbers: &[u32]) -> Self {
        self.data.resize(self.data.len().next_multiple_of(4), 0);
        let data: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect();
        self.entry(tag, INT32, numbers.len(), &data)
    }

    pub(in crate::catalogers) fn bytes(self) -> Vec<u8> {
        let counts = [self.entries, self.data.len() as u32];
        [counts.map(u32::to_be_bytes).concat(), self.index, self.data].concat()
    }
}

/// The header of a package of which nothing but its name, version and release is known.
pub(in crate::catalogers) fn header(name: &str, version: &str, release: &str) -> Vec<u8> {
    HeaderFixture::default()
        .text(1_000, name)
        .text(1_001, version)
        .text(1_002, release)
        .bytes()
}
