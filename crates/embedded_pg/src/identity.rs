//! As whom the server runs. PostgreSQL refuses root, so root needs somebody else, or a namespace in which it is not root.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::Error;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// An ordinary user runs the server directly.
    Ourselves,
    /// Root hands the server and its files to this user.
    User { name: String, uid: u32, gid: u32 },
    /// Root, seen as user 1000 inside a user namespace; files stay root's, nothing is handed over.
    Namespace,
}

pub(crate) fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

impl Identity {
    /// `cluster` decides when it exists: its owner alone may run it.
    pub(crate) async fn choose(cluster: Option<&Path>) -> Result<Self, Error> {
        let us = effective_uid();
        if let Some(cluster) = cluster {
            let about = std::fs::metadata(cluster).map_err(Error::file("look at", cluster))?;
            return match (us, about.uid()) {
                (us, owner) if us == owner && us != 0 => Ok(Self::Ourselves),
                (0, 0) => Ok(Self::Namespace),
                (0, uid) => Ok(Self::User { name: name_of(uid).unwrap_or_else(|| uid.to_string()), uid, gid: about.gid() }),
                (_, owner) => Err(Error::NotOurs { folder: cluster.to_owned(), owner }),
            };
        }
        if us != 0 {
            return Ok(Self::Ourselves);
        }
        let candidates = ["postgres", "nobody"].into_iter().filter_map(user_named);
        for identity in candidates.chain([Self::Namespace]) {
            if identity.works().await {
                return Ok(identity);
            }
        }
        Err(Error::NobodyToRunAs)
    }

    /// A command that runs as this identity, in a folder everyone can enter, without the caller's `PG…` variables.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Ourselves => Command::new(program),
            Self::User { uid, gid, .. } => {
                let mut command = Command::new(program);
                command.uid(*uid).gid(*gid);
                command
            }
            Self::Namespace => {
                let mut command = Command::new("unshare");
                command.args(["--user", "--map-user=1000", "--map-group=1000", "--"]);
                command.arg(program);
                command
            }
        };
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // Messages are matched further on, so they must be in English.
        command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        command
    }

    pub(crate) async fn can_enter(&self, folder: &Path) -> bool {
        let Self::User { .. } = self else {
            return true;
        };
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", "cd \"$1\"", "sh"]).arg(folder);
        succeeds(command).await
    }

    /// Gives the file to the user who runs the server, where that is somebody else.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        match self {
            Self::User { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)).map_err(Error::file("hand over", path)),
            Self::Ourselves | Self::Namespace => Ok(()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::User { name, .. } => name,
            Self::Ourselves | Self::Namespace => "this user",
        }
    }

    /// In a container root may lack the right to become somebody else, or to make namespaces: only a try tells.
    async fn works(&self) -> bool {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", "true"]);
        succeeds(command).await
    }
}

async fn succeeds(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    matches!(command.status().await, Ok(status) if status.success())
}

fn passwd() -> Vec<(String, u32, u32)> {
    let text = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some((name, uid, gid))
        })
        .collect()
}

fn user_named(wanted: &str) -> Option<Identity> {
    let (name, uid, gid) = passwd().into_iter().find(|(name, ..)| name == wanted)?;
    (uid != 0).then_some(Identity::User { name, uid, gid })
}

fn name_of(wanted: u32) -> Option<String> {
    let (name, ..) = passwd().into_iter().find(|(_, uid, _)| *uid == wanted)?;
    Some(name)
}
