//! The programs' door: what each answer is, for whom.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::json as value;
use vantera::platform::limits::{Key, Limit, RULES};

use super::{ask, grant, json, key, partner, send, with_chair};
use crate::support::{App, SLUG};

/// A partner with a key that may write.
async fn writer() -> (App, testkit::Actor, String, String) {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "write").await;
    (app, dana, code, text)
}

#[tokio::test]
async fn without_a_living_key_every_address_is_401_and_says_how_to_come_in() {
    let (app, mut dana, _, text) = writer().await;
    let paths = ["/me", "/buildings", "/endpoints", "/endpoints/018f0000-0000-7000-8000-000000000000"];
    let wrong = ["", "vk_", "x", &text[..45], &format!("{text}A"), &format!("vk_{}", "A".repeat(43)), &text.to_lowercase()];
    for path in paths {
        for wrong in wrong {
            let answer = ask(&app, Method::GET, path, wrong, None).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {wrong}");
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer realm=\"vantera\"");
            assert_eq!(json(&answer)["code"], "unauthorized");
        }
        let cookies = dana.send(Request::get(format!("/api/v1{path}")).body(Body::empty()).expect("a request")).await;
        assert_eq!(cookies.status, StatusCode::UNAUTHORIZED, "{path}: the session of a signed-in person opens nothing here");
    }
    assert_eq!(json(&ask(&app, Method::GET, "/me", &text, None).await)["scope"], "write");
    app.finish().await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_the_others_live_on() {
    let (app, mut dana, code, text) = writer().await;
    let second = key(&mut dana, &code, "read").await;
    let id = app.text("select key_id::text from partner_keys where scope = 'write'").await.expect("a key");
    assert_eq!(ask(&app, Method::GET, "/me", &text, None).await.status, StatusCode::OK);
    dana.submit("/call/gateway/revoke_key", &[("partner", &code), ("key", &id)]).await;
    assert_eq!(ask(&app, Method::GET, "/me", &text, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&app, Method::GET, "/me", &second, None).await.status, StatusCode::OK);
    assert!(dana.get(&format!("/partners/{code}")).await.text().contains("בוטל"));
    app.finish().await;
}

#[tokio::test]
async fn a_keys_last_use_is_noted_once_a_minute_at_most() {
    let (app, _, _, text) = writer().await;
    let used = "select to_char(last_used_at at time zone 'UTC', 'HH24:MI:SS') from partner_keys";
    let mut seen = Vec::new();
    for wait in [0, 59, 2] {
        app.advance(wait);
        ask(&app, Method::GET, "/me", &text, None).await;
        seen.push(app.text(used).await.expect("a moment"));
    }
    assert_eq!(seen, ["09:00:00", "09:00:00", "09:01:01"]);
    app.finish().await;
}

