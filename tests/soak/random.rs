//! Numbers that look random and are the same in every run.

/// Marsaglia's xorshift, as a person can check it.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed | 1) // zero would stay zero
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.number() % n
    }

    /// Every magnitude is as likely as any other, up to `bits` bits.
    pub(crate) fn of_any_size(&mut self, bits: u64) -> u64 {
        let size = self.below(bits + 1);
        self.number().checked_shr((64 - size) as u32).unwrap_or(0)
    }
}
