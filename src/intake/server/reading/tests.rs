use serde_json::json;

use super::*;

fn read_json(provider: Provider, body: &Value) -> Vec<Heard> {
    read(provider, Written::Json, &HeaderMap::new(), &bytes(body)).expect("events")
}

fn told(heard: &[Heard]) -> Vec<(Option<&str>, &str, &str)> {
    heard.iter().map(|one| (one.account.as_deref(), one.event.as_str(), one.kind.as_str())).collect()
}

/// Two numbers in one body: three messages or states, a template's news, each alone in an envelope of the same shape.
#[test]
fn a_batch_of_whatsapp_s_is_as_many_events_as_it_holds() {
    let value = |number: &str, more: Value| {
        let mut value = json!({ "messaging_product": "whatsapp", "metadata": { "display_phone_number": "+972 3-000-0000", "phone_number_id": number }, "contacts": [{ "wa_id": "972500000000" }] });
        value.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({ "field": "messages", "value": value })
    };
    let body = json!({ "object": "whatsapp_business_account", "entry": [
        { "id": "WABA1", "changes": [
            value("PN1", json!({ "messages": [{ "id": "wamid.A", "type": "text", "text": { "body": "שלום" } }, { "id": "wamid.B", "type": "image" }] })),
            value("PN2", json!({ "statuses": [{ "id": "wamid.C", "status": "read" }, { "id": "wamid.C", "status": "delivered" }] })),
        ] },
        { "id": "WABA1", "time": 7, "changes": [{ "field": "message_template_status_update", "value": { "event": "APPROVED" } }] },
    ] });
    let heard = read_json(Provider::WhatsApp, &body);
    let template = heard[4].event.clone();
    assert_eq!(
        told(&heard),
        [
            (Some("PN1"), "wamid.A", "messages.text"),
            (Some("PN1"), "wamid.B", "messages.image"),
            (Some("PN2"), "wamid.C:read", "statuses.read"),
            (Some("PN2"), "wamid.C:delivered", "statuses.delivered"),
            (Some("WABA1"), &template, "message_template_status_update"),
        ]
    );
    assert_eq!(heard[0].phone.as_deref(), Some("97230000000"));
    let alone: Value = serde_json::from_slice(&heard[1].body).expect("json");
    assert_eq!(alone["entry"][0]["changes"][0]["value"]["messages"], json!([{ "id": "wamid.B", "type": "image" }]));
    assert_eq!(alone["entry"][0]["changes"][0]["value"]["contacts"][0]["wa_id"], "972500000000");
    // An envelope of one reads as itself.
    assert_eq!(read_json(Provider::WhatsApp, &alone), [heard[1].clone()]);
    let later = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "WABA1", "time": 8, "changes": [{ "field": "message_template_status_update", "value": { "event": "APPROVED" } }] }] });
    assert_ne!(read_json(Provider::WhatsApp, &later)[0].event, template, "the same news at another time is another event");
}

#[test]
fn messenger_s_events_are_told_apart_by_what_they_are_about() {
    let item = |more: Value| json!({ "object": "page", "entry": [{ "id": "PAGE1", "time": 1, "messaging": [more] }] });
    let message = read_json(Provider::Messenger, &item(json!({ "sender": { "id": "P" }, "message": { "mid": "m_1", "text": "שלום" } })));
    assert_eq!(told(&message), [(Some("PAGE1"), "message:m_1", "message")]);
    let echo = read_json(Provider::Messenger, &item(json!({ "message": { "mid": "m_2", "is_echo": true } })));
    assert_eq!(told(&echo), [(Some("PAGE1"), "message:m_2", "message.echo")]);
    let reaction = |emoji: &str| read_json(Provider::Messenger, &item(json!({ "reaction": { "mid": "m_1", "emoji": emoji } })))[0].event.clone();
    assert_ne!(reaction("❤"), reaction("👍"));
    assert_eq!(reaction("❤"), reaction("❤"));
    let strange = read_json(Provider::Messenger, &json!({ "object": "page" }));
    assert_eq!((strange[0].account.as_deref(), strange[0].kind.as_str()), (Some(""), "unknown"), "kept, until somebody looks");
}

#[test]
fn the_others_are_known_by_what_their_sheets_say() {
    assert_eq!(told(&read_json(Provider::Telegram, &json!({ "update_id": 10001, "message": {} }))), [(None, "10001", "message")]);
    assert_eq!(told(&read_json(Provider::Telegram, &json!({ "update_id": 7, "of_later_times": {} }))), [(None, "7", "of_later_times")]);
    let document = read_json(Provider::ICount, &json!({ "doctype": "invrec", "docnum": 2001 })).remove(0);
    assert!(document.event.starts_with("invrec:2001:") && document.kind == "document.invrec");
    assert_eq!(told(&read_json(Provider::Stripe, &json!({ "id": "evt_1", "type": "x.y", "account": "acct_1" }))), [(Some("acct_1"), "evt_1", "x.y")]);
    let leg = |kind: &str, status: &str| json!({ "ivruniqueid": "2026a", "type": kind, "status": status, "did": "97230000000" });
    let calls = read_json(Provider::Voicenter, &json!([leg("Queue", "ABANDONE"), leg("Extension", "NOANSWER")]));
    assert!(calls[0].event.starts_with("call:2026a:Queue:ABANDONE:") && calls[0].kind == "call.abandone");
    assert!(calls[1].event.starts_with("call:2026a:Extension:NOANSWER:") && calls[1].kind == "call.noanswer");
    assert_eq!(calls[0].phone.as_deref(), Some("97230000000"));
    let form = |provider, text: &str| read(provider, Written::Form, &HeaderMap::new(), text.as_bytes()).expect("an event").remove(0);
    let paid = form(Provider::Grow, "err=&status=1&data[transactionId]=9001&data[sum]=120.00");
    assert!(paid.event.starts_with("9001:") && paid.kind == "payment.callback");
    assert_ne!(form(Provider::PayMe, "notify_type=refund&payme_sale_id=S1&price=500").event, form(Provider::PayMe, "notify_type=refund&payme_sale_id=S1&price=600").event);
    assert_eq!(form(Provider::PayMe, "notify_type=sub-active&sub_payme_id=U1").kind, "sub-active");
}

