//! What the program says when it is set up wrongly: which setting it is and what is wanted, before anything is started.

use std::process::Command;

/// Nobody kept the vault's keys there.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/no-keys");

/// Starts the program with these words and settings and no others; what it says as it ends.
fn ends(words: &[&str], settings: &[(&str, &str)]) -> String {
    let ended = Command::new(env!("CARGO_BIN_EXE_vantera")).args(words).env_clear().env("VANTERA_DATA", FOLDER).envs(settings.iter().copied()).output().expect("the program runs");
    assert!(!ended.status.success(), "it ends with a failure");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

/// Nobody listens there: what passes the settings ends at the database.
const NOWHERE: &str = "postgres://vantera@127.0.0.1:9/vantera";

const KEYS: (&str, &str) = ("VANTERA_VAULT_KEYS", "k1:7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c");

fn refused(settings: &[(&str, &str)]) -> String {
    let all: Vec<_> = [("DATABASE_URL", NOWHERE), KEYS].iter().chain(settings).copied().collect();
    ends(&["serve"], &all)
}

/// Settings that are right, for a production that never comes up.
const PRODUCTION: [(&str, &str); 3] = [("STRIPE_SECRET_KEY", "sk_live_x"), ("STRIPE_WEBHOOK_SECRETS", "whsec_a, whsec_b"), ("SMS_BASE_URL", "https://sms.example")];

/// Our client at Google, for whoever has one.
const GOOGLE: [(&str, &str); 2] = [("GOOGLE_CLIENT_ID", "ours"), ("GOOGLE_CLIENT_SECRET", "x")];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    PRODUCTION.iter().chain(more).copied().collect()
}

#[test]
fn a_missing_or_wrong_setting_is_named() {
    for (settings, named) in [
        (vec![], "STRIPE_SECRET_KEY is not set"),
        (vec![PRODUCTION[0]], "STRIPE_WEBHOOK_SECRETS is not set"),
        (with(&[("VANTERA_LISTEN", "everywhere")]), "VANTERA_LISTEN must be an address"),
        (with(&[("VANTERA_JOB_HEARTBEAT_MS", "soon")]), "VANTERA_JOB_HEARTBEAT_MS must be a number"),
        (with(&[("VANTERA_DRAIN_MS", "60000")]), "VANTERA_DRAIN_MS must be 10000 or less"),
        (with(&[("VANTERA_POOL", "many")]), "VANTERA_POOL must be a number"),
        (with(&[("GROW_BASE_URL", "http://secure.grow.example")]), "GROW_BASE_URL and VOICENTER_BASE_URL must begin with https://"),
        (with(&[("GOOGLE_CLIENT_ID", "ours")]), "GOOGLE_CLIENT_SECRET is not set"),
        (with(&[("GOOGLE_CLIENT_SECRET", "x")]), "GOOGLE_CLIENT_ID is not set"),
        (with(&[GOOGLE[0], GOOGLE[1], ("GOOGLE_OAUTH_BASE_URL", "http://google.example")]), "GOOGLE_OAUTH_BASE_URL must begin with https://"),
    ] {
        let said = refused(&settings);
        assert!(said.contains(named), "«{named}» was looked for in {said}");
    }
}

#[test]
fn production_refuses_a_provider_on_its_own_machine() {
    for address in ["http://127.0.0.1:4200", "http://localhost:4200", "http://[::1]:4200"] {
        for setting in ["STRIPE_BASE_URL", "SMS_BASE_URL", "MORNING_BASE_URL", "ICOUNT_BASE_URL", "PAYME_BASE_URL", "GROW_BASE_URL", "VOICENTER_BASE_URL"] {
            let said = refused(&with(&[(setting, address)]));
            assert!(said.contains("which only the demo may use"), "{setting}={address}: {said}");
        }
        let address = address.replace("http:", "https:");
        let said = refused(&with(&[GOOGLE[0], GOOGLE[1], ("GOOGLE_OAUTH_BASE_URL", &address)]));
        assert!(said.contains("which only the demo may use"), "{address}: {said}");
    }
}

#[test]
fn right_settings_lead_as_far_as_the_database() {
    for settings in [with(&GOOGLE), with(&[("STRIPE_BASE_URL", "http://127.0.0.1:4200"), ("VANTERA_DEMO", "1")]), vec![("VANTERA_DEMO", "true")]] {
        let said = refused(&settings);
        assert!(!said.contains("STRIPE") && !said.contains("GOOGLE") && !said.contains("VANTERA_") && !said.contains("only the demo"), "{said}");
    }
}

