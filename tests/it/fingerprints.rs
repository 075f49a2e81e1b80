//! The vault's oldest key makes the fingerprints by which people are found: whoever comes with another is told so before
//! anything is written.

use std::process::{Command, Output};

use sqlx::PgPool;
use uuid::Uuid;
use vantera::platform::{Ids, database, fingerprints};
use vault::Vault;

use crate::support::{App, VAULT_KEYS, with_plain_phones};

/// Table, tenant, row, sealed phone and fingerprint.
type Kept = (String, String, String, Vec<u8>, Vec<u8>);

const ANOTHER: &str = "is not the key that this database's fingerprints were made with";

fn other() -> String {
    format!("other:{}", "11".repeat(32))
}

fn vantera(words: &[&str], keys: &str, app: &App) -> Output {
    let ran = Command::new(env!("CARGO_BIN_EXE_vantera"))
        .args(words)
        .env_clear()
        .env("VANTERA_DATA", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-keys"))
        .env("VANTERA_VAULT_KEYS", keys)
        .env("DATABASE_URL", app.database.owner())
        .env("DATABASE_URL_WEB", app.database.web())
        .env("DATABASE_URL_WORKER", app.database.worker())
        .env("DATABASE_URL_PAYMENTS", app.database.payments())
        .env("STRIPE_SECRET_KEY", "sk_live_x")
        .env("STRIPE_WEBHOOK_SECRETS", "whsec_a")
        .env("SMS_BASE_URL", "https://sms.example")
        .output();
    ran.expect("the program runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn another_oldest_key_is_refused_by_each_command_before_anything_is_written() {
    let app = App::with_building().await;
    app.resident("1", "נועה שגב", "0543182704").await;
    let rows = "select md5(string_agg(p::text, ',' order by person_id)) from people p";
    let before: String = sqlx::query_scalar(rows).fetch_one(&app.all).await.expect("people");
    // The oldest taken away, two in the wrong order, and one of another installation.
    for keys in [other(), format!("{VAULT_KEYS},{}", other())] {
        for words in [&["migrate"][..], &["vault", "rotate"], &["serve", "--role", "web"], &["serve", "--role", "worker"], &["serve", "--role", "payments"], &["serve"]] {
            let ended = vantera(words, &keys, &app);
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(!ended.status.success() && said.contains(ANOTHER) && !said.contains("1111"), "{words:?}: {said}");
        }
    }
    assert_eq!(before, sqlx::query_scalar::<_, String>(rows).fetch_one(&app.all).await.expect("people"));
    // A newer key before the oldest is how keys are rotated.
    let newer = format!("{},{VAULT_KEYS}", other());
    let rotated = vantera(&["vault", "rotate"], &newer, &app);
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    assert!(vantera(&["migrate"], &newer, &app).status.success());
    assert_ne!(before, sqlx::query_scalar::<_, String>(rows).fetch_one(&app.all).await.expect("people"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_the_mark_is_known_by_what_is_sealed_in_it() {
    let app = App::with_building().await;
    app.resident("1", "נועה שגב", "0543182704").await;
    sqlx::query("delete from vault_mark").execute(&app.all).await.expect("as an older version left it");
    let (ours, theirs) = (Vault::parse(VAULT_KEYS).expect("keys"), Vault::parse(&other()).expect("keys"));
    let said = fingerprints::check(&app.web.pool, &ours).await.expect_err("no role starts on it").to_string();
    assert!(said.contains("vantera migrate"), "{said}");
    let refused = database::migrate(app.database.owner(), &theirs).await.expect_err("another key").to_string();
    assert!(refused.contains(ANOTHER), "{refused}");
    // Rows that were moved or changed do not lock anybody out while one of them is right.
    sqlx::query("insert into people (person_id, name, created_at, sealed_phone, phone_blind) values ($1, 'מוזז', now(), '\\x0102', decode(repeat('00', 32), 'hex'))")
        .bind(Uuid::nil())
        .execute(&app.all)
        .await
        .expect("a row of nobody");
    database::migrate(app.database.owner(), &ours).await.expect("migrated");
    fingerprints::check(&app.web.pool, &ours).await.expect("the mark stands");
    assert!(fingerprints::check(&app.payments.pool, &theirs).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_migrations_at_once_seal_each_phone_once() {
    let database = with_plain_phones().await;
    let all = PgPool::connect(database.all_seeing()).await.expect("a pool");
    // More than are sealed in one step, in two buildings whose rows lie between each other's.
    const EACH: i32 = 700;
    for tenant in ["old-1", "old-2"] {
        sqlx::query("insert into tenants (tenant_id, kind, slug, name, created_at) values ($1, 'building', $2, $2, now())")
            .bind(Ids.new_id::<Uuid>())
            .bind(tenant)
            .execute(&all)
            .await
            .expect("a building");
    }
    for sql in [
        "insert into flats (tenant_id, flat_id, number, floor, position) select tenant_id, gen_random_uuid(), n::text, 1, n from tenants, generate_series(1, 2) n",
        "insert into joins (tenant_id, join_id, browser_hash, state, phone, started_at)
         select tenant_id, gen_random_uuid(), sha256((slug || n)::bytea), 'paying', '+97254' || (3180000 + n), now() from generate_series(1, $1) n, tenants",
        "insert into activity_heads (tenant_id, last_seq) select tenant_id, 3 from tenants",
        "insert into activity (tenant_id, seq, kind, audience, payload, created_at)
         select tenant_id, 4 - n, 'post.created', 'everyone', '{}', now() - (n - 1) * interval '10 months' from generate_series(1, 3) n, tenants",
        "insert into roster (tenant_id, flat_id, phone, name) select tenant_id, flat_id, '+97254' || (3180000 + n), 'שכן' from flats, generate_series(1, $1) n",
        "insert into people (person_id, phone, name, created_at) select gen_random_uuid(), '+97254' || (3180000 + n), 'שכן', now() from generate_series(1, $1) n",
    ] {
        let query = sqlx::query(sql);
        if sql.contains("$1") { query.bind(EACH) } else { query }.execute(&all).await.expect("rows");
    }
    let vault = Vault::parse(VAULT_KEYS).expect("keys");
    let (one, two) = tokio::join!(database::migrate(database.owner(), &vault), database::migrate(database.owner(), &vault));
    one.and(two).expect("both end well");
    let sealed: Vec<Kept> = sqlx::query_as(
        "select 'people', 'platform', person_id::text, sealed_phone, phone_blind from people
         union all select 'joins', tenant_id::text, join_id::text, sealed_phone, phone_blind from joins
         union all select 'roster', tenant_id::text, flat_id || ':' || encode(phone_blind, 'hex'), sealed_phone, phone_blind from roster",
    )
    .fetch_all(&all)
    .await
    .expect("rows");
    assert_eq!(sealed.len(), (EACH + 2 * EACH + 4 * EACH) as usize);
    for (table, tenant, row, sealed, blind) in sealed {
        let phone = vantera::platform::phones::read(&vault, &tenant, &table, &row, &sealed).expect("opens in its own row");
        assert_eq!(blind, vantera::platform::phones::blind(&vault, &phone));
    }
    // The lines of activity came along, those older than any month that is made at first too.
    let lines: Vec<(String, Vec<i64>)> = sqlx::query_as("select t.slug, array_agg(a.seq order by a.seq) from activity a join tenants t using (tenant_id) group by 1 order by 1")
        .fetch_all(&all)
        .await
        .expect("lines");
    assert_eq!(lines, ["old-1", "old-2"].map(|slug| (slug.to_owned(), vec![1, 2, 3])));
    assert_eq!(sqlx::query_scalar::<_, i64>("select count(*) from activity_rest").fetch_one(&all).await.expect("a count"), 2);
    // Nor do the numbers stand in the files of the tables any more.
    sqlx::query("checkpoint").execute(&all).await.expect("written down");
    for table in ["people", "memberships", "joins", "roster", "login_codes"] {
        let sql = "select position('+97254318'::bytea in pg_read_binary_file(pg_relation_filepath($1))), position('sealed'::bytea in pg_read_binary_file(pg_relation_filepath('pg_attribute'))) > 0";
        let (found, looks): (i32, bool) = sqlx::query_as(sql).bind(table).fetch_one(&all).await.expect("the file");
        assert_eq!((found, looks), (0, true), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_runs_puts_off_the_rewriting_and_shuts_nobody_out() {
    let app = App::with_building().await;
    let vault = Vault::parse(VAULT_KEYS).expect("keys");
    let waits = "select count(*) from vault_mark where rewritten_at is null";
    assert_eq!(app.count(waits).await, 0, "where nothing was sealed nothing is to be rewritten");
    sqlx::query("update vault_mark set rewritten_at = null").execute(&app.all).await.expect("as after the sealing");
    let mut backup = app.all.begin().await.expect("a transaction");
    sqlx::query("select count(*) from people").execute(&mut *backup).await.expect("it reads");
    database::migrate(app.database.owner(), &vault).await.expect("the schema is up to date all the same");
    assert_eq!(app.count(waits).await, 1);
    fingerprints::check(&app.web.pool, &vault).await.expect("and processes start");
    backup.rollback().await.expect("it ends");
    database::migrate(app.database.owner(), &vault).await.expect("once more");
    assert_eq!(app.count(waits).await, 0);
}
