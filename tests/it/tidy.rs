//! The house's own rules, read from its files. Each check is a function over files that answers what it found; each
//! has two tests: the tree is clean, and a violation made up for it is noticed.

mod doors;
mod lines;
mod papers;
mod paths;
mod rooms;
mod source;

use source::{File, read, text_of};

/// The files all checks look at.
fn tree() -> Vec<File> {
    let files = read(&["src", "crates", "tests", "benches", "end2end", "migrations", "docs/configuration.md", "Cargo.toml", "Leptos.toml", "rooms.toml"]);
    assert!(files.len() > 100, "the tree was read: {} files", files.len());
    files
}

fn map() -> rooms::Map {
    rooms::read_map(text_of(&tree(), "rooms.toml")).unwrap_or_else(|found| panic!("{}", found.join("\n")))
}

/// Fails with one finding a line.
#[track_caller]
fn clean(found: Vec<String>) {
    assert!(found.is_empty(), "{} findings:\n{}\n", found.len(), found.join("\n"));
}

/// The check answers exactly one finding, and it says this.
#[track_caller]
fn notices(found: &[String], says: &str) {
    assert!(found.len() == 1 && found[0].contains(says), "«{says}» was looked for in {found:?}");
}

fn files(files: &[(&str, &str)]) -> Vec<File> {
    files.iter().map(|(path, text)| File::new(path, text)).collect()
}

fn little_map() -> rooms::Map {
    let text = "[platform]\npurpose = \"the floor of all\"\nuses = []\n[ui]\npurpose = \"the design\"\nuses = []\n[low]\npurpose = \"a lower room\"\nuses = [\"platform\"]\n\
                [high]\npurpose = \"a higher room\"\nuses = [\"platform\", \"ui\", \"low\"]\n";
    rooms::read_map(text).expect("a map")
}

/// What uses every edge of the little map and breaks none.
const LITTLE_HOUSE: [(&str, &str); 4] = [
    ("src/low/server/service.rs", "use crate::platform::{Cx, Fault};\nuse super::store;\nuse crate::low::model::Thing;"),
    ("src/high/ui/pages.rs", "use crate::ui::{Button, Load};\nuse crate::low::ui::floors;\nuse super::super::model::Page;"),
    ("src/high/server/jobs.rs", "use crate::{low::server::verb, platform::jobs::JobRun};\nuse crate::low::model::Thing;"),
    ("src/low/ui/mod.rs", "mod pages;\nmod parts;\npub use pages::LowPage;\npub use parts::floors;"),
];

#[test]
fn the_map_of_rooms_is_whole_and_without_cycles() {
    let map = map();
    clean(rooms::cycles(&map));
    clean(rooms::on_disk(&tree(), &map));
}

#[test]
fn a_broken_map_is_noticed() {
    let broken = |text: &str| rooms::read_map(text).expect_err("findings");
    notices(&broken("[a]\nuses = []\n"), "a has no purpose");
    notices(&broken("[a]\npurpose = \"something\"\nuses = [\"b\"]\n"), "a uses b, which is not there");
    notices(&broken("[a]\npurpose = \"something\"\nuse = []\n"), "is not understood");
    notices(&broken("[a]\npurpose = \"something\"\n[a]\n"), "stands there twice");
    let mut map = little_map();
    map.get_mut("platform").expect("a room").push("high".into());
    assert!(rooms::cycles(&map).iter().any(|found| found.contains("high → low → platform → high")), "{:?}", rooms::cycles(&map));
    let disk = files(&[("src/lib.rs", ""), ("src/platform/mod.rs", ""), ("src/ui/mod.rs", ""), ("src/low/mod.rs", ""), ("src/cellar.rs", ""), ("src/high/mod.rs", "")]);
    notices(&rooms::on_disk(&disk, &little_map()), "src/cellar is not in rooms.toml");
    notices(&rooms::on_disk(&disk[..4], &little_map()), "there is no src/high");
}

#[test]
fn rooms_keep_to_their_edges() {
    clean(rooms::edges(&tree(), &map()));
}

