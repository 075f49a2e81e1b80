//! Text messages to people, through the provider's one door (`POST /sms/messages`). Nothing is sent while a transaction is
//! open.

use anyhow::Context;
use kit::Phone;
use serde_json::json;

use super::fault::Fault;
use super::state::AppState;

/// Sends one. `id` tells the provider that a repeated message is the same one. Errors: nobody answers, or the provider
/// refuses; the job is tried again.
pub async fn send(state: &AppState, to: &Phone, text: &str, id: &str) -> Result<(), Fault> {
    let sms = &state.config.sms;
    let answer = state
        .http
        .post(format!("{}/sms/messages", sms.base_url))
        .bearer_auth(&sms.key)
        .json(&json!({ "to": to.e164(), "from": "Vantera", "text": text, "id": id }))
        .send()
        .await
        .context("the SMS provider does not answer")?;
    answer.error_for_status().context("the SMS provider refused")?;
    Ok(())
}
