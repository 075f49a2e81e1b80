//! What a room tells the outside world: kept in the context like a line of activity and written at commit, behind the
//! gateway's definer functions. The room names the event and its data; who hears it is the committee's grant.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::clock::Ids;
use super::cx::Tenant;
use super::fault::Fault;
use super::jobs::Job;

/// One event, for whoever is granted it.
pub(super) struct Published {
    pub kind: &'static str,
    /// An object; the building and the number in its line are added.
    pub data: Value,
}

/// Writes messages and their deliveries, and wakes the pumps of the endpoints. Nothing is written, and no lock is taken,
/// when nobody may hear. It comes last in a commit: the line's head and the pumps' keys are held until its end.
pub(super) async fn write(db: &mut PgConnection, tenant: &Tenant, now: Timestamp, ids: Ids, events: Vec<Published>) -> Result<(), Fault> {
    let kinds: Vec<String> = events.iter().map(|event| event.kind.to_owned()).collect();
    let heard =
        sqlx::query!(r#"select event_type as "event_type!", sequence as "sequence!" from directory.gateway_begin($1, $2)"#, &kinds, now.to_sqlx() as _).fetch_all(&mut *db).await?;
    let mut heard = heard.into_iter().peekable();
    let mut endpoints: Vec<Uuid> = Vec::new();
    for event in events {
        // Those that are heard come back in the order in which they were named.
        let Some(number) = heard.next_if(|row| row.event_type == event.kind) else { continue };
        let message: Uuid = ids.new_id();
        let body = body_of(&event, tenant, number.sequence, now)?;
        let woken = sqlx::query_scalar!(
            r#"select endpoint_id as "endpoint_id!" from directory.gateway_publish($1, $2, $3, $4, $5)"#,
            message,
            event.kind,
            number.sequence,
            body,
            now.to_sqlx() as _
        )
        .fetch_all(&mut *db)
        .await?;
        endpoints.extend(woken);
    }
    // In one order everywhere, so that two commits wait for one another in turn and never in a ring.
    endpoints.sort_unstable();
    endpoints.dedup();
    for endpoint in endpoints {
        pump(endpoint).leave(db, None).await?;
    }
    Ok(())
}

/// The job that sends what is due for one endpoint; it replaces one that has not begun.
pub fn pump(endpoint: Uuid) -> Job {
    Job::new("gateway.pump", json!({ "endpoint": endpoint })).keyed(format!("gateway.pump:{endpoint}"))
}

/// The body as it is signed and sent, for ever the same.
fn body_of(event: &Published, tenant: &Tenant, sequence: i64, now: Timestamp) -> Result<String, Fault> {
    let mut data = event.data.as_object().cloned().ok_or_else(|| anyhow::anyhow!("the data of {} is no object", event.kind))?;
    data.insert("building".into(), json!({ "id": tenant.id, "slug": tenant.slug }));
    data.insert("sequence".into(), json!(sequence));
    Ok(json!({ "type": event.kind, "timestamp": moment(now), "data": data }).to_string())
}

/// A moment as bodies tell it: RFC 3339 in UTC, to the millisecond.
pub fn moment(at: Timestamp) -> String {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at).to_string()
}