#[tokio::test]
async fn a_key_that_reads_writes_nothing() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let (reads, writes) = (key(&mut dana, &code, "read").await, key(&mut dana, &code, "write").await);
    let made = json(&ask(&app, Method::POST, "/endpoints", &writes, Some(value!({ "url": "https://hooks.magen.example/in" }))).await);
    let path = format!("/endpoints/{}", made["id"].as_str().expect("an id"));
    let before = app.text("select e::text from gateway_endpoints e").await;
    for (method, path, body) in [
        (Method::POST, "/endpoints".to_owned(), Some(value!({ "url": "https://b.example/" }))),
        (Method::PATCH, path.clone(), Some(value!({ "state": "disabled" }))),
        (Method::POST, format!("{path}/rotate"), None),
        (Method::DELETE, path.clone(), None),
    ] {
        let answer = ask(&app, method.clone(), &path, &reads, body).await;
        assert_eq!((answer.status, json(&answer)["code"].clone()), (StatusCode::FORBIDDEN, value!("forbidden")), "{method} {path}");
    }
    assert_eq!(app.text("select e::text from gateway_endpoints e").await, before);
    assert_eq!(app.count("select count(*) from gateway_secrets").await, 1);
    assert_eq!(ask(&app, Method::GET, &path, &reads, None).await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn an_endpoint_lives_its_whole_life_through_the_api_and_its_secret_is_told_once() {
    let (app, mut dana, code, text) = writer().await;
    let made = ask(
        &app,
        Method::POST,
        "/endpoints",
        &text,
        Some(value!({ "url": "https://Hooks.Magen.example/in", "description": "ייצור", "event_types": ["hazard.*", "notice.published"], "per_minute": 60 })),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let body = json(&made);
    let (id, secret) = (body["id"].as_str().expect("an id").to_owned(), body["secret"].as_str().expect("a secret").to_owned());
    assert_eq!(made.location(), format!("/api/v1/endpoints/{id}"));
    assert_eq!((body["url"].as_str(), body["state"].as_str(), body["per_minute"].as_i64()), (Some("https://hooks.magen.example/in"), Some("active"), Some(60)));
    assert!(secret.starts_with("whsec_"));

    let path = format!("/endpoints/{id}");
    let changed = ask(&app, Method::PATCH, &path, &text, Some(value!({ "state": "disabled", "event_types": [] }))).await;
    assert_eq!((changed.status, json(&changed)["disabled_reason"].clone()), (StatusCode::OK, value!("owner")));
    assert_eq!(json(&changed)["description"], "ייצור", "what is not sent stays");
    let on = json(&ask(&app, Method::PATCH, &path, &text, Some(value!({ "state": "active" }))).await);
    assert_eq!((on["state"].clone(), on["disabled_reason"].clone()), (value!("active"), value!(null)));
    let rotated = json(&ask(&app, Method::POST, &format!("{path}/rotate"), &text, None).await);
    assert_ne!(rotated["secret"], value!(secret));
    assert_eq!(rotated["previous_signs_until"], "2026-11-23T09:00:00Z");

    for told in [ask(&app, Method::GET, &path, &text, None).await, ask(&app, Method::GET, "/endpoints", &text, None).await, dana.get(&format!("/partners/{code}")).await] {
        assert!(told.status == StatusCode::OK && told.text().contains("hooks.magen.example") && !told.text().contains("whsec_"), "{}", told.text());
    }
    assert_eq!(ask(&app, Method::DELETE, &path, &text, None).await.status, StatusCode::NO_CONTENT);
    for (method, path) in [(Method::GET, path.clone()), (Method::DELETE, path.clone()), (Method::POST, format!("{path}/rotate"))] {
        assert_eq!(ask(&app, method, &path, &text, None).await.status, StatusCode::NOT_FOUND);
    }
    app.finish().await;
}

#[tokio::test]
async fn another_partners_endpoint_is_not_there() {
    let (app, _, _, text) = writer().await;
    let (mut gai, other) = partner(&app, "תחזוקת הצפון", "0543550002").await;
    let theirs = key(&mut gai, &other, "write").await;
    let made = json(&ask(&app, Method::POST, "/endpoints", &text, Some(value!({ "url": "https://hooks.magen.example/in" }))).await);
    let path = format!("/endpoints/{}", made["id"].as_str().expect("an id"));
    let none = ask(&app, Method::GET, "/endpoints/018f0000-0000-7000-8000-000000000000", &theirs, None).await.text();
    for (method, path, body) in [
        (Method::GET, path.clone(), None),
        (Method::PATCH, path.clone(), Some(value!({ "state": "disabled" }))),
        (Method::POST, format!("{path}/rotate"), None),
        (Method::DELETE, path.clone(), None),
    ] {
        let answer = ask(&app, method.clone(), &path, &theirs, body).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::NOT_FOUND, none.clone()), "{method}: there and not there answer alike");
    }
    assert_eq!(json(&ask(&app, Method::GET, "/endpoints", &theirs, None).await)["data"], value!([]));
    assert_eq!(json(&ask(&app, Method::GET, &path, &text, None).await)["state"], "active");
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_told_by_its_field_and_with_an_honest_status() {
    let (app, _, _, text) = writer().await;
    for (body, field) in [
        (value!({}), "url"),
        (value!({ "url": 7 }), "url"),
        (value!({ "url": "http://hooks.magen.example/" }), "url"),
        (value!({ "url": "https://10.0.0.1/" }), "url"),
        (value!({ "url": "https://a.example/", "event_types": "hazard.*" }), "event_types"),
        (value!({ "url": "https://a.example/", "event_types": ["salary.paid"] }), "event_types"),
        (value!({ "url": "https://a.example/", "event_types": [1] }), "event_types"),
        (value!({ "url": "https://a.example/", "per_minute": 0 }), "per_minute"),
        (value!({ "url": "https://a.example/", "per_minute": 1.5 }), "per_minute"),
        (value!({ "url": "https://a.example/", "description": "א".repeat(201) }), "description"),
        (value!({ "url": "https://a.example/", "colour": "red" }), "colour"),
    ] {
        let answer = ask(&app, Method::POST, "/endpoints", &text, Some(body.clone())).await;
        let told = json(&answer);
        assert_eq!((answer.status, told["code"].clone()), (StatusCode::UNPROCESSABLE_ENTITY, value!("invalid")), "{body}");
        assert!(told["fields"][field].as_str().is_some_and(|sentence| sentence.is_ascii() && sentence.len() > 8), "{body}: {told}");
    }
    let raw = async |kind: &str, body: &'static str| {
        let request = Request::post("/api/v1/endpoints").header(header::AUTHORIZATION, format!("Bearer {text}")).header(header::CONTENT_TYPE, kind);
        send(&app, request.body(Body::from(body)).expect("a request")).await
    };
    let long: &'static str = Box::leak(format!("{{\"url\":\"{}\"}}", "a".repeat(70_000)).into_boxed_str());
    for (kind, body, status, code) in [
        ("application/json", "{\"url\":", 400, "malformed"),
        ("application/json", "[]", 400, "malformed"),
        ("application/json", "", 400, "malformed"),
        ("application/json; charset=utf-8", long, 413, "too_large"),
        ("text/plain", "{}", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "url=x", 415, "unsupported_media_type"),
    ] {
        let answer = raw(kind, body).await;
        assert_eq!((answer.status.as_u16(), json(&answer)["code"].clone()), (status, value!(code)), "{kind}");
    }
    for (method, path, status) in [
        (Method::PUT, "/endpoints", 405),
        (Method::DELETE, "/me", 405),
        (Method::GET, "/nothing", 404),
        (Method::GET, "/endpoints/7", 404),
        (Method::GET, "/event-types/salary.paid", 404),
        (Method::GET, "/buildings?limit=0", 422),
        (Method::GET, "/buildings?limit=many", 422),
        (Method::GET, "/buildings?cursor=x", 422),
    ] {
        let answer = ask(&app, method.clone(), path, &text, None).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text());
        assert!(json(&answer)["message"].is_string());
    }
    assert_eq!(app.count("select count(*) from gateway_endpoints").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_partner_has_twenty_endpoints_and_no_more() {
    let (app, _, _, text) = writer().await;
    for n in 1..=20 {
        let made = ask(&app, Method::POST, "/endpoints", &text, Some(value!({ "url": format!("https://hooks.magen.example/{n}") }))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{n}");
    }
    let answer = ask(&app, Method::POST, "/endpoints", &text, Some(value!({ "url": "https://hooks.magen.example/21" }))).await;
    assert_eq!((answer.status, json(&answer)["code"].clone()), (StatusCode::CONFLICT, value!("conflict")));
    app.finish().await;
}

#[tokio::test]
async fn a_building_that_grants_nothing_is_403_by_its_name_and_keeps_the_try() {
    let (app, mut chair) = with_chair().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    grant(&mut chair, &code, &["hazard.*"], "").await;
    let id = app.text("select tenant_id::text from tenants where slug = 'herzl-7'").await.expect("an id");
    let named = async |header: &str, building: &str| {
        let request = Request::get("/api/v1/buildings").header(header::AUTHORIZATION, format!("Bearer {text}")).header(header, building);
        send(&app, request.body(Body::empty()).expect("a request")).await
    };
    for (header, building) in [("x-tenant-id", SLUG), ("x-building-id", SLUG), ("x-tenant-id", &id)] {
        let answer = named(header, building).await;
        assert_eq!((answer.status, json(&answer)["data"][0]["id"].clone()), (StatusCode::OK, value!(id)), "{building}");
    }
    for building in ["other-1", "no-such-house", "", "x\u{e9}"] {
        let answer = named("x-tenant-id", building).await;
        assert_eq!((answer.status, json(&answer)["code"].clone()), (StatusCode::FORBIDDEN, value!("forbidden")), "{building}");
    }
    let kept = app.text("select t.slug || ' ' || a.subject from audit_log a join tenants t using (tenant_id) where a.act = 'partner.hop'").await;
    assert_eq!(kept, Some(format!("other-1 {code}")));
    app.finish().await;
}

#[tokio::test]
async fn buildings_come_page_by_page_and_each_once() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    for n in 0..5 {
        app.open_building(&format!("house-{n}"), &format!("בית {n}"), 1).await;
    }
    let all = "insert into gateway_grants (tenant_id, grant_id, partner_id, event_types, granted_at) select t.tenant_id, gen_random_uuid(), p.partner_id, '{hazard.*}', now() from tenants t, partners p";
    sqlx::query(all).execute(&app.all).await.expect("grants");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        assert!(page < 4, "the pages end");
        let told = json(&ask(&app, Method::GET, &format!("/buildings?limit=2&cursor={cursor}"), &text, None).await);
        seen.extend(told["data"].as_array().expect("a list").iter().map(|building| building["slug"].as_str().expect("a slug").to_owned()));
        match told["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["house-0", "house-1", "house-2", "house-3", "house-4"]);
    app.finish().await;
}

#[tokio::test]
async fn a_key_asked_with_too_often_waits_and_the_other_keys_do_not() {
    let app = App::start_with(|config| config.limits_factor = 1).await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let (busy, calm) = (key(&mut dana, &code, "read").await, key(&mut dana, &code, "read").await);
    let mut passed = 0;
    let refused = loop {
        let answer = ask(&app, Method::GET, "/me", &busy, None).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        passed += 1;
        assert!(passed <= 240);
    };
    assert_eq!((passed, refused.status, json(&refused)["code"].clone()), (240, StatusCode::TOO_MANY_REQUESTS, value!("too_many")));
    let seconds: i64 = refused.headers[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert!((1..=10).contains(&seconds), "{seconds}");
    assert_eq!(ask(&app, Method::GET, "/me", &calm, None).await.status, StatusCode::OK);
    app.advance(seconds);
    assert_eq!(ask(&app, Method::GET, "/me", &busy, None).await.status, StatusCode::OK, "after the time it was told");
    // Guessing keys is held back by address, and a living key passes all the same.
    let mut tries = 0;
    while ask(&app, Method::GET, "/me", &format!("vk_{}", "A".repeat(43)), None).await.status == StatusCode::UNAUTHORIZED {
        tries += 1;
        assert!(tries <= 60);
    }
    assert_eq!(ask(&app, Method::GET, "/me", &calm, None).await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn whoever_reads_the_catalogue_without_a_key_is_counted_by_his_address() {
    let app = App::start_with(|config| config.limits_factor = 1).await;
    let burst = RULES.iter().find(|rule| rule.limit == Limit::Requests).expect("a rule").burst;
    for _ in 0..burst {
        app.web.limits.check(&[(Limit::Requests, Key::Unknown)]).await.expect("a share");
    }
    let mut somebody = app.visitor();
    for path in ["/api/v1/event-types", "/api/v1/event-types/hazard.raised"] {
        let answer = somebody.get(path).await;
        assert_eq!((answer.status, json(&answer)["code"].clone()), (StatusCode::TOO_MANY_REQUESTS, value!("too_many")), "{path}");
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
    }
    app.advance(60);
    assert_eq!(somebody.get("/api/v1/event-types").await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn the_openapi_document_tells_every_route_and_no_other() {
    let app = App::start().await;
    let answer = app.visitor().get("/api/v1/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    let document = json(&answer);
    let mut told: Vec<(String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        told.extend(item.as_object().expect("operations").keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let mut routes: Vec<(String, String)> = vantera::wiring::PLAIN_ROUTES
        .iter()
        .filter(|(method, path)| path.starts_with("/api/v1/") && *method != "ANY" && !path.ends_with("openapi.json"))
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    told.sort();
    routes.sort();
    assert_eq!(told, routes);
    app.finish().await;
}

#[tokio::test]
async fn the_catalogue_is_told_to_anybody_with_schemas_and_examples() {
    let (app, _, _, text) = writer().await;
    let all = json(&ask(&app, Method::GET, "/event-types", &text, None).await);
    for path in ["/event-types", "/event-types/hazard.raised"] {
        let (with, without) = (ask(&app, Method::GET, path, &text, None).await, app.visitor().get(&format!("/api/v1{path}")).await);
        assert_eq!((without.status, json(&without)), (StatusCode::OK, json(&with)), "{path}: a key changes nothing");
        assert_eq!(without.headers[header::CACHE_CONTROL], "public, max-age=300");
    }
    assert_eq!(app.visitor().get("/api/v1/event-types/salary.paid").await.status, StatusCode::NOT_FOUND);
    let types: Vec<&str> = all["data"].as_array().expect("a list").iter().map(|event| event["type"].as_str().expect("a type")).collect();
    assert!(types.len() == 16 && types.contains(&"resident.joined") && types.contains(&"gateway.test"), "{types:?}");
    let one = json(&ask(&app, Method::GET, "/event-types/resident.joined", &text, None).await);
    assert_eq!((one["version"].clone(), one["published"].clone()), (value!(1), value!(true)));
    assert_eq!(one["schema"]["properties"]["type"]["const"], "resident.joined");
    let told: Vec<&String> = one["example"]["data"].as_object().expect("data").keys().collect();
    assert_eq!(told, ["building", "flat", "sequence"], "a flat's number and nobody's name");
    app.finish().await;
}
