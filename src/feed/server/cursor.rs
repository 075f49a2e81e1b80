//! Where a page of the feed ended: the moment and the id of its last post, opaque to whoever carries it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use kit::PostId;
use uuid::Uuid;

/// Posts strictly older than this are next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: Timestamp,
    pub post: PostId,
}

impl Cursor {
    /// Before every post: the first page.
    pub const NEWEST: Cursor = Cursor { at: Timestamp::MAX, post: PostId(Uuid::max()) };

    /// Reads what a browser brings back. A cursor that is not ours is the first page.
    pub fn read(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::NEWEST)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (micros, post) = bytes.split_at(8);
        // No post is older than the epoch, and a forged moment must not reach beyond what the database can hold.
        let at = Timestamp::from_microsecond(i64::from_be_bytes(micros.try_into().ok()?)).ok().filter(|at| *at >= Timestamp::UNIX_EPOCH)?;
        Some(Self { at, post: PostId(Uuid::from_slice(post).ok()?) })
    }

    /// Microseconds, as the database keeps them, then the id; base64url without padding (32 characters).
    pub fn write(&self) -> String {
        let mut bytes = [0u8; 24];
        bytes[..8].copy_from_slice(&self.at.as_microsecond().to_be_bytes());
        bytes[8..].copy_from_slice(self.post.0.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor { at: "2026-11-21T08:00:00.123456Z".parse().unwrap(), post: PostId(Uuid::from_u128(7)) };
        assert_eq!(cursor.write().len(), 32);
        assert_eq!(Cursor::read(&cursor.write()), cursor);
    }

    #[test]
    fn a_bad_cursor_is_the_first_page() {
        for text in ["", "x", "לא", "AAAA", &"_".repeat(32), &"A".repeat(33), "../../etc"] {
            assert_eq!(Cursor::read(text), Cursor::NEWEST, "{text}");
        }
    }
}
