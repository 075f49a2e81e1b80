//! The tenant walls, read from the database's own catalogue: a table that lacks one fails here, and so does a query
//! that finds another tenant's row.

use sqlx::PgPool;

use crate::support::{App, SLUG};

/// Tables that stand before any tenant. Each is reached through definer functions only, or holds nothing of anybody's.
const GLOBAL: &[(&str, &str)] = &[
    ("people", "a person may belong to many tenants"),
    ("sessions", "a person signs in before any tenant is known"),
    ("spent_refresh_tokens", "belongs to sessions"),
    ("login_codes", "a code is asked for before any tenant is known"),
    ("inbound_events", "an event arrives before its tenant is known"),
    ("companies", "a company has buildings in many tenants; which ones is company_grants, behind each building's wall"),
    ("company_staff", "whoever works in a company works in all its buildings"),
    ("partners", "a partner is granted many buildings; which ones is gateway_grants, behind each building's wall"),
    ("partner_staff", "belongs to partners"),
    ("partner_keys", "a key is shown before any tenant is known"),
    ("gateway_endpoints", "belongs to partners"),
    ("gateway_secrets", "belongs to gateway_endpoints"),
    ("audit_seals", "one an hour over all tenants' anchors"),
    ("inbound_ids", "says that an event of inbound_events came once"),
    ("inbound_forged", "counts by provider and hour; holds nothing of anybody's"),
    ("gateway_notices", "tells a partner about his endpoint"),
    ("schedule_runs", "when our own schedules last ran"),
    ("job_lanes", "names of tasks"),
    ("job_runners", "names of job runners and lanes"),
    ("jobs_done", "counts by task"),
    ("jobs_runs", "the queue is the platform's; no role but the owner reads it"),
    ("jobs_dead", "the same: letters of all tenants, shown to operators through definer functions"),
    ("jobs_crashes", "counts by job of the platform's queue; no role but the owner reads it"),
    ("vault_mark", "one fingerprint of a word that everybody knows; the directory reads it"),
    ("_sqlx_migrations", "the schema's history"),
];

