//! Page loads by the thousand from real sockets, half of them broken off, at one, two and four worker threads.

use serde_json::Value;

use crate::loads::{GROWTH_LIMIT, Served, WARM_UP, hammer, resident};
use crate::measure::single;
use crate::on_workers;

const WORKERS: [usize; 3] = [1, 2, 4];
const MB: f64 = 1024.0 * 1024.0;

/// Each count of workers has a process to itself, so that the memory measured is one server's.
pub fn measure(loads: usize) -> Vec<Value> {
    let mut lines = Vec::new();
    for workers in WORKERS {
        let ended = std::process::Command::new("/proc/self/exe").args(["hammer-at", &workers.to_string(), &loads.to_string()]).output().expect("a process of its own");
        let told = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{told}{}", String::from_utf8_lossy(&ended.stderr));
        let numbers: Vec<f64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [broken, half, whole] = numbers[..] else { panic!("three numbers: {told}") };
        let threads = if workers == 1 { "1 worker thread".to_owned() } else { format!("{workers} worker threads") };
        lines.push(single(&format!("page loads at {threads}, half broken off: others that came incomplete (6)"), "", loads, broken, 0.0));
        lines.push(single("– memory left behind, all loads", "MB", loads, whole / MB, GROWTH_LIMIT as f64 / MB));
        lines.push(single("– of that by their second half", "MB", loads / 2, (whole - half) / MB, GROWTH_LIMIT as f64 / MB));
    }
    lines
}

/// Prints how many bodies came incomplete, and the bytes by which memory grew over half and over all loads.
pub fn alone(workers: usize, loads: usize) {
    on_workers(workers, async {
        let served = Served::start().await;
        let mut found = hammer(&served, WARM_UP).await;
        let before = resident();
        found.extend(hammer(&served, loads / 2).await);
        let half = resident() - before;
        found.extend(hammer(&served, loads - loads / 2).await);
        let whole = resident() - before;
        for fault in found.iter().take(10) {
            eprintln!("{fault}");
        }
        println!("{} {half} {whole}", found.len());
        served.app.finish().await;
    });
}
