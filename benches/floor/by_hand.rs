//! The board as one would write it by hand: an axum handler, the same statements, and strings put together. What
//! stands in page/ is the product's own page with slots where a reader's data goes; lines there are joined.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};
use kit::{Lang, PersonId};
use uuid::Uuid;
use vantera::feed::words::words;
use vantera::platform::told::{day_label, event_day, event_label, when_label, zone_named};
use vantera::platform::{AppState, Ids, cookies, security};

use crate::rows::{self, Board, Kept, PAGE, Post, Statements};
use crate::template::{Template, attribute, sentence, text};

/// The page's pieces, and what the framework alone knows: its loader and the names of the islands.
pub struct Pieces {
    board: Template,
    pinned: Template,
    week: Template,
    joined: Template,
    card: Template,
    membership: Template,
    menu: Template,
    menu_own: Template,
    label: Template,
    picture: Template,
    picture_small: Template,
    unverified: Template,
    chip_event: Template,
    chip_notice: Template,
    loader: String,
    islands: HashMap<&'static str, String>,
}

macro_rules! piece {
    ($name:literal) => {
        Template::read(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/floor/page/", $name, ".html"))
    };
}

impl Pieces {
    /// `product`: any page of the product, for the loader and the islands' names.
    pub fn new(product: &str) -> Self {
        let between = |from: &str, to: &str| product.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(found, _)| found.to_owned()).unwrap_or_default();
        let script = between("<script type=\"module\" nonce=\"", "</script>");
        let island = |name: &str| format!("{name}_{}", between(&format!("data-component=\"{name}_"), "\""));
        Self {
            board: piece!("board"),
            pinned: piece!("pinned"),
            week: piece!("week"),
            joined: piece!("joined"),
            card: piece!("card"),
            membership: piece!("membership"),
            menu: piece!("menu"),
            menu_own: piece!("menu_own"),
            label: piece!("label"),
            picture: piece!("picture"),
            picture_small: piece!("picture_small"),
            unverified: piece!("unverified"),
            chip_event: piece!("chip_event"),
            chip_notice: piece!("chip_notice"),
            loader: script.split_once('>').map(|(_, loader)| loader.to_owned()).unwrap_or_default(),
            islands: HashMap::from([("live", island("Live")), ("hearts", island("Hearts"))]),
        }
    }
}

#[derive(Clone)]
struct Web {
    state: AppState,
    pieces: Arc<Pieces>,
    statements: Arc<Statements>,
}

pub fn router(state: AppState, pieces: Pieces) -> Router {
    let web = Web { state, pieces: Arc::new(pieces), statements: Arc::new(Statements::new(Kept::Walled)) };
    Router::new().route("/b/{slug}", get(board)).with_state(web)
}

async fn board(State(web): State<Web>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    match answer(&web, &slug, &headers).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn answer(web: &Web, slug: &str, headers: &HeaderMap) -> anyhow::Result<Response> {
    let now = web.state.clock.now();
    let Some(claims) = cookies::read(headers, cookies::SESSION).and_then(|token| web.state.keys.read(token, now)) else { return Ok(StatusCode::SEE_OTHER.into_response()) };
    let mut tx = web.state.pool.begin().await?;
    let board = rows::board(&mut tx, &web.statements, slug, claims.sid, now, week(now)?).await?;
    tx.commit().await?;
    let nonce = URL_SAFE_NO_PAD.encode(Ids.secret::<16>());
    let html = Writer { pieces: &web.pieces, board: &board, now, zone: zone_named(&board.zone) }.page(&nonce);
    let policy = security::content_policy(&nonce, &web.state.config.stripe.checkout_origin);
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy)?);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        out.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// From this morning to this time next week, in the zone that all buildings here have.
pub fn week(now: Timestamp) -> Result<(Timestamp, Timestamp), jiff::Error> {
    let here = now.to_zoned(zone_named("Asia/Jerusalem"));
    let morning = here.date().to_datetime(Time::midnight()).to_zoned(here.time_zone().clone())?;
    Ok((morning.timestamp(), here.checked_add(7.days())?.timestamp()))
}

struct Writer<'a> {
    pieces: &'a Pieces,
    board: &'a Board,
    now: Timestamp,
    zone: jiff::tz::TimeZone,
}

