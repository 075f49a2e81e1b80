//! Names of things, in the shapes Stripe gives them: a prefix, an underscore, letters and digits.

use rand::{Rng, SeedableRng, distr::Alphanumeric, rngs::StdRng};

/// The one source of randomness. Seeded by the operating system unless a test asks for a fixed sequence.
pub struct Ids(StdRng);

impl Ids {
    /// `seed`: the same seed gives the same names in the same order.
    pub fn new(seed: Option<u64>) -> Self {
        Self(seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64))
    }

    /// `prefix` (with its underscore) followed by 24 letters and digits.
    pub fn next(&mut self, prefix: &str) -> String {
        self.sized(prefix, 24)
    }

    /// `prefix` followed by `length` letters and digits.
    pub fn sized(&mut self, prefix: &str, length: usize) -> String {
        let mut id = String::with_capacity(prefix.len() + length);
        id.push_str(prefix);
        id.extend((0..length).map(|_| char::from(self.0.sample(Alphanumeric))));
        id
    }

    /// The printed number of an invoice: eight capitals or digits, then a serial number.
    pub fn invoice_number(&mut self, serial: usize) -> String {
        format!("{}-{serial:04}", self.sized("", 8).to_ascii_uppercase())
    }
}
