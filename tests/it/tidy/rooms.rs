//! The map of rooms (rooms.toml) and whether the code keeps to it.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{Mention, module_of, root_paths};
use super::source::{File, lines_with, split, text_of};

/// Whom each room may use, by name.
pub type Map = BTreeMap<String, Vec<String>>;

/// Reads rooms.toml, which is kept to a few forms of line so that a reader of the house's own can read it.
pub fn read_map(text: &str) -> Result<Map, Vec<String>> {
    let (mut map, mut told, mut found) = (Map::new(), BTreeSet::new(), Vec::new());
    let mut room = String::new();
    for (at, line) in text.lines().map(str::trim).enumerate() {
        let at = at + 1;
        if line.is_empty() || line.starts_with('#') {
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            room = name.to_owned();
            if map.insert(room.clone(), Vec::new()).is_some() {
                found.push(format!("rooms.toml:{at}: {room} stands there twice"));
            }
        } else if let Some(purpose) = line.strip_prefix("purpose = \"").and_then(|rest| rest.strip_suffix('"')) {
            if purpose.len() > 8 {
                told.insert(room.clone());
            }
        } else if let Some(list) = line.strip_prefix("uses = [").and_then(|rest| rest.strip_suffix(']')) {
            let names = list.split(',').map(|name| name.trim().trim_matches('"').to_owned()).filter(|name| !name.is_empty());
            map.entry(room.clone()).or_default().extend(names);
        } else {
            found.push(format!("rooms.toml:{at}: this line is not understood: {line}"));
        }
    }
    found.extend(map.keys().filter(|room| !told.contains(*room)).map(|room| format!("rooms.toml: {room} has no purpose")));
    for (room, uses) in &map {
        found.extend(uses.iter().filter(|used| !map.contains_key(*used)).map(|used| format!("rooms.toml: {room} uses {used}, which is not there")));
    }
    if found.is_empty() { Ok(map) } else { Err(found) }
}

/// A way from a room back to itself.
pub fn cycles(map: &Map) -> Vec<String> {
    fn walk(map: &Map, way: &mut Vec<String>, found: &mut Vec<String>) {
        let here = way.last().expect("a way begins somewhere").clone();
        for next in map.get(&here).into_iter().flatten() {
            if *next == way[0] {
                found.push(format!("rooms.toml: a cycle: {} → {next}", way.join(" → ")));
            } else if !way.contains(next) {
                way.push(next.clone());
                walk(map, way, found);
                way.pop();
            }
        }
    }
    let mut found = Vec::new();
    for room in map.keys() {
        walk(map, &mut vec![room.clone()], &mut found);
    }
    found
}

/// Every room on disk is on the map, and the reverse.
pub fn on_disk(files: &[File], map: &Map) -> Vec<String> {
    let rooms: BTreeSet<String> = files.iter().filter(|file| file.is_rust() && file.is_under("src/")).filter_map(|file| module_of(&file.path).first().cloned()).collect();
    let missing = rooms.iter().filter(|room| !map.contains_key(*room)).map(|room| format!("src/{room} is not in rooms.toml"));
    let gone = map.keys().filter(|room| !rooms.contains(*room)).map(|room| format!("rooms.toml: there is no src/{room}"));
    missing.chain(gone).collect()
}

/// What a file is in its room, which decides what it may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Model,
    Words,
    Calls,
    Ui,
    Server,
    Http,
    Store,
    /// A room without layers, or a room's mod.rs.
    Whole,
}

fn layer_of(module: &[String]) -> Layer {
    let name = |at: usize| module.get(at).map_or("", String::as_str);
    match (name(1), name(2)) {
        ("model", _) => Layer::Model,
        ("words", _) => Layer::Words,
        ("calls", _) => Layer::Calls,
        ("ui", _) => Layer::Ui,
        ("server", "store") => Layer::Store,
        ("server", "http") => Layer::Http,
        ("server", _) => Layer::Server,
        _ => Layer::Whole,
    }
}

/// Rooms that everything stands on and that have no layers: the design system and the server's floor.
const FLOORS: [&str; 2] = ["ui", "platform"];

/// Mentions that leave the edges of the map, or reach a layer that is none of theirs.
pub fn edges(files: &[File], map: &Map) -> Vec<String> {
    let macros = exported_macros(files);
    let mut found = Vec::new();
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        let module = module_of(&file.path);
        let Some(room) = module.first().cloned() else { continue };
        for mention in root_paths(&file.path, &file.text) {
            let Some(first) = mention.path.first() else { continue };
            let to = macros.get(first).unwrap_or(first);
            if to == "*" {
                found.push(format!("{}:{}: takes everything of the crate's root", file.path, mention.line));
                continue;
            }
            used.insert((room.clone(), to.clone()));
            if let Err(why) = judge(files, map, &room, layer_of(&module), to, &mention) {
                found.push(format!("{}:{}: {} {why}", file.path, mention.line, mention.path.join("::")));
            }
        }
    }
    for (room, uses) in map {
        let idle = uses.iter().filter(|to| !used.contains(&(room.clone(), (*to).clone())));
        found.extend(idle.map(|to| format!("rooms.toml: {room} uses {to} no longer")));
    }
    found
}

