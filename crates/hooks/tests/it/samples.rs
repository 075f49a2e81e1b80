//! The samples that partners copy (docs/partners): each believes what we sign, and nothing else. Those of other languages
//! run in their own interpreter.

use std::io::Write as _;
use std::process::{Command, Stdio};

use hooks::standard::{Secret, sign};

#[path = "../../../../docs/partners/verify.rs"]
mod verify;

const NOW: i64 = 1_795_532_722;
const BODY: &str = "{\"type\":\"hazard.raised\",\"data\":{\"message\":\"ריח גז בחדר המדרגות\"}}";

struct Case {
    why: &'static str,
    believed: bool,
    secret: String,
    id: String,
    sent_at: String,
    signature: String,
    body: String,
}

fn cases() -> Vec<Case> {
    let (ours, next, other) = ([7; 32], [8; 32], [9; 32]);
    let [ours, next, other] = [ours, next, other].map(|bytes| Secret::from_bytes(&bytes).expect("a secret"));
    let make = |why, believed, secret: &Secret, signers: &[&Secret], signed_at: i64, body: &str| Case {
        why,
        believed,
        secret: secret.reveal(),
        id: "msg_1".into(),
        sent_at: signed_at.to_string(),
        signature: sign("msg_1", signed_at, BODY.as_bytes(), signers),
        body: body.into(),
    };
    let fine = || make("as it was sent", true, &ours, &[&ours], NOW, BODY);
    vec![
        fine(),
        make("while the secret is replaced, with the old one", true, &ours, &[&next, &ours], NOW, BODY),
        make("while the secret is replaced, with the new one", true, &next, &[&next, &ours], NOW, BODY),
        make("at the edge of five minutes", true, &ours, &[&ours], NOW - 300, BODY),
        make("older than five minutes", false, &ours, &[&ours], NOW - 301, BODY),
        make("from the future", false, &ours, &[&ours], NOW + 301, BODY),
        make("another's signature", false, &ours, &[&other], NOW, BODY),
        make("a body changed on the way", false, &ours, &[&ours], NOW, &BODY.replace("raised", "cleared")),
        Case { why: "another message's id", id: "msg_2".into(), believed: false, ..fine() },
        Case { why: "another moment", sent_at: (NOW + 1).to_string(), believed: false, ..fine() },
        Case { why: "a moment that is none", sent_at: "soon".into(), believed: false, ..fine() },
        Case { why: "no signature", signature: String::new(), believed: false, ..fine() },
        Case { why: "no id", id: String::new(), believed: false, ..fine() },
        Case { why: "a signature of another kind", signature: fine().signature.replace("v1,", "v2,"), believed: false, ..fine() },
    ]
}

#[test]
fn the_sample_in_rust_believes_what_we_sign_and_nothing_else() {
    for case in cases() {
        let headers = verify::Headers { id: &case.id, timestamp: &case.sent_at, signature: &case.signature };
        assert_eq!(verify::verify(&case.secret, &headers, case.body.as_bytes(), NOW, 300), case.believed, "{}", case.why);
    }
}

/// Runs a sample with every case, in the interpreter that the house's machine has (scripts/setup.sh asks for it).
fn run(command: &[&str], file: &str) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    for case in cases() {
        let mut sample = Command::new(command[0]);
        sample.current_dir(root).args(&command[1..]).arg(format!("docs/partners/{file}"));
        sample.args([&case.secret, &case.id, &case.sent_at, &case.signature, &NOW.to_string()]);
        let started = sample.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut running = started.unwrap_or_else(|error| panic!("{} could not be started: {error}", command[0]));
        running.stdin.take().expect("a pipe").write_all(case.body.as_bytes()).expect("the body is read");
        let ended = running.wait_with_output().expect("it ends");
        assert_eq!(ended.status.code(), Some(i32::from(!case.believed)), "{file}: {}: {}", case.why, String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn the_sample_in_python_believes_what_we_sign_and_nothing_else() {
    run(&["python3"], "verify.py");
}

/// Node runs it after its types were taken off, by the small tool that Tailwind's own command line brings.
#[test]
fn the_sample_in_typescript_believes_what_we_sign_and_nothing_else() {
    run(&["node", "node_modules/jiti/lib/jiti-cli.mjs"], "verify.ts");
}

#[test]
fn the_sample_in_php_believes_what_we_sign_and_nothing_else() {
    run(&["php"], "verify.php");
}
