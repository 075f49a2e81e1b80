//! The building that is measured: its board has more than twenty posts, with hearts, comments and a few pictures.

use axum::body::Body;
use http::{Request, header};
use sqlx::PgPool;
use uuid::Uuid;
use vantera::platform::Ids;

use crate::support::{App, SLUG};

/// Neighbours beside the reader, and posts among which the first page of twenty stands.
const NEIGHBOURS: usize = 12;
const POSTS: usize = 48;
const NAMES: [&str; NEIGHBOURS] =
    ["יואב פרידמן", "מיכל דהן", "דניאל כץ", "הילה ברק", "עומר לוי", "תמר רוזן", "אביגיל שרון", "נדב ביטון", "Ruth O'Neill", "שירה אלמוג", "איתי <b> גולן", "נועה שגב"];
const BODIES: [&str; 6] = [
    "מחפשת המלצה על מורה לפסנתר לבת 8, באזור ובשעות אחר הצהריים. תודה מראש!",
    "נמצא צרור מפתחות עם מחזיק של דג כתום, ליד תיבות הדואר. שמור אצלי, אפשר לעלות לקומה 6 בין 18:00 ל־21:00.",
    "מישהו יודע למה המעלית עומדת מאז הבוקר? דיברתי עם חברת האחזקה & הם אומרים <היום>.",
    "החניה ליד השער תפוסה שוב.\nרכב כסוף, מספר 12-345-67.\nאם זה של אורחים, אפשר להזיז ל־1–4 בקומה התחתונה.",
    "שבת שלום לכולם! נשארו אצלנו שני מגשים של עוגת תפוחים, מוזמנים לעבור ולקחת.",
    "סיכום האסיפה: הצבע בחדר המדרגות יתחיל ב־24.11, הגינון עבר לחברה חדשה, ותקציב 2027 יישלח השבוע. מי שרוצה להצטרף לצוות התאורה מוזמן לכתוב כאן. \
     עוד עלה נושא המחסנים: בכל קומה יש שניים, ורק אחד מהם רשום. נבקש מכל מי שמחזיק מפתח לכתוב ליו״ר עד סוף החודש, כדי שנוכל לסדר רשימה אחת ולחלק מחדש בהגרלה, \
     כפי שעשינו לפני שלוש שנים. ההגרלה תיערך בלובי, בנוכחות שני נציגים מכל כניסה, ומי שלא יוכל להגיע יוכל לבחור מי ייצג. תודה לכל מי שבאו!",
];

/// A served building and a reader who is signed in.
pub struct House {
    pub app: App,
    pub cookies: String,
}

impl House {
    pub async fn start() -> Self {
        let app = App::with_building().await;
        let mut reader = app.resident("3", "יעל ברק", "0520000001").await;
        // Her first look gives her a token of this building, and ends her joining.
        reader.get(&format!("/b/{SLUG}")).await;
        let cookies = format!("__Host-session={}", reader.cookie("__Host-session").expect("she is signed in"));
        furnish(&app.all).await.expect("a board");
        Self { app, cookies }
    }

    /// A look at the board, as the reader's browser asks for it.
    pub fn look(&self) -> Request<Body> {
        Request::builder()
            .uri(format!("/b/{SLUG}"))
            .header(header::HOST, testkit::HOST)
            .header(header::ACCEPT, "text/html")
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, &self.cookies)
            .body(Body::empty())
            .expect("a request")
    }
}

fn id() -> Uuid {
    Ids.new_id()
}

