//! The process at the head of a cluster: whether it lives, and ending it.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::process::Command;

use crate::Error;
use crate::cluster::{Cluster, POLL};

const STOP_SECONDS: u64 = 45;

/// A postmaster that is alive and runs on our data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postmaster {
    pub(crate) pid: Pid,
    pub(crate) port: u16,
}

impl Cluster {
    /// What `postmaster.pid` says, if that process lives and really runs on this data.
    /// After a crash the number may belong to any other program.
    pub(crate) async fn postmaster(&self) -> Option<Postmaster> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
        // While it starts the port may not be written yet.
        let port = lines.nth(2).and_then(|line| line.trim().parse().ok()).unwrap_or(0);
        (is_alive(pid) && self.is_run_by(pid).await).then_some(Postmaster { pid, port })
    }

    /// Whether any process, ours or not, bears the number in `postmaster.pid`.
    pub(crate) fn lock_file_names_a_process(&self) -> bool {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let number = text.lines().next().and_then(|line| line.trim().parse().ok());
        number.and_then(Pid::from_raw).is_some_and(is_alive)
    }

    async fn is_run_by(&self, pid: Pid) -> bool {
        let number = pid.as_raw_nonzero();
        // A postmaster's working folder is its data.
        if let Ok(folder) = std::fs::read_link(format!("/proc/{number}/cwd")) {
            return folder == self.data();
        }
        if Path::new("/proc/self/cwd").exists() {
            return false;
        }
        let output = Command::new("ps").args(["-o", "command=", "-p", &number.to_string()]).output().await;
        output.is_ok_and(|output| {
            let command = String::from_utf8_lossy(&output.stdout).into_owned();
            command.contains("postgres") && command.contains(&*self.data().to_string_lossy())
        })
    }

    /// Ends sessions and shuts down in good order; after the deadline, at once (the log replays at the next start).
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        let Some(Postmaster { pid, .. }) = self.postmaster().await else {
            return Ok(());
        };
        for (signal, seconds) in [(Signal::INT, STOP_SECONDS), (Signal::QUIT, 10)] {
            let _ = kill_process(pid, signal);
            if gone_within(pid, seconds).await {
                return Ok(());
            }
        }
        Err(Error::DidNotStop { pid: pid.as_raw_nonzero().get(), seconds: STOP_SECONDS + 10 })
    }

    /// As if the power had failed: the postmaster gets no chance to tidy up.
    pub(crate) async fn kill(&self) -> Result<(), Error> {
        let Some(Postmaster { pid, .. }) = self.postmaster().await else {
            return Ok(());
        };
        let _ = kill_process(pid, Signal::KILL);
        if gone_within(pid, 10).await {
            return Ok(());
        }
        Err(Error::DidNotStop { pid: pid.as_raw_nonzero().get(), seconds: 10 })
    }

    /// For `Drop`: asks for a fast shutdown and does not wait for it.
    pub(crate) fn ask_to_stop(&self) {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else {
            return;
        };
        let folder = std::fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
        // Without /proc there is no quick way to know whose process it is, and then none is signalled.
        if folder.is_ok_and(|folder| folder == self.data()) {
            let _ = kill_process(pid, Signal::INT);
        }
    }
}

fn is_alive(pid: Pid) -> bool {
    match test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

async fn gone_within(pid: Pid, seconds: u64) -> bool {
    let gone = async {
        while is_alive(pid) && !is_zombie(pid) {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(seconds), gone).await.is_ok()
}

/// Dead, but not yet collected by whatever is process 1 here: in a bare container that may be never.
fn is_zombie(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.is_ok_and(|text| text.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}
