use testkit::Actor;
use vantera::operator::model::health::{Fact, HealthPage, Stand};
use vantera::platform::lanes::{self, Lane};
use vantera::platform::schedules;

use super::{closed_to_others, operator};
use crate::support::App;

const PAGE: &str = "/operator/health";

async fn read(operator: &mut Actor) -> HealthPage {
    serde_json::from_str(&operator.call("operator/health", &[]).await.text()).expect("a page")
}

fn of(page: &HealthPage, wanted: impl Fn(&Fact) -> bool) -> &Fact {
    page.facts.iter().find(|fact| wanted(fact)).unwrap_or_else(|| panic!("the fact is told: {:?}", page.facts))
}

#[tokio::test]
async fn the_operator_reads_one_sentence_about_each_part_with_a_word_for_how_it_stands() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    let page = read(&mut amit).await;
    let Fact::Pool { used, most, .. } = of(&page, |fact| matches!(fact, Fact::Pool { .. })) else { panic!("the pool") };
    assert!(*used >= 1 && used <= most, "who reads holds a connection: {used} of {most}");
    let web = of(&page, |fact| matches!(fact, Fact::Connections { role, .. } if role == "web"));
    assert!(matches!(web, Fact::Connections { count: 1.., .. }));
    let html = amit.get(PAGE).await.text();
    for shown in ["מסד הנתונים עונה", "התהליך שענה מוכן", "אף מריץ עבודות לא נשמע", "תקלה", "תקין", "יומן הביקורת עוד לא נחתם"]
    {
        assert!(html.contains(shown), "{shown}");
    }
    let now = amit.get(&format!("{PAGE}/now")).await.text();
    for part in ["console-verdict", "console-processes", "console-kept"] {
        assert!(now.contains(&format!("id=\"{part}\"")), "{part}");
    }
    assert!(!now.contains("<html") && !html.contains("עמית"), "parts, and nobody's name");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_runner_that_beats_is_alive_and_one_that_stopped_is_silent() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    let table = vantera::wiring::jobs();
    lanes::declare(&app.worker, &table).await.expect("the lanes");
    let runner = lanes::runner(&app.worker, Lane::Messages, &table).await.expect("a runner");
    let looking = async {
        app.until("select count(*) from graphile_worker._private_workers w join job_runners r on r.worker = w.id", 1).await;
        let page = read(&mut amit).await;
        let heard = of(&page, |fact| matches!(fact, Fact::Runners { role, .. } if role == "worker")).clone();
        let owner = sqlx::PgPool::connect(app.database.owner()).await.expect("the owner");
        let stale = app.worker.config.job_heartbeat * 5;
        sqlx::query("insert into graphile_worker._private_workers (id, last_heartbeat_at) values ('gone', now() - $1 * interval '1 millisecond')")
            .bind(i64::try_from(stale.as_millis()).expect("short"))
            .execute(&owner)
            .await
            .expect("a dead one");
        sqlx::query("insert into job_runners (worker, lane, begun_at) values ('gone', 'rooms', now())").execute(&owner).await.expect("its lane");
        let silent = of(&read(&mut amit).await, |fact| matches!(fact, Fact::Runners { role, .. } if role == "worker")).clone();
        runner.request_shutdown();
        (heard, silent)
    };
    let (ended, (heard, silent)) = tokio::join!(lanes::work(&app.worker, Lane::Messages, &runner), looking);
    ended.expect("a runner ends well");
    let Fact::Runners { alive, silent: none, idle, heard_s, .. } = &heard else { panic!("runners") };
    assert_eq!((*alive, *none, idle.iter().any(|lane| lane == "messages")), (1, 0, false), "{heard:?}");
    assert!(heard_s.is_some_and(|ago_s| ago_s < 60) && idle.iter().any(|lane| lane == "rooms"), "{heard:?}");
    assert!(matches!(silent, Fact::Runners { silent: 1, .. }), "{silent:?}");
}

#[tokio::test]
async fn what_is_late_astray_or_belongs_to_nobody_is_told() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    app.drain().await;
    schedules::tick(&app.worker, vantera::wiring::SCHEDULES).await.expect("a tick");
    let page = read(&mut amit).await;
    assert!(page.facts.iter().filter(|fact| matches!(fact, Fact::Schedule { .. })).all(|fact| fact.stands() == Stand::Well), "{page:?}");
    assert_eq!(of(&page, |fact| matches!(fact, Fact::Astray { .. })), &Fact::Astray { part: None, bytes: 0 });
    assert_eq!(of(&page, |fact| matches!(fact, Fact::Unrouted { .. })).stands(), Stand::Well);
    // Nobody asks the clock for two hours; a row of no month comes, an event of nobody's, and the log was sealed once.
    app.advance(2 * 3600);
    for sql in [
        "insert into gateway_attempts (tenant_id, attempt_id, delivery_id, endpoint_id, number, began_at, status, took_ms, outcome, snippet)
         values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, '2001-01-01T00:00:00Z', 200, 1, 'delivered', '')",
        "insert into inbound_events (inbound_id, provider, account, event_id, kind, body, state, received_at) values (gen_random_uuid(), 'whatsapp', 'PN1', 'e1', 'messages', '{}', 'unrouted', now())",
        "insert into audit_seals (seal, sealed_at, anchors, digest) values (1, '2026-11-22T08:00:00Z', 0, decode(repeat('00', 32), 'hex'))",
    ] {
        sqlx::query(sql).execute(&app.all).await.expect("a row");
    }
    let mut amit = crate::companies::sign_in(&app, "0520000001").await;
    let page = read(&mut amit).await;
    let audit = of(&page, |fact| matches!(fact, Fact::Schedule { name, .. } if name == "audit.hourly"));
    assert!(audit.stands() == Stand::Bad, "{audit:?}");
    let astray = of(&page, |fact| matches!(fact, Fact::Astray { .. }));
    assert!(matches!(astray, Fact::Astray { part: Some(part), .. } if part == "gateway_attempts_rest"), "{astray:?}");
    assert_eq!(of(&page, |fact| matches!(fact, Fact::Unrouted { .. })), &Fact::Unrouted { count: 1 });
    let anchored = of(&page, |fact| matches!(fact, Fact::Anchored { .. }));
    assert!(matches!(anchored, Fact::Anchored { ago_s: Some(10_800) }) && anchored.stands() == Stand::Bad, "{anchored:?}");
    let html = amit.get(PAGE).await.text();
    assert!(html.contains("gateway_attempts_rest") && html.contains("אירוע נכנס אחד מחכה"), "{html}");
}

#[tokio::test]
async fn only_operators_see_the_health() {
    let app = App::with_building().await;
    closed_to_others(&app, PAGE, "operator/health").await;
    app.drain().await;
    app.finish().await;
}
