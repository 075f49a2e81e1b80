//! A building, a stand-in of Google, and accounts that people connected.

use std::sync::Arc;
use std::time::Duration;

use kit::TenantId;
use oauth_port::Secret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;
use vantera::connections::server::{self, AccessToken, NewConnection, NoToken, Provider, jobs};
use vantera::platform::config::GoogleConfig;
use vantera::platform::jobs::{JobRun, open_tenant};
use vantera::platform::{AppState, Clock, Fault, database};

use crate::support::{App, SLUG};

pub const CLIENT: &str = "ours";
pub const CLIENT_SECRET: &str = "GOCSPX-of-these-tests";
const BACK: &str = "https://vantera.test/connected";

pub struct Desk {
    pub app: App,
    pub tenant: TenantId,
    /// Where the stand-in listens.
    pub base: String,
    client: reqwest::Client,
}

impl Desk {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let google = GoogleConfig { oauth_base_url: base.clone(), client_id: CLIENT.into(), client_secret: Secret::new(CLIENT_SECRET) };
        let app = App::start_with(|config| config.google = Some(google)).await;
        let tenant = app.open_building(SLUG, "הרצל 7", 8).await;
        let clock = app.clock.clone();
        let options =
            sandbox::Options { google_client: Some((CLIENT.into(), CLIENT_SECRET.into())), clock: Arc::new(move || clock.now().as_second()), ..sandbox::Options::default() };
        tokio::spawn(sandbox::serve(listener, options));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
        Self { app, tenant, base, client }
    }

    /// Another worker process, as far as the database and the provider can tell: a pool of its own.
    pub async fn another_worker(&self) -> AppState {
        self.app.worker.with_pool(database::pool(self.app.database.worker(), 6).await.expect("a pool"))
    }

    pub async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.client.post(format!("{}/_sandbox/{path}", self.base)).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
        answer.json().await.expect("json")
    }

    pub async fn fault(&self, mut order: Value) {
        order["path"] = "/token".into();
        self.control("faults", order).await;
    }

    /// Waits until every order of a fault has struck: the request that it waited for is there.
    pub async fn struck(&self) {
        let all = async {
            loop {
                let left: Value = self.client.get(format!("{}/_sandbox/faults", self.base)).send().await.expect("an answer").json().await.expect("json");
                if left == json!([]) {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), all).await.expect("the provider is asked");
    }

    /// From here on every token ends in 200 s.
    pub async fn nearly_over(&self) {
        sqlx::query("update connections set expires_at = $1 + interval '200 seconds'").bind(self.app.clock_now()).execute(&self.app.all).await.expect("an end");
    }

    async fn google(&self) -> Value {
        let state: Value = self.client.get(format!("{}/_sandbox/state", self.base)).send().await.expect("an answer").json().await.expect("json");
        state["google"].clone()
    }

    /// Refresh requests that reached the provider.
    pub async fn asked(&self) -> u64 {
        self.google().await["refresh_requests"].as_u64().expect("a count")
    }

    /// How the provider has an account's newest grant.
    pub async fn grant(&self, account: &str) -> Value {
        self.grants().await.into_iter().rev().find(|grant| grant["account"] == account).expect("a grant")
    }

    pub async fn grants(&self) -> Vec<Value> {
        self.google().await["grants"].as_array().expect("grants").clone()
    }

    /// The access token that the provider gave last.
    pub async fn newest(&self, account: &str) -> String {
        self.grant(account).await["access_token"].as_str().expect("a token").to_owned()
    }

    /// Somebody consents at the provider; what the code is exchanged for.
    pub async fn consent(&self, account: &str, more: Value) -> NewConnection {
        let mut order = json!({ "account": account, "scope": "calendar.events", "redirect_uri": BACK, "client_id": CLIENT });
        order.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let code = self.control("google/consents", order).await["code"].as_str().expect("a code").to_owned();
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK), ("client_id", CLIENT), ("client_secret", CLIENT_SECRET)];
        let told: Value = self.client.post(format!("{}/token", self.base)).form(&form).send().await.expect("an answer").json().await.expect("json");
        let text = |field: &str| told[field].as_str().unwrap_or_else(|| panic!("no {field}: {told}")).to_owned();
        NewConnection {
            provider: Provider::Google,
            account: account.into(),
            scopes: text("scope"),
            access: Secret::new(text("access_token")),
            refresh: Secret::new(text("refresh_token")),
            expires_in_s: told["expires_in"].as_i64().expect("a number"),
        }
    }

    pub async fn connect(&self, account: &str, more: Value) -> Uuid {
        self.connect_in(self.tenant, &self.app.worker, account, more).await
    }

    pub async fn connect_in(&self, tenant: TenantId, state: &AppState, account: &str, more: Value) -> Uuid {
        let new = self.consent(account, more).await;
        let mut cx = open_tenant(state, tenant, "test".into()).await.expect("a context");
        let connection = server::connect(&mut cx, &state.vault, new).await.expect("connected");
        cx.commit().await.expect("a commit");
        connection
    }

    /// One run of the refreshing job.
    pub fn run(&self, state: &AppState, connection: Uuid) -> JobRun {
        let payload = json!({ "tenant": self.tenant, "connection": connection });
        JobRun { state: state.clone(), payload, trace: "job-test".into(), attempt: 1, most_attempts: 25 }
    }

    pub async fn refresh(&self, state: &AppState, connection: Uuid) -> Result<(), Fault> {
        jobs::refresh(self.run(state, connection)).await
    }

    /// One look for what ends.
    pub async fn look(&self) {
        jobs::due(JobRun { state: self.app.worker.clone(), payload: json!({}), trace: "job-look".into(), attempt: 1, most_attempts: 25 }).await.expect("a look");
    }

    pub async fn token(&self, state: &AppState, connection: Uuid) -> Result<AccessToken, NoToken> {
        server::access_token(state, self.tenant, connection, "test").await
    }

    /// The text of a token that there is.
    pub async fn text(&self, state: &AppState, connection: Uuid) -> String {
        self.token(state, connection).await.expect("a token").value.reveal().to_owned()
    }

    /// Refreshing jobs in the queue.
    pub async fn waiting(&self) -> i64 {
        self.app.count(WAITING).await
    }
}

pub const WAITING: &str =
    "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'connections.refresh'";
