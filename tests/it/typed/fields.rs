//! The text fields of every door, read from the sources: a new one is tried by itself.

use std::collections::BTreeMap;

/// Text fields by door, as the doors' table names it: `room/verb` for a server function, the path for a plain route.
pub fn text_fields() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    let rooms = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).expect("the rooms");
    for room in rooms.filter_map(Result::ok) {
        if let Ok(text) = std::fs::read_to_string(room.path().join("calls.rs")) {
            all.extend(functions(&text));
        }
    }
    let known: Vec<String> = all.keys().map(|endpoint| format!("/call/{endpoint}")).collect();
    assert_eq!(known, vantera::wiring::server_function_paths(), "every server function's fields are read");
    all.insert("/b/{slug}/posts".into(), drafted(include_str!("../../../src/feed/server/form.rs")));
    let mut preview = all["buildings/open"].clone();
    preview.push("flats_file".into());
    all.insert("/open/preview".into(), preview);
    all
}

/// The arguments of type String of each server function in a source.
fn functions(source: &str) -> Vec<(String, Vec<String>)> {
    let source = source.replace("#[server(default)]", "");
    let read = |piece: &str| {
        let endpoint = piece.split_once("endpoint = \"")?.1.split('"').next()?;
        let inside = piece.split_once("pub async fn ")?.1.split_once('(')?.1.split(") ->").next()?;
        let texts = inside.split(',').filter_map(|argument| argument.split_once(':')).filter(|(_, kind)| kind.contains("String"));
        Some((endpoint.to_owned(), texts.map(|(name, _)| name.trim().to_owned()).collect()))
    };
    source.split("#[server(").skip(1).filter_map(read).collect()
}

/// The names that the composer's form is asked for.
fn drafted(source: &str) -> Vec<String> {
    source.split("value(\"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
}

#[test]
fn the_fields_of_a_server_function_are_read_from_its_source() {
    let source = "#[server(prefix = \"/call\", endpoint = \"room/verb\")]\npub async fn verb(building: String, #[server(default)] on: bool,\n #[server(default)] name: String, more: Option<String>) -> Result<(), AppError> {";
    assert_eq!(functions(source), [("room/verb".to_owned(), vec!["building".to_owned(), "name".to_owned(), "more".to_owned()])]);
    let all = text_fields();
    assert_eq!(all["feed/comment"], ["building", "post", "body", "client_key"]);
    assert!(all["buildings/open"].contains(&"flats_csv".to_owned()) && all["/b/{slug}/posts"].contains(&"title".to_owned()));
}
