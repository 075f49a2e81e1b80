use aws_lc_rs::hmac::{self, HMAC_SHA256};
use subtle::{Choice, ConstantTimeEq};

/// HMAC-SHA256.
pub(crate) type Mac = [u8; 32];

/// The MAC of all parts, one after another (RFC 2104).
pub(crate) fn of(key: &[u8], parts: &[&[u8]]) -> Mac {
    let mut context = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut mac = [0; 32];
    mac.copy_from_slice(context.sign().as_ref());
    mac
}

/// True when any of ours is any of theirs. Compares every pair to its end.
pub(crate) fn any_equal(ours: impl Iterator<Item = Mac>, theirs: &[Mac]) -> bool {
    let mut found = Choice::from(0);
    for mac in ours {
        for candidate in theirs {
            found |= mac.ct_eq(candidate);
        }
    }
    found.into()
}

/// A MAC from 64 lower-case hex digits. One spelling only, so that a changed header never passes.
pub(crate) fn from_hex(text: &str) -> Option<Mac> {
    let mut mac = [0; 32];
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    (!upper && hex::decode_to_slice(text, &mut mac).is_ok()).then_some(mac)
}
