//! Files sent as pictures: what is none is refused with a sentence and what was typed is kept; what is one comes out
//! as a picture of ours, upright, small and silent about where it was taken.

use std::io::Cursor;

use axum::body::{Body, Bytes};
use http::{Request, StatusCode};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use testkit::{Actor, Answer};

use super::request;
use crate::support::{App, SLUG};

/// Sends a post with files as a browser without JavaScript does.
async fn send(actor: &mut Actor, body: &str, files: &[(&str, &[u8])]) -> Answer {
    let mut sent = format!("--edge\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n{body}\r\n").into_bytes();
    for (name, bytes) in files {
        sent.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"pictures\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
        sent.extend(*bytes);
        sent.extend(b"\r\n");
    }
    sent.extend(b"--edge--\r\n");
    let page = format!("/b/{SLUG}");
    actor.send(request(&format!("{page}/posts"), &page, true, "multipart/form-data; boundary=edge", sent)).await
}

/// The left half red, the right half blue: turning it can be seen.
fn picture(format: ImageFormat) -> Vec<u8> {
    let stripe = RgbImage::from_fn(80, 40, |x, _| if x < 40 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) });
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(stripe).write_to(&mut out, format).expect("a picture");
    out.into_inner()
}

/// A JPEG that says "turn me" and where it was taken.
fn with_place(jpeg: &[u8]) -> Vec<u8> {
    let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x02".to_vec();
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]);
    tiff.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    tiff.extend([0, 0, 0, 0]);
    tiff.extend(b"GPSLatitude 32.0853 34.7818 iPhone");
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(u16::try_from(tiff.len() + 2).expect("small").to_be_bytes());
    out.extend(tiff);
    out.extend(&jpeg[2..]);
    out
}

/// A true PNG of 10,000 by 10,000 white dots, in some 80 kB: one row of zeros after the other, packed by hand.
fn hundred_megapixels() -> Vec<u8> {
    const SIDE: u32 = 10_000;
    let raw = u64::from(SIDE) * (1 + u64::from(SIDE) / 8);
    let (mut bits, mut held, mut packed) = (0u64, 0u32, vec![0x78, 0x01]);
    let mut put = |value: u64, count: u32, packed: &mut Vec<u8>| {
        bits |= value << held;
        held += count;
        while held >= 8 {
            packed.push((bits & 0xff) as u8);
            bits >>= 8;
            held -= 8;
        }
    };
    // One last block with the fixed code: a zero (00110000), then "258 more, as one back" (11000101, 00000); codes are
    // written from their first bit.
    put(0b011, 3, &mut packed);
    put(0b0000_1100, 8, &mut packed);
    let (whole, rest) = ((raw - 1) / 258, (raw - 1) % 258);
    for _ in 0..whole {
        put(0b1010_0011, 8, &mut packed);
        put(0, 5, &mut packed);
    }
    for _ in 0..rest {
        put(0b0000_1100, 8, &mut packed);
    }
    put(0, 7, &mut packed);
    // The last byte is filled up.
    let written = 3 + 8 + 13 * whole + 8 * rest + 7;
    put(0, u32::try_from((8 - written % 8) % 8).expect("a few bits"), &mut packed);
    let sum = u32::try_from(raw % 65_521).expect("a sum") << 16 | 1;
    packed.extend(sum.to_be_bytes());
    let mut head = SIDE.to_be_bytes().to_vec();
    head.extend(SIDE.to_be_bytes());
    head.extend([1, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", head), (b"IDAT", packed), (b"IEND", Vec::new())] {
        png.extend(u32::try_from(data.len()).expect("a length").to_be_bytes());
        let from = png.len();
        png.extend(kind);
        png.extend(data);
        png.extend(crc(&png[from..]).to_be_bytes());
    }
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }))
}

