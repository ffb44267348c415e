//! Numbers and texts that look drawn by chance and are the same in every run.

/// A generator (Marsaglia, "Xorshift RNGs").
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A generator of its own for each number.
    pub fn new(seed: u64) -> Self {
        // What differs in one bit shall differ in all (the step of SplitMix64).
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit as u64) as usize
    }

    /// So many characters of an alphabet.
    pub fn text(&mut self, count: usize, alphabet: &str) -> String {
        let alphabet = alphabet.as_bytes();
        (0..count)
            .map(|_| char::from(alphabet[self.below(alphabet.len())]))
            .collect()
    }
}
