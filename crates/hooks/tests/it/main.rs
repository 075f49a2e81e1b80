//! Signatures against vectors made by other hands, and against whatever proptest thinks of; the sender against servers
//! that misbehave.

mod address;
mod asking;
mod meta;
mod others;
mod payme;
mod sender;
mod standard;
mod stripe;

/// The text with one bit turned, unless that is no text any more.
fn turned(text: &str, bit: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let place = bit % (bytes.len() * 8);
    bytes[place / 8] ^= 1 << (place % 8);
    String::from_utf8(bytes).ok()
}
