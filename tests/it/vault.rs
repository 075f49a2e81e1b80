//! The vault: secrets in the database open in their own row alone, and their keys rotate under load.

use uuid::Uuid;
use vantera::platform::rotation::{PLACES, Rotated, rotate};
use vantera::platform::{Ids, phones};
use vault::{Place, Vault, VaultError};

use crate::support::App;

const SECRETS: usize = 500;

fn keys(names: &[&str]) -> Vault {
    let text: Vec<String> = names.iter().map(|name| format!("{name}:{}", hex::encode([name.as_bytes()[0]; 32]))).collect();
    Vault::parse(&text.join(",")).expect("keys")
}

fn place(row: &str) -> Place<'_> {
    Place { tenant: "platform", table: "gateway_secrets", column: "sealed", row }
}

/// A secret of each row, told by its number.
fn text(number: usize) -> Vec<u8> {
    format!("whsec_{number}").into_bytes()
}

/// An endpoint with so many secrets, sealed with the vault's newest key. Their ids, in the order of their numbers.
async fn sealed(app: &App, vault: &Vault, count: usize) -> Vec<Uuid> {
    let (person, partner, endpoint): (Uuid, Uuid, Uuid) = (Ids.new_id(), Ids.new_id(), Ids.new_id());
    sqlx::query("insert into people (person_id, name, created_at) values ($1, 'אורה', now())").bind(person).execute(&app.all).await.expect("a person");
    sqlx::query("insert into partners (partner_id, code, name, kind, opened_by, created_at) values ($1, 'ABC123', 'ביטוח', 'insurer', $2, now())")
        .bind(partner)
        .bind(person)
        .execute(&app.all)
        .await
        .expect("a partner");
    sqlx::query("insert into gateway_endpoints (endpoint_id, partner_id, url, state, created_at) values ($1, $2, 'https://hooks.example/x', 'active', now())")
        .bind(endpoint)
        .bind(partner)
        .execute(&app.all)
        .await
        .expect("an endpoint");
    let mut ids = Vec::new();
    for number in 0..count {
        let id: Uuid = Ids.new_id();
        let value = vault.seal(place(&id.to_string()), &text(number), nonce(number)).expect("sealed");
        sqlx::query("insert into gateway_secrets (secret_id, endpoint_id, sealed, created_at) values ($1, $2, $3, now())")
            .bind(id)
            .bind(endpoint)
            .bind(value)
            .execute(&app.all)
            .await
            .expect("a secret");
        ids.push(id);
    }
    ids
}

fn nonce(number: usize) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    nonce
}

async fn stored(app: &App, id: Uuid) -> Vec<u8> {
    sqlx::query_scalar("select sealed from gateway_secrets where secret_id = $1").bind(id).fetch_one(&app.all).await.expect("the secret")
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_while_secrets_are_read_and_written_and_none_is_lost() {
    let app = App::start().await;
    let ids = sealed(&app, &keys(&["old"]), SECRETS).await;
    let both = keys(&["new", "old"]);
    let reading = async {
        for round in 0..4 {
            for (number, id) in ids.iter().enumerate().skip(round).step_by(4) {
                assert_eq!(both.open(place(&id.to_string()), &stored(&app, *id).await).expect("opens all the time"), text(number));
            }
        }
    };
    // Somebody replaces every fiftieth secret meanwhile, whatever the rotation just does with it.
    let writing = async {
        for (number, id) in ids.iter().enumerate().step_by(50) {
            let value = both.seal(place(&id.to_string()), &text(number), nonce(SECRETS + number)).expect("sealed");
            sqlx::query("update gateway_secrets set sealed = $2 where secret_id = $1").bind(id).bind(value).execute(&app.all).await.expect("written");
        }
    };
    let (done, again, (), ()) = tokio::join!(rotate(&app.worker.pool, &both, PLACES[0]), rotate(&app.worker.pool, &both, PLACES[0]), reading, writing);
    let (done, again) = (done.expect("rotated"), again.expect("rotated"));
    assert!(done.unreadable.is_empty() && again.unreadable.is_empty());
    assert!(done.resealed + again.resealed <= SECRETS as u64, "each is written once at most");
    let only_new = keys(&["new"]);
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(only_new.open(place(&id.to_string()), &stored(&app, *id).await).expect("the old key may go"), text(number));
    }
    assert_eq!(rotate(&app.worker.pool, &both, PLACES[0]).await.expect("nothing is left"), Rotated::default());
}

#[tokio::test]
async fn a_ciphertext_moved_to_another_row_is_refused_and_named() {
    let app = App::start().await;
    let old = keys(&["old"]);
    let ids = sealed(&app, &old, 2).await;
    let first = stored(&app, ids[0]).await;
    sqlx::query("update gateway_secrets set sealed = $2 where secret_id = $1").bind(ids[1]).bind(&first).execute(&app.all).await.expect("swapped");
    assert_eq!(old.open(place(&ids[1].to_string()), &first), Err(VaultError::Refused));
    let done = rotate(&app.worker.pool, &keys(&["new", "old"]), PLACES[0]).await.expect("rotated");
    assert_eq!((done.resealed, done.unreadable), (1, vec![ids[1].to_string()]));
    assert_eq!(stored(&app, ids[1]).await, first, "what cannot be read is left as it is");
}