/// What is wrong with the walls of this database; empty when they stand.
async fn breaches(all: &PgPool) -> Vec<String> {
    let mut found = Vec::new();
    let tables: Vec<(String, String, bool, bool)> = sqlx::query_as(
        "select c.relname::text, c.relkind::text, c.relrowsecurity, c.relforcerowsecurity from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname not in ('pg_catalog', 'information_schema', 'graphile_worker') and n.nspname not like 'pg\\_%' and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1",
    )
    .fetch_all(all)
    .await
    .expect("the catalogue");
    assert!(tables.len() > 10, "the catalogue shows our tables");
    // A partition has no wall of its parent's: of a global table it must let nobody in at all (rows are reached through the parent).
    let parts: Vec<(String, String, bool)> = sqlx::query_as(
        "select c.relname::text, p.relname::text, c.relrowsecurity and (c.relforcerowsecurity or not p.relforcerowsecurity) and not exists (select 1 from pg_policies where tablename = c.relname)
         from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent where p.relkind = 'p' and c.relkind in ('r', 'p')",
    )
    .fetch_all(all)
    .await
    .expect("the catalogue");
    for (table, kind, enabled, forced) in tables {
        if let Some((_, _, closed)) = parts.iter().find(|(part, parent, _)| *part == table && GLOBAL.iter().any(|(known, _)| known == parent)) {
            if !closed {
                found.push(format!("{table}: a part of a global table that somebody may open"));
            }
            continue;
        }
        if GLOBAL.iter().any(|(known, _)| *known == table) {
            continue;
        }
        if kind == "v" || kind == "m" {
            let invoker: bool = sqlx::query_scalar("select coalesce('security_invoker=true' = any(reloptions), false) from pg_class where relname = $1")
                .bind(&table)
                .fetch_one(all)
                .await
                .expect("the catalogue");
            if kind == "m" || !invoker {
                found.push(format!("{table}: a view shows rows with its owner's rights"));
            }
            continue;
        }
        if !enabled || !forced {
            found.push(format!("{table}: row-level security is not enabled and forced"));
        }
        let tenant: Option<bool> = sqlx::query_scalar("select attnotnull from pg_attribute where attrelid = $1::regclass and attname = 'tenant_id' and not attisdropped")
            .bind(&table)
            .fetch_optional(all)
            .await
            .expect("the catalogue");
        if tenant != Some(true) {
            found.push(format!("{table}: no tenant_id that is never null"));
            continue;
        }
        let policy: Option<(Option<String>, Option<String>)> =
            sqlx::query_as("select qual, with_check from pg_policies where tablename = $1 and policyname = 'tenant_wall' and permissive = 'PERMISSIVE' and roles = '{public}'")
                .bind(&table)
                .fetch_optional(all)
                .await
                .expect("the catalogue");
        let wall = "NULLIF(current_setting('app.tenant'::text, true), ''::text)";
        let stands = policy.is_some_and(|(using, check)| using.as_deref().is_some_and(|text| text.contains("tenant_id = ") && text.contains(wall)) && using == check);
        if !stands {
            found.push(format!("{table}: no policy that compares tenant_id with the transaction's tenant, for reading and writing"));
        }
        let others: Vec<String> =
            sqlx::query_scalar("select policyname::text from pg_policies where tablename = $1 and policyname <> 'tenant_wall' and roles <> '{vantera_directory}'")
                .bind(&table)
                .fetch_all(all)
                .await
                .expect("the catalogue");
        for policy in others {
            found.push(format!("{table}: policy {policy} lets others than the directory through"));
        }
        let led: bool = sqlx::query_scalar(
            "select exists (select 1 from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where i.indrelid = $1::regclass and a.attname = 'tenant_id' and i.indpred is null)",
        )
        .bind(&table)
        .fetch_one(all)
        .await
        .expect("the catalogue");
        if !led {
            found.push(format!("{table}: no index led by tenant_id"));
        }
    }
    // A reference to a tenant's row must carry the tenant, or a row could point across the wall: foreign keys bypass policies.
    let loose: Vec<String> = sqlx::query_scalar(
        "select conrelid::regclass || ' → ' || confrelid::regclass || ' (' || conname || ')' from pg_constraint k
         where contype = 'f' and exists (select 1 from pg_attribute a where a.attrelid = k.confrelid and a.attname = 'tenant_id' and not a.attisdropped)
           and confrelid <> 'inbound_events'::regclass
           and not exists (select 1 from unnest(k.conkey) c join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c where a.attname = 'tenant_id')",
    )
    .fetch_all(all)
    .await
    .expect("the catalogue");
    found.extend(loose.into_iter().map(|key| format!("{key}: a foreign key without tenant_id")));
    let powers: Vec<String> = sqlx::query_scalar("select rolname::text from pg_roles where rolname in ('vantera_web', 'vantera_worker', 'vantera_payments', 'vantera_directory', 'vantera_owner') and (rolsuper or rolbypassrls)").fetch_all(all).await.expect("roles");
    found.extend(powers.into_iter().map(|role| format!("{role} can walk through walls")));
    let owned: Vec<String> = sqlx::query_scalar("select c.relname || ' belongs to ' || r.rolname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname in ('vantera_web', 'vantera_worker', 'vantera_payments')").fetch_all(all).await.expect("owners");
    found.extend(owned);
    let loose_functions: Vec<String> = sqlx::query_scalar(
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and n.nspname not in ('pg_catalog', 'graphile_worker')
           and (p.proconfig is null or not exists (select 1 from unnest(p.proconfig) c where c like 'search_path=%') or has_function_privilege('public', p.oid, 'execute'))",
    )
    .fetch_all(all)
    .await
    .expect("functions");
    found.extend(loose_functions.into_iter().map(|name| format!("{name}: a definer function without a fixed search_path, or open to everybody")));
    found
}