#[test]
fn a_mention_off_the_edges_is_noticed() {
    clean(rooms::edges(&files(&LITTLE_HOUSE), &little_map()));
    for (path, text, says) in [
        ("src/low/server/jobs.rs", "use crate::high::server::verb;", "high::server::verb is no edge"),
        ("src/platform/door.rs", "fn f() { crate::low::server::verb() }", "low::server::verb is no edge"),
        ("src/low/model.rs", "use super::server::service;", "low::server::service is a part of its room"),
        ("src/high/server/service.rs", "use crate::low::server::store::rows;", "another room"),
        ("src/high/server/service.rs", "use crate::low;", "another room"),
        ("src/high/server/store.rs", "use crate::low::server::verb;", "another room"),
        ("src/high/calls.rs", "use crate::low::server::verb;", "another room"),
        ("src/high/ui/pages.rs", "use crate::{ui::Load, low::calls::page};", "low::calls::page"),
        ("src/high/ui/pages.rs", "use crate::low::ui::LowPage;", "low::ui::LowPage"),
        ("src/high/ui/pages.rs", "use super::super::server::verb;", "high::server::verb"),
        ("src/low/ui/pages.rs", "use crate::ui::Button;", "ui::Button is no edge"),
        ("src/high/model.rs", "use crate::*;", "takes everything"),
        ("src/platform/door.rs", "mod tests {\n use super::super::super::low::model::A;\n}", "low::model::A is no edge"),
    ] {
        let mut house = files(&LITTLE_HOUSE);
        house.push(File::new(path, text));
        notices(&rooms::edges(&house, &little_map()), says);
    }
    notices(
        &rooms::edges(
            &files(&LITTLE_HOUSE[..1]),
            &rooms::read_map(
                "[platform]\npurpose = \"the floor of all\"\n[low]\npurpose = \"a lower room\"\nuses = [\"platform\"]\n[ui]\npurpose = \"the design\"\nuses = [\"low\"]\n",
            )
            .expect("a map"),
        ),
        "ui uses low no longer",
    );
}

#[test]
fn sql_stands_in_stores_and_stores_are_private() {
    clean(rooms::sql_places(&tree(), rooms::SQL_ELSEWHERE));
    clean(rooms::open_stores(&tree()));
}

#[test]
fn sql_outside_a_store_and_an_open_store_are_noticed() {
    let sql = "fn f() {\n    sqlx::query!(\"select 1\");\n}";
    clean(rooms::sql_places(&files(&[("src/low/server/store.rs", sql), ("src/platform/door.rs", sql), ("src/wiring.rs", sql)]), rooms::SQL_ELSEWHERE));
    notices(&rooms::sql_places(&files(&[("src/low/server/service.rs", sql)]), &[]), "src/low/server/service.rs:2");
    notices(&rooms::sql_places(&files(&[("src/wiring.rs", "")]), rooms::SQL_ELSEWHERE), "take it off");
    notices(&rooms::open_stores(&files(&[("src/low/server/mod.rs", "mod service;\npub mod store;")])), "src/low/server/mod.rs:2");
    notices(&rooms::open_stores(&files(&[("src/low/server/mod.rs", "pub use store::rows;")])), "stays private");
}

#[test]
fn crates_are_leaves() {
    clean(papers::crates(&tree()));
}

#[test]
fn a_crate_that_knows_too_much_is_noticed() {
    let with = |name: &str, manifest: &str| {
        let path = format!("crates/{name}/Cargo.toml");
        papers::crates(&files(
            &[("crates/kit/Cargo.toml", ""), ("crates/hooks/Cargo.toml", ""), ("crates/testkit/Cargo.toml", ""), (&path, manifest)][if name == "new" { 0 } else { 3 }..],
        ))
    };
    clean(with("new", "[dependencies]\nkit.workspace = true\n[dev-dependencies]\nhooks = { path = \"../hooks\" }\n"));
    notices(&with("new", "[dependencies]\nhooks.workspace = true\n"), "crates/new/Cargo.toml:2: depends on hooks");
    notices(&with("new", "[dependencies.hooks]\npath = \"../hooks\"\n"), "depends on hooks");
    notices(&with("new", "[dev-dependencies]\nvantera = { path = \"../..\" }\n"), "depends on vantera");
    notices(&papers::crates(&files(&[("crates/hooks/src/lib.rs", "use vantera::feed;")])), "knows the root package");
}