#[tokio::test]
async fn every_sealed_column_is_a_place_that_rotates() {
    let app = App::start().await;
    // A column called sealed is one of the vault's, in whatever table; its partitions are its own.
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and a.attname like 'sealed%' and a.atttypid = 'bytea'::regtype and not a.attisdropped order by 1, 2",
    )
    .fetch_all(&app.all)
    .await
    .expect("the catalogue");
    let mut known: Vec<_> = PLACES.iter().map(|place| (place.table.to_owned(), place.column.to_owned())).collect();
    known.sort();
    assert_eq!(columns, known);
    for place in PLACES {
        assert_eq!(rotate(&app.worker.pool, &keys(&["new"]), *place).await.expect("the migration knows it"), Rotated::default());
    }
    sqlx::query("select * from directory.vault_walk('people.phone', 'k', null, '', 1)").execute(&app.worker.pool).await.expect_err("no other column is a place");
    sqlx::query("select * from directory.vault_walk('gateway_secrets.sealed', 'k', null, '', 1)").execute(&app.web.pool).await.expect_err("the web role has no part in it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_walks_through_every_row_of_every_building_once() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let (old, both) = (keys(&["old"]), keys(&["new", "old"]));
    let flats: Vec<(String, Uuid)> = sqlx::query_as("select tenant_id::text, flat_id from flats order by flat_id").fetch_all(&app.all).await.expect("flats");
    // Two steps and a half of each; the buildings' rows lie between each other's, and a hundred share one flat.
    const ROWS: usize = 1_250;
    let mut expected = Vec::new();
    for number in 0..ROWS {
        let phone = kit::Phone::parse(&format!("054{:07}", 3_180_000 + number)).expect("a phone");
        let (tenant, flat) = &flats[number / 100 % flats.len()];
        let kept = phones::keep(&old, tenant, "roster", &phones::roster_row(*flat, &phones::blind(&old, &phone)), &phone).expect("sealed");
        sqlx::query("insert into roster (tenant_id, flat_id, sealed_phone, phone_blind, name) values ($1::uuid, $2, $3, $4, 'שכן')")
            .bind(tenant)
            .bind(flat)
            .bind(kept.sealed)
            .bind(kept.blind)
            .execute(&app.all)
            .await
            .expect("a line of the list");
        let code: Uuid = Ids.new_id();
        let kept = phones::keep(&old, phones::PLATFORM, "login_codes", &code.to_string(), &phone).expect("sealed");
        sqlx::query("insert into login_codes (code_id, sealed_phone, phone_blind, code_hash, created_at, expires_at) values ($1, $2, $3, '\\x00', now(), now())")
            .bind(code)
            .bind(kept.sealed)
            .bind(kept.blind)
            .execute(&app.all)
            .await
            .expect("a code");
        expected.push(phone.e164().to_owned());
    }
    // One of them was moved, and one is no sealed value at all.
    for (place, sql) in [
        (
            "roster",
            "update roster set sealed_phone = (select sealed_phone from roster order by phone_blind desc limit 1) where phone_blind = (select phone_blind from roster order by phone_blind limit 1)",
        ),
        ("login_codes", "update login_codes set sealed_phone = '\\x' where code_id = (select code_id from login_codes order by code_id limit 1)"),
    ] {
        sqlx::query(sql).execute(&app.all).await.expect("changed");
        let place = PLACES.iter().find(|known| known.table == place).expect("a place");
        let done = rotate(&app.worker.pool, &both, *place).await.expect("rotated");
        assert_eq!((done.resealed, done.overtaken, done.unreadable.len()), (ROWS as u64 - 1, 0, 1), "{}", place.table);
        let again = rotate(&app.worker.pool, &both, *place).await.expect("again");
        assert_eq!((again.resealed, again.unreadable), (0, done.unreadable), "{}: only what cannot be opened is left", place.table);
    }
    let only_new = keys(&["new"]);
    let rows: Vec<(String, Uuid, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("select tenant_id::text, flat_id, phone_blind, sealed_phone from roster").fetch_all(&app.all).await.expect("rows");
    let open = |(tenant, flat, blind, sealed): &(String, Uuid, Vec<u8>, Vec<u8>)| phones::read(&only_new, tenant, "roster", &phones::roster_row(*flat, blind), sealed).ok();
    let mut opened: Vec<String> = rows.iter().filter_map(open).map(|phone| phone.e164().to_owned()).collect();
    opened.sort();
    assert_eq!(opened.len(), ROWS - 1);
    assert!(opened.iter().all(|phone| expected.contains(phone)));
}