/// A migration or a reading of the audit log is no business of a provider's, and no role needs another's connection.
#[test]
fn commands_ask_only_for_what_they_use() {
    for (words, connection, reached) in [
        (&["migrate"][..], "DATABASE_URL", "the owner cannot reach the database"),
        (&["audit", "verify"], "DATABASE_URL_WORKER", "the database does not answer"),
        (&["vault", "rotate"], "DATABASE_URL_WORKER", "the database does not answer"),
    ] {
        let settings = [(connection, NOWHERE), KEYS, ("VANTERA_LISTEN", "everywhere"), ("STRIPE_BASE_URL", "http://127.0.0.1:4200")];
        let said = ends(words, &settings);
        assert!(said.contains(reached) && !said.contains("STRIPE") && !said.contains("VANTERA_"), "{words:?}: {said}");
        let said = ends(words, &[("DATABASE_URL_WEB", NOWHERE), KEYS]);
        assert!(said.contains(&format!("{connection} must name")), "{words:?}: {said}");
    }
}

#[test]
fn whoever_brings_a_database_brings_the_keys_it_is_sealed_with() {
    let roles = ["web", "worker", "payments", "all"].map(|role| vec!["serve", "--role", role]);
    for words in roles.into_iter().chain([vec!["migrate"], vec!["vault", "rotate"]]) {
        let connections = ["DATABASE_URL", "DATABASE_URL_WEB", "DATABASE_URL_WORKER", "DATABASE_URL_PAYMENTS"].map(|name| (name, NOWHERE));
        let said = ends(&words, &with(&connections));
        assert!(said.contains("VANTERA_VAULT_KEYS is not set") && said.contains("keep it for ever"), "{words:?}: {said}");
        assert!(!std::path::Path::new(FOLDER).join("vault-keys").exists(), "none is made up");
        let said = ends(&words, &with(&[connections.as_slice(), &[KEYS]].concat()));
        assert!(said.contains("the database"), "{words:?}: {said}");
    }
}

#[test]
fn a_role_asks_only_for_what_it_uses() {
    let sms = ("SMS_BASE_URL", "https://sms.example");
    for (role, settings) in [
        ("web", vec![("DATABASE_URL_WEB", NOWHERE), PRODUCTION[1]]),
        ("worker", vec![("DATABASE_URL_WORKER", NOWHERE), sms]),
        ("payments", vec![("DATABASE_URL_PAYMENTS", NOWHERE), PRODUCTION[0]]),
    ] {
        // Half of a client is wrong where it is used, and nothing to who never uses it.
        let settings: Vec<_> = settings.into_iter().chain([KEYS]).collect();
        let half: Vec<_> = settings.iter().copied().chain([GOOGLE[0]]).collect();
        let said = if role == "worker" {
            assert!(ends(&["serve", "--role", role], &half).contains("GOOGLE_CLIENT_SECRET is not set"));
            ends(&["serve", "--role", role], &settings)
        } else {
            ends(&["serve", "--role", role], &half)
        };
        assert!(said.contains("the database does not answer") && !said.contains("STRIPE") && !said.contains("DATABASE_URL"), "{role}: {said}");
        for missing in 0..settings.len() {
            let mut less = settings.clone();
            let (name, _) = less.remove(missing);
            // Without any connection an own database would be started.
            less.push(if name.starts_with("DATABASE_URL") { ("DATABASE_URL", NOWHERE) } else { ("VANTERA_LOG", "warn") });
            let said = ends(&["serve", "--role", role], &less);
            let named = if name == "SMS_BASE_URL" { "which only the demo may use" } else { name };
            assert!(said.contains(named), "{role} without {name}: {said}");
        }
    }
    assert!(ends(&["serve", "--role", "cellar"], &[]).contains("usage"));
}

#[tokio::test]
async fn settings_are_printed_without_their_secrets() {
    let app = crate::support::App::start_with(|config| {
        config.redis_url = Some("rediss://user:s3cret@redis.example:6380/0?token=s3cret".into());
        config.stripe.base_url = "https://s3cret:s3cret@stripe.example/s3cret".into();
        config.stripe.secret_key = "s3cret".into();
        config.stripe.webhook_secrets = vec!["s3cret".into()];
        config.sms.base_url = "https://sms.example/s3cret?key=s3cret".into();
        config.sms.key = "s3cret".into();
        config.meta.app_secrets = vec!["s3cret".into()];
        config.meta.verify_tokens = vec!["s3cret".into()];
        config.operator_phones = vec!["+972523334455".into()];
    })
    .await;
    let database = |role: &str| Some(format!("postgres://{role}:s3cret@db.example:5432/vantera?password=s3cret"));
    let ground = vantera::platform::Ground { data_dir: "/data".into(), owner_url: database("o"), web_url: database("w"), worker_url: database("r"), payments_url: database("p") };
    let printed = format!("{:?} {ground:?}", app.web.config);
    assert!(!printed.contains("s3cret") && !printed.contains("52333"), "{printed}");
    for told in ["redis.example:6380", "stripe.example", "sms.example", "db.example:5432"] {
        assert!(printed.contains(told), "{told} helps whoever looks for a fault: {printed}");
    }
}
