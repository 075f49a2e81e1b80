use uuid::Uuid;

use super::{service, store};
use crate::platform::jobs::JobRun;
use crate::platform::{Fault, GlobalCx, sms};
use kit::Lang;

/// Sends a one-time code by SMS. Safe to run twice: the same code goes out again.
pub async fn send_code(run: JobRun) -> Result<(), Fault> {
    let code: Uuid = run.read("code")?;
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    let now = cx.now;
    // Answered, replaced or expired meanwhile: nothing to send.
    let Some(sealed) = store::code_phone(cx.db(), code, now).await? else { return Ok(()) };
    let phone = cx.read_phone("login_codes", code, &sealed)?;
    cx.commit().await?;
    let digits = service::digits(&run.state.vault, code);
    let text = format!("קוד הכניסה לוונטרה: {digits}\nהקוד בתוקף לעשר דקות. לא ביקשת? אפשר להתעלם.\n@{} #{digits}", host(&run.state.config.public_url));
    sms::send(&run.state, &phone, &text, &code.to_string()).await
}

/// The domain that phones bind the code to (origin-bound one-time codes).
fn host(public_url: &str) -> &str {
    public_url.split("://").nth(1).unwrap_or(public_url).split([':', '/']).next().unwrap_or_default()
}
