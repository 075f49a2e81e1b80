//! A partner with endpoints on this machine, and a receiver that does as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use hooks::address::Reach;
use hooks::sender::{Sender, Settings};
use hooks::standard::{Headers, Secret, verify};
use kit::TenantId;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;
use vantera::gateway::server::pump;
use vantera::platform::jobs::{self, JobRun};
use vantera::platform::{AppState, GlobalCx, Ids};

use crate::support::{App, SLUG};

/// How the receiver answers one request.
#[derive(Clone, Debug)]
pub enum Reply {
    Status(u16),
    /// With a Retry-After.
    Later(u16, &'static str),
    Redirect,
    /// 200 when it is told to go on.
    When(Arc<tokio::sync::Notify>),
    /// Says nothing until the sender hangs up.
    Hang,
    /// A good status, and a body that never ends.
    Drip,
    Huge,
}

#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub timestamp: i64,
    pub signature: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body of JSON")
    }

    /// Whether these secrets, each by itself, prove it.
    pub fn proved_by(&self, secret: &Secret) -> bool {
        let headers = Headers { id: &self.id, timestamp: &self.timestamp.to_string(), signature: &self.signature };
        verify(&self.body, headers, &[secret], self.timestamp, 300).is_ok()
    }
}

/// Listens on this machine; answers what was laid down for it, in order, and 200 after that.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    otherwise: Arc<Mutex<Reply>>,
    got: Arc<Mutex<Vec<Received>>>,
    count: watch::Sender<usize>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let receiver = Self { url, replies: Arc::default(), otherwise: Arc::new(Mutex::new(Reply::Status(200))), got: Arc::default(), count: watch::channel(0).0 };
        let router = axum::Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn answers(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().expect("replies").extend(replies);
    }

    pub fn always(&self, reply: Reply) {
        *self.otherwise.lock().expect("a reply") = reply;
    }

    pub fn got(&self) -> Vec<Received> {
        self.got.lock().expect("requests").clone()
    }

    /// Waits for the thing itself: until so many requests have come.
    pub async fn has(&self, count: usize) {
        let mut seen = self.count.subscribe();
        tokio::time::timeout(Duration::from_secs(20), seen.wait_for(|now| *now >= count)).await.expect("requests come").expect("a receiver");
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: axum::body::Bytes) -> Response {
    let read = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let received = Received { id: read("webhook-id"), timestamp: read("webhook-timestamp").parse().unwrap_or_default(), signature: read("webhook-signature"), body: body.to_vec() };
    let reply = receiver.replies.lock().expect("replies").pop_front();
    let reply = reply.unwrap_or_else(|| receiver.otherwise.lock().expect("a reply").clone());
    let count = {
        let mut got = receiver.got.lock().expect("requests");
        got.push(received);
        got.len()
    };
    receiver.count.send_replace(count);
    let plain = |status: u16, text: &'static str| Response::builder().status(status).body(Body::from(text)).expect("an answer");
    match reply {
        Reply::Status(status) => plain(status, "as told"),
        Reply::Later(status, wait) => Response::builder().status(status).header(header::RETRY_AFTER, wait).body(Body::empty()).expect("an answer"),
        Reply::Redirect => Response::builder().status(StatusCode::FOUND).header(header::LOCATION, receiver.url.clone()).body(Body::empty()).expect("an answer"),
        Reply::When(go_on) => {
            go_on.notified().await;
            plain(200, "as told")
        }
        Reply::Hang => std::future::pending().await,
        Reply::Drip => {
            let drops = futures::stream::unfold((), |()| async {
                tokio::task::yield_now().await;
                Some((Ok::<_, std::convert::Infallible>(axum::body::Bytes::from_static(b"x")), ()))
            });
            Response::new(Body::from_stream(drops))
        }
        Reply::Huge => Response::new(Body::from(vec![b'x'; 3_000_000])),
    }
}

/// The app with the usual building, and a partner who may have endpoints on this machine.
pub struct Desk {
    pub app: App,
    pub tenant: TenantId,
    pub partner: Uuid,
}

impl Desk {
    pub async fn open() -> Self {
        let mut app = App::start_with(|config| config.webhooks_loopback = true).await;
        // A hanging receiver is waited for as long as that, and no longer.
        let settings = Settings { total: Duration::from_millis(600), ..Settings::new(Reach::Loopback) };
        app.worker.sender = Arc::new(Sender::new(settings).expect("a sender"));
        let tenant = app.open_building(SLUG, "הרצל 7", 8).await;
        let partner = partner(&app, "ABC234").await;
        Self { app, tenant, partner }
    }

    /// With a grant of these types.
    pub async fn granted(types: &[&str]) -> Self {
        let desk = Self::open().await;
        desk.grant(desk.tenant, types).await;
        desk
    }

    pub async fn grant(&self, tenant: TenantId, types: &[&str]) {
        let types: Vec<String> = types.iter().map(|one| (*one).to_owned()).collect();
        sqlx::query("insert into gateway_grants (tenant_id, grant_id, partner_id, event_types, granted_at) values ($1, gen_random_uuid(), $2, $3, $4)")
            .bind(tenant.0)
            .bind(self.partner)
            .bind(types)
            .bind(self.moment())
            .execute(&self.app.all)
            .await
            .expect("a grant");
    }

