use hooks::Belief::AskBack;
use hooks::SignatureError::{Malformed, Mismatch};
use hooks::payme::{Pair, Signed, sign, verify};
use proptest::prelude::*;

const OURS: Pair<'static> = Pair { key: "ckey", secret: "csecret" };
/// By the formula of an independent module, made by Node's own crypto.
const SALE: &str = "062ac6484ba0b46a7ae11104d728172b";

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

fn sale(signature: &str) -> Vec<u8> {
    form(&[
        ("notify_type", "sale-complete"),
        ("transaction_id", "bk_42"),
        ("payme_sale_id", "SALE1"),
        ("payme_transaction_id", "TRAN1"),
        ("price", "12000"),
        ("payme_signature", signature),
    ])
}

#[test]
fn a_sale_signed_by_other_hands_passes_and_is_asked_about_all_the_same() {
    assert_eq!(sign(OURS, "TRAN1", "SALE1"), SALE);
    assert_eq!(verify(&sale(SALE), &[OURS]), Ok((Signed::Yes, AskBack)));
    assert_eq!(verify(&sale(&SALE.to_uppercase()), &[OURS]), Ok((Signed::Yes, AskBack)), "either case, as PayMe's own document compares");
    assert_eq!(verify(&sale(SALE), &[Pair { key: "old", secret: "old" }, OURS]), Ok((Signed::Yes, AskBack)));
}

#[test]
fn a_subscription_is_signed_with_payme_s_own_number() {
    let of = |transaction: &str, signature: &str| form(&[("notify_type", "sub-active"), ("transaction_id", transaction), ("sub_payme_id", "SUB1"), ("payme_signature", signature)]);
    let signature = sign(OURS, "GUID-1", "SUB1");
    assert_eq!(verify(&of("GUID-1", &signature), &[OURS]), Ok((Signed::Yes, AskBack)));
    assert_eq!(verify(&of("bk_42", &signature), &[OURS]), Err(Mismatch));
}

#[test]
fn what_comes_unsigned_is_told_apart_from_what_is_signed_wrongly() {
    for empty in ["", "null"] {
        assert_eq!(verify(&sale(empty), &[OURS]), Ok((Signed::No, AskBack)));
    }
    assert_eq!(verify(&form(&[("notify_type", "sale-failure")]), &[OURS]), Ok((Signed::No, AskBack)));
    assert_eq!(verify(&sale(&"0".repeat(32)), &[OURS]), Err(Mismatch));
    for wrong in ["0", &SALE[..30], "zz2ac6484ba0b46a7ae11104d728172b", "NULL"] {
        assert_eq!(verify(&sale(wrong), &[OURS]), Err(Malformed), "{wrong}");
    }
    assert_eq!(verify(&sale(SALE), &[]), Err(Mismatch));
    let unkeyed = Pair { key: "", secret: "" };
    assert_eq!(verify(&sale(&sign(unkeyed, "TRAN1", "SALE1")), &[unkeyed]), Err(Mismatch), "anybody could sign with nothing");
}

#[test]
fn a_field_that_stands_there_twice_is_refused() {
    let twice = [sale(SALE), form(&[("payme_sale_id", "SALE2")])].join(&b'&');
    assert_eq!(verify(&twice, &[OURS]), Err(Malformed));
    assert_eq!(verify(&[sale(SALE), form(&[("payme_signature", "null")])].join(&b'&'), &[OURS]), Err(Malformed));
}

/// Why a signature is no proof: the sum is not in it, and the two ids have no border between them.
#[test]
fn another_sum_and_ids_that_slide_pass_which_is_why_it_is_asked_back() {
    let of = |transaction: &str, sale: &str, price: &str| form(&[("payme_sale_id", sale), ("payme_transaction_id", transaction), ("price", price), ("payme_signature", SALE)]);
    assert_eq!(verify(&of("TRAN1", "SALE1", "1"), &[OURS]), Ok((Signed::Yes, AskBack)));
    assert_eq!(verify(&of("TRAN1S", "ALE1", "12000"), &[OURS]), Ok((Signed::Yes, AskBack)));
    assert_eq!(verify(&of("TRAN1", "SALE2", "12000"), &[OURS]), Err(Mismatch));
}

proptest! {
    #[test]
    fn only_the_pair_that_signed_passes(key in "[a-z0-9]{1,20}", secret in "[a-z0-9]{1,20}", other in "[A-Z]{1,20}", transaction in ".{0,20}", id in "[A-Z0-9]{1,20}") {
        let pair = Pair { key: &key, secret: &secret };
        let body = form(&[("payme_transaction_id", &transaction), ("payme_sale_id", &id), ("payme_signature", &sign(pair, &transaction, &id))]);
        prop_assert_eq!(verify(&body, &[pair]), Ok((Signed::Yes, AskBack)));
        prop_assert_eq!(verify(&body, &[Pair { key: &other, ..pair }]), Err(Mismatch));
        prop_assert_eq!(verify(&body, &[Pair { secret: &other, ..pair }]), Err(Mismatch));
    }

    #[test]
    fn no_body_at_all_makes_it_stumble(body in proptest::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(!matches!(verify(&body, &[OURS]), Ok((Signed::Yes, _))));
    }
}
