//! The plain doors: the one that reads a committee's list before its building is opened, and the one that hands the
//! committee's open screens their moving parts.

use std::collections::BTreeMap;

use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kit::{AppError, Code, Lang, Replay};
use leptos::prelude::*;
use tokio::sync::Semaphore;

use super::error::{list_sentence, trouble_sentence};
use super::flats::{FlatList, parse_flats};
use super::opening::{PlannedFlat, plan};
use crate::buildings::model::{FLOOR_DEFAULT, Facade, ListPreview, ListProblem, Window, WindowState, flat_number};
use crate::buildings::ui::{DashboardNow, ResidentsNow, alarms_of};
use crate::platform::door::{self, RequestInfo, error_response};
use crate::platform::{AppState, Cx, Fault, forms, gate};
use crate::ui::{AlarmNotes, Alarms};

/// A form beyond this is cut off, in bytes. What is over the bounds below is read and let go, so that the browser hears
/// the answer and what was typed is kept.
const FORM_BYTES: usize = 32 * 1024 * 1024;
/// Bytes kept of a list, more than any that is read, so that a list that was cut says that it is too large.
const LIST_BYTES: usize = 1024 * 1024;
/// Fields of the form, and bytes kept of one that is not the list.
const FIELDS: usize = 32;
const FIELD_BYTES: usize = 4 * 1024;
/// Problems shown; a wrong file has one a line.
const SHOWN: usize = 200;

/// Tells the page that is being rendered what danger stands in its building; wiring hands it to the door, so that no page
/// has to think of it.
pub async fn tell_page(cx: &mut Cx) -> Result<(), Fault> {
    let Some(alarms) = use_context::<Alarms>() else { return Ok(()) };
    let (standing, mends) = super::hazards::for_page(cx).await?;
    alarms.set(alarms_of(standing, mends));
    Ok(())
}

/// A workbook unpacks to many times its size, so few are read at a time.
static READERS: Semaphore = Semaphore::const_new(2);

/// `POST /open/preview`: shows the opening page again with the list as we understood it. Nothing is kept.
pub async fn preview(state: AppState, pages: axum::Router, request: Request) -> Response {
    let (mut original, body) = request.into_parts();
    let lang = original.extensions.get::<RequestInfo>().map_or(Lang::He, |info| info.lang);
    let mut sent = Sent::default();
    sent.fill(Request::from_parts(original.clone(), body)).await;
    // The page to show again is always this one, whatever page the browser came from.
    let host = original.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    if let Ok(from) = HeaderValue::from_str(&format!("http://{host}/open")) {
        original.headers.insert(header::REFERER, from);
    }
    let Sent { mut values, file, whole } = sent;
    if !whole {
        let told = if lang == Lang::He {
            "הקובץ גדול מדי או לא הגיע שלם. כדאי לנסות שוב."
        } else {
            "The file is too large, or did not arrive whole. Please try again."
        };
        let replayed = Replay { endpoint: "buildings/open".into(), values, error: AppError::field("flats_csv", told) };
        return forms::again(pages, original, replayed, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    if let Some(wait) = gate::over(&state, &original).await {
        let Some(error) = gate::shown_again(&state, &original, wait).await else { return gate::refuse(&original, wait) };
        let replayed = Replay { endpoint: "buildings/open".into(), values, error };
        return gate::with_wait(forms::again(pages, original, replayed, StatusCode::TOO_MANY_REQUESTS).await, wait);
    }
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
    // A file that could not be read does not take away what was typed.
    if !list.lines.is_empty() {
        values.insert("flats_csv".into(), list.text());
    }
    values.remove("flats_file");
    if let Ok(json) = serde_json::to_string(&look(list, per_floor, lang)) {
        values.insert("preview".into(), json);
    }
    forms::again(pages, original, Replay { endpoint: "buildings/open".into(), values, error }, status).await
}

/// The form as it came in.
#[derive(Default)]
struct Sent {
    values: BTreeMap<String, String>,
    file: Option<Vec<u8>>,
    /// It was read to its end.
    whole: bool,
}

impl Sent {
    async fn fill(&mut self, mut request: Request) {
        DefaultBodyLimit::max(FORM_BYTES).apply(&mut request);
        let Ok(mut form) = Multipart::from_request(forms::paced(request), &()).await else { return };
        for _ in 0..FIELDS {
            match form.next_field().await {
                Ok(Some(field)) => {
                    if self.take(field).await.is_none() {
                        return;
                    }
                }
                Ok(None) => {
                    self.whole = true;
                    return;
                }
                Err(_) => return,
            }
        }
    }

    /// `None` when the form breaks off.
    async fn take(&mut self, mut field: Field<'_>) -> Option<()> {
        let name = field.name().unwrap_or_default().to_owned();
        let most = if matches!(name.as_str(), "flats_file" | "flats_csv") { LIST_BYTES } else { FIELD_BYTES };
        let mut kept = Vec::new();
        while let Some(chunk) = field.chunk().await.ok()? {
            kept.extend_from_slice(&chunk[..chunk.len().min(most - kept.len())]);
        }
        if name == "flats_file" {
            self.file = Some(kept);
        } else if !name.is_empty() && name.len() <= 40 {
            self.values.insert(name, String::from_utf8_lossy(&kept).into_owned());
        }
        Some(())
    }
}

/// `GET /b/{slug}/committee/{page}/now`: the parts of the committee's `overview` or `residents` that move, as HTML.
pub async fn now(State(state): State<AppState>, info: RequestInfo, Path((slug, page)): Path<(String, String)>) -> Response {
    let mut cx = match door::open_for(&state, &info, &slug).await {
        Ok((cx, _)) => cx,
        Err(fault) => return error_response(&fault.into_app(info.lang, &info.trace)),
    };
    let url = &state.config.public_url;
    let outcome = match page.as_str() {
        "overview" => super::dashboard(&mut cx, url).await.map(|page| rendered(info.lang, move || view! { <DashboardNow page=page/> })),
        "residents" => super::residents(&mut cx, url).await.map(|page| rendered(info.lang, move || view! { <ResidentsNow page=page/> })),
        _ => Err(Fault::NotFound),
    };
    match cx.finish(outcome).await {
        Ok(html) => Html(html).into_response(),
        Err(error) => error_response(&error),
    }
}

/// `GET /b/{slug}/alarms`: what danger stands in the building, for an open page that has heard that this changed.
pub async fn alarms(State(state): State<AppState>, info: RequestInfo, Path(slug): Path<String>) -> Response {
    let mut cx = match door::open_for(&state, &info, &slug).await {
        Ok((cx, _)) => cx,
        Err(fault) => return error_response(&fault.into_app(info.lang, &info.trace)),
    };
    let outcome = super::hazards::standing_now(&mut cx).await.map(|(standing, mends)| rendered(info.lang, move || view! { <AlarmNotes alarms=alarms_of(standing, mends)/> }));
    match cx.finish(outcome).await {
        Ok(html) => Html(html).into_response(),
        Err(error) => error_response(&error),
    }
}

/// Renders a part outside a page.
fn rendered<V: IntoView>(lang: Lang, part: impl FnOnce() -> V) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        provide_context(lang);
        part().to_html()
    });
    owner.cleanup();
    html
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
