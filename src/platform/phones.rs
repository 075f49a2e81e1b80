//! Phones at rest: sealed for the row they stand in, and found by a keyed fingerprint (docs/decisions/0009-phones.md).
//!
//! Whoever reads the tables, or a copy of them, learns no number: opening takes the vault's key, and so does making the
//! fingerprint of a number that is guessed. A sealed phone that is put into another row does not open there.

use kit::Phone;
use sqlx::PgPool;
use uuid::Uuid;
use vault::{Place, Vault};

use super::clock::Ids;
use super::cx::Cx;
use super::fault::Fault;
use super::global::GlobalCx;

/// What the fingerprints of phones are told apart by from those of other kinds.
const KIND: &str = "phone";
/// The column is called the same in every table.
const COLUMN: &str = "sealed_phone";
/// Where rows of no tenant stand.
pub const PLATFORM: &str = "platform";

/// A phone as a row keeps it: `sealed_phone` and `phone_blind`.
#[derive(Clone, Debug)]
pub struct KeptPhone {
    pub sealed: Vec<u8>,
    /// 32 bytes; the same for the same number in every row.
    pub blind: Vec<u8>,
}

/// The fingerprint by which a number is found.
pub fn blind(vault: &Vault, phone: &Phone) -> Vec<u8> {
    vault.blind(KIND, phone.e164()).to_vec()
}

/// Seals a phone for one row of one table. `row` is the row's primary key inside its tenant.
pub fn keep(vault: &Vault, tenant: &str, table: &str, row: &str, phone: &Phone) -> Result<KeptPhone, Fault> {
    let sealed = vault.seal(Place { tenant, table, column: COLUMN, row }, phone.e164().as_bytes(), Ids.secret()).map_err(anyhow::Error::from)?;
    Ok(KeptPhone { sealed, blind: blind(vault, phone) })
}

/// Opens a phone that was sealed for this row. One that was not, or whose key is gone, is our trouble and nobody's number.
pub fn read(vault: &Vault, tenant: &str, table: &str, row: &str, sealed: &[u8]) -> Result<Phone, Fault> {
    let plain = vault.open(Place { tenant, table, column: COLUMN, row }, sealed).map_err(|error| anyhow::anyhow!("a phone of {table} does not open: {error}"))?;
    let text = String::from_utf8(plain).map_err(|_| anyhow::anyhow!("a phone of {table} is no text"))?;
    Ok(Phone::parse(&text).map_err(|error| anyhow::anyhow!("a phone of {table} is none: {error:?}"))?)
}

/// A row's phone as it is read in Israel, for a page that shows it among other things; empty when the row has none. One that
/// does not open is told in the log by table and row, and hides nothing else of the page.
fn shown(table: &str, row: &str, read: Result<Phone, Fault>) -> String {
    match read {
        Ok(phone) => phone.national(),
        Err(fault) => {
            tracing::warn!(table, row, ?fault, "a sealed phone does not open and is shown empty");
            String::new()
        }
    }
}

/// The primary key of a line of a building's list of phones, as its sealed phone is bound to it.
pub fn roster_row(flat: Uuid, blind: &[u8]) -> String {
    format!("{flat}:{}", hex::encode(blind))
}

/// Rows sealed in one transaction.
const STEP: usize = 500;

/// Tables that kept phones in plain text until migration 0165: the next rows beyond ($1 tenant, $2 id, $3 phone) in the
/// order of their key, and how one is written back. There `$1` is the row's id, `$2` the sealed phone, `$3` its
/// fingerprint, `$4` the plain one, `$5` the tenant.
const PLAIN: [(&str, &str, &str); 4] = [
    (
        "people",
        "select 'platform', person_id, phone from people where phone is not null and $1 is not null and person_id > $2 and $3 is not null order by person_id limit $4",
        "update people set sealed_phone = $2, phone_blind = $3, phone = null where person_id = $1 and phone = $4 and $5 = 'platform'",
    ),
    (
        "memberships",
        "select tenant_id::text, membership_id, phone from memberships where phone is not null and (tenant_id, membership_id) > ($1, $2) and $3 is not null
         order by tenant_id, membership_id limit $4",
        "update memberships set sealed_phone = $2, phone_blind = $3, phone = null where tenant_id = $5::uuid and membership_id = $1 and phone = $4",
    ),
    (
        "joins",
        "select tenant_id::text, join_id, phone from joins where phone is not null and (tenant_id, join_id) > ($1, $2) and $3 is not null order by tenant_id, join_id limit $4",
        "update joins set sealed_phone = $2, phone_blind = $3, phone = null where tenant_id = $5::uuid and join_id = $1 and phone = $4",
    ),
    (
        "roster",
        "select tenant_id::text, flat_id, phone from roster where phone is not null and (tenant_id, flat_id, phone) > ($1, $2, $3) order by tenant_id, flat_id, phone limit $4",
        "update roster set sealed_phone = $2, phone_blind = $3, phone = null where tenant_id = $5::uuid and flat_id = $1 and phone = $4",
    ),
];

