//! The statements of one look at the board as vantera_web, behind the database's walls, against the same statements
//! with the tenant's filter written out, as a role that no wall stops; on the same rows of many buildings.

use serde_json::Value;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::by_hand::week;
use crate::measure::{limited, line, moment, worked_by};
use crate::on_workers;
use crate::rows::{self, Kept, Statements};
use crate::support::App;

/// Buildings, and posts of each; comments and hearts come to some two and three a post.
const BUILDINGS: i32 = 200;
const POSTS: i32 = 200;
/// Pages of one side before the other has its turn.
const PAGES: usize = 25;
/// How many times the filter's cost the walls may cost.
const LIMIT: f64 = 1.3;
const NOW: &str = "2026-11-22T09:00:00Z";

/// Ids are made from numbers here, so that a page knows whom to ask for.
const TOWN: &str = "
create function pg_temp.id(kind text, a int, b int) returns uuid language sql immutable as $$ select md5(kind || a || '-' || b)::uuid $$;
insert into tenants (tenant_id, kind, slug, name, created_at) select pg_temp.id('t', t, 0), 'building', 'house-' || t, 'בית ' || t, '2026-01-01' from generate_series(1, $B) t;
insert into buildings (tenant_id, street, city, created_at) select pg_temp.id('t', t, 0), 'רחוב ' || t, 'רמת גן', '2026-01-01' from generate_series(1, $B) t;
insert into activity_heads (tenant_id, last_seq) select pg_temp.id('t', t, 0), 500 from generate_series(1, $B) t;
insert into flats (tenant_id, flat_id, number, floor, position) select pg_temp.id('t', t, 0), pg_temp.id('f', t, n), n, n / 4 + 1, n from generate_series(1, $B) t, generate_series(1, 32) n;
insert into people (person_id, name, created_at) select pg_temp.id('p', t, n), 'דייר ' || n, '2026-01-01' from generate_series(1, $B) t, generate_series(1, 24) n;
insert into memberships (tenant_id, membership_id, person_id, role, trust, state, flat_id, display_name, joined_at)
  select pg_temp.id('t', t, 0), pg_temp.id('m', t, n), pg_temp.id('p', t, n), case n when 1 then 'chair' else 'resident' end, 'verified', 'active', pg_temp.id('f', t, n), 'דייר ' || n, '2026-01-01'
  from generate_series(1, $B) t, generate_series(1, 24) n;
insert into sessions (session_id, person_id, refresh_hash, created_at, seen_at, expires_at)
  select pg_temp.id('s', t, 2), pg_temp.id('p', t, 2), sha256(('s' || t)::bytea), '2026-11-01', '2026-11-01', '2027-01-01' from generate_series(1, $B) t;
insert into feed_visits (tenant_id, membership_id, seen_at, since_at) select pg_temp.id('t', t, 0), pg_temp.id('m', t, 2), '2026-11-22T08:59:40Z', '2026-11-20' from generate_series(1, $B) t;
insert into posts (tenant_id, post_id, membership_id, kind, title, body, pinned, event_at, from_committee, created_at)
  select pg_temp.id('t', t, 0), pg_temp.id('o', t, n), pg_temp.id('m', t, n % 24 + 1), case n % 10 when 8 then 'event' when 5 then 'joined' else 'post' end, case n % 10 when 5 then '3 · דייר' end,
         repeat('מילה ', 12 + n % 30), n = 2, case n % 10 when 8 then timestamptz '2026-11-20' + make_interval(days => n % 60) end, n % 24 = 0, timestamptz '2026-11-22T08:00:00Z' - make_interval(hours => n * 2)
  from generate_series(1, $P) n, generate_series(1, $B) t;
insert into comments (tenant_id, comment_id, post_id, membership_id, body, created_at)
  select pg_temp.id('t', t, 0), pg_temp.id('c', t, n * 8 + c), pg_temp.id('o', t, n), pg_temp.id('m', t, c + 1), 'תודה, נראה טוב', '2026-11-22' from generate_series(1, $P) n, generate_series(1, $B) t, generate_series(1, 4) c where c <= n % 5;
