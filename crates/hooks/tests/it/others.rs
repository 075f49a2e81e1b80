//! The senders whose secret comes along as it is, and Morning.

use hooks::Belief::{AskBack, Proven};
use hooks::SignatureError::{Malformed, Mismatch, Missing};
use hooks::google::{Change, Headers, Knock};
use hooks::morning::Spelling;
use hooks::{SHARED_MAX_BYTES, google, icount, morning, path, telegram};
use proptest::prelude::*;

use crate::turned;

const SECRET: &str = "b0t-Secret_0123456789";

#[test]
fn a_bot_s_secret_is_believed_and_an_account_s_is_a_reason_to_ask() {
    assert_eq!(telegram::verify(SECRET, &["old", SECRET]), Ok(Proven));
    assert_eq!(icount::verify(SECRET, &[SECRET]), Ok(AskBack));
    for (given, expected) in
        [("", Missing), ("b0t-secret_0123456789", Mismatch), (&SECRET[1..], Mismatch), (&format!("{SECRET} "), Mismatch), (&"a".repeat(SHARED_MAX_BYTES + 1), Malformed)]
    {
        assert_eq!(telegram::verify(given, &[SECRET]), Err(expected), "{given}");
        assert_eq!(icount::verify(given, &[SECRET]), Err(expected), "{given}");
    }
    assert_eq!(telegram::verify("x", &[]), Err(Mismatch));
    assert_eq!(telegram::verify("", &[""]), Err(Missing));
}

const KNOCK: Headers<'static> = Headers { channel: "7a1c-1", token: SECRET, resource: "ret08u3rv24htgh289g", state: "exists", number: "10" };

#[test]
fn a_channel_s_knock_is_read_with_its_number_and_what_changed() {
    let knock = |state, number| google::verify(Headers { state, number, ..KNOCK }, &[SECRET]);
    assert_eq!(knock("exists", "10"), Ok((Knock { channel: "7a1c-1", resource: "ret08u3rv24htgh289g", number: 10, change: Change::Changed }, Proven)));
    for (state, change) in [("sync", Change::Opened), ("not_exists", Change::Gone), ("of_later_times", Change::Other)] {
        assert_eq!(knock(state, "1").expect("a knock").0.change, change);
    }
    for (wrong, expected) in [
        (Headers { token: "", ..KNOCK }, Missing),
        (Headers { channel: "", ..KNOCK }, Missing),
        (Headers { number: "", ..KNOCK }, Missing),
        (Headers { state: "", ..KNOCK }, Missing),
        (Headers { token: "another channel's", ..KNOCK }, Mismatch),
        (Headers { number: "-1", ..KNOCK }, Malformed),
        (Headers { number: "99999999999999999999", ..KNOCK }, Malformed),
        (Headers { number: "1e3", ..KNOCK }, Malformed),
        (Headers { channel: "a b", ..KNOCK }, Malformed),
        (Headers { resource: "א", ..KNOCK }, Malformed),
    ] {
        assert_eq!(google::verify(wrong, &[SECRET]).err(), Some(expected), "{wrong:?}");
    }
    assert_eq!(google::verify(KNOCK, &[]).err(), Some(Mismatch));
}

#[test]
fn morning_s_signature_is_read_in_either_spelling_over_the_body_as_it_came() {
    let body = r#"{"id":"d-1","type":320,"total":118}"#.as_bytes();
    let hex = morning::sign(body, SECRET, Spelling::Hex);
    let base64 = morning::sign(body, SECRET, Spelling::Base64);
    for (header, spelling) in
        [(hex.clone(), Spelling::Hex), (base64.clone(), Spelling::Base64), (format!("sha256={hex}"), Spelling::Hex), (format!("sha256={base64}"), Spelling::Base64)]
    {
        assert_eq!(morning::verify(body, &header, &["old", SECRET]), Ok((spelling, AskBack)), "{header}");
        assert_eq!(morning::verify(body, &header, &["another's"]), Err(Mismatch));
        assert_eq!(morning::verify(&body[1..], &header, &[SECRET]), Err(Mismatch));
        // The same JSON with its parts in another order: the third claim would let it pass.
        assert_eq!(morning::verify(br#"{"id":"d-1","total":118,"type":320}"#, &header, &[SECRET]), Err(Mismatch));
    }
    for (header, expected) in [("", Missing), ("sha256=", Malformed), (&hex[..62], Malformed), (&hex.to_uppercase(), Malformed), (&format!("{}!", &base64[..43]), Malformed)] {
        assert_eq!(morning::verify(body, header, &[SECRET]), Err(expected), "{header}");
    }
    assert_eq!(morning::verify(body, &morning::sign(body, "", Spelling::Hex), &[""]), Err(Mismatch), "anybody could sign with nothing");
}

/// The well-known digest of one MAC, by Node's crypto: base64 of what meta.rs has in hex.
#[test]
fn morning_s_mac_is_the_plain_one() {
    let header = "352778680b08bce37e735cd939ad40959d6d72acc73ea44f3def41561a9450a1";
    assert_eq!(morning::verify(br#"{"type":"ping"}"#, header, &["app_secret_0123"]), Ok((Spelling::Hex, AskBack)));
}

#[test]
fn an_address_s_secret_is_known_by_its_fingerprint_alone() {
    let secret = path::write([7; 32]);
    assert_eq!(secret.len(), path::SECRET_CHARS);
    let kept = path::fingerprint(&secret).expect("a fingerprint");
    assert_eq!(path::verify(&secret, &kept), Ok(()));
    assert_eq!(path::verify(&path::write([8; 32]), &kept), Err(Mismatch));
    assert_eq!(path::verify(&secret, &kept[..31]), Err(Mismatch));
    assert_eq!(path::verify(&secret, b""), Err(Mismatch));
    for (given, expected) in [("", Missing), ("short", Malformed), (&format!("{secret}="), Malformed), (&secret.replace(|_| true, "*"), Malformed), (&"א".repeat(43), Malformed)] {
        assert_eq!(path::verify(given, &kept), Err(expected), "{given}");
    }
}

proptest! {
    #[test]
    fn a_turned_bit_is_never_one_of_ours(bit in any::<usize>(), random in any::<[u8; 32]>()) {
        if let Some(given) = turned(SECRET, bit) {
            prop_assert!(telegram::verify(&given, &[SECRET]).is_err());
        }
        let secret = path::write(random);
        let kept = path::fingerprint(&secret).expect("a fingerprint");
        prop_assert_eq!(path::verify(&secret, &kept), Ok(()));
        if let Some(given) = turned(&secret, bit) {
            prop_assert!(path::verify(&given, &kept).is_err());
        }
    }

    #[test]
    fn nothing_at_all_makes_them_stumble(given in any::<String>(), body in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(telegram::verify(&given, &[SECRET]).is_err());
        prop_assert!(morning::verify(&body, &given, &[SECRET]).is_err());
        prop_assert!(path::verify(&given, &[0; 32]).is_err());
        let knock = Headers { channel: &given, token: &given, resource: &given, state: &given, number: &given };
        prop_assert!(google::verify(knock, &[SECRET]).is_err());
    }
}
