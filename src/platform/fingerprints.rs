//! That the vault's oldest key is the one this database's fingerprints were made with.
//!
//! A list of keys in another order, without its oldest or of another installation opens what it can and finds nobody: a
//! person who signs in would become a second one. So the database keeps the fingerprint of a word that everybody knows
//! (`vault_mark`), and whoever comes with another key is told so before he reads or writes a phone.

use anyhow::{Result, bail};
use sqlx::PgPool;
use uuid::Uuid;
use vault::Vault;

use super::phones;

/// Rows looked at in a database that has no mark yet; one that belongs to the key is enough, because others may have been moved.
const LOOKED_AT: i64 = 50;

fn mark_of(vault: &Vault) -> Vec<u8> {
    vault.blind("mark", "vantera").to_vec()
}

const ANOTHER_KEY: &str = "the last of VANTERA_VAULT_KEYS is not the key that this database's fingerprints were made with: nobody would be found by his phone. \
     Put the oldest key back at the end of the list (docs/operations.md)";

/// Refuses a vault whose oldest key is another. `pool` is any role's.
pub async fn check(pool: &PgPool, vault: &Vault) -> Result<()> {
    let kept = sqlx::query_scalar!("select directory.vault_mark()").fetch_one(pool).await?;
    match kept {
        Some(mark) if mark == mark_of(vault) => Ok(()),
        Some(_) => bail!(ANOTHER_KEY),
        None => bail!("this database does not say which key its fingerprints were made with: run `vantera migrate` first"),
    }
}

/// The same before the schema is brought up to date, when there may be no mark: what is sealed already must open and have
/// the fingerprint beside it. True when the mark stands.
pub(super) async fn check_before(owner: &PgPool, vault: &Vault) -> Result<bool> {
    let marked: bool = sqlx::query_scalar("select to_regclass('public.vault_mark') is not null").fetch_one(owner).await?;
    if marked {
        let kept: Option<Vec<u8>> = sqlx::query_scalar("select mark from vault_mark").fetch_optional(owner).await?;
        if let Some(kept) = kept {
            return if kept == mark_of(vault) { Ok(true) } else { bail!(ANOTHER_KEY) };
        }
    }
    let mut tx = owner.begin().await?;
    sqlx::query("set local role vantera_directory").execute(&mut *tx).await?;
    let sealed: Vec<(Uuid, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("select person_id, sealed_phone, phone_blind from people where sealed_phone is not null order by person_id limit $1")
            .bind(LOOKED_AT)
            .fetch_all(&mut *tx)
            .await?;
    let ours = |(person, sealed, blind): &(Uuid, Vec<u8>, Vec<u8>)| {
        phones::read(vault, phones::PLATFORM, "people", &person.to_string(), sealed).is_ok_and(|phone| phones::blind(vault, &phone) == *blind)
    };
    if !sealed.is_empty() && !sealed.iter().any(ours) {
        bail!(ANOTHER_KEY);
    }
    Ok(false)
}

/// Writes the mark down, and whether tables that held plain phones wait to be written anew.
pub(super) async fn note(owner: &PgPool, vault: &Vault, waits: bool) -> Result<()> {
    let sql = "insert into vault_mark (mark, made_at, rewritten_at) values ($1, now(), case when $2 then null else now() end)";
    sqlx::query(sql).bind(mark_of(vault)).bind(waits).execute(owner).await?;
    Ok(())
}

/// Whether tables wait to be written anew.
pub(super) async fn waits(owner: &PgPool) -> Result<bool> {
    Ok(sqlx::query_scalar("select exists (select from vault_mark where rewritten_at is null)").fetch_one(owner).await?)
}

/// They were.
pub(super) async fn rewritten(owner: &PgPool) -> Result<()> {
    sqlx::query("update vault_mark set rewritten_at = now()").execute(owner).await?;
    Ok(())
}
