//! A secret in the address, for providers that sign nothing (Grow, Voicenter) and for those whose body does not say
//! whose it is: `/webhooks/{provider}/{secret}`.
//!
//! The database keeps only the secret's SHA-256 and is asked by it, so that neither a leaked row nor the time an index
//! takes tells an address; what was found is compared once more, in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::SignatureError;

/// 256 random bits.
pub const SECRET_BYTES: usize = 32;
/// As they are written: base64 for addresses, without padding.
pub const SECRET_CHARS: usize = 43;

/// Writes fresh random bytes as they stand in an address.
pub fn write(random: [u8; SECRET_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// The fingerprint under which a secret is looked for. `None` for what cannot be one: nobody is asked about it.
pub fn fingerprint(given: &str) -> Option<[u8; 32]> {
    let whole = given.len() == SECRET_CHARS && URL_SAFE_NO_PAD.decode(given).is_ok_and(|bytes| bytes.len() == SECRET_BYTES);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, given.as_bytes());
    whole.then(|| digest.as_ref().try_into().ok()).flatten()
}

/// Compares what came with the fingerprint that was kept. Who passes knows the address; of the words nothing is proven.
pub fn verify(given: &str, kept: &[u8]) -> Result<(), SignatureError> {
    if given.is_empty() {
        return Err(SignatureError::Missing);
    }
    let given = fingerprint(given).ok_or(SignatureError::Malformed)?;
    if bool::from(given.as_slice().ct_eq(kept)) { Ok(()) } else { Err(SignatureError::Mismatch) }
}
