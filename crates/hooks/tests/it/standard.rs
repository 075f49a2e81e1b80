use hooks::SignatureError::{FromFuture, Malformed, Mismatch, Missing, TooOld};
use hooks::standard::{HEADER_MAX_BYTES, Headers, Secret, SecretError, sign, verify};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::turned;

/// The worked example of Svix's documentation (docs.svix.com, verifying manually).
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret() -> Secret {
    Secret::parse(SECRET).expect("a secret")
}

fn other() -> Secret {
    Secret::from_bytes(&[7; 32]).expect("a secret")
}

fn headers(signature: &str) -> Headers<'_> {
    Headers { id: ID, timestamp: "1614265330", signature }
}

#[test]
fn the_published_example_is_believed_and_written_alike() {
    assert_eq!(verify(BODY, headers(SIGNATURE), &[&secret()], AT, 300), Ok(()));
    assert_eq!(sign(ID, AT, BODY, &[&secret()]), SIGNATURE);
}

#[test]
fn a_secret_being_replaced_signs_beside_the_new_one() {
    let both = sign(ID, AT, BODY, &[&other(), &secret()]);
    assert_eq!(both.split(' ').count(), 2);
    for one in [secret(), other()] {
        assert_eq!(verify(BODY, headers(&both), &[&one], AT, 300), Ok(()));
    }
    assert_eq!(verify(BODY, headers(SIGNATURE), &[&other(), &secret()], AT, 300), Ok(()));
    assert_eq!(verify(BODY, headers(SIGNATURE), &[&other()], AT, 300), Err(Mismatch));
    assert_eq!(verify(BODY, headers(SIGNATURE), &[], AT, 300), Err(Mismatch));
}

#[test]
fn headers_are_read_strictly() {
    let unpadded = SIGNATURE.trim_end_matches('=');
    let long = format!("{SIGNATURE} {}", "x".repeat(HEADER_MAX_BYTES));
    let dotted = "msg.1".to_owned();
    let cases = [
        (Headers { id: "", ..headers(SIGNATURE) }, Err(Missing)),
        (Headers { timestamp: "", ..headers(SIGNATURE) }, Err(Missing)),
        (headers(""), Err(Missing)),
        (Headers { id: &dotted, ..headers(SIGNATURE) }, Err(Malformed)),
        (Headers { timestamp: "+1614265330", ..headers(SIGNATURE) }, Err(Malformed)),
        (Headers { timestamp: "2021-02-25", ..headers(SIGNATURE) }, Err(Malformed)),
        (headers(&SIGNATURE[3..]), Err(Malformed)),
        (headers("v1a,g0hM"), Err(Malformed)),
        (headers(&long), Err(Malformed)),
        (headers(unpadded), Err(Mismatch)),
        (headers("v1,"), Err(Mismatch)),
        (Headers { timestamp: "1614265331", ..headers(SIGNATURE) }, Err(Mismatch)),
        (Headers { id: "msg_2", ..headers(SIGNATURE) }, Err(Mismatch)),
    ];
    for (headers, expected) in cases {
        assert_eq!(verify(BODY, headers, &[&secret()], AT, 300), expected, "{headers:?}");
    }
    let others_first = format!("v1a,AAAA v1,!! {SIGNATURE}");
    assert_eq!(verify(BODY, headers(&others_first), &[&secret()], AT, 300), Ok(()));
}

#[test]
fn age_counts_in_both_directions() {
    for (now, expected) in [(AT + 300, Ok(())), (AT + 301, Err(TooOld)), (AT - 300, Ok(())), (AT - 301, Err(FromFuture))] {
        assert_eq!(verify(BODY, headers(SIGNATURE), &[&secret()], now, 300), expected);
    }
}

#[test]
fn secrets_have_one_shape_and_are_not_printed() {
    assert_eq!(Secret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Secret::parse(SECRET));
    assert_eq!(secret().reveal(), SECRET);
    assert_eq!(format!("{:?}", secret()), "Secret(hidden)");
    for text in ["", "whsec_", "whsec_short", "whsec_not base64 at all, at all, at all", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert_eq!(Secret::parse(text), Err(SecretError), "{text}");
    }
    for (bytes, fits) in [(23, false), (24, true), (64, true), (65, false)] {
        assert_eq!(Secret::from_bytes(&vec![1; bytes]).is_ok(), fits, "{bytes}");
    }
}

proptest! {
    #[test]
    fn what_was_signed_is_believed(body in vec(any::<u8>(), 0..512), key in vec(any::<u8>(), 24..=64), id in "msg_[a-z0-9]{1,30}", at in 0..4_000_000_000_i64) {
        let secret = Secret::from_bytes(&key).expect("a secret");
        let (timestamp, signature) = (at.to_string(), sign(&id, at, &body, &[&secret]));
        let headers = Headers { id: &id, timestamp: &timestamp, signature: &signature };
        prop_assert_eq!(verify(&body, headers, &[&secret], at, 0), Ok(()));
    }

    #[test]
    fn a_turned_bit_is_never_believed(mut body in vec(any::<u8>(), 1..256), bit in any::<usize>()) {
        let (secret, timestamp) = (secret(), AT.to_string());
        let signature = sign(ID, AT, &body, &[&secret]);
        let good = Headers { id: ID, timestamp: &timestamp, signature: &signature };
        if let Some(text) = turned(&signature, bit) {
            prop_assert!(verify(&body, Headers { signature: &text, ..good }, &[&secret], AT, i64::MAX).is_err(), "{}", text);
        }
        if let Some(text) = turned(&timestamp, bit) {
            prop_assert!(verify(&body, Headers { timestamp: &text, ..good }, &[&secret], AT, i64::MAX).is_err(), "{}", text);
        }
        if let Some(text) = turned(ID, bit) {
            prop_assert!(verify(&body, Headers { id: &text, ..good }, &[&secret], AT, i64::MAX).is_err(), "{}", text);
        }
        let place = bit % (body.len() * 8);
        body[place / 8] ^= 1 << (place % 8);
        prop_assert_eq!(verify(&body, good, &[&secret], AT, i64::MAX), Err(Mismatch));
    }
}
