//! PayMe's `payme_signature`: MD5 over the client's key and secret and two ids, in hex, as a field of the form.
//!
//! Source: PayMe's document "MD5 Signature"; an independent client agrees. It covers neither the sum nor the state, and
//! MD5 is what it is; the two ids stand together without a border, so that the end of one may be read as the beginning
//! of the other. A signature that fits is a reason to ask `get-sales`, never to fulfil. Failures and new
//! subscriptions come unsigned (`null` or empty).

use md5::{Digest, Md5};
use subtle::{Choice, ConstantTimeEq};

use crate::{Belief, SignatureError};

/// Most fields of a form that are looked at; PayMe sends some thirty.
const FIELDS_MAX: usize = 200;

/// One account's pair.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    pub key: &'a str,
    pub secret: &'a str,
}

/// Whether the form brought a signature at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    Yes,
    /// None or `null`: only the address that it came to speaks for it.
    No,
}

/// Checks the signature of a form (`application/x-www-form-urlencoded`) if it has one. A field that stands there twice
/// is refused: which of the two was signed would be open.
pub fn verify(raw_body: &[u8], pairs: &[Pair<'_>]) -> Result<(Signed, Belief), SignatureError> {
    let fields: Vec<_> = form_urlencoded::parse(raw_body).take(FIELDS_MAX).collect();
    let one = |name: &str| {
        let mut found = fields.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(SignatureError::Malformed),
            (found, None) => Ok(found.map_or("", |(_, value)| value.as_ref())),
        }
    };
    let given = one("payme_signature")?;
    if given.is_empty() || given == "null" {
        return Ok((Signed::No, Belief::AskBack));
    }
    let mut theirs = [0; 16];
    hex::decode_to_slice(given, &mut theirs).map_err(|_| SignatureError::Malformed)?;
    // A subscription has PayMe's own number under the name that a sale gives to ours.
    let (subscription, sale) = (one("sub_payme_id")?, one("payme_sale_id")?);
    let (transaction, thing) = if subscription.is_empty() { (one("payme_transaction_id")?, sale) } else { (one("transaction_id")?, subscription) };
    if thing.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let mut found = Choice::from(0);
    for pair in pairs.iter().filter(|pair| !pair.key.is_empty() && !pair.secret.is_empty()) {
        found |= digest(*pair, transaction, thing).ct_eq(&theirs);
    }
    if found.into() { Ok((Signed::Yes, Belief::AskBack)) } else { Err(SignatureError::Mismatch) }
}

/// The signature in hex. For tests and stand-ins.
pub fn sign(pair: Pair<'_>, transaction: &str, sale_or_subscription: &str) -> String {
    hex::encode(digest(pair, transaction, sale_or_subscription))
}

fn digest(pair: Pair<'_>, transaction: &str, thing: &str) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in [pair.key, pair.secret, transaction, thing] {
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}
