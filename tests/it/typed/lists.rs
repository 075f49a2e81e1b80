//! A committee's list as it comes from the world: what cannot be read is told in its place, nothing typed is lost, and
//! no file costs more than its bound.

use http::StatusCode;
use testkit::{Actor, Answer};

use super::request;
use crate::support::App;

/// Sends the opening form with a file to the door that looks at it.
async fn look_at(actor: &mut Actor, typed_list: &str, file: &[u8]) -> Answer {
    let fields = [("street", "ביאליק 14"), ("flats_csv", typed_list)];
    let mut body: Vec<u8> = fields.iter().flat_map(|(name, value)| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes()).collect();
    body.extend(b"--edge\r\nContent-Disposition: form-data; name=\"flats_file\"; filename=\"list.xls\"\r\nContent-Type: application/vnd.ms-excel\r\n\r\n");
    body.extend(file);
    // The founder's name stands after the list, on the page and so in the form.
    body.extend("\r\n--edge\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nרונית אלמוג\r\n--edge--\r\n".bytes());
    actor.send(request("/open/preview", "/open", true, "multipart/form-data; boundary=edge", body)).await
}

fn words(answer: &Answer) -> String {
    answer.text().split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_called_by_its_name_and_the_form_is_kept() {
    let app = App::start().await;
    let mut visitor = app.visitor();
    let many: String = (1..=50_000).map(|n| format!("{n}\n")).collect();
    let full: String = (1..=50_000).map(|n| format!("{n},1,נועה שגב,0543182704\n")).collect();
    let endless = vec![b'1'; 24 * 1024 * 1024];
    for (file, sentence) in [
        (&b"<html><body><table><tr><td>1</td></tr></table></body></html>"[..], "זה דף אינטרנט"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "זה קובץ PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "קובץ Excel מסוג ישן"),
        (b"PK\x03\x04 and no workbook", "לא הצלחנו לקרוא את הקובץ"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "לא הצלחנו לקרוא את הקובץ"),
        (many.as_bytes(), "שורות. כדאי לשמור רק את רשימת הדירות"),
        (full.as_bytes(), "הקובץ גדול מדי"),
        (&endless, "הקובץ גדול מדי"),
    ] {
        let answer = look_at(&mut visitor, "דירה\n7\n", file).await;
        let text = answer.text();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{sentence}");
        assert!(words(&answer).contains(sentence), "{sentence} is told");
        assert!(text.contains("value=\"ביאליק 14\"") && text.contains("value=\"רונית אלמוג\""), "{sentence}: the form is kept, what stands after the file too");
        assert!(text.contains("דירה\n7"), "{sentence}: a list that was typed is not lost to a file that cannot be read");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_csv_shows_every_line_and_what_to_mend_in_its_place() {
    let app = App::start().await;
    let mut visitor = app.visitor();
    let broken = "דירה,קומה,שם,טלפון\n1,1,\"נועה שגב,054-318 2704\n2,גבוהה,דן לוי,052-1234567\n--,1,גל,\n4,1,\"מיכל\nדהן\",03-5551234\n5,1,<b id=typed>,050-1112233\n";
    let windows: Vec<u8> = broken.chars().map(|ch| if ('א'..='ת').contains(&ch) { (ch as u32 - 'א' as u32 + 0xe0) as u8 } else { ch as u8 }).collect();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(broken.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let semicolons = broken.replace(',', ";");
    for (kind, file) in [("UTF-8", broken.as_bytes()), ("Windows-1255", &windows), ("UTF-16 and tabs", &utf16), ("semicolons", semicolons.as_bytes())] {
        let answer = look_at(&mut visitor, "", file).await;
        let told = words(&answer);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{kind}");
        for shown in ["נועה שגב", "דן לוי", "גל", "מיכל דהן", "זו לא קומה שאנחנו מכירים", "זה לא נראה כמו מספר דירה", "זה נראה כמו מספר קווי"]
        {
            assert!(told.contains(shown), "{kind}: {shown}");
        }
        assert_eq!(super::page_fault(&answer.text()), None, "{kind}");
    }
    app.finish().await;
}