/// Seals the phones that an older version left in plain text, between migrations 0165 and 0166. Broken off, it goes on
/// where it stood. True when there was one. `owner` may act as the directory, which sees these tables across tenants.
pub(super) async fn seal_what_is_plain(owner: &PgPool, vault: &Vault) -> anyhow::Result<bool> {
    let waits: bool =
        sqlx::query_scalar("select exists (select from pg_attribute where attrelid = 'people'::regclass and attname = 'phone' and not attisdropped)").fetch_one(owner).await?;
    if !waits {
        return Ok(false);
    }
    let mut any = false;
    for (table, read, write) in PLAIN {
        let mut after = (Uuid::nil(), Uuid::nil(), String::new());
        loop {
            let mut tx = owner.begin().await?;
            sqlx::query("set local role vantera_directory").execute(&mut *tx).await?;
            let rows: Vec<(String, Uuid, String)> = sqlx::query_as(read).bind(after.0).bind(after.1).bind(&after.2).bind(STEP as i64).fetch_all(&mut *tx).await?;
            let Some((tenant, id, plain)) = rows.last() else { break };
            after = (tenant.parse().unwrap_or_default(), *id, plain.clone());
            for (tenant, id, plain) in rows {
                let phone =
                    Phone::parse(&plain).map_err(|error| anyhow::anyhow!("the phone of {id} in {table} is none ({error:?}): mend it or set it to null, and migrate again"))?;
                let row = if table == "roster" { roster_row(id, &blind(vault, &phone)) } else { id.to_string() };
                let kept = keep(vault, &tenant, table, &row, &phone).map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
                sqlx::query(write).bind(id).bind(kept.sealed).bind(kept.blind).bind(plain).bind(tenant).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            any = true;
        }
    }
    Ok(any)
}

/// Takes the numbers out of the files, too: dropped columns and rows of before stand in them until they are written anew.
/// Each table is held meanwhile.
pub(super) async fn rewrite_what_was_plain(owner: &PgPool) -> anyhow::Result<()> {
    for rewriting in ["vacuum (full) people", "vacuum (full) memberships", "vacuum (full) joins", "vacuum (full) roster", "vacuum (full) login_codes"] {
        sqlx::query(rewriting).execute(owner).await?;
    }
    Ok(())
}

impl Cx {
    /// Seals a phone for a row of this tenant.
    pub fn keep_phone(&self, table: &str, row: impl ToString, phone: &Phone) -> Result<KeptPhone, Fault> {
        keep(&self.vault, &self.tenant.id.to_string(), table, &row.to_string(), phone)
    }

    /// Opens the phone of a row of this tenant.
    pub fn read_phone(&self, table: &str, row: impl ToString, sealed: &[u8]) -> Result<Phone, Fault> {
        read(&self.vault, &self.tenant.id.to_string(), table, &row.to_string(), sealed).inspect_err(|_| self.meters.unopened(table))
    }

    /// The phone of a row of this tenant as a page shows it, empty when there is none to be shown ([`shown`]).
    pub fn shown_phone(&self, table: &str, row: impl ToString, sealed: Option<&[u8]>) -> String {
        let row = row.to_string();
        sealed.map_or_else(String::new, |sealed| shown(table, &row, self.read_phone(table, &row, sealed)))
    }

    /// The fingerprint by which a number is found.
    pub fn blind_phone(&self, phone: &Phone) -> Vec<u8> {
        blind(&self.vault, phone)
    }
}

impl GlobalCx {
    /// Seals a phone for a row of no tenant.
    pub fn keep_phone(&self, table: &str, row: impl ToString, phone: &Phone) -> Result<KeptPhone, Fault> {
        keep(&self.vault, PLATFORM, table, &row.to_string(), phone)
    }

    /// Opens the phone of a row of no tenant.
    pub fn read_phone(&self, table: &str, row: impl ToString, sealed: &[u8]) -> Result<Phone, Fault> {
        read(&self.vault, PLATFORM, table, &row.to_string(), sealed).inspect_err(|_| self.meters.unopened(table))
    }

    /// The phone of a row of no tenant as a page shows it, empty when there is none to be shown ([`shown`]).
    pub fn shown_phone(&self, table: &str, row: impl ToString, sealed: Option<&[u8]>) -> String {
        let row = row.to_string();
        sealed.map_or_else(String::new, |sealed| shown(table, &row, self.read_phone(table, &row, sealed)))
    }

    /// The fingerprint by which a number is found.
    pub fn blind_phone(&self, phone: &Phone) -> Vec<u8> {
        blind(&self.vault, phone)
    }
}