    pub async fn withdraw(&self) {
        sqlx::query("update gateway_grants set withdrawn_at = $1 where withdrawn_at is null").bind(self.moment()).execute(&self.app.all).await.expect("a withdrawal");
    }

    fn moment(&self) -> jiff_sqlx::Timestamp {
        use jiff_sqlx::ToSqlx;
        self.app.web.clock.now().to_sqlx()
    }

    /// An endpoint of the partner's with a fresh secret.
    pub async fn endpoint(&self, url: &str) -> (Uuid, Secret) {
        let endpoint: Uuid = Ids.new_id();
        sqlx::query("insert into gateway_endpoints (endpoint_id, partner_id, url, state, created_at) values ($1, $2, $3, 'active', $4)")
            .bind(endpoint)
            .bind(self.partner)
            .bind(url)
            .bind(self.moment())
            .execute(&self.app.all)
            .await
            .expect("an endpoint");
        let secret = self.secret(endpoint).await;
        (endpoint, secret)
    }

    /// One more secret, beside those that are there.
    pub async fn secret(&self, endpoint: Uuid) -> Secret {
        let ids = Ids;
        let (id, secret): (Uuid, Secret) = (ids.new_id(), Secret::from_bytes(&ids.secret::<32>()).expect("a secret"));
        let row = id.to_string();
        let place = vault::Place { tenant: "platform", table: "gateway_secrets", column: "sealed", row: &row };
        let sealed = self.app.web.vault.seal(place, secret.reveal().as_bytes(), ids.secret()).expect("sealed");
        sqlx::query("insert into gateway_secrets (secret_id, endpoint_id, sealed, created_at) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(endpoint)
            .bind(sealed)
            .bind(self.moment())
            .execute(&self.app.all)
            .await
            .expect("a secret");
        secret
    }

    /// So many notices of the building, one transaction each.
    pub async fn notices(&self, count: usize) {
        for _ in 0..count {
            self.publish(&self.app.web, self.tenant, "notice.published").await;
        }
    }

    pub async fn publish(&self, state: &AppState, tenant: TenantId, kind: &'static str) {
        let mut cx = jobs::open_tenant(state, tenant, "test".into()).await.expect("a context");
        let notice: Uuid = cx.ids.new_id();
        cx.publish(kind, json!({ "notice_id": notice }));
        cx.commit().await.expect("a commit");
    }

    /// Runs an endpoint's pump once, as the queue would.
    pub async fn pump(&self, endpoint: Uuid) {
        pump::pump(run(&self.app.worker, endpoint)).await.expect("a pump");
    }

    /// Lets time pass and runs what is due then.
    pub async fn later(&self, seconds: i64) {
        self.app.advance(seconds);
        self.app.skip_pauses().await;
        self.app.drain().await;
    }

    /// A body that was sent keeps to the schema that anybody may read of its type, and holds nothing that stands there not.
    pub async fn keeps_its_promise(&self, body: &Value) {
        let event_type = body["type"].as_str().expect("a type");
        let told = self.app.visitor().get(&format!("/api/v1/event-types/{event_type}")).await;
        let told: Value = serde_json::from_slice(&told.body).expect("JSON");
        assert_eq!(told["published"], true, "{event_type}");
        assert_eq!(testkit::breaches(&told["schema"], body, event_type), Vec::<String>::new(), "{body}");
        assert_eq!(testkit::undeclared(&told["schema"], body, event_type), Vec::<String>::new(), "{body}");
    }

    /// How many deliveries stand so.
    pub async fn in_state(&self, state: &str) -> i64 {
        sqlx::query_scalar("select count(*) from gateway_deliveries where state = $1").bind(state).fetch_one(&self.app.all).await.expect("a count")
    }

    pub async fn global(&self) -> GlobalCx {
        GlobalCx::open(&self.app.web, kit::Lang::En, "test".into()).await.expect("a context")
    }

    /// Ends well: what waits for a later time is no job that was lost.
    pub async fn close(self) {
        let left = self.app.jobs_left().await;
        assert!(left.iter().all(|(task, error)| task == "gateway.pump" && error.is_none()), "{left:?}");
    }
}

pub fn run(state: &AppState, endpoint: Uuid) -> JobRun {
    JobRun { state: state.clone(), payload: json!({ "endpoint": endpoint }), trace: "test".into(), attempt: 1, most_attempts: 25 }
}

async fn partner(app: &App, code: &str) -> Uuid {
    let (partner, person): (Uuid, Uuid) = (Ids.new_id(), Ids.new_id());
    sqlx::query("insert into people (person_id, name, created_at) values ($1, 'שותפה', now())").bind(person).execute(&app.all).await.expect("a person");
    sqlx::query("insert into partners (partner_id, code, name, kind, opened_by, created_at) values ($1, $2, 'ביטוח הצפון', 'insurer', $3, now())")
        .bind(partner)
        .bind(code)
        .bind(person)
        .execute(&app.all)
        .await
        .expect("a partner");
    partner
}
