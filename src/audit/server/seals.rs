//! Seals, pure: one an hour over all tenants' anchors of it and the seal before. The database's directory.audit_anchor
//! (migrations/0081_audit_anchors.sql) makes them; here they are made again and compared.

use aws_lc_rs::digest::{Context, SHA256};

use super::chain::{Hash, NOTHING_BEFORE, taken};

/// A seal as it stands in the database, with its anchors' bytes (tenant, number, hash) as they are now.
#[derive(Clone, Debug)]
pub struct Seal {
    pub seal: i64,
    pub at_us: i64,
    pub anchors: i64,
    pub digest: Vec<u8>,
    pub sealed: Vec<u8>,
}

impl Seal {
    /// The digest this seal must have behind another.
    pub fn digest_after(&self, before: &[u8]) -> Hash {
        let mut digest = Context::new(&SHA256);
        digest.update(b"vantera-seal-1");
        digest.update(before);
        for number in [self.seal, self.at_us, self.anchors] {
            digest.update(&number.to_be_bytes());
        }
        digest.update(&self.sealed);
        taken(digest)
    }
}

/// One reading of all seals.
pub struct Seals {
    last: (i64, Hash),
}

impl Default for Seals {
    fn default() -> Self {
        Self { last: (0, NOTHING_BEFORE) }
    }
}

impl Seals {
    /// The last seal that was read and is right, to be compared with what the log printed.
    pub fn last(&self) -> (i64, Hash) {
        self.last
    }

    /// Reads the next seal; answers the number of the first that is wrong.
    pub fn read(&mut self, seal: &Seal) -> Result<(), i64> {
        let wanted = self.last.0 + 1;
        let digest = seal.digest_after(&self.last.1);
        if seal.seal != wanted || digest.as_slice() != seal.digest {
            return Err(wanted.min(seal.seal));
        }
        self.last = (wanted, digest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_that_was_touched_is_found() {
        let mut before = NOTHING_BEFORE;
        let mut seals: Vec<Seal> = (1..=4)
            .map(|seal| {
                let mut one = Seal { seal, at_us: seal, anchors: 1, digest: Vec::new(), sealed: vec![7; 56] };
                before = one.digest_after(&before);
                one.digest = before.to_vec();
                one
            })
            .collect();
        let read = |seals: &[Seal]| {
            let mut reading = Seals::default();
            seals.iter().try_for_each(|seal| reading.read(seal)).map(|()| reading.last().0)
        };
        assert_eq!(read(&seals), Ok(4));
        assert_eq!(read(&seals[1..]), Err(1));
        seals[2].sealed[3] ^= 1;
        assert_eq!(read(&seals), Err(3));
    }
}