#[tokio::test]
async fn every_table_of_a_tenant_stands_behind_its_wall() {
    let app = App::start().await;
    assert_eq!(breaches(&app.all).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_check_of_the_walls_can_fail() {
    let app = App::start().await;
    let violations: &[(&'static str, &str)] = &[
        ("create table gate_a (tenant_id uuid not null references tenants, x int)", "gate_a: row-level security"),
        ("create table gate_b (x int primary key); alter table gate_b enable row level security; alter table gate_b force row level security", "gate_b: no tenant_id"),
        ("create table gate_c (tenant_id uuid not null, x int, primary key (x)); call directory.wall('gate_c')", "gate_c: no index led"),
        (
            "create table gate_d (tenant_id uuid not null primary key, post uuid unique); call directory.wall('gate_d'); create policy open on gate_d using (true)",
            "gate_d: policy open",
        ),
        ("create view gate_e as select * from posts", "gate_e: a view"),
        (
            "create table gate_g (tenant_id uuid not null, g uuid unique, primary key (tenant_id, g)); call directory.wall('gate_g'); create table gate_f (tenant_id uuid not null, f uuid references gate_g (g), primary key (tenant_id, f)); call directory.wall('gate_f')",
            "gate_f → gate_g",
        ),
        ("create table gate_i partition of inbound_events for values from ('1999-01-01') to ('1999-02-01')", "gate_i: a part of a global table"),
        ("alter table posts no force row level security", "posts: row-level security"),
        ("create function gate_h() returns int language sql security definer as 'select 1'", "gate_h"),
    ];
    for (sql, breach) in violations {
        let app_all = &app.all;
        sqlx::raw_sql(*sql).execute(app_all).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let found = breaches(app_all).await;
        assert!(found.iter().any(|line| line.starts_with(breach)), "{sql} was not noticed: {found:?}");
    }
}

#[tokio::test]
async fn reading_and_writing_as_one_tenant_reaches_nothing_of_another() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let mut actor = app.resident("3", "נועה שגב", "0543182704").await;
    actor.get(&format!("/b/{SLUG}")).await;
    let (here, there): (uuid::Uuid, uuid::Uuid) = sqlx::query_as("select (select tenant_id from tenants where slug = $1), (select tenant_id from tenants where slug = 'other-1')")
        .bind(SLUG)
        .fetch_one(&app.all)
        .await
        .expect("tenants");
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
         where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> 'inbound_events' and has_table_privilege('vantera_web', c.oid, 'select')",
    )
    .fetch_all(&app.all)
    .await
    .expect("tables");
    let mut seen_with_rows = 0;
    for table in &tables {
        let count = |tenant: Option<uuid::Uuid>| {
            let pool = app.web.pool.clone();
            let sql = format!("select count(*), count(*) filter (where tenant_id <> $1) from {table}");
            async move {
                let mut tx = pool.begin().await.expect("a transaction");
                if let Some(tenant) = tenant {
                    sqlx::query("select set_config('app.tenant', $1, true)").bind(tenant.to_string()).execute(&mut *tx).await.expect("a setting");
                }
                let row: (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(tenant.unwrap_or_default()).fetch_one(&mut *tx).await.expect("a count");
                row
            }
        };
        assert_eq!(count(None).await.0, 0, "{table} shows rows without a tenant");
        let (mine, strange) = count(Some(here)).await;
        assert_eq!(strange, 0, "{table} shows another tenant's rows");
        assert_eq!(count(Some(there)).await.1, 0, "{table} shows another tenant's rows");
        seen_with_rows += i64::from(mine > 0);
    }
    assert!(seen_with_rows >= 8, "the tables had rows to hide: {seen_with_rows} of {}", tables.len());
    // A write that names another tenant is refused by the policy's check.
    let mut tx = app.web.pool.begin().await.expect("a transaction");
    sqlx::query("select set_config('app.tenant', $1, true)").bind(there.to_string()).execute(&mut *tx).await.expect("a setting");
    let refused =
        sqlx::query("insert into posts (tenant_id, post_id, kind, body, created_at) values ($1, gen_random_uuid(), 'post', 'x', now())").bind(here).execute(&mut *tx).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("row-level security")));
    app.finish().await;
}