impl Writer<'_> {
    fn page(&self, nonce: &str) -> String {
        let (board, w) = (self.board, words(Lang::He));
        let mut out = String::with_capacity(112 * 1024);
        let by_id: HashMap<Uuid, &Post> = board.posts.iter().map(|post| (post.post, post)).collect();
        let key = Ids.new_id::<Uuid>().to_string();
        let fill = |slot: &str, out: &mut String| match slot {
            "nonce" => out.push_str(nonce),
            "loader" => out.push_str(&self.pieces.loader),
            "live" | "hearts" => out.push_str(&self.pieces.islands[slot]),
            "slug" => attribute(&board.slug, out),
            "name" => text(&board.name, out),
            "city" => text(&board.city, out),
            "lights" => text(&(w.city_and_lights)(&board.city, u32::try_from(board.joined).unwrap_or_default()), out),
            "own" => attribute(&self.board.reader_name, out),
            "reader" => text(&board.reader_name, out),
            "initials" => text(&kit::initials(&board.reader_name), out),
            "tone" => self.tone(Some(board.person), out),
            "flat" => text(&(w.flat)(&board.flat), out),
            "new" => text(&(w.new_posts)(board.new), out),
            "key" => out.push_str(&key),
            "line" => out.push('\n'),
            "seq" => out.push_str(&board.head.to_string()),
            "week" => self.week(out),
            "membership" => self.membership(out),
            "unverified" if !board.verified => self.pieces.unverified.write(out, |_, _| {}),
            "pinned" => board.pinned.iter().filter_map(|id| by_id.get(id)).for_each(|post| self.pinned(post, out)),
            "posts" => board.places.iter().take(PAGE).filter_map(|(id, _)| by_id.get(id)).for_each(|post| self.card(post, out)),
            "cursor" => out.push_str(&self.cursor()),
            _ => {}
        };
        self.pieces.board.write(&mut out, fill);
        out
    }

    fn cursor(&self) -> String {
        let Some((post, at)) = self.board.places.get(PAGE - 1) else { return String::new() };
        let mut bytes = [0u8; 24];
        bytes[..8].copy_from_slice(&at.as_microsecond().to_be_bytes());
        bytes[8..].copy_from_slice(post.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn tone(&self, person: Option<Uuid>, out: &mut String) {
        out.push(char::from(b'0' + person.map_or(1, |person| PersonId(person).tone())));
    }

    fn ago(&self, at: Timestamp) -> String {
        when_label(self.now, at, &self.zone, Lang::He)
    }

    fn place(&self, post: &Post, out: &mut String) {
        match &post.flat_number {
            _ if post.from_committee => out.push_str("ועד הבית"),
            Some(number) => {
                out.push_str("דירה ");
                text(number, out);
            }
            None => {}
        }
    }

    fn week(&self, out: &mut String) {
        for (post, title, at) in &self.board.happening {
            self.pieces.week.write(out, |slot, out| match slot {
                "slug" => attribute(&self.board.slug, out),
                "id" => out.push_str(&post.to_string()),
                "title" => text(title, out),
                "day" => out.push_str(&event_day(*at, &self.zone, Lang::He).0.to_string()),
                "weekday" => text(event_day(*at, &self.zone, Lang::He).1, out),
                "time" => text(&event_day(*at, &self.zone, Lang::He).2, out),
                _ => {}
            });
        }
    }

    fn membership(&self, out: &mut String) {
        let Some((amount, currency, at)) = &self.board.charge else { return };
        let Some(currency) = kit::Currency::from_code(currency) else { return };
        let price = kit::Money { amount_minor: *amount, currency };
        self.pieces.membership.write(out, |slot, out| match slot {
            "sign" => text(currency.sign(), out),
            "whole" => text(&price.whole(), out),
            "date" => out.push_str(&self.zone.to_datetime(*at).date().to_string()),
            "day" => text(&day_label(self.now, *at, &self.zone, Lang::He), out),
            _ => {}
        });
    }

    fn pinned(&self, post: &Post, out: &mut String) {
        self.pieces.pinned.write(out, |slot, out| match slot {
            "title" => sentence(post.title.as_deref().unwrap_or(&post.body), out),
            "body" if post.title.is_some() => sentence(&post.body, out),
            _ => self.common(post, slot, out),
        });
    }

    fn common(&self, post: &Post, slot: &str, out: &mut String) {
        match slot {
            "slug" => attribute(&self.board.slug, out),
            "id" => out.push_str(&post.post.to_string()),
            "place" => self.place(post, out),
            "when" => out.push_str(&post.created_at.to_string()),
            "ago" => text(&self.ago(post.created_at), out),
            _ => {}
        }
    }

    fn card(&self, post: &Post, out: &mut String) {
        let w = words(Lang::He);
        if post.kind == "joined" {
            let title = post.title.as_deref().unwrap_or_default();
            let (number, name) = title.split_once(" · ").unwrap_or(("", title));
            return self.pieces.joined.write(out, |slot, out| match slot {
                "body" => sentence(&format!("האור בדירה \u{2068}{number}\u{2069} דולק. ברוכים הבאים, \u{2068}{name}\u{2069}!"), out),
                _ => self.common(post, slot, out),
            });
        }
        let mine = post.membership == Some(self.board.reader);
        let long = post.body.chars().nth(420).is_some() || post.body.lines().count() > 6;
        self.pieces.card.write(out, |slot, out| match slot {
            "tone" => self.tone(post.person, out),
            "initials" => text(&kit::initials(&post.author), out),
            "author" => text(&post.author, out),
            "chip" if post.kind == "event" => self.pieces.chip_event.write(out, |_, _| {}),
            "chip" if post.kind == "notice" => self.pieces.chip_notice.write(out, |_, _| {}),
            "menu" => {
                let menu = if mine { &self.pieces.menu_own } else { &self.pieces.menu };
                menu.write(out, |slot, out| self.common(post, slot, out));
            }
            "edited" if post.edited => text(&format!(" · {}", w.edited), out),
            "heading" => {
                if let Some(title) = &post.title {
                    out.push_str("<p dir=\"auto\" class=\"text-md font-semibold break-words\">");
                    sentence(title, out);
                    out.push_str("</p>");
                }
            }
            "cut" if long => out.push_str(" line-clamp-6"),
            "body" => sentence(&post.body, out),
            "more" if long => {
                out.push_str("<a href=\"/b/");
                attribute(&self.board.slug, out);
                out.push_str("/posts/");
                out.push_str(&post.post.to_string());
                out.push_str("\" class=\"link inline-flex items-center min-h-9 text-sm\">");
                out.push_str(w.read_on);
                out.push_str("</a>");
            }
            "label" => {
                if let Some(at) = post.event_at {
                    self.pieces.label.write(out, |_, out| sentence(&event_label(self.now, at, &self.zone, Lang::He), out));
                }
            }
            "pictures" => self.pictures(post, out),
            "next" => out.push_str(if post.hearted { "false" } else { "true" }),
            "on" => out.push_str(if post.hearted { "true" } else { "false" }),
            "heart" => text(&format!("{} ({})", if post.hearted { w.heart_off } else { w.heart_on }, post.hearts), out),
            "look" => out.push_str(if post.hearted { "btn-soft btn-sm heart-on" } else { "btn-ghost btn-sm" }),
            "hearts" => out.push_str(&post.hearts.to_string()),
            "answers" => text(&(w.comments)(post.comments), out),
            "comments" => out.push_str(&post.comments.to_string()),
            _ => self.common(post, slot, out),
        });
    }

    fn pictures(&self, post: &Post, out: &mut String) {
        let count = self.board.pictures.iter().filter(|(_, of, ..)| *of == post.post).count();
        if count == 0 {
            return;
        }
        out.push_str(if count == 1 { "<ul class=\"mt-3 grid\">" } else { "<ul class=\"mt-3 grid grid-cols-2 gap-2\">" });
        let piece = if count == 1 { &self.pieces.picture } else { &self.pieces.picture_small };
        for (picture, _, width, height) in self.board.pictures.iter().filter(|(_, of, ..)| *of == post.post) {
            piece.write(out, |slot, out| match slot {
                "slug" => attribute(&self.board.slug, out),
                "id" => out.push_str(&picture.to_string()),
                "width" => out.push_str(&width.to_string()),
                "height" => out.push_str(&height.to_string()),
                "alt" => attribute(&(words(Lang::He).picture_of)(&post.author), out),
                _ => {}
            });
        }
        out.push_str("</ul>");
    }
}
