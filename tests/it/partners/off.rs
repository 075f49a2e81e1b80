//! An endpoint that was switched off by itself: whoever works for its partner is told where he comes in.

use super::partner;
use crate::support::App;

const OFF: &str = "update gateway_endpoints set state = 'disabled', disabled_reason = 'failing', disabled_at = now()";
const TOLD: &str =
    "insert into gateway_notices (notice_id, partner_id, endpoint_id, kind, told_at) select gen_random_uuid(), partner_id, endpoint_id, 'failing', $1 from gateway_endpoints";

#[tokio::test]
async fn the_desk_and_the_way_to_it_tell_of_an_endpoint_that_is_off_until_it_is_on_again() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let (mut gai, _) = partner(&app, "תחזוקת הצפון", "0543550002").await;
    let desk = format!("/partners/{code}");
    dana.get(&desk).await;
    dana.submit("/call/gateway/add_endpoint", &[("partner", &code), ("url", "https://hooks.magen.example/in")]).await;
    let endpoint = app.text("select endpoint_id::text from gateway_endpoints").await.expect("an endpoint");
    let notice = "כמה ימים שום דבר לא הגיע";
    for verb in ["pause_endpoint", "delete_endpoint"] {
        sqlx::query(OFF).execute(&app.all).await.expect("it is off");
        sqlx::query(TOLD).bind(app.clock_now()).execute(&app.all).await.expect("a notice");
        for page in [desk.as_str(), "/partners/open"] {
            let text = dana.get(page).await.text();
            assert!(text.contains(notice) && text.contains("hooks.magen.example"), "{page}: {text}");
        }
        assert!(!gai.get("/partners/open").await.text().contains(notice), "another's partner is told nothing");
        dana.submit(&format!("/call/gateway/{verb}"), &[("partner", code.as_str()), ("endpoint", &endpoint), ("on", "true")]).await;
        for page in [desk.as_str(), "/partners/open"] {
            assert!(!dana.get(page).await.text().contains(notice), "{verb} {page}: it is dealt with");
        }
    }
    app.finish().await;
}
