use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// One row of `checkouts`.
pub struct CheckoutRow {
    pub checkout_id: Uuid,
    pub subject_id: Uuid,
    pub state: String,
    pub amount_minor: i64,
    pub currency: String,
    pub idempotency_key: String,
    pub return_path: String,
    pub cancel_path: String,
    pub product_name: String,
    pub provider_session: Option<String>,
    pub provider_url: Option<String>,
    pub provider_payment: Option<String>,
    pub provider_subscription: Option<String>,
    /// The request that opens the page, as opening.rs keeps it.
    pub opening: Option<serde_json::Value>,
    pub returned_at: Option<jiff_sqlx::Timestamp>,
    pub unpaid_at: Option<jiff_sqlx::Timestamp>,
}

pub struct NewCheckout<'a> {
    pub tenant: Uuid,
    pub checkout: Uuid,
    pub subject: Uuid,
    pub flat: Uuid,
    pub amount_minor: i64,
    pub currency: &'a str,
    pub idempotency_key: &'a str,
    pub return_path: &'a str,
    pub cancel_path: &'a str,
    pub product_name: &'a str,
}

pub async fn insert(db: &mut PgConnection, new: NewCheckout<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into checkouts (tenant_id, checkout_id, purpose, subject_id, flat_id, state, amount_minor, currency, idempotency_key, return_path, cancel_path, product_name, created_at)
         values ($1, $2, 'membership', $3, $4, 'intended', $5, $6, $7, $8, $9, $10, $11)",
        new.tenant, new.checkout, new.subject, new.flat, new.amount_minor, new.currency, new.idempotency_key, new.return_path, new.cancel_path, new.product_name, now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

pub async fn read(db: &mut PgConnection, checkout: Uuid) -> Result<Option<CheckoutRow>> {
    sqlx::query_as!(
        CheckoutRow,
        r#"select checkout_id, subject_id, state, amount_minor, currency, idempotency_key, return_path, cancel_path, product_name, provider_session, provider_url, provider_payment, provider_subscription,
                opening, returned_at as "returned_at: _", unpaid_at as "unpaid_at: _"
         from checkouts where tenant_id = directory.current_tenant() and checkout_id = $1"#,
        checkout
    )
    .fetch_optional(db)
    .await
}

pub async fn latest(db: &mut PgConnection, subject: Uuid) -> Result<Option<CheckoutRow>> {
    sqlx::query_as!(
        CheckoutRow,
        r#"select checkout_id, subject_id, state, amount_minor, currency, idempotency_key, return_path, cancel_path, product_name, provider_session, provider_url, provider_payment, provider_subscription,
                opening, returned_at as "returned_at: _", unpaid_at as "unpaid_at: _"
         from checkouts where tenant_id = directory.current_tenant() and subject_id = $1 order by created_at desc, checkout_id desc limit 1"#,
        subject
    )
    .fetch_optional(db)
    .await
}

/// The request kept with a checkout whose page is not open yet, held until the transaction ends so that two jobs do not
/// both make one up. None when there is no such checkout any more.
pub async fn hold_opening(db: &mut PgConnection, checkout: Uuid) -> Result<Option<Option<serde_json::Value>>> {
    sqlx::query_scalar!("select opening from checkouts where tenant_id = directory.current_tenant() and checkout_id = $1 and state = 'intended' for update", checkout)
        .fetch_optional(db)
        .await
}

pub async fn note_opening(db: &mut PgConnection, checkout: Uuid, opening: serde_json::Value) -> Result<()> {
    sqlx::query!("update checkouts set opening = $2 where tenant_id = directory.current_tenant() and checkout_id = $1 and state = 'intended'", checkout, opening)
        .execute(db)
        .await
        .map(drop)
}

/// The payer came back to an open checkout, or only looks again. True when the provider is to be asked: not while it has
/// been asked since `patience` and has not answered. Who only looks does not come back later because of it, or a slow
/// answer would always be one to an older question.
pub async fn came_back(db: &mut PgConnection, checkout: Uuid, from_page: bool, patience: Timestamp, now: Timestamp) -> Result<bool> {
    let asks = sqlx::query_scalar!(
        r#"update checkouts set returned_at = case when $4 or returned_at is null then $2 else returned_at end,
                  asked_at = case when asked_at is null or asked_at < $3 or coalesce(unpaid_at >= asked_at, false) then $2 else asked_at end
           where tenant_id = directory.current_tenant() and checkout_id = $1 and state = 'open' returning asked_at = $2 as "asks!""#,
        checkout,
        now.to_sqlx() as _,
        patience.to_sqlx() as _,
        from_page
    )
    .fetch_optional(db)
    .await?;
    Ok(asks.unwrap_or(false))
}

/// The provider's answer to the question of that moment: nobody has paid.
pub async fn unpaid(db: &mut PgConnection, checkout: Uuid, asked: Timestamp) -> Result<()> {
    sqlx::query!(
        "update checkouts set unpaid_at = greatest(unpaid_at, $2) where tenant_id = directory.current_tenant() and checkout_id = $1 and state = 'open'",
        checkout,
        asked.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes that the provider has opened its page. False when the checkout is no longer waiting for that.
pub async fn opened(db: &mut PgConnection, checkout: Uuid, session: &str, url: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update checkouts set state = 'open', provider_session = $2, provider_url = $3, opened_at = $4 where tenant_id = directory.current_tenant() and checkout_id = $1 and state = 'intended'",
        checkout, session, url, now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Settles once: true for the one caller whose update found the checkout unpaid.
pub async fn paid(db: &mut PgConnection, checkout: Uuid, by: &str, payment: Option<&str>, subscription: Option<&str>, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update checkouts set state = 'paid', settled_by = $2, provider_payment = $3, provider_subscription = $4, settled_at = $5
         where tenant_id = directory.current_tenant() and checkout_id = $1 and state in ('intended', 'open', 'expired', 'failed')",
        checkout,
        by,
        payment,
        subscription,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends an unpaid checkout. True when it was still unsettled.
pub async fn ended(db: &mut PgConnection, checkout: Uuid, state: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update checkouts set state = $2, settled_at = $3 where tenant_id = directory.current_tenant() and checkout_id = $1 and state in ('intended', 'open')",
        checkout,
        state,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A paid checkout is to be given back. True for the first who asks.
pub async fn refunding(db: &mut PgConnection, checkout: Uuid, reason: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update checkouts set state = 'refunding', refund_reason = $2 where tenant_id = directory.current_tenant() and checkout_id = $1 and state = 'paid'",
        checkout,
        reason
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn refunded(db: &mut PgConnection, checkout: Uuid) -> Result<bool> {
    let done = sqlx::query!("update checkouts set state = 'refunded' where tenant_id = directory.current_tenant() and checkout_id = $1 and state = 'refunding'", checkout)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Across tenants, oldest first: for the sweeper.
pub async fn unsettled(db: &mut PgConnection, before: Timestamp, limit: i32) -> Result<Vec<(Uuid, Uuid)>> {
    let rows =
        sqlx::query!(r#"select tenant_id as "tenant!", checkout_id as "checkout!" from directory.checkouts_unsettled($1, $2)"#, before.to_sqlx() as _, limit).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.tenant, row.checkout)).collect())
}

/// The tenant and checkout behind a provider's session.
pub async fn by_session(db: &mut PgConnection, session: &str) -> Result<Option<(Uuid, Uuid)>> {
    let row = sqlx::query!(r#"select tenant_id as "tenant!", checkout_id as "checkout!" from directory.checkout_by_session($1)"#, session).fetch_optional(db).await?;
    Ok(row.map(|row| (row.tenant, row.checkout)))
}

/// The tenant and checkout behind a provider's subscription.
pub async fn by_subscription(db: &mut PgConnection, subscription: &str) -> Result<Option<(Uuid, Uuid)>> {
    let row = sqlx::query!(r#"select tenant_id as "tenant!", checkout_id as "checkout!" from directory.checkout_by_subscription($1)"#, subscription).fetch_optional(db).await?;
    Ok(row.map(|row| (row.tenant, row.checkout)))
}

/// What the provider last said of a checkout's subscription.
pub struct PlanRow {
    /// active | late | ended
    pub state: String,
    pub amount_minor: i64,
    pub currency: String,
    pub next_charge_at: Option<jiff_sqlx::Timestamp>,
    pub ends_at: Option<jiff_sqlx::Timestamp>,
    pub mend_url: Option<String>,
}

/// None when it was never asked about.
pub async fn plan(db: &mut PgConnection, checkout: Uuid) -> Result<Option<PlanRow>> {
    sqlx::query_as!(
        PlanRow,
        r#"select plan_state as "state!", plan_amount_minor as "amount_minor!", plan_currency as "currency!", next_charge_at as "next_charge_at: _", plan_ends_at as "ends_at: _", mend_url
           from checkouts where tenant_id = directory.current_tenant() and checkout_id = $1 and plan_state is not null"#,
        checkout
    )
    .fetch_optional(db)
    .await
}

/// Keeps the answer to a question of that moment, unless a later one was answered before.
pub async fn note_plan(db: &mut PgConnection, checkout: Uuid, plan: PlanRow, asked: Timestamp) -> Result<()> {
    sqlx::query!(
        "update checkouts set plan_state = $2, plan_amount_minor = $3, plan_currency = $4, next_charge_at = $5, plan_ends_at = $6, mend_url = $7, plan_read_at = $8
         where tenant_id = directory.current_tenant() and checkout_id = $1 and (plan_read_at is null or plan_read_at <= $8)",
        checkout,
        plan.state,
        plan.amount_minor,
        plan.currency,
        plan.next_charge_at as _,
        plan.ends_at as _,
        plan.mend_url,
        asked.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}