#[test]
fn the_two_builds_part_at_their_gates_only() {
    clean(lines::gates(&tree()));
}

#[test]
fn a_gate_elsewhere_is_noticed() {
    let gate = "#[cfg(feature = \"ssr\")]\npub mod server;";
    clean(lines::gates(&files(&[("src/lib.rs", gate), ("src/low/mod.rs", gate), ("src/ui/http.rs", gate), ("src/low/model.rs", "#[cfg(test)]\nmod tests {}")])));
    notices(&lines::gates(&files(&[("src/low/mod.rs", &format!("{gate}\n#[cfg( feature = \"hydrate\" )]"))])), "src/low/mod.rs:3: a room has one gate");
    for text in [gate, "#[cfg(not(feature = \"ssr\"))]", "fn f() { if cfg!(target_arch = \"wasm32\") {} }", "#[cfg_attr(feature = \"ssr\", derive(Debug))]"] {
        notices(&lines::gates(&files(&[("src/low/model.rs", text)])), "src/low/model.rs:1: no gate");
        notices(&lines::gates(&files(&[("src/low/server/mod.rs", text)])), "no gate");
    }
}

#[test]
fn files_are_short() {
    clean(lines::lengths(&tree(), lines::LONGER));
}

#[test]
fn a_file_too_long_and_an_exception_too_wide_are_noticed() {
    let of = |lines: usize| files(&[("src/low/model.rs", &"\n".repeat(lines))]);
    clean(lines::lengths(&of(400), &[]));
    clean(lines::lengths(&of(420), &[("src/low/model.rs", 420)]));
    notices(&lines::lengths(&of(401), &[]), "401 lines");
    notices(&lines::lengths(&of(421), &[("src/low/model.rs", 420)]), "it grew");
    notices(&lines::lengths(&of(410), &[("src/low/model.rs", 420)]), "lower its exception");
    notices(&lines::lengths(&of(300), &[("src/low/model.rs", 420)]), "no exception");
    notices(&lines::lengths(&of(1), &[("src/gone.rs", 420)]), "is gone");
}

#[test]
fn every_room_tells_its_story() {
    clean(papers::stories(&tree()));
}

#[test]
fn a_room_without_a_story_is_noticed() {
    clean(papers::stories(&files(&[("src/low/mod.rs", "//! A.\n//!\n//! B.\npub mod x;")])));
    notices(&papers::stories(&files(&[("src/low/mod.rs", "//! Rooms.\npub mod x;")])), "1 lines of story");
    notices(&papers::stories(&files(&[("src/low/model.rs", "")])), "src/low/mod.rs: begins with 0");
    notices(&papers::stories(&files(&[("src/low/mod.rs", &"//! A.\n".repeat(16))])), "16 lines of story");
}

#[test]
fn manifests_agree() {
    clean(papers::leptos_options(&tree()));
}

#[test]
fn manifests_that_differ_are_noticed() {
    let with =
        |shipped: &str| papers::leptos_options(&files(&[("Cargo.toml", "[package]\nname = \"x\"\n[package.metadata.leptos]\na = 1\nb = 2\n[next]\n"), ("Leptos.toml", shipped)]));
    clean(with("# why\n[package.metadata.leptos]\nb = 2\na = 1\n"));
    notices(&with("[package.metadata.leptos]\na = 1\n"), "Leptos.toml lacks: b = 2");
    notices(&with("[package.metadata.leptos]\na = 1\nb = 2\nc = 3\n"), "alone says: c = 3");
}

#[test]
fn nothing_is_left_over() {
    clean(lines::leftovers(&tree()));
}