fn judge(files: &[File], map: &Map, room: &str, from: Layer, to: &str, mention: &Mention) -> Result<(), &'static str> {
    use Layer::*;
    let target = layer_of(&mention.path);
    if room == to {
        let fine = match from {
            Model => target == Model,
            Words => matches!(target, Words | Model),
            Calls => matches!(target, Calls | Model | Server),
            Ui => matches!(target, Ui | Model | Words | Calls),
            Server => matches!(target, Server | Store | Model | Http),
            Http => matches!(target, Server | Store | Http | Model | Ui),
            Store => matches!(target, Server | Store | Model),
            Whole => true,
        };
        return if fine { Ok(()) } else { Err("is a part of its room that this file may not know") };
    }
    if !map.get(room).is_some_and(|uses| uses.iter().any(|used| used == to)) {
        return Err("is no edge of rooms.toml");
    }
    let fine = match from {
        _ if room == "wiring" => target != Store,
        Model => target == Model,
        Words => to == "ui",
        Ui => to == "ui" || target == Model || is_part(files, to, &mention.path),
        Calls => to == "platform" || target == Model,
        Store => to == "platform" || target == Model,
        Server => to == "platform" || matches!(target, Model | Server),
        Http => FLOORS.contains(&to) || matches!(target, Model | Server),
        // The frame shows rooms' pages; the process and the demo run their verbs.
        Whole if room == "app" => to == "ui" || matches!(target, Ui | Model | Whole),
        Whole => matches!(target, Whole | Server | Model),
    };
    if fine { Ok(()) } else { Err("is a part of another room that this file may not know") }
}

/// Whether a path leads into another room's `ui::parts`, by its module or by a name its ui/mod.rs offers from there.
fn is_part(files: &[File], room: &str, path: &[String]) -> bool {
    if path.get(1).map(String::as_str) != Some("ui") {
        return false;
    }
    let Some(name) = path.get(2) else { return false };
    let story = format!("src/{room}/ui/mod.rs");
    let offered = root_paths(&story, &text_of(files, &story).replace("pub use parts::", "pub use super::ui::parts::"));
    name == "parts" || offered.iter().any(|offer| offer.path.len() == 4 && offer.path[2] == "parts" && offer.path[3] == *name)
}

/// Exported macros stand at the crate's root but belong to a room.
fn exported_macros(files: &[File]) -> BTreeMap<String, String> {
    let mut macros = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/") && file.text.contains("#[macro_export]")) {
        let code = split(&file.text).code;
        for line in code.lines() {
            if let (Some(name), Some(room)) = (line.trim().strip_prefix("macro_rules! "), module_of(&file.path).first()) {
                macros.insert(name.trim_end_matches([' ', '{']).to_owned(), room.clone());
            }
        }
    }
    macros
}

/// Where SQL may stand besides a room's store.rs and the platform.
pub const SQL_ELSEWHERE: &[(&str, &str)] = &[("src/wiring.rs", "the readiness probe asks the database whether it answers; it reads no table")];

pub fn sql_places(files: &[File], elsewhere: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut idle: BTreeSet<&str> = elsewhere.iter().map(|(path, _)| *path).collect();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        if file.is_under("src/platform/") || layer_of(&module_of(&file.path)) == Layer::Store {
            continue;
        }
        let code = split(&file.text).code;
        let lines: Vec<usize> =
            ["sqlx::query", "sqlx::raw_sql", "QueryBuilder", " query!(", " query_as!(", " query_scalar!("].iter().flat_map(|sql| lines_with(&code, sql)).collect();
        if !lines.is_empty() && !idle.remove(file.path.as_str()) {
            found.extend(lines.iter().map(|line| format!("{}:{line}: SQL stands only in store.rs", file.path)));
        }
    }
    found.extend(idle.iter().map(|path| format!("{path}: has no SQL any more; take it off the list of exceptions")));
    found
}

/// A room's store is its own.
pub fn open_stores(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        let code = split(&file.text).code;
        for needle in ["pub mod store", "pub(crate) mod store", "pub use store", "pub use self::store", "pub use super::store", "pub(crate) use store"] {
            found.extend(lines_with(&code, needle).iter().map(|line| format!("{}:{line}: a room's store stays private", file.path)));
        }
    }
    found
}
