//! Names for what another room keeps by id only.

use std::collections::HashMap;

use uuid::Uuid;

use super::store;
use crate::platform::{Cx, Fault};

/// People a question may mean.
const MEANT: i64 = 50;

/// What an id is called here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Empty for a flat.
    pub name: String,
    /// The flat's number.
    pub flat: Option<String>,
}

/// Names of members, people, attempts to join and flats. The caller has asked for the right to what he kept.
pub async fn names(cx: &mut Cx, ids: &[Uuid]) -> Result<HashMap<Uuid, Named>, Fault> {
    let rows = store::names(cx.db(), ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, Named { name: row.name, flat: row.flat })).collect())
}

/// People of the building whose name fits a pattern of LIKE.
pub async fn people_called(cx: &mut Cx, pattern: &str) -> Result<Vec<Uuid>, Fault> {
    Ok(store::people_called(cx.db(), pattern, MEANT).await?)
}

/// Join requests that wait for a yes: the number beside "residents" in the committee's navigation.
pub async fn waiting_count(cx: &mut Cx) -> Result<u32, Fault> {
    Ok(u32::try_from(store::waiting(cx.db()).await?.len()).unwrap_or(u32::MAX))
}