#[test]
fn something_false_told_first_does_not_take_the_place_of_what_is_true() {
    let document = |sum: i64| json!({ "doctype": "invrec", "docnum": "2001", "totalwithvat": sum });
    let call = |seconds: i64| json!({ "ivruniqueid": "2026a", "type": "Queue", "status": "ANSWER", "duration": seconds });
    for (provider, truth, lie) in [(Provider::ICount, document(118), document(11_800)), (Provider::Voicenter, call(60), call(6_000))] {
        let id = |body: &Value| read_json(provider, body).remove(0).event;
        assert_ne!(id(&truth), id(&lie), "{provider:?}");
        assert_eq!(id(&truth), id(&truth), "{provider:?}: told again it is the same");
    }
}

#[test]
fn a_calendar_s_knock_is_its_channel_and_number_without_the_secret() {
    let mut headers = HeaderMap::new();
    for (name, value) in [("x-goog-channel-id", "c1"), ("x-goog-message-number", "10"), ("x-goog-resource-state", "exists"), ("x-goog-channel-token", "hush")] {
        headers.insert(name, value.parse().expect("a value"));
    }
    let heard = read(Provider::Google, Written::Json, &headers, b"").expect("a knock");
    assert_eq!(told(&heard), [(Some("c1"), "10", "exists")]);
    assert!(!String::from_utf8_lossy(&heard[0].body).contains("hush"));
}

#[test]
fn what_would_not_fit_or_not_be_seen_is_made_to() {
    let long = read_json(Provider::Telegram, &json!({ "update_id": 1, "שלום\u{202e}": 1 }));
    assert_eq!(long[0].kind, "unknown");
    let odd = read_json(Provider::ICount, &json!({ "doctype": "א\0", "docnum": "1" }));
    assert!(odd[0].event.starts_with("sha256:"), "{}", odd[0].event);
    for (provider, body) in [
        (Provider::Stripe, json!([])),
        (Provider::Stripe, json!({ "id": "evt_1" })),
        (Provider::Stripe, json!({ "id": "e".repeat(256), "type": "x" })),
        (Provider::Telegram, json!({ "message": {} })),
        (Provider::Voicenter, json!([])),
        (Provider::Voicenter, json!([1])),
    ] {
        assert_eq!(read(provider, Written::Json, &HeaderMap::new(), &bytes(&body)), Err(Unreadable), "{provider:?} {body}");
    }
    assert_eq!(read(Provider::Stripe, Written::Json, &HeaderMap::new(), b"{"), Err(Unreadable));
}

#[test]
fn what_does_not_fit_is_one_unknown_event_and_the_others_are_as_ever() {
    let of = |id: &str| json!({ "id": id, "messaging": [{ "message": { "mid": "m_1" } }] });
    let heard = read_json(Provider::Messenger, &json!({ "object": "page", "entry": [of("PAGE1"), of("א"), of("PAGE2")] }));
    assert_eq!((told(&heard)[0], told(&heard)[2]), ((Some("PAGE1"), "message:m_1", "message"), (Some("PAGE2"), "message:m_1", "message")));
    assert_eq!((heard[1].account.as_deref(), heard[1].kind.as_str()), (Some(""), "unknown"));
    assert!(String::from_utf8_lossy(&heard[1].body).contains("\"א\""), "its words are kept");
    // Whoever reads events of this kind must not take one for the platform's own that names somebody.
    let paid = read_json(Provider::Stripe, &json!({ "id": "evt_1", "type": "checkout.session.completed", "account": "א" }));
    assert_eq!((paid.len(), paid[0].account.as_deref(), paid[0].kind.as_str()), (1, Some(""), "unknown"));
    assert_ne!(paid[0].event, "evt_1", "and does not stand in the place of the true one");
    for (count, events) in [(1_000, 1_000), (1_001, 1)] {
        let body = json!({ "entry": [{ "id": "1", "messaging": vec![json!({}); count] }] });
        let heard = read_json(Provider::Messenger, &body);
        assert_eq!(heard.len(), events);
        assert_eq!(heard[0].body == bytes(&body), events == 1, "a body of too many is kept whole");
        assert_eq!(heard, read_json(Provider::Messenger, &body), "told again it is the same");
    }
    let calls = read_json(Provider::Voicenter, &json!([1, { "ivrid": "2026a" }]));
    assert_eq!((calls.len(), calls[0].kind.as_str()), (2, "unknown"));
}
