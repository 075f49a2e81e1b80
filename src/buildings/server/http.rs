//! The door that reads a committee's list before its building is opened.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use kit::{AppError, Code, Lang, Replay};
use tokio::sync::Semaphore;

use super::error::{list_sentence, trouble_sentence};
use super::flats::{FlatList, parse_flats};
use super::opening::{PlannedFlat, plan};
use crate::buildings::model::{FLOOR_DEFAULT, Facade, ListPreview, ListProblem, Window, WindowState, flat_number};
use crate::platform::door::{RequestInfo, error_response};
use crate::platform::{AppState, forms};

/// The form with its file, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;
/// Fields of the form, and bytes of one that is not the list.
const FIELDS: usize = 32;
const FIELD_BYTES: usize = 4 * 1024;
/// Problems shown; a wrong file has one a line.
const SHOWN: usize = 200;

/// A workbook unpacks to many times its size, so few are read at a time.
static READERS: Semaphore = Semaphore::const_new(2);

/// `POST /open/preview`: shows the opening page again with the list as we understood it. Nothing is kept.
pub async fn preview(_state: AppState, pages: axum::Router, request: Request) -> Response {
    let (mut original, body) = request.into_parts();
    let lang = original.extensions.get::<RequestInfo>().map_or(Lang::He, |info| info.lang);
    let sent = match to_bytes(body, BODY_LIMIT).await {
        Ok(bytes) => read_form(Request::from_parts(original.clone(), Body::from(bytes))).await,
        Err(_) => None,
    };
    // The page to show again is always this one, whatever page the browser came from.
    let host = original.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    if let Ok(from) = HeaderValue::from_str(&format!("http://{host}/open")) {
        original.headers.insert(header::REFERER, from);
    }
    let Some((mut values, file)) = sent else {
        let told = if lang == Lang::He {
            "הקובץ גדול מדי או לא הגיע שלם. כדאי לנסות שוב."
        } else {
            "The file is too large, or did not arrive whole. Please try again."
        };
        let replayed = Replay { endpoint: "buildings/open".into(), values: BTreeMap::new(), error: AppError::field("flats_csv", told) };
        return forms::again(pages, original, replayed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let bytes = match file {
        Some(bytes) if !bytes.is_empty() => bytes,
        _ => values.get("flats_csv").cloned().unwrap_or_default().into_bytes(),
    };
    let list = match READERS.acquire().await {
        Ok(_turn) => tokio::task::spawn_blocking(move || parse_flats(&bytes, "")).await.unwrap_or_default(),
        Err(_) => return error_response(&AppError::new(Code::Unavailable, "")),
    };
    let error = match list.problems.is_empty() {
        true => AppError::new(Code::Invalid, ""),
        false => AppError::field("flats_csv", list_sentence(&list.problems, lang)),
    };
    let status = if list.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let per_floor = values.get("flats_per_floor").and_then(|typed| flat_number(typed)?.parse().ok()).filter(|count| (1..=40).contains(count)).unwrap_or(FLOOR_DEFAULT);
    values.insert("flats_csv".into(), if list.lines.is_empty() { String::new() } else { list.text() });
    values.remove("flats_file");
    if let Ok(json) = serde_json::to_string(&look(list, per_floor, lang)) {
        values.insert("preview".into(), json);
    }
    forms::again(pages, original, Replay { endpoint: "buildings/open".into(), values, error }, status).await
}

/// The form's fields, and the file among them. `None` when the form is broken.
async fn read_form(request: Request) -> Option<(BTreeMap<String, String>, Option<Vec<u8>>)> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let (mut values, mut file) = (BTreeMap::new(), None);
    for _ in 0..FIELDS {
        let Some(field) = form.next_field().await.ok()? else { break };
        let name = field.name()?.to_owned();
        let bytes = field.bytes().await.ok()?;
        if name == "flats_file" {
            file = Some(bytes.to_vec());
        } else if name == "flats_csv" || bytes.len() <= FIELD_BYTES {
            values.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Some((values, file))
}

/// The list as the page shows it.
fn look(list: FlatList, per_floor: u32, lang: Lang) -> ListPreview {
    let problems = list.problems.iter().take(SHOWN).map(|problem| ListProblem { line: problem.line, column: problem.column, sentence: trouble_sentence(&problem.trouble, lang) });
    let (problems, lines) = (problems.collect(), list.lines.clone());
    let (flats, phones) = (list.rows.len(), list.phones());
    ListPreview { lines, problems, flats, phones, facade: facade(plan(list, per_floor)) }
}

/// The building as it will stand: top floor first, a window lit where the list knows a phone.
fn facade(mut flats: Vec<PlannedFlat>) -> Facade {
    flats.sort_by_key(|flat| std::cmp::Reverse(flat.floor));
    let mut floors: Vec<(i32, Vec<Window>)> = Vec::new();
    for flat in flats {
        let window = Window { state: if flat.roster.is_empty() { WindowState::Off } else { WindowState::Dim }, number: flat.number };
        match floors.last_mut() {
            Some((floor, windows)) if *floor == flat.floor => windows.push(window),
            _ => floors.push((flat.floor, vec![window])),
        }
    }
    Facade { floors: floors.into_iter().map(|(_, windows)| windows).collect() }
}
