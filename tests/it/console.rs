//! The operator's console, as a browser without scripts sees it: what is told is told to operators alone, and names nobody.

mod health;
mod outgoing;
mod slow;
mod tenants;

use http::StatusCode;
use testkit::Actor;

use crate::support::App;

/// The platform's operator, who lives in the usual building.
async fn operator(app: &App) -> Actor {
    app.resident("3", "עמית רז", "0520000001").await
}

/// Where the next page of a list stands.
fn next_page(text: &str) -> Option<String> {
    let (before, _) = text.split_once("rel=\"next\"")?;
    Some(before.rsplit_once("href=\"")?.1.split('"').next()?.replace("&amp;", "&"))
}

/// Whoever is no operator is told that there is nothing here, at the page and at what keeps it fresh.
async fn closed_to_others(app: &App, page: &str, call: &str) {
    let mut resident = app.resident("4", "נועה שגב", "0543182704").await;
    for door in [page.to_owned(), format!("{page}/now")] {
        assert_eq!(resident.get(&door).await.status, StatusCode::NOT_FOUND, "{door}");
    }
    assert_eq!(resident.call(call, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.visitor().call(call, &[]).await.status, StatusCode::UNAUTHORIZED);
}