#[test]
fn leftovers_are_noticed() {
    clean(lines::leftovers(&files(&[("src/a.rs", "// a test may not call dbg!(x)\nlet a = \"todo!()\";\n#[expect(clippy::x, reason = \"y\")]"), ("src/b.rs", "sleep(1)")])));
    for text in [
        "todo!()",
        "unimplemented!()",
        "dbg!(x)",
        "#[allow(dead_code)]",
        "#![allow(dead_code)]",
        "#[ignore]\nfn f() {}",
        "#[ignore = \"slow\"]",
        "// FIXME later",
        "/* TODO */",
        "#[expect(clippy::x)]\nfn f() {}",
    ] {
        notices(&lines::leftovers(&files(&[("src/a.rs", text)])), "src/a.rs:1");
    }
    notices(&lines::leftovers(&files(&[("tests/it/a.rs", "\ntokio::time::sleep(x).await")])), "tests/it/a.rs:2");
    notices(&lines::leftovers(&files(&[("crates/hooks/tests/it/a.rs", "sleep(x)")])), "not for time");
    notices(&lines::leftovers(&files(&[("end2end/a.spec.ts", "test.only('x', () => {})")])), ".only(");
    notices(&lines::leftovers(&files(&[("end2end/a.spec.ts", "await page.waitForTimeout(100)")])), "waitForTimeout");
}

#[test]
fn no_class_names_a_side() {
    clean(lines::sides(&tree()));
}

#[test]
fn a_class_that_names_a_side_is_noticed() {
    clean(lines::sides(&files(&[("src/a.rs", "let a = \"ms-2 pe-4 start-0 text-end border-red-2 rounded-lg the right-hand door, right-to-left\"; // ml-2\nlet pl = ml - 2;")])));
    for class in ["ml-2", "-mr-px", "md:pl-4", "hover:pr-[3px]", "left-0", "!right-auto", "right-1/2", "text-left", "md:text-right!", "border-l", "rounded-r-lg", "float-left"] {
        notices(&lines::sides(&files(&[("src/a.rs", &format!("view! {{ <p class=\"flex {class} x\"/> }}"))])), class);
    }
}

#[test]
fn views_hold_no_inline_style_or_handler() {
    clean(lines::inline(&tree()));
}

#[test]
fn an_inline_style_or_handler_is_noticed() {
    clean(lines::inline(&files(&[(
        "src/a.rs",
        "view! { <b class=\"x\" on:click=go/> }\nlet style = 1; let a = S { style: 2, map_style: 3 }; f(style::X);\n#[cfg(test)]\nmod tests { const A: &str = \"<i onerror=x>\"; }",
    )])));
    for text in
        ["view! { <b style=\"color:red\"/> }", "view! { <b style=move || x/> }", "view! { <b style:width=w/> }", "view! { <b onclick=\"x()\"/> }", "let a = \"<b onclick='x()'>\";"]
    {
        notices(&lines::inline(&files(&[("src/a.rs", text)])), "src/a.rs:1");
    }
}

#[test]
fn every_setting_is_written_down() {
    clean(papers::configuration(&tree()));
}

#[test]
fn a_setting_that_is_not_written_down_is_noticed() {
    let page = ("docs/configuration.md", "| `VANTERA_A` | … |\nVANTERA_ABC");
    clean(papers::configuration(&files(&[page, ("src/a.rs", "let ש = std::env::var(\"VANTERA_A\"); // var(\"VANTERA_B\")\nenv!(\"CARGO_MANIFEST_DIR\")")])));
    for text in ["/* ש */ var(\"VANTERA_AB\")", "std::env::var_os(\"VANTERA_AB\")", "EnvFilter::try_from_env(\"VANTERA_AB\")", "option_env!(\"VANTERA_AB\")"] {
        notices(&papers::configuration(&files(&[page, ("src/a.rs", text)])), "src/a.rs:1: VANTERA_AB is not");
    }
}

#[test]
fn migrations_have_numbers_of_their_own() {
    clean(papers::migrations(&tree()));
}

#[test]
fn a_number_given_twice_is_noticed() {
    notices(&papers::migrations(&files(&[("migrations/0001_a.sql", ""), ("migrations/0001_b.sql", "")])), "migrations/0001_b.sql: has the number of migrations/0001_a.sql");
    notices(&papers::migrations(&files(&[("migrations/1_a.sql", "")])), "is not called");
}

