//! What keeps the queue and its history small, and what tells how it stands.

use jiff_sqlx::ToSqlx;

use super::fault::Fault;
use super::jobs::JobRun;
use super::meters::LaneStands;
use super::state::AppState;

/// Whole months for which a building's line of activity is kept.
const ACTIVITY_MONTHS: i32 = 12;

/// `platform.tidy`, once a night: tables for the months to come, and whatever is old enough goes.
pub async fn tidy(run: JobRun) -> Result<(), Fault> {
    hold_to_the_clock(&run.state).await?;
    let moved = sweep_queue(&run.state).await?;
    let now = run.state.clock.now().to_sqlx();
    sqlx::query!("select jobs.make_months($1)", now as _).execute(&run.state.pool).await?;
    let gone = sqlx::query_scalar!("select directory.activity_months($1, $2)", now as _, ACTIVITY_MONTHS).fetch_one(&run.state.pool).await?;
    sqlx::query!("select jobs.forget($1)", now as _).execute(&run.state.pool).await?;
    sqlx::query!("select jobs.forget_crashes()").execute(&run.state.pool).await?;
    tracing::info!(moved, months_gone = gone, "the queue and its history were tidied");
    Ok(())
}

/// Whether this process's clock is the database's, to within `clock_slack`. What happens by the clock is left to processes of
/// which it is: one that is a year ahead would let go of months that are not over.
pub async fn clock_is_right(state: &AppState) -> Result<bool, Fault> {
    let Some(slack) = state.config.clock_slack else { return Ok(true) };
    let there = sqlx::query_scalar!(r#"select clock_timestamp() as "at!: jiff_sqlx::Timestamp""#).fetch_one(&state.pool).await?.to_jiff();
    let off = state.clock.now().duration_since(there);
    state.meters.clock(off.as_secs_f64());
    let is_right = off.unsigned_abs() <= slack;
    if !is_right {
        tracing::error!(off_s = off.as_secs(), "this process's clock is not the database's: it leaves to others what happens by the clock");
    }
    Ok(is_right)
}

/// Fails a job that lets go of what is old where the clock is wrong; it is tried again, perhaps where it is right.
pub async fn hold_to_the_clock(state: &AppState) -> Result<(), Fault> {
    if clock_is_right(state).await? { Ok(()) } else { Err(anyhow::anyhow!("this process's clock is not the database's").into()) }
}

/// Tables that are cut into months; a row that falls into none is kept in the table of no month.
const MONTHLY: [&str; 7] = ["activity", "audit_log", "gateway_messages", "gateway_deliveries", "gateway_attempts", "inbound_events", "jobs_runs"];
/// Late months of one table that are made in one run.
const MOST_LATE: usize = 240;

/// `platform.late_months`, once an hour: months that nobody made while rows of them came get their table and these rows.
/// One month a transaction, and what fails with one table stops no other.
pub async fn late_months(run: JobRun) -> Result<(), Fault> {
    let mut failed = None;
    for table in MONTHLY {
        let mut made = 0;
        let outcome = loop {
            match late_month(&run.state, table).await {
                Ok(true) if made < MOST_LATE => made += 1,
                other => break other,
            }
        };
        if made > 0 {
            tracing::warn!(table, made, "months were made late, and given what had been written meanwhile");
        }
        if let Err(fault) = outcome {
            tracing::warn!(table, error = ?fault, "a late month could not be made");
            failed = Some(fault);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// One month of a table; whether there was one. Moving rows may take longer than a request may.
async fn late_month(state: &AppState, table: &str) -> Result<bool, Fault> {
    let mut tx = state.pool.begin().await?;
    sqlx::query!("set local statement_timeout = '5min'").execute(&mut *tx).await?;
    let made = sqlx::query_scalar!("select directory.make_late_month($1)", table).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(made.unwrap_or_default())
}

/// Takes away what was replaced and belongs to nobody, and moves what was given up by hand to the dead letters. Answers
/// how many. A job that fails or is taken back is dealt with at that moment (src/platform/queue.sql); this is for the rest.
pub async fn sweep_queue(state: &AppState) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!("select jobs.tidy($1)", state.clock.now().to_sqlx() as _).fetch_one(&state.pool).await?.unwrap_or_default())
}

/// Writes down what this process's jobs did well since it was last asked. What is not written yet when a process is
/// killed is missing from the console's rate, and from nothing else.
pub async fn count_done(state: &AppState) -> Result<(), Fault> {
    let done = state.meters.take_done();
    if done.is_empty() {
        return Ok(());
    }
    let tasks: Vec<String> = done.iter().map(|(task, _, _)| (*task).to_owned()).collect();
    let runs: Vec<i64> = done.iter().map(|(_, runs, _)| *runs).collect();
    let took_ms: Vec<i64> = done.iter().map(|(_, _, took_ms)| *took_ms).collect();
    sqlx::query!("select jobs.count_done($1, $2, $3)", &tasks, &runs, &took_ms).execute(&state.pool).await?;
    Ok(())
}

/// Tells Prometheus how each lane stands.
pub async fn measure_lanes(state: &AppState) -> Result<(), Fault> {
    let rows =
        sqlx::query!(r#"select lane as "lane!", waiting as "waiting!", running as "running!", oldest_s, dead as "dead!" from jobs.lanes_now()"#).fetch_all(&state.pool).await?;
    for row in rows {
        state.meters.lane(&row.lane, LaneStands { waiting: row.waiting, running: row.running, oldest_s: row.oldest_s.unwrap_or_default(), dead: row.dead });
    }
    Ok(())
}
