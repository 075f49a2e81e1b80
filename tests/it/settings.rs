//! What the program says when it is set up wrongly: which setting it is and what is wanted, before anything is started.

use std::process::Command;

/// Starts the program with these settings and no others; what it says as it ends.
fn refused(settings: &[(&str, &str)]) -> String {
    let folder = std::env::temp_dir();
    let ended = Command::new(env!("CARGO_BIN_EXE_vantera"))
        .arg("migrate")
        .env_clear()
        // Nobody listens there: what passes the settings ends at the database.
        .env("DATABASE_URL", "postgres://vantera_owner@127.0.0.1:9/vantera")
        .env("VANTERA_DATA", folder)
        .envs(settings.iter().copied())
        .output()
        .expect("the program runs");
    assert!(!ended.status.success(), "it ends with a failure");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

/// Settings that are right, for a production that never comes up.
const PRODUCTION: [(&str, &str); 3] = [("STRIPE_SECRET_KEY", "sk_live_x"), ("STRIPE_WEBHOOK_SECRETS", "whsec_a, whsec_b"), ("SMS_BASE_URL", "https://sms.example")];

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
        (with(&[("VANTERA_POOL", "many")]), "VANTERA_POOL must be a number"),
    ] {
        let said = refused(&settings);
        assert!(said.contains(named), "«{named}» was looked for in {said}");
    }
}

#[test]
fn production_refuses_a_provider_on_its_own_machine() {
    for address in ["http://127.0.0.1:4200", "http://localhost:4200", "http://[::1]:4200"] {
        for setting in ["STRIPE_BASE_URL", "SMS_BASE_URL"] {
            let said = refused(&with(&[(setting, address)]));
            assert!(said.contains("which only the demo may use"), "{setting}={address}: {said}");
        }
    }
}

#[test]
fn right_settings_lead_as_far_as_the_database() {
    for settings in [with(&[]), with(&[("STRIPE_BASE_URL", "http://127.0.0.1:4200"), ("VANTERA_DEMO", "1")]), vec![("VANTERA_DEMO", "true")]] {
        let said = refused(&settings);
        assert!(!said.contains("STRIPE") && !said.contains("VANTERA_") && !said.contains("only the demo"), "{said}");
    }
}
