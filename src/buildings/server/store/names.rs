//! Names for ids that another room kept: members, people of the building, attempts to join, flats.

use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub struct NameRow {
    pub id: Uuid,
    /// Empty for a flat.
    pub name: String,
    pub flat: Option<String>,
}

/// Whatever of these ids has a name here. A person is told by his present place in the building, or else his last.
pub async fn names(db: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<NameRow>> {
    sqlx::query_as!(
        NameRow,
        r#"select m.membership_id as "id!", m.display_name as "name!", f.number as "flat?"
           from memberships m left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
           where m.tenant_id = directory.current_tenant() and m.membership_id = any($1)
           union all
           (select distinct on (m.person_id) m.person_id, m.display_name, f.number
            from memberships m left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
            where m.tenant_id = directory.current_tenant() and m.person_id = any($1)
            order by m.person_id, m.state = 'active' desc, m.joined_at desc)
           union all
           select j.join_id, coalesce(j.name, ''), f.number
           from joins j left join flats f on f.tenant_id = j.tenant_id and f.flat_id = j.flat_id
           where j.tenant_id = directory.current_tenant() and j.join_id = any($1)
           union all
           select f.flat_id, '', f.number from flats f where f.tenant_id = directory.current_tenant() and f.flat_id = any($1)"#,
        ids
    )
    .fetch_all(db)
    .await
}

/// People whose name here fits a pattern of LIKE.
pub async fn people_called(db: &mut PgConnection, pattern: &str, most: i64) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!("select distinct person_id from memberships where tenant_id = directory.current_tenant() and display_name ilike $1 limit $2", pattern, most)
        .fetch_all(db)
        .await
}
