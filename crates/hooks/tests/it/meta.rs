use hooks::SignatureError::{Malformed, Mismatch, Missing};
use hooks::meta::{CHALLENGE_MAX_BYTES, Challenge, sign, verify};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::turned;

/// Made by Node's own crypto.
const BODY: &[u8] = br#"{"type":"ping"}"#;
const SECRET: &str = "app_secret_0123";
const HEADER: &str = "sha256=352778680b08bce37e735cd939ad40959d6d72acc73ea44f3def41561a9450a1";

#[test]
fn a_header_made_by_other_hands_is_believed_and_written_alike() {
    assert_eq!(verify(BODY, HEADER, &[SECRET]), Ok(()));
    assert_eq!(verify(BODY, HEADER, &["older", "", SECRET]), Ok(()), "while a secret is being replaced");
    assert_eq!(sign(BODY, SECRET), HEADER);
}

#[test]
fn headers_are_read_strictly() {
    let digits = HEADER.strip_prefix("sha256=").expect("a prefix");
    for (header, expected) in [
        (String::new(), Missing),
        (digits.to_owned(), Malformed),
        (format!("sha1={digits}"), Malformed),
        (format!("SHA256={digits}"), Malformed),
        (format!("sha256={}", digits.to_uppercase()), Malformed),
        (format!("sha256={}", &digits[..62]), Malformed),
        (format!("sha256={digits}00"), Malformed),
        (format!("sha256= {digits}"), Malformed),
        (format!("{HEADER},{HEADER}"), Malformed),
        (format!("sha256={}", "0".repeat(64)), Mismatch),
    ] {
        assert_eq!(verify(BODY, &header, &[SECRET]), Err(expected), "{header}");
    }
    assert_eq!(verify(BODY, HEADER, &[]), Err(Mismatch));
    assert_eq!(verify(BODY, &sign(BODY, ""), &[""]), Err(Mismatch), "anybody could sign with nothing");
    assert_eq!(verify(BODY, HEADER, &["another app's"]), Err(Mismatch));
}

#[test]
fn letters_written_otherwise_are_other_bytes() {
    // Meta escapes what is not ASCII before it signs; a body that a parser wrote anew does not pass.
    let escaped = br#"{"text":"\u05e9\u05dc\u05d5\u05dd"}"#;
    let plain = r#"{"text":"שלום"}"#.as_bytes();
    let header = sign(escaped, SECRET);
    assert_eq!(verify(escaped, &header, &[SECRET]), Ok(()));
    assert_eq!(verify(plain, &header, &[SECRET]), Err(Mismatch));
    assert_eq!(verify(br#"{ "text":"\u05e9\u05dc\u05d5\u05dd"}"#, &header, &[SECRET]), Err(Mismatch));
    assert_eq!(verify(&escaped[..escaped.len() - 1], &header, &[SECRET]), Err(Mismatch));
}

#[test]
fn a_challenge_is_answered_to_who_knows_the_token() {
    let asked = Challenge { mode: "subscribe", token: "t0ken", challenge: "1158201444" };
    assert_eq!(asked.answer(&["other", "t0ken"]), Ok("1158201444"));
    for (wrong, expected) in [
        (Challenge { token: "t0ke", ..asked }, Mismatch),
        (Challenge { token: "", ..asked }, Missing),
        (Challenge { challenge: "", ..asked }, Missing),
        (Challenge { mode: "unsubscribe", ..asked }, Malformed),
        (Challenge { challenge: "<script>", ..asked }, Malformed),
        (Challenge { challenge: "a\r\nb", ..asked }, Malformed),
    ] {
        assert_eq!(wrong.answer(&["t0ken"]), Err(expected), "{wrong:?}");
    }
    assert_eq!(Challenge { challenge: &"1".repeat(CHALLENGE_MAX_BYTES + 1), ..asked }.answer(&["t0ken"]), Err(Malformed));
    assert_eq!(asked.answer(&[]), Err(Mismatch));
    assert_eq!(asked.answer(&[""]), Err(Mismatch));
}

proptest! {
    #[test]
    fn what_was_signed_is_believed(body in vec(any::<u8>(), 0..512), secret in "[ -~]{1,64}") {
        prop_assert_eq!(verify(&body, &sign(&body, &secret), &[&secret]), Ok(()));
    }

    #[test]
    fn a_turned_bit_in_body_header_or_secret_is_never_believed(mut body in vec(any::<u8>(), 1..512), bit in any::<usize>()) {
        let header = sign(&body, SECRET);
        if let Some(header) = turned(&header, bit) {
            prop_assert!(verify(&body, &header, &[SECRET]).is_err(), "{}", header);
        }
        if let Some(secret) = turned(SECRET, bit) {
            prop_assert_eq!(verify(&body, &header, &[&secret]), Err(Mismatch));
        }
        let place = bit % (body.len() * 8);
        body[place / 8] ^= 1 << (place % 8);
        prop_assert_eq!(verify(&body, &header, &[SECRET]), Err(Mismatch));
    }

    #[test]
    fn a_body_cut_short_or_made_longer_is_never_believed(body in vec(any::<u8>(), 1..256), cut in any::<usize>(), more in vec(any::<u8>(), 1..16)) {
        let header = sign(&body, SECRET);
        prop_assert_eq!(verify(&body[..cut % body.len()], &header, &[SECRET]), Err(Mismatch));
        prop_assert_eq!(verify(&[&body[..], &more].concat(), &header, &[SECRET]), Err(Mismatch));
    }

    #[test]
    fn no_header_at_all_makes_it_stumble(header in any::<String>(), body in vec(any::<u8>(), 0..64)) {
        prop_assert!(verify(&body, &header, &[SECRET]).is_err());
    }
}
