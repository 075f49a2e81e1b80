//! `Stripe-Signature: t=1700000000,v1=<hex>[,v1=<hex>…][,v0=…]`
//!
//! Source: docs.stripe.com/webhooks/signature. The key is the secret as it is written (`whsec_` and all), not what
//! it would decode to. While a secret is being rolled Stripe sends a `v1` for the old one and for the new one.

use crate::mac::{self, Mac};
use crate::{SignatureError, check_age, read_seconds};

/// The longest header read, in bytes: room for a dozen signatures; Stripe sends one to three.
pub const HEADER_MAX_BYTES: usize = 1_024;

/// Believes `raw_body` when one of `secrets` signed it not longer than `tolerance_s` seconds from `now_unix`, before
/// or after. `raw_body` is the body as it came, before any parsing; `header` is empty when there was none. Empty
/// secrets are passed over, for anybody could sign with one.
pub fn verify(raw_body: &[u8], header: &str, secrets: &[&str], now_unix: i64, tolerance_s: i64) -> Result<(), SignatureError> {
    let Parsed { time_text, signed_at_unix, signatures } = parse(header)?;
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    let ours = secrets.map(|secret| sign_one(raw_body, secret, time_text));
    if !mac::any_equal(ours, &signatures) {
        return Err(SignatureError::Mismatch);
    }
    check_age(signed_at_unix, now_unix, tolerance_s)
}

/// Writes the header as Stripe would, with a `v1` for each secret. For tests and stand-ins.
pub fn sign(raw_body: &[u8], secrets: &[&str], signed_at_unix: i64) -> String {
    let time_text = signed_at_unix.to_string();
    let signatures = secrets.iter().map(|secret| sign_one(raw_body, secret, &time_text));
    signatures.fold(format!("t={time_text}"), |header, mac| header + ",v1=" + &hex::encode(mac))
}

fn sign_one(raw_body: &[u8], secret: &str, time_text: &str) -> Mac {
    mac::of(secret.as_bytes(), &[time_text.as_bytes(), b".", raw_body])
}

struct Parsed<'a> {
    /// As it was written: these characters were signed.
    time_text: &'a str,
    signed_at_unix: i64,
    signatures: Vec<Mac>,
}

/// One `t` exactly: with two of them it would be open which was signed. A `v1` that is not 64 lower-case hex digits
/// matches nothing (one spelling only, so that a changed header never passes); schemes other than `v1` are passed over (`v0` is Stripe's decoy for test events).
fn parse(header: &str) -> Result<Parsed<'_>, SignatureError> {
    if header.is_empty() {
        return Err(SignatureError::Missing);
    }
    if header.len() > HEADER_MAX_BYTES {
        return Err(SignatureError::Malformed);
    }
    let (mut time_text, mut signatures, mut any_signature) = (None, Vec::new(), false);
    for (scheme, value) in header.split(',').filter_map(|item| item.split_once('=')) {
        match scheme {
            "t" if time_text.replace(value).is_some() => return Err(SignatureError::Malformed),
            "v1" => {
                any_signature = true;
                signatures.extend(mac::from_hex(value));
            }
            _ => {}
        }
    }
    match time_text {
        Some(time_text) if any_signature => Ok(Parsed { time_text, signed_at_unix: read_seconds(time_text)?, signatures }),
        _ => Err(SignatureError::Malformed),
    }
}
