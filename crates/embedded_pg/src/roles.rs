//! The application's roles, as SQL that can run again and again on any PostgreSQL 15 to 18.
//!
//! Nobody the application connects as is a superuser or may bypass row-level security, apart from `vantera_backup`,
//! which seeds and backs up. The owner runs migrations; the others own nothing.

use std::fmt;
use std::str::FromStr;

use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::Error;

/// As whom to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Owns the database and its schema; runs migrations; bound by FORCEd policies like everyone.
    Owner,
    Web,
    Worker,
    Payments,
    /// Bypasses row-level security: seeding and backup only.
    Backup,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Owner, Self::Web, Self::Worker, Self::Payments, Self::Backup];

    /// The role's name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "vantera_owner",
            Self::Web => "vantera_web",
            Self::Worker => "vantera_worker",
            Self::Payments => "vantera_payments",
            Self::Backup => "vantera_backup",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    /// Reads "web" and "vantera_web" alike.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|role| role.name() == text || role.name().strip_prefix("vantera_") == Some(text)).ok_or_else(|| Error::Role { name: text.to_owned() })
    }
}

/// One password for each role that signs in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Passwords {
    pub owner: String,
    pub web: String,
    pub worker: String,
    pub payments: String,
    pub backup: String,
}

impl Passwords {
    #[must_use]
    pub fn random() -> Self {
        Self { owner: random_hex::<24>(), web: random_hex::<24>(), worker: random_hex::<24>(), payments: random_hex::<24>(), backup: random_hex::<24>() }
    }

    #[must_use]
    pub fn of(&self, role: Role) -> &str {
        match role {
            Role::Owner => &self.owner,
            Role::Web => &self.web,
            Role::Worker => &self.worker,
            Role::Payments => &self.payments,
            Role::Backup => &self.backup,
        }
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passwords(…)")
    }
}

pub(crate) fn random_hex<const BYTES: usize>() -> String {
    let mut bytes = [0_u8; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Creates or corrects the roles. Run it as a superuser, or as a managed server's administrator (who may make roles).
///
/// Attributes are only altered where they differ, since a managed server's administrator may not even name some of them;
/// what such an administrator may not grant to `vantera_backup` is skipped with a warning.
#[must_use]
pub fn roles_sql(passwords: &Passwords) -> String {
    let mut sql = String::from(ROLES);
    for role in Role::ALL {
        let password = passwords.of(role).replace('\'', "''");
        sql.push_str(&format!("alter role {} login password '{password}';\n", role.name()));
    }
    sql
}

// The lock's number is arbitrary; it only has to be the same for everyone who runs this.
const ROLES: &str = r"
select pg_advisory_xact_lock(7165310142);
do $vantera$
declare
  wanted text;
begin
  foreach wanted in array array['vantera_owner', 'vantera_web', 'vantera_worker', 'vantera_payments', 'vantera_directory', 'vantera_backup'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I', wanted);
    end if;
    if exists (select from pg_roles where rolname = wanted and rolsuper) then
      execute format('alter role %I nosuperuser', wanted);
    end if;
    if exists (select from pg_roles where rolname = wanted and (rolcreatedb or rolcreaterole)) then
      execute format('alter role %I nocreatedb nocreaterole', wanted);
    end if;
    if wanted <> 'vantera_backup' and exists (select from pg_roles where rolname = wanted and rolbypassrls) then
      execute format('alter role %I nobypassrls', wanted);
    end if;
  end loop;
  if exists (select from pg_roles where rolname = 'vantera_directory' and rolcanlogin) then
    alter role vantera_directory nologin;
  end if;

  -- Migrations give cross-tenant functions to the directory, which takes membership; but the owner must not see through
  -- the directory's policies from day to day. From 16 on the grant says so, before that the owner's NOINHERIT does.
  alter role vantera_owner noinherit;
  if current_setting('server_version_num')::int >= 160000 then
    execute 'grant vantera_directory to vantera_owner with inherit false, set true';
  else
    grant vantera_directory to vantera_owner;
  end if;

  begin
    if not (select rolbypassrls from pg_roles where rolname = 'vantera_backup') then
      alter role vantera_backup bypassrls;
    end if;
    grant pg_read_all_data, pg_write_all_data to vantera_backup;
  exception when insufficient_privilege then
    raise warning 'vantera_backup may not bypass row-level security here, so seeding and logical backup need another role: %', sqlerrm;
  end;
end
$vantera$;
";

/// Readies a database for migrations: ownership, rights on the schema, extensions where the server has them.
/// Run it in that database, as the one who ran [`roles_sql`]. `database` must be a plain name.
#[must_use]
pub fn database_sql(database: &str) -> String {
    format!("{}{DATABASE}", connect_sql(database))
}

/// Rights on the database itself; `create database … template` does not copy these.
pub(crate) fn connect_sql(database: &str) -> String {
    format!(
        "revoke all on database {database} from public;
grant connect on database {database} to vantera_owner, vantera_web, vantera_worker, vantera_payments, vantera_backup;
"
    )
}

const DATABASE: &str = r"
alter schema public owner to vantera_owner;
revoke create on schema public from public;
grant usage on schema public to vantera_web, vantera_worker, vantera_payments, vantera_backup;
-- A function's new owner must be allowed to create in its schema.
grant usage, create on schema public to vantera_directory;
do $vantera$
declare
  wanted text;
begin
  foreach wanted in array array['pgcrypto', 'pg_trgm', 'unaccent', 'citext', 'btree_gist'] loop
    if exists (select from pg_available_extensions where name = wanted) then
      begin
        execute format('create extension if not exists %I with schema public', wanted);
      exception when insufficient_privilege then
        raise warning 'the extension % may not be created here: %', wanted, sqlerrm;
      end;
    end if;
  end loop;
  begin
    grant execute on function pg_backup_start(text, boolean), pg_backup_stop(boolean) to vantera_backup;
  exception when insufficient_privilege then
    raise warning 'vantera_backup may not take physical backups here: %', sqlerrm;
  end;
end
$vantera$;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_with_a_quote_stays_inside_its_literal() {
        let mut passwords = Passwords::random();
        passwords.web = "it's".to_owned();
        assert!(roles_sql(&passwords).contains("alter role vantera_web login password 'it''s';"));
    }

    #[test]
    fn roles_are_read_with_and_without_their_prefix() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().ok(), Some(role));
            assert_eq!(role.name().trim_start_matches("vantera_").parse::<Role>().ok(), Some(role));
        }
        assert!("directory".parse::<Role>().is_err());
    }

    #[test]
    fn passwords_do_not_show_in_debug_output() {
        let passwords = Passwords::random();
        assert!(!format!("{passwords:?}").contains(&passwords.owner));
    }
}
