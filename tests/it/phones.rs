//! Phones at rest: no table holds one in plain text, a moved one opens nowhere, and what an older version left is sealed
//! on the way to this one.

use std::collections::BTreeSet;

use http::StatusCode;
use kit::Phone;
use sqlx::PgPool;
use uuid::Uuid;
use vantera::platform::rotation::{PLACES, rotate};
use vantera::platform::{Ids, database, phones};
use vault::Vault;

use crate::companies;
use crate::logs::Log;
use crate::support::{App, SLUG, VAULT_KEYS, with_plain_phones};

/// Table, tenant, row, sealed phone and fingerprint.
type Kept = (String, String, String, Vec<u8>, Vec<u8>);

const NOA: &str = "0543182704";
const DAN: &str = "0543182705";

/// Every row of every table of ours, as text, in which one of these stands.
async fn rows_with(all: &PgPool, needles: &[String]) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind = 'r' and n.nspname in ('public', 'jobs', 'graphile_worker')",
    )
    .fetch_all(all)
    .await
    .expect("the tables");
    assert!(tables.len() > 40, "all tables are looked through, {} are few", tables.len());
    let mut found = Vec::new();
    for table in tables {
        let sql = format!("select t::text from {table} t where exists (select from unnest($1::text[]) as needle where position(needle in t::text) > 0)");
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(needles).fetch_all(all).await.expect("rows");
        found.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    found
}

