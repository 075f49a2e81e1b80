// Verifies a message of Vantera (Standard Webhooks) with the crates base64 (0.22), hmac (0.12) and sha2 (0.10).
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// The three headers as they arrived.
pub struct Headers<'a> {
    pub id: &'a str,
    pub timestamp: &'a str,
    pub signature: &'a str,
}

/// True when `body` (the bytes as they arrived) was signed with `secret` (whsec_...) at most `tolerance` seconds ago.
pub fn verify(secret: &str, headers: &Headers<'_>, body: &[u8], now_unix: i64, tolerance: u64) -> bool {
    let Ok(sent_at) = headers.timestamp.parse::<i64>() else { return false };
    let Ok(key) = STANDARD.decode(secret.trim_start_matches("whsec_")) else { return false };
    let fits = |one: &str| {
        let (Some(text), Ok(mut mac)) = (one.strip_prefix("v1,"), Hmac::<Sha256>::new_from_slice(&key)) else { return false };
        mac.update(format!("{}.{}.", headers.id, headers.timestamp).as_bytes());
        mac.update(body);
        // Compared in a time that does not depend on what is wrong.
        STANDARD.decode(text).is_ok_and(|theirs| mac.verify_slice(&theirs).is_ok())
    };
    // While a secret is being replaced there are two signatures; one that fits is enough.
    !headers.id.is_empty() && headers.signature.split(' ').any(fits) && now_unix.abs_diff(sent_at) <= tolerance
}
