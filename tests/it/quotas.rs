//! What a building's plan includes in a month: taken once, by whoever came first, and there again next month.

use std::io::Cursor;

use futures::future::join_all;
use http::StatusCode;
use image::{DynamicImage, ImageFormat};
use testkit::Actor;
use vantera::platform::quotas::Meter;

use crate::feed::{Part, write};
use crate::support::{App, SLUG};

fn picture() -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(8, 8).write_to(&mut out, ImageFormat::Png).expect("a picture");
    out.into_inner()
}

/// A post with so many pictures, as the form without JavaScript sends it; its status, and the page that it is answered with.
pub async fn post(actor: &mut Actor, pictures: usize) -> (StatusCode, String) {
    let bytes = picture();
    let mut parts = vec![Part::Text("body", "תמונות מהגינה")];
    parts.extend((0..pictures).map(|_| Part::File("a.png", &bytes)));
    let answer = write(actor, SLUG, &parts).await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn a_month_includes_so_many_pictures_whoever_takes_them_at_once_and_the_next_month_as_many_again() {
    let app = App::with_building().await;
    let mut neighbours = Vec::new();
    for n in 1..=6 {
        neighbours.push(app.resident(&n.to_string(), "נועה שגב", &format!("054318271{n}")).await);
    }
    let used_before = i64::from(Meter::FeedPictures.included()) - 7;
    assert_eq!(post(&mut neighbours[0], 0).await.0, StatusCode::SEE_OTHER);
    assert_eq!(app.count("select count(*) from quota_uses").await, 0, "words alone use nothing");
    assert_eq!(post(&mut neighbours[0], 1).await.0, StatusCode::SEE_OTHER);
    sqlx::query("update quota_uses set used = $1").bind(used_before).execute(&app.all).await.expect("most of the month is used");

    let tried = join_all(neighbours.iter_mut().map(|neighbour| post(neighbour, 2))).await;
    let passed = tried.iter().filter(|(status, _)| *status == StatusCode::SEE_OTHER).count();
    assert_eq!(passed, 3, "of seven, three pairs");
    for (status, page) in tried.iter().filter(|(status, _)| *status != StatusCode::SEE_OTHER) {
        assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
        assert!(page.contains("נשארה לבניין תמונה אחת החודש") && page.contains("תמונות מהגינה"), "what was typed is kept: {page}");
    }
    assert_eq!(app.count("select count(*) from pictures").await, 7, "the first one and three pairs; of what was refused nothing");

    assert_eq!(post(&mut neighbours[5], 1).await.0, StatusCode::SEE_OTHER);
    let (status, page) = post(&mut neighbours[5], 1).await;
    assert!(status == StatusCode::TOO_MANY_REQUESTS && page.contains("זה כל מה שהמנוי כולל"), "{page}");
    assert_eq!(post(&mut neighbours[5], 0).await.0, StatusCode::SEE_OTHER, "words go on");

    app.advance(40 * 86_400);
    let mut noa = app.resident("7", "דנה לוי", "0543182799").await;
    assert_eq!(post(&mut noa, 2).await.0, StatusCode::SEE_OTHER, "another month");
}
