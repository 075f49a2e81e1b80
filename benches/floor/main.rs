//! What the floor costs: `floor board` (the board against a handler written by hand), `floor walls` (row-level security
//! against a filter written by hand), `floor jobs` (our runner of jobs against Node's), `floor hammer` (page loads by the
//! thousand), `floor audit` (reading a million lines of the audit log through). Each prints its figures as one line
//! of JSON; benches/bench.mjs puts them into docs/bench.md.

#[path = "../../tests/it/streams/loads.rs"]
#[expect(dead_code, reason = "the tests' own loads, of which the hammer needs a part")]
mod loads;
#[path = "../../tests/it/support.rs"]
#[expect(dead_code, reason = "the tests' own support, of which the benches need a part")]
mod support;

mod audit;
mod board;
mod by_hand;
mod hammer;
mod house;
mod jobs;
mod measure;
mod rows;
mod template;
mod walls;

/// The server's own (src/main.rs).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: floor board [ROUNDS] | walls [ROUNDS] | jobs [ROUNDS] | hammer [LOADS] | audit [LINES]";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |at: usize, otherwise: usize| words.get(at).map_or(otherwise, |word| word.parse().expect(USAGE));
    match words.first().copied() {
        Some("board") => measure::tell("board", &board::measure(number(1, 40))),
        Some("same") => board::same(),
        Some("page") => board::page(),
        Some("spin") => board::spin(number(1, 2_000)),
        Some("walls") => measure::tell("walls", &walls::measure(number(1, 150))),
        Some("jobs") => measure::tell("jobs", &jobs::measure(number(1, 10))),
        Some("hammer") => measure::tell("hammer", &hammer::measure(number(1, 20_000))),
        Some("audit") => measure::tell("audit", &audit::measure(number(1, 1_000_000))),
        Some("hammer-at") => hammer::alone(number(1, 4), number(2, 20_000)),
        _ => panic!("{USAGE}"),
    }
}

/// As the server's own runtime is made (src/main.rs), with so many workers.
fn on_workers<F: Future>(workers: usize, work: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().expect("a runtime").block_on(work)
}
