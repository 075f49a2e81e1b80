//! `vantera vault rotate`: everything sealed with an older key is sealed with the newest. It works in small steps beside
//! the running product, may be broken off and begun again, and two of them at once do no harm: a row is written only
//! if it still holds what was read.

use sqlx::PgPool;
use uuid::Uuid;
use vault::{Place, Vault};

use super::clock::Ids;
use super::fault::Fault;

/// Every place where sealed values stand. The migrations' directory.vault_place names the same; a test holds the two together.
pub const PLACES: &[Sealed] = &[
    Sealed { table: "gateway_secrets", column: "sealed" },
    Sealed { table: "intake_accounts", column: "sealed" },
    Sealed { table: "connections", column: "sealed_access" },
    Sealed { table: "connections", column: "sealed_refresh" },
    Sealed { table: "people", column: "sealed_phone" },
    Sealed { table: "login_codes", column: "sealed_phone" },
    Sealed { table: "memberships", column: "sealed_phone" },
    Sealed { table: "joins", column: "sealed_phone" },
    Sealed { table: "roster", column: "sealed_phone" },
];
/// Rows looked at in one step.
const STEP: i32 = 500;

/// A column of sealed values.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    pub table: &'static str,
    pub column: &'static str,
}

/// What a rotation did in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Sealed anew.
    pub resealed: u64,
    /// Changed by somebody else meanwhile, who sealed with the newest key himself.
    pub overtaken: u64,
    /// Ids of rows that no key of ours opens: a key was taken away too early, or somebody wrote into the table.
    pub unreadable: Vec<String>,
}

/// Rotates one place, walking through its table once in the order of its key. `pool` is a worker's.
pub async fn rotate(pool: &PgPool, vault: &Vault, place: Sealed) -> Result<Rotated, Fault> {
    let name = format!("{}.{}", place.table, place.column);
    let (mut done, mut after) = (Rotated::default(), (Uuid::nil(), String::new()));
    loop {
        let rows = sqlx::query!(
            r#"select tenant as "tenant!", row_id as "row_id!", sealed from directory.vault_walk($1, $2, $3, $4, $5)"#,
            name,
            vault.current_key(),
            after.0,
            after.1,
            STEP
        )
        .fetch_all(pool)
        .await?;
        let Some(last) = rows.last() else { return Ok(done) };
        // What belongs to no tenant is walked through by its id alone.
        after = (last.tenant.parse().unwrap_or_default(), last.row_id.clone());
        for row in rows {
            let Some(sealed) = row.sealed else { continue };
            let here = Place { tenant: &row.tenant, table: place.table, column: place.column, row: &row.row_id };
            let Ok(plain) = vault.open(here, &sealed) else {
                done.unreadable.push(row.row_id);
                continue;
            };
            let anew = vault.seal(here, &plain, Ids.secret()).map_err(anyhow::Error::from)?;
            let written = sqlx::query_scalar!("select directory.vault_reseal($1, $2, $3, $4, $5)", name, row.tenant, row.row_id, sealed, anew).fetch_one(pool).await?;
            if written.unwrap_or(false) {
                done.resealed += 1;
            } else {
                done.overtaken += 1;
            }
        }
    }
}
