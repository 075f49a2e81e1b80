//! Figures: what a processor worked, how measured values lie, and how they are told.

use serde_json::{Value, json};

/// What this process has worked so far, in nanoseconds, over all its threads (Linux).
pub fn worked() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux tells");
    tasks.filter_map(|task| of_file(&task.ok()?.path().join("schedstat"))).sum()
}

/// What another process with one thread has worked.
pub fn worked_by(process: i32) -> u64 {
    of_file(std::path::Path::new(&format!("/proc/{process}/schedstat"))).expect("Linux tells")
}

fn of_file(path: &std::path::Path) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.split(' ').next()?.parse().ok()
}

/// The value below which a share of all lies (nearest rank), as benches/lib/sheet.mjs takes it.
fn rank(sorted: &[f64], share: f64) -> f64 {
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted[at.clamp(1, sorted.len()) - 1]
}

/// One line of the table from measured values. `unit` is "×", "ms" or "MB".
pub fn line(name: &str, unit: &str, values: &[f64]) -> Value {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    json!({ "name": name, "unit": unit, "n": values.len(), "p50": rank(&sorted, 0.5), "p95": rank(&sorted, 0.95), "most": rank(&sorted, 1.0) })
}

/// The same with a limit on one of its figures: `of` is p50, p95 or most.
pub fn limited(name: &str, unit: &str, values: &[f64], of: &str, limit: f64) -> Value {
    let mut line = line(name, unit, values);
    line["of"] = json!(of);
    line["limit"] = json!(limit);
    line
}

/// One count or size over `n` loads, with the most it may be.
pub fn single(name: &str, unit: &str, n: usize, value: f64, limit: f64) -> Value {
    json!({ "name": name, "unit": unit, "n": n, "most": value, "of": "most", "limit": limit })
}

pub fn tell(part: &str, lines: &[Value]) {
    println!("{}", json!({ "part": part, "optimised": !cfg!(debug_assertions), "lines": lines }));
}

/// The moment, for what took how long.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the machine's clock")]
pub fn moment() -> std::time::Instant {
    std::time::Instant::now()
}
