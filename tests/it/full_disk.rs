//! The disk is full when a picture comes: it is told in a sentence, what was typed stands in the form, no half of it is left.
//!
//! Pictures are rows of the database. Where the tests run as root, their table stands on a file system of a few kilobytes
//! meanwhile, and the server itself finds it full. Elsewhere nobody may mount one, and a trigger says what the server says then.

use std::io::Cursor;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use axum::body::Body;
use http::{Request, StatusCode, header};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use testkit::{Actor, Answer, HOST};

use crate::support::{App, SLUG};

const BODY: &str = "המים חוזרים ב־10, עם תמונה";

/// A picture that no encoder makes small: some hundred kilobytes.
fn noise() -> Vec<u8> {
    let mut state = 7u32;
    let picture = RgbImage::from_fn(400, 400, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 8) as u8, (state >> 16) as u8, (state >> 24) as u8])
    });
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut out, ImageFormat::Jpeg).expect("a picture");
    out.into_inner()
}

async fn send(actor: &mut Actor, accept: &str, picture: &[u8]) -> Answer {
    let mut sent = format!("--edge\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n{BODY}\r\n").into_bytes();
    sent.extend(b"--edge\r\nContent-Disposition: form-data; name=\"pictures\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n");
    sent.extend(picture);
    sent.extend(b"\r\n--edge--\r\n");
    let request = Request::builder()
        .method("POST")
        .uri(format!("/b/{SLUG}/posts"))
        .header(header::ACCEPT, accept)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::REFERER, format!("http://{HOST}/b/{SLUG}"))
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(sent))
        .expect("a request");
    actor.send(request).await
}

/// A file system of a few kilobytes, gone with the value.
struct Small(PathBuf);

impl Small {
    /// Of the server's own user; nothing where we may not mount.
    fn mount(owner: (u32, u32)) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("vantera-small-{}", std::process::id()));
        std::fs::create_dir_all(&folder).ok()?;
        let small = Self(folder);
        small.sized(&format!("size=64k,mode=0700,uid={},gid={}", owner.0, owner.1)).then_some(small)
    }

    fn sized(&self, options: &str) -> bool {
        Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(&self.0).output().is_ok_and(|ended| ended.status.success())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
        let _ = std::fs::remove_dir(&self.0);
    }
}

async fn run(app: &App, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&app.all).await.expect("a change");
}

#[tokio::test]
async fn a_picture_for_which_there_is_no_room_is_told_and_leaves_nothing_behind() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let posts = app.count("select count(*) from posts").await;
    let folder = app.text("select current_setting('data_directory')").await.expect("the server's folder");
    let owner = std::fs::metadata(&folder).map(|found| (found.uid(), found.gid()));
    let small = owner.ok().and_then(Small::mount);
    let space = format!("small_{}", std::process::id());
    match &small {
        Some(small) => {
            run(&app, format!("create tablespace {space} location '{}'", small.0.display())).await;
            run(&app, format!("alter table pictures set tablespace {space}")).await;
        }
        None => {
            let says = "create function no_room() returns trigger language plpgsql as $$ begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
                        create trigger no_room before insert on pictures for each row execute function no_room();";
            run(&app, says.to_owned()).await;
        }
    }
    let picture = noise();
    noa.get(&format!("/b/{SLUG}")).await;
    let shown = send(&mut noa, "text/html", &picture).await;
    let text = shown.text();
    assert_eq!(shown.status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
    assert!(text.contains("אין אצלנו כרגע מקום לשמור את זה") && shown.headers.contains_key(header::RETRY_AFTER), "{text}");
    assert!(text.contains(BODY) && text.contains("את התמונות צריך לבחור שוב"), "what was typed stands in the form: {text}");
    let told = send(&mut noa, "application/json", &picture).await;
    let told_json: serde_json::Value = serde_json::from_slice(&told.body).expect("json");
    assert_eq!((told.status, told_json["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("unavailable")));
    let left = "select (select count(*) from posts) + (select count(*) from pictures) + (select count(*) from activity where kind = 'post.created' and subject is not null)";
    let before = posts + app.count("select count(*) from activity where kind = 'post.created'").await;
    assert_eq!(app.count(left).await, before, "no post without its picture, no half picture");
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "reading goes on");

    match &small {
        Some(small) => assert!(small.sized("remount,size=32m"), "room is made"),
        None => run(&app, "drop trigger no_room on pictures".to_owned()).await,
    }
    assert_eq!(send(&mut noa, "application/json", &picture).await.status, StatusCode::CREATED);
    assert_eq!((app.count("select count(*) from posts").await, app.count("select count(*) from pictures").await), (posts + 1, 1));
    println!("disk full, {}: 2 pictures refused, 0 half kept", if small.is_some() { "found by the server on a file system of 64 kB" } else { "said by a trigger" });
    if small.is_some() {
        run(&app, "alter table pictures set tablespace pg_default".to_owned()).await;
        run(&app, format!("drop tablespace {space}")).await;
    }
    app.finish().await;
}