/// Refused with this sentence, with the text still in its field.
fn refused(answer: &Answer, status: StatusCode, sentence: &str) {
    let plain: String = answer.text().split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    assert_eq!(answer.status, status, "{sentence}");
    assert!(plain.contains(sentence), "{sentence} is told");
    assert!(plain.contains("המילים שלי"), "what was typed before «{sentence}» is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_picture_is_refused_whatever_its_name_says() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let jpeg = picture(ImageFormat::Jpeg);
    // A GIF whose screen is 65,535 by 65,535 and whose data is a few bytes.
    let gif_bomb = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02L\x01\0;";
    for (name, file) in [
        ("holiday.jpg", &b"just some words, and no picture at all"[..]),
        ("script.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='typed()'><script>typed()</script></svg>"),
        ("script.jpg", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>typed()</script></svg>"),
        ("empty.png", b"\x89PNG\r\n\x1a\n"),
        ("half.jpg", &jpeg[..jpeg.len() / 8]),
        ("program.png", b"MZ\x90\0\x03\0\0\0"),
        ("old.bmp", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0"),
        ("paper.pdf", b"%PDF-1.7\n"),
    ] {
        let answer = send(&mut noa, "המילים שלי", &[(name, file)]).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "אינו תמונה שאפשר לפתוח");
    }
    // What these two claim to measure is too much, before it is known that they hold nothing.
    for (name, file) in [("loop.gif", &gif_bomb[..]), ("page.gif", b"GIF89a/*<html><script>typed()</script></html>*/=1;")] {
        refused(&send(&mut noa, "המילים שלי", &[(name, file)]).await, StatusCode::UNPROCESSABLE_ENTITY, "עד 40 מגה־פיקסל");
    }
    assert_eq!(app.count("select count(*) from pictures").await, 0);
    assert_eq!(app.count("select count(*) from posts where kind = 'post'").await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_picture_was_taken_and_what_hides_behind_its_end_reach_nobody() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let placed = with_place(&picture(ImageFormat::Jpeg));
    assert!(placed.windows(11).any(|part| part == b"GPSLatitude"));
    let polyglot = [picture(ImageFormat::Png).as_slice(), b"PK\x03\x04<html><script>typed()</script>"].concat();
    let sent = send(&mut noa, "שתי תמונות", &[("../../etc/<b>.jpg", &placed), ("two-in-one.png", &polyglot)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let kept: Vec<(Vec<u8>, i32, i32, String)> =
        sqlx::query_as("select bytes, width, height, picture_id::text from pictures order by place").fetch_all(&app.all).await.expect("pictures");
    assert_eq!(kept.iter().map(|(_, width, height, _)| (*width, *height)).collect::<Vec<_>>(), [(40, 80), (80, 40)], "the first was turned upright");
    for (bytes, _, _, id) in &kept {
        assert!(bytes.starts_with(&[0xff, 0xd8, 0xff]));
        for trace in [&b"Exif"[..], b"GPS", b"iPhone", b"script", b"PK\x03\x04"] {
            assert!(!bytes.windows(trace.len()).any(|part| part == trace), "{trace:?} is gone");
        }
        let shown = noa.get(&format!("/b/{SLUG}/pictures/{id}")).await;
        assert!(shown.headers["content-type"] == "image/jpeg" && shown.headers["x-content-type-options"] == "nosniff");
    }
    let upright = image::load_from_memory(&kept[0].0).expect("ours").into_rgb8();
    assert!(upright.get_pixel(20, 5)[0] > 150 && upright.get_pixel(20, 75)[2] > 150, "what was left is on top");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_and_too_heavy_pictures_are_told_and_the_words_are_kept() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let small = picture(ImageFormat::Png);
    let five: Vec<(&str, &[u8])> = (0..5).map(|_| ("a.png", small.as_slice())).collect();
    refused(&send(&mut noa, "המילים שלי", &five).await, StatusCode::UNPROCESSABLE_ENTITY, "עד 4 תמונות");
    let heavy = vec![0u8; 10 * 1024 * 1024 + 1];
    refused(&send(&mut noa, "המילים שלי", &[("a.jpg", &heavy)]).await, StatusCode::PAYLOAD_TOO_LARGE, "עד 10 מגה־בייט");
    // Each within its bound, and all of them beyond the form's; and one body that never seems to end.
    let most = vec![0u8; 9 * 1024 * 1024];
    let six: Vec<(&str, &[u8])> = (0..6).map(|_| ("a.jpg", most.as_slice())).collect();
    let together = send(&mut noa, "המילים שלי", &six).await;
    assert!(matches!(together.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE) && together.text().contains("המילים שלי"), "{}", together.status);
    refused(&noa.send(endless()).await, StatusCode::PAYLOAD_TOO_LARGE, "כבדות מדי");
    assert_eq!(app.count("select count(*) from pictures").await, 0);
    app.finish().await;
}

/// A post whose one picture has 200 MB, sent as fast as it is read.
fn endless() -> Request<Body> {
    let start =
        "--edge\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\nהמילים שלי\r\n--edge\r\nContent-Disposition: form-data; name=\"pictures\"; filename=\"a.jpg\"\r\n\r\n";
    let chunks = std::iter::once(Bytes::from(start)).chain(std::iter::repeat_n(Bytes::from(vec![0u8; 1024 * 1024]), 200));
    let page = format!("/b/{SLUG}");
    let mut endless = request(&format!("{page}/posts"), &page, true, "multipart/form-data; boundary=edge", Vec::new());
    *endless.body_mut() = Body::from_stream(futures::stream::iter(chunks.map(Ok::<_, std::convert::Infallible>)));
    endless
}

/// The most memory this process ever held, in bytes.
fn peak() -> u64 {
    let told = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    told.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok()).expect("a number") * 1024
}

/// Set in the process that the test has to itself: other tests' memory is not the server's.
const ALONE: &str = "VANTERA_PICTURE_ALONE";

#[test]
fn a_hundred_megapixel_png_is_refused_before_it_is_decoded_and_memory_stays_low() {
    if std::env::var_os(ALONE).is_none() {
        let name = "typed::pictures::a_hundred_megapixel_png_is_refused_before_it_is_decoded_and_memory_stays_low";
        let ended = std::process::Command::new("/proc/self/exe").args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().expect("a process of its own");
        let told = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&ended.stderr));
        return;
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime").block_on(async {
        let app = App::with_building().await;
        let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
        let png = hundred_megapixels();
        assert!(png.len() < 100 * 1024, "a small file: {} bytes", png.len());
        noa.get(&format!("/b/{SLUG}")).await;
        refused(&send(&mut noa, "המילים שלי", &[("tiny.svg", b"<svg/>")]).await, StatusCode::UNPROCESSABLE_ENTITY, "אינו תמונה");
        let before = peak();
        for _ in 0..4 {
            refused(&send(&mut noa, "המילים שלי", &[("satellite.png", &png)]).await, StatusCode::UNPROCESSABLE_ENTITY, "עד 40 מגה־פיקסל");
        }
        let grown = peak() - before;
        println!("a hundred megapixels: {} kB sent, {} kB more memory", png.len() / 1024, grown / 1024);
        assert!(grown < 16 * 1024 * 1024, "decoded it would be 100 MB: {grown}");
        let before = peak();
        refused(&noa.send(endless()).await, StatusCode::PAYLOAD_TOO_LARGE, "כבדות מדי");
        let grown = peak() - before;
        println!("a body of 200 MB: {} kB more memory", grown / 1024);
        assert!(grown < 40 * 1024 * 1024, "what is too much is let go as it comes: {grown}");
        // That it is a true picture, which would have been decoded: its own header said so, and its data ends well.
        let mut limits = image::Limits::default();
        limits.max_alloc = Some(256 * 1024 * 1024);
        let mut reader = image::ImageReader::new(Cursor::new(&png)).with_guessed_format().expect("a format");
        reader.limits(limits);
        let decoded = reader.decode().expect("a true PNG");
        assert_eq!((decoded.width(), decoded.height()), (10_000, 10_000));
        assert_eq!(app.count("select count(*) from pictures").await, 0);
        app.finish().await;
    });
}