/// Neighbours, posts of every kind, comments, hearts and pictures; written as the superuser, whom no wall stops.
async fn furnish(all: &PgPool) -> Result<(), sqlx::Error> {
    let (tenant, reader): (Uuid, Uuid) = sqlx::query_as("select tenant_id, membership_id from memberships").fetch_one(all).await?;
    let flats: Vec<Uuid> = sqlx::query_scalar("select flat_id from flats order by position").fetch_all(all).await?;
    let mut members = vec![reader];
    for (place, name) in NAMES.iter().enumerate() {
        let (person, membership) = (id(), id());
        sqlx::query("insert into people (person_id, name, created_at) values ($1, $2, '2026-01-01')").bind(person).bind(name).execute(all).await?;
        sqlx::query(
            "insert into memberships (tenant_id, membership_id, person_id, role, trust, state, flat_id, display_name, joined_at)
             values ($1, $2, $3, $4, 'verified', 'active', $5, $6, '2026-01-01')",
        )
        .bind(tenant)
        .bind(membership)
        .bind(person)
        .bind(if place == 0 { "chair" } else { "resident" })
        .bind(flats[place % flats.len()])
        .bind(name)
        .execute(all)
        .await?;
        members.push(membership);
    }
    for at in 0..POSTS {
        post(all, tenant, at, &members).await?;
    }
    // The reader was here a moment ago, and before that two days ago.
    sqlx::query("update feed_visits set seen_at = '2026-11-22T08:59:40Z', since_at = '2026-11-20T08:00:00Z'").execute(all).await?;
    sqlx::query("insert into feed_visits (tenant_id, membership_id, seen_at, since_at) values ($1, $2, '2026-11-22T08:59:40Z', '2026-11-20T08:00:00Z') on conflict do nothing")
        .bind(tenant)
        .bind(reader)
        .execute(all)
        .await?;
    sqlx::raw_sql("analyze").execute(all).await.map(drop)
}

async fn post(all: &PgPool, tenant: Uuid, at: usize, members: &[Uuid]) -> Result<(), sqlx::Error> {
    let post = id();
    let author = members[1 + (at * 5) % (members.len() - 1)];
    let (kind, author) = match at % 20 {
        2 | 15 => ("notice", members[1]),
        5 | 11 => ("joined", author),
        8 => ("event", members[1]),
        _ => ("post", if at % 20 == 13 { members[0] } else { author }),
    };
    let (title, body) = match kind {
        "joined" => (Some(format!("{} · {}", 1 + at % 8, NAMES[at % NEIGHBOURS])), ""),
        "notice" => (Some("הפסקת מים מחר, 09:00–12:00".to_owned()), BODIES[at % 6]),
        "event" => (Some("ערב דיירים בלובי".to_owned()), BODIES[4]),
        _ => (None, BODIES[at % 6]),
    };
    sqlx::query(
        "insert into posts (tenant_id, post_id, membership_id, kind, title, body, pinned, event_at, from_committee, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, case when $4 = 'event' then timestamptz '2026-11-24T18:00:00Z' end, $8, timestamptz '2026-11-22T08:20:00Z' - make_interval(mins => $9))",
    )
    .bind(tenant)
    .bind(post)
    .bind(author)
    .bind(kind)
    .bind(title)
    .bind(body)
    .bind(at == 2)
    .bind(author == members[1])
    .bind(i32::try_from(at * 170).unwrap_or_default())
    .execute(all)
    .await?;
    if kind == "joined" {
        return Ok(());
    }
    for who in members.iter().skip(at % 3).take((at * 5) % 9) {
        sqlx::query("insert into reactions (tenant_id, post_id, membership_id, created_at) values ($1, $2, $3, '2026-11-22')")
            .bind(tenant)
            .bind(post)
            .bind(who)
            .execute(all)
            .await?;
    }
    for member in members.iter().take((at * 7) % 6) {
        sqlx::query("insert into comments (tenant_id, comment_id, post_id, membership_id, body, created_at) values ($1, $2, $3, $4, 'תודה, נראה טוב', '2026-11-22')")
            .bind(tenant)
            .bind(id())
            .bind(post)
            .bind(*member)
            .execute(all)
            .await?;
    }
    let pictures = match at % 10 {
        3 => 1,
        7 => 2,
        _ => 0,
    };
    for place in 0..pictures {
        sqlx::query("insert into pictures (tenant_id, picture_id, post_id, place, width, height, bytes, created_at) values ($1, $2, $3, $4, 1200, 900, '\\xffd8', '2026-11-22')")
            .bind(tenant)
            .bind(id())
            .bind(post)
            .bind(place)
            .execute(all)
            .await?;
    }
    Ok(())
}