/// A number as people write it, as it is kept, and as bytes of either look in a table.
pub fn looks_of(phone: &str) -> Vec<String> {
    let rest = &phone[1..];
    vec![rest.to_owned(), hex::encode(rest), Phone::parse(phone).expect("a phone").national(), format!("{}-{}", &phone[..3], &phone[3..])]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_table_holds_a_phone_in_plain_text() {
    let app = App::start().await;
    let mut chair = app.visitor();
    chair.get("/open").await;
    let list = format!("flat;name;phone\n1;נועה שגב;{NOA}\n2;דן לוי;{DAN}");
    let form =
        [("street", "הרצל 7"), ("city", "רמת גן"), ("name", "רונית אלמוג"), ("phone", "0522000001"), ("own_flat", "2"), ("flats_csv", &list), ("consent_version", "2026-11")];
    let opened = chair.submit("/call/buildings/open", &form).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text());
    let slug = opened.location().strip_prefix("/b/").and_then(|rest| rest.strip_suffix("/committee")).expect("the committee's page").to_owned();
    // One pays, one asks for a code, one leaves his form at the payment.
    let mut noa = app.visitor();
    app.send_form_of(&slug, &mut noa, "1", "נועה שגב", NOA).await;
    app.drain().await;
    app.stripe.pay(&app.last_session());
    noa.get(&format!("/b/{slug}/enter")).await;
    app.drain().await;
    let page = noa.get(&format!("/b/{slug}/enter")).await;
    assert_eq!(page.location(), format!("/b/{slug}/welcome"));
    let mut dan = app.visitor();
    dan.submit("/call/identity/send_code", &[("phone", DAN)]).await;
    let mut third = app.visitor();
    app.send_form_of(&slug, &mut third, "2", "רות לוי", "0541112233").await;
    let seen = chair.get(&format!("/b/{slug}/committee/residents")).await.text();
    assert!(seen.contains("054-318 2704") && seen.contains("052-200 0001"), "whoever may read them reads them");
    let again = third.get(&format!("/b/{slug}/join")).await.text();
    assert!(again.contains("054-111 2233"), "the form keeps what was typed");
    let needles: Vec<String> = [NOA, DAN, "0522000001", "0541112233"].iter().flat_map(|phone| looks_of(phone)).collect();
    assert_eq!(rows_with(&app.all, &needles).await, Vec::<String>::new());
    // The search itself finds what stands there.
    sqlx::query("update people set name = $1").bind(NOA).execute(&app.all).await.expect("a name like a number");
    assert!(!rows_with(&app.all, &needles).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_moved_to_another_row_is_shown_to_nobody_and_gets_no_code() {
    let app = App::with_building().await;
    app.resident("1", "נועה שגב", NOA).await;
    let mut chair = app.resident("2", "דן לוי", DAN).await;
    sqlx::query("update memberships set role = 'chair' where display_name = 'דן לוי'").execute(&app.all).await.expect("a chair");
    let before = chair.get(&format!("/b/{SLUG}/committee/residents")).await.text();
    let dans = before.matches("054-318 2705").count();
    assert!(dans > 0 && before.contains("054-318 2704"), "both are told");
    let swap = "update memberships m set sealed_phone = o.sealed_phone from memberships o where m.display_name = 'נועה שגב' and o.display_name = 'דן לוי'";
    sqlx::query(swap).execute(&app.all).await.expect("moved");
    let seen = chair.get(&format!("/b/{SLUG}/committee/residents")).await;
    assert_eq!((seen.status, seen.text().matches("054-318 2705").count()), (StatusCode::OK, dans), "the others are told as ever, and his number under his name alone");
    assert!(!seen.text().contains("054-318 2704"));
    // A code that was asked for by one goes to no other.
    let mut visitor = app.visitor();
    visitor.submit("/call/identity/send_code", &[("phone", NOA)]).await;
    visitor.submit("/call/identity/send_code", &[("phone", DAN)]).await;
    let swap = "update login_codes c set sealed_phone = o.sealed_phone from login_codes o where c.code_id <> o.code_id";
    sqlx::query(swap).execute(&app.all).await.expect("moved");
    let id: Uuid = sqlx::query_scalar("select code_id from login_codes limit 1").fetch_one(&app.all).await.expect("a code");
    let run = vantera::platform::jobs::JobRun { state: app.worker.clone(), payload: serde_json::json!({ "code": id }), trace: "test".into(), attempt: 1, most_attempts: 3 };
    let refused = vantera::identity::server::jobs::send_code(run).await.expect_err("nothing is sent");
    assert!(format!("{refused:?}").contains("does not open"), "{refused:?}");
}

/// A ciphertext that was changed, or whose key is gone, costs nobody the page on which it would stand.
#[tokio::test]
async fn a_phone_that_does_not_open_is_shown_empty_and_named_in_the_log_by_its_row() {
    let app = App::with_building().await;
    let mut operator = app.resident("1", "עמית רז", "0520000001").await;
    let (mut owner, code) = companies::company(&app, "כהן ניהול", "אלון דרור", "0543440001", SLUG).await;
    let page = format!("/companies/{code}");
    owner.get(&page).await;
    let added = owner.submit("/call/companies/add_staff", &[("company", &code), ("name", "דנה כהן"), ("phone", NOA), ("post", "staff")]).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text());
    let before = owner.get(&page).await.text();
    assert!(before.contains("054-344 0001") && before.contains("054-318 2704"), "both are told");
    let mut joining = app.visitor();
    app.send_form(&mut joining, "4", "רות לוי", DAN).await;

    let log = Log::default();
    let _heard = log.hear("info,sqlx=warn");
    for changed in [
        "update people set sealed_phone = set_byte(sealed_phone, length(sealed_phone) - 1, get_byte(sealed_phone, length(sealed_phone) - 1) # 1) where name in ('עמית רז', 'דנה כהן')",
        "update joins set sealed_phone = set_byte(sealed_phone, length(sealed_phone) - 1, get_byte(sealed_phone, length(sealed_phone) - 1) # 1) where state = 'paying'",
    ] {
        assert!(sqlx::query(changed).execute(&app.all).await.expect("changed").rows_affected() > 0);
    }
    let home = operator.get("/home?stay=1").await;
    assert_eq!(home.status, StatusCode::OK, "{}", home.text());
    assert_eq!(operator.get("/operator").await.status, StatusCode::OK, "an operator is one by his fingerprint");
    let seen = owner.get(&page).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
    assert!(seen.text().contains("דנה כהן") && seen.text().contains("054-344 0001") && !seen.text().contains("054-318 2704"), "she is there without a number");
    let form = joining.get(&format!("/b/{SLUG}/join")).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text());
    assert!(form.text().contains("רות לוי") && !form.text().contains("054-318 2705"), "the rest of what was typed is kept");
    let again = app.send_form(&mut joining, "4", "רות לוי", DAN).await;
    assert_eq!(again.location(), format!("/b/{SLUG}/pay"), "typed again it is as ever: {}", again.text());
    assert!(joining.get(&format!("/b/{SLUG}/join")).await.text().contains("054-318 2705"));

    let told: BTreeSet<(String, String)> = log
        .lines()
        .iter()
        .filter(|line| line["fields"]["message"] == "a sealed phone does not open and is shown empty")
        .map(|line| (line["fields"]["table"].as_str().expect("a table").to_owned(), line["fields"]["row"].as_str().expect("a row").to_owned()))
        .collect();
    let rows: Vec<(String, String)> =
        sqlx::query_as("select 'people', person_id::text from people where name = 'דנה כהן' union all select 'joins', join_id::text from joins where name = 'רות לוי'")
            .fetch_all(&app.all)
            .await
            .expect("rows");
    assert_eq!(told, rows.into_iter().collect(), "by table and row");
    let all = serde_json::to_string(&log.lines()).expect("text");
    assert!([NOA, DAN, "0520000001"].iter().all(|phone| !all.contains(&phone[1..])), "no number is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_rotate_to_a_new_key_and_are_found_as_before() {
    let app = App::with_building().await;
    let mut noa = app.resident("1", "נועה שגב", NOA).await;
    let both = Vault::parse(&format!("new:{},{VAULT_KEYS}", "11".repeat(32))).expect("keys");
    let phone = Phone::parse(NOA).expect("a phone");
    assert_eq!(phones::blind(&both, &phone), phones::blind(&app.web.vault, &phone), "fingerprints outlive keys");
    let mut resealed = 0;
    for place in PLACES.iter().filter(|place| place.column == "sealed_phone") {
        let done = rotate(&app.worker.pool, &both, *place).await.expect("rotated");
        assert!(done.unreadable.is_empty(), "{}: {:?}", place.table, done.unreadable);
        resealed += done.resealed;
        assert_eq!(rotate(&app.worker.pool, &both, *place).await.expect("again").resealed, 0);
    }
    assert_eq!(resealed, 3, "the person, the attempt and the place in the building");
    let (tenant, id, sealed): (Uuid, Uuid, Vec<u8>) = sqlx::query_as("select tenant_id, membership_id, sealed_phone from memberships").fetch_one(&app.all).await.expect("a place");
    let only_new = Vault::parse(&format!("new:{}", "11".repeat(32))).expect("keys");
    assert_eq!(phones::read(&only_new, &tenant.to_string(), "memberships", &id.to_string(), &sealed).expect("opens"), phone);
    // A process that still seals with the old key goes on beside it, and so does whoever returns.
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    let mut again = app.visitor();
    again.submit("/call/identity/send_code", &[("phone", NOA)]).await;
    let answer = again.submit("/call/identity/answer_code", &[("code", &app.code_of(NOA).await)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_version_left_in_plain_text_is_sealed_by_the_migration() {
    let database = with_plain_phones().await;
    let all = PgPool::connect(database.all_seeing()).await.expect("a pool");
    let ids: [Uuid; 5] = std::array::from_fn(|_| Ids.new_id());
    let tenant = ids[0];
    for sql in [
        "insert into tenants (tenant_id, kind, slug, name, created_at) values ($1, 'building', 'old-1', 'ישן 1', now())",
        "insert into flats (tenant_id, flat_id, number, floor, position) select tenant_id, $1, '1', 1, 1 from tenants",
        "insert into people (person_id, phone, name, created_at) values ($1, '+972543182704', 'נועה שגב', now())",
        "insert into memberships (tenant_id, membership_id, person_id, role, trust, state, flat_id, display_name, phone, joined_at)
         select tenant_id, $1, person_id, 'resident', 'paid', 'active', flat_id, name, phone, now() from flats, people",
        "insert into joins (tenant_id, join_id, browser_hash, state, phone, started_at) select tenant_id, $1, 'hash', 'paying', '+972543182705', now() from tenants",
    ]
    .into_iter()
    .zip(ids)
    {
        sqlx::query(sql.0).bind(sql.1).execute(&all).await.expect("a row");
    }
    let listed = "insert into roster (tenant_id, flat_id, phone, name) select tenant_id, flat_id, '+97254318270' || n, 'שכן ' || n from flats, generate_series(4, 5) n";
    sqlx::query(listed).execute(&all).await.expect("a list");
    sqlx::query("insert into people (person_id, name, created_at) values ($1, 'בלי טלפון', now())").bind(Ids.new_id::<Uuid>()).execute(&all).await.expect("a person");
    let vault = Vault::parse(VAULT_KEYS).expect("keys");
    database::migrate(database.owner(), &vault).await.expect("migrated");
    database::migrate(database.owner(), &vault).await.expect("and once more");
    let needles: Vec<String> = [NOA, DAN].iter().flat_map(|phone| looks_of(phone)).collect();
    assert_eq!(rows_with(&all, &needles).await, Vec::<String>::new());
    let (noa, dan) = (Phone::parse(NOA).expect("a phone"), Phone::parse(DAN).expect("a phone"));
    let town = tenant.to_string();
    let rows: Vec<Kept> = sqlx::query_as(
        "select 'people', 'platform', person_id::text, sealed_phone, phone_blind from people where sealed_phone is not null
         union all select 'memberships', tenant_id::text, membership_id::text, sealed_phone, phone_blind from memberships
         union all select 'joins', tenant_id::text, join_id::text, sealed_phone, phone_blind from joins
         union all select 'roster', tenant_id::text, flat_id || ':' || encode(phone_blind, 'hex'), sealed_phone, phone_blind from roster",
    )
    .fetch_all(&all)
    .await
    .expect("rows");
    let mut told: Vec<(String, String, String)> = rows
        .iter()
        .map(|(table, tenant, row, sealed, blind)| {
            let phone = phones::read(&vault, tenant, table, row, sealed).expect("opens in its own row");
            assert_eq!(*blind, phones::blind(&vault, &phone));
            (table.clone(), tenant.clone(), phone.e164().to_owned())
        })
        .collect();
    told.sort();
    let row = |table: &str, tenant: &str, phone: &Phone| (table.to_owned(), tenant.to_owned(), phone.e164().to_owned());
    assert_eq!(told, [row("joins", &town, &dan), row("memberships", &town, &noa), row("people", "platform", &noa), row("roster", &town, &noa), row("roster", &town, &dan)]);
}