insert into reactions (tenant_id, post_id, membership_id, created_at)
  select pg_temp.id('t', t, 0), pg_temp.id('o', t, n), pg_temp.id('m', t, c), '2026-11-22' from generate_series(1, $P) n, generate_series(1, $B) t, generate_series(1, 6) c where c <= n % 7;
insert into pictures (tenant_id, picture_id, post_id, place, width, height, bytes, created_at)
  select pg_temp.id('t', t, 0), pg_temp.id('i', t, n), pg_temp.id('o', t, n), 0, 1200, 900, '\\xffd8', '2026-11-22' from generate_series(1, $P) n, generate_series(1, $B) t where n % 8 = 3;
";

/// One side: its connection, its statements, and the server's process that works for it.
struct Side {
    connection: PgConnection,
    statements: Statements,
    process: i32,
}

impl Side {
    async fn open(url: &str, kept: Kept) -> Self {
        let mut connection = PgConnection::connect(url).await.expect("the database answers");
        let process = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.expect("a number");
        Self { connection, statements: Statements::new(kept), process }
    }

    /// One look at the board of a building; how many posts, hearts and comments it shows.
    async fn page(&mut self, building: i32, session: Uuid) -> (usize, i64) {
        let now = NOW.parse().expect("a moment");
        let mut tx = self.connection.begin().await.expect("a transaction");
        let board = rows::board(&mut tx, &self.statements, &format!("house-{building}"), session, now, week(now).expect("a week")).await.expect("a board");
        tx.commit().await.expect("a commit");
        (board.posts.len(), board.posts.iter().map(|post| post.hearts * 10 + post.comments).sum())
    }

    /// Milliseconds a page: until it has come, and what the server's process worked for it.
    async fn turn(&mut self, from: usize, sessions: &[Uuid]) -> (f64, f64) {
        let (begun, before) = (moment(), worked_by(self.process));
        for at in from..from + PAGES {
            let at = at % sessions.len();
            self.page(i32::try_from(at).unwrap_or_default() + 1, sessions[at]).await;
        }
        let each = |nanoseconds: f64| nanoseconds / 1e6 / PAGES as f64;
        (each(begun.elapsed().as_nanos() as f64), each((worked_by(self.process) - before) as f64))
    }
}

pub fn measure(rounds: usize) -> Vec<Value> {
    on_workers(2, async {
        let app = App::start().await;
        let town = TOWN.replace("$B", &BUILDINGS.to_string()).replace("$P", &POSTS.to_string());
        sqlx::raw_sql(sqlx::AssertSqlSafe(town)).execute(&app.all).await.expect("a town");
        sqlx::raw_sql("vacuum analyze").execute(&app.all).await.expect("known to the planner");
        let sessions: Vec<Uuid> =
            sqlx::query_scalar("select s.session_id from sessions s join memberships m using (person_id) join tenants t using (tenant_id) order by substr(t.slug, 7)::int")
                .fetch_all(&app.all)
                .await
                .expect("sessions");
        let mut walled = Side::open(app.database.web(), Kept::Walled).await;
        let mut filtered = Side::open(app.database.backup(), Kept::Filtered).await;
        for (at, session) in sessions.iter().enumerate() {
            let building = i32::try_from(at).unwrap_or_default() + 1;
            let (one, other) = (walled.page(building, *session).await, filtered.page(building, *session).await);
            assert!(one.0 > 20 && one == other, "both read the same board of building {building}: {one:?} and {other:?}");
        }
        let (mut whole, mut work, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let from = round * PAGES;
            let (wall, filter) = if round % 2 == 0 {
                let wall = walled.turn(from, &sessions).await;
                (wall, filtered.turn(from, &sessions).await)
            } else {
                let filter = filtered.turn(from, &sessions).await;
                (walled.turn(from, &sessions).await, filter)
            };
            whole.push(wall.0 / filter.0);
            work.push(wall.1 / filter.1);
            ours.push(wall.0);
            theirs.push(filter.0);
        }
        vec![
            limited("row-level security against a filter written by hand, a board's statements (5)", "×", &whole, "p50", LIMIT),
            limited("– the server's processor work alone", "×", &work, "p50", LIMIT),
            line("– behind the walls, a board", "ms", &ours),
            line("– with the filter, a board", "ms", &theirs),
        ]
    })
}