#[test]
fn doors_are_registered_and_named_where_they_can_be_counted() {
    clean(doors::routes(&tree()));
    clean(doors::endpoints(&tree()));
}

#[test]
fn a_door_that_cannot_be_counted_is_noticed() {
    let wiring = |routes: &str| {
        let table = "pub const PLAIN_ROUTES: &[(&str, &str)] = &[\n    (\"GET\", \"/a/{b}\"),\n];\n";
        doors::routes(&files(&[("src/wiring.rs", &format!("{table}{routes}"))]))
    };
    let known = ".route(\"/a/{b}\", get(low::server::http::a))\n.route(\"/call/{*endpoint}\", any(call))\n";
    clean(wiring(known));
    notices(&wiring(""), "PLAIN_ROUTES lists GET /a/{b}");
    notices(&wiring(&format!("{known}.route(\"/c\", get(forget))")), "GET /c is not in PLAIN_ROUTES");
    notices(&wiring(&known.replace("a))", "a).post(low::server::http::b))")), "POST /a/{b} is not");
    notices(&doors::routes(&files(&[("src/low/server/http.rs", "Router::new().route(\"/x\", get(x))")])), "src/low/server/http.rs:1");
    let named = "#[server(prefix = \"/call\", endpoint = \"low/verb\")]\npub async fn verb(#[server(default)] a: String) {}";
    clean(doors::endpoints(&files(&[("src/low/calls.rs", named)])));
    notices(&doors::endpoints(&files(&[("src/low/ui/pages.rs", named)])), "outside calls.rs");
    notices(&doors::endpoints(&files(&[("src/high/calls.rs", named)])), "endpoint = \"high/");
    notices(&doors::endpoints(&files(&[("src/low/calls.rs", "\n#[server]\nasync fn f() {}")])), "src/low/calls.rs:2");
}

#[test]
fn markup_and_awaited_data_keep_to_their_places() {
    clean(doors::places(&tree()));
}

#[test]
fn markup_and_awaited_data_elsewhere_are_noticed() {
    clean(doors::places(&files(&[
        ("src/ui/page.rs", "use a::Suspense; view! { <Title text=x/> }"),
        ("src/a.rs", "// Suspense\nview! { <TitleBar/> } \"inner_html\"; ResourceKind"),
    ])));
    for text in [
        "view! { <p inner_html=x/> }",
        "view! { <textarea>x</textarea> }",
        "view! { <Title text=x/> }",
        "<Suspense fallback=x>",
        "Suspend::new(x)",
        "<Transition fallback=x>",
        "Resource::new(a, b)",
        "<ActionForm action=x>",
    ] {
        notices(&doors::places(&files(&[("src/low/ui/pages.rs", &format!("\n{text}"))])), "src/low/ui/pages.rs:2");
    }
}

#[test]
fn every_job_is_taken_and_every_handler_called() {
    clean(doors::jobs(&tree()));
}

#[test]
fn a_job_that_nobody_takes_and_a_handler_that_nobody_calls_are_noticed() {
    let with =
        |left: &str| doors::jobs(&files(&[("src/wiring.rs", "job_table! {\n    \"low.clean\" in Rooms => low::server::jobs::clean,\n}"), ("src/low/server/service.rs", left)]));
    clean(with("Job::new(\"low.clean\", json!({}))"));
    clean(with("keep(\"low.clean\")"));
    notices(&with("let a = \"low.clean\";\nJob::new(\"low.cleen\", json!({}))"), "src/low/server/service.rs:2: nobody in wiring.rs takes the job low.cleen");
    notices(&with(""), "nobody leaves the job low.clean");
    let by_row =
        |left: &str| doors::jobs(&files(&[("src/wiring.rs", "job_table! {\n    \"low.clean\" in Rooms => low::server::jobs::clean,\n}"), ("migrations/0002_low.sql", left)]));
    clean(by_row("perform jobs.enqueue('low.clean', '{}');"));
    notices(&by_row("-- low.clean"), "nobody leaves the job low.clean");
}
