use hooks::SignatureError::{FromFuture, Malformed, Mismatch, Missing, TooOld};
use hooks::stripe::{HEADER_MAX_BYTES, sign, verify};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::turned;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZg";
const OLD: &str = "whsec_T2xk";
const BODY: &[u8] = r#"{"id":"evt_T1","object":"event","data":{"name":"דירה 7"}}"#.as_bytes();
const AT: i64 = 1_795_000_000;
/// Made by Stripe's own library for Node, 23.1.0: `generateTestHeaderString` over `BODY`, `SECRET`, `AT`.
const STRIPES_OWN: &str = "t=1795000000,v1=d0aeef079e753a68e7cd05fcfec11b6580fa3c0671da9a3c23bb117fedd9a666";

#[test]
fn stripes_own_header_is_believed_and_written_alike() {
    assert_eq!(verify(BODY, STRIPES_OWN, &[SECRET], AT, 300), Ok(()));
    assert_eq!(sign(BODY, &[SECRET], AT), STRIPES_OWN);
}

#[test]
fn the_key_is_the_secret_as_written() {
    for secret in ["MDEyMzQ1Njc4OWFiY2RlZg", "0123456789abcdef", "whsec_MDEyMzQ1Njc4OWFiY2RlZg ", "whsec_"] {
        assert_eq!(verify(BODY, STRIPES_OWN, &[secret], AT, 300), Err(Mismatch), "{secret}");
    }
}

#[test]
fn a_secret_being_rolled_is_believed_on_either_side() {
    let both = sign(BODY, &[OLD, SECRET], AT);
    for secrets in [&[SECRET][..], &[OLD], &[SECRET, OLD], &["whsec_other", OLD], &["", OLD]] {
        assert_eq!(verify(BODY, &both, secrets, AT, 300), Ok(()), "{secrets:?}");
    }
    assert_eq!(verify(BODY, &sign(BODY, &[OLD], AT), &[SECRET, OLD], AT, 300), Ok(()));
    assert_eq!(verify(BODY, &both, &["whsec_other"], AT, 300), Err(Mismatch));
}

#[test]
fn without_a_secret_nothing_is_believed() {
    assert_eq!(verify(BODY, STRIPES_OWN, &[], AT, 300), Err(Mismatch));
    let unkeyed = sign(BODY, &[""], AT);
    assert_eq!(verify(BODY, &unkeyed, &[""], AT, 300), Err(Mismatch));
}

#[test]
fn age_counts_in_both_directions_and_only_for_the_authentic() {
    let cases = [(0, Ok(())), (300, Ok(())), (301, Err(TooOld)), (-300, Ok(())), (-301, Err(FromFuture)), (i64::MAX - AT, Err(TooOld))];
    for (later_s, expected) in cases {
        assert_eq!(verify(BODY, STRIPES_OWN, &[SECRET], AT + later_s, 300), expected, "{later_s}");
        assert_eq!(verify(b"{}", STRIPES_OWN, &[SECRET], AT + later_s, 300), Err(Mismatch), "{later_s}");
    }
    assert_eq!(verify(BODY, STRIPES_OWN, &[SECRET], i64::MIN, 300), Err(FromFuture));
    assert_eq!(verify(BODY, STRIPES_OWN, &[SECRET], AT, -5), Ok(()));
    assert_eq!(verify(BODY, STRIPES_OWN, &[SECRET], AT + 1, i64::MIN), Err(TooOld));
}

#[test]
fn headers_are_read_strictly() {
    let good = STRIPES_OWN.split_once("v1=").expect("a signature").1;
    let long = format!("{STRIPES_OWN},v0={}", "0".repeat(HEADER_MAX_BYTES));
    let cases = [
        (String::new(), Err(Missing)),
        ("t=1795000000".into(), Err(Malformed)),
        (format!("v1={good}"), Err(Malformed)),
        (format!("t=,v1={good}"), Err(Malformed)),
        (format!("t=+1795000000,v1={good}"), Err(Malformed)),
        (format!("t=-1795000000,v1={good}"), Err(Malformed)),
        (format!("t=1795000000.0,v1={good}"), Err(Malformed)),
        (format!("t=١٧٩٥,v1={good}"), Err(Malformed)),
        (format!("t=9999999999999,v1={good}"), Err(Malformed)),
        (format!("t=1,t=1795000000,v1={good}"), Err(Malformed)),
        (format!("t=1795000000,v1={good},t=1795000000"), Err(Malformed)),
        (format!("t=1795000000,v0={good}"), Err(Malformed)),
        (format!("t=1795000000;v1={good}"), Err(Malformed)),
        (long, Err(Malformed)),
        ("garbage".into(), Err(Malformed)),
        (format!("t=01795000000,v1={good}"), Err(Mismatch)),
        (format!("t=1795000000,v1={}", good.to_uppercase()), Err(Mismatch)),
        (format!("t=1795000000,v1={}", &good[..62]), Err(Mismatch)),
        (format!("t=1795000000,v1={good}00"), Err(Mismatch)),
        ("t=1795000000,v1=".into(), Err(Mismatch)),
        (format!("t=1795000000,v1={good},v0=6ffbb59b"), Ok(())),
        (format!("v1=zz,v1={good},t=1795000000"), Ok(())),
    ];
    for (header, expected) in cases {
        assert_eq!(verify(BODY, &header, &[SECRET], AT, 300), expected, "{header}");
    }
}

proptest! {
    #[test]
    fn what_was_signed_is_believed(body in vec(any::<u8>(), 0..512), secret in "whsec_[A-Za-z0-9]{1,40}", at in 0..4_000_000_000_i64) {
        prop_assert_eq!(verify(&body, &sign(&body, &[&secret], at), &[&secret], at, 0), Ok(()));
    }

    #[test]
    fn a_turned_bit_in_the_body_is_never_believed(mut body in vec(any::<u8>(), 1..512), bit in any::<usize>()) {
        let header = sign(&body, &[SECRET], AT);
        let place = bit % (body.len() * 8);
        body[place / 8] ^= 1 << (place % 8);
        prop_assert_eq!(verify(&body, &header, &[SECRET], AT, i64::MAX), Err(Mismatch));
    }

    #[test]
    fn a_turned_bit_in_the_header_or_the_secret_is_never_believed(body in vec(any::<u8>(), 0..64), bit in any::<usize>()) {
        let header = sign(&body, &[SECRET], AT);
        if let Some(header) = turned(&header, bit) {
            prop_assert!(verify(&body, &header, &[SECRET], AT, i64::MAX).is_err(), "{}", header);
        }
        if let Some(secret) = turned(SECRET, bit) {
            prop_assert_eq!(verify(&body, &header, &[&secret], AT, i64::MAX), Err(Mismatch));
        }
    }

    #[test]
    fn bytes_moved_between_time_and_body_are_never_believed(body in "[0-9]{1,8}\\.[a-z]{0,8}") {
        // `t.body` is one string to the MAC: the header's time must stay digits for the border to be known.
        let header = sign(body.as_bytes(), &[SECRET], AT);
        let (digits, rest) = body.split_once('.').expect("a dot");
        let shifted = header.replacen("t=1795000000", &format!("t=1795000000.{digits}"), 1);
        prop_assert_eq!(verify(rest.as_bytes(), &shifted, &[SECRET], AT, i64::MAX), Err(Malformed));
    }

    #[test]
    fn no_header_at_all_makes_it_stumble(header in any::<String>(), body in vec(any::<u8>(), 0..64)) {
        prop_assert!(verify(&body, &header, &[SECRET], AT, 300).is_err());
    }
}
