//! The folder that belongs to one server: its secrets, its port, and who uses it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::binaries::reachable_folder;
use crate::identity::Identity;
use crate::roles::{Passwords, random_hex};

const TURN_SECONDS: u64 = 120;

#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// What must outlive the process: `postgres.json`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Where the server's files are when the user who runs it cannot reach the folder itself.
    pub(crate) elsewhere: Option<PathBuf>,
    pub(crate) port: u16,
    pub(crate) superuser_password: String,
    pub(crate) passwords: Passwords,
}

/// The right to start or stop; one holder at a time.
pub(crate) struct Turn {
    _file: File,
}

/// The sign that somebody uses the server.
pub(crate) struct Seat {
    _file: File,
}

impl Folder {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(path).map_err(Error::file("create", path))?;
        Self::open(path)
    }

    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let path = path.canonicalize().map_err(Error::file("open", path))?;
        Ok(Self { path })
    }

    fn memory_file(&self) -> PathBuf {
        self.path.join("postgres.json")
    }

    fn kept_file(&self) -> PathBuf {
        self.path.join("kept")
    }

    pub(crate) fn inner_server(&self) -> PathBuf {
        self.path.join("server")
    }

    pub(crate) fn server(&self, memory: &Memory) -> PathBuf {
        memory.elsewhere.clone().unwrap_or_else(|| self.inner_server())
    }

    /// `None` when nothing was ever started here.
    pub(crate) fn recall(&self) -> Result<Option<Memory>, Error> {
        let missing = || Error::SecretsMissing { folder: self.path.clone() };
        match std::fs::read(self.memory_file()) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| missing()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if self.inner_server().join("cluster").exists() {
                    return Err(missing());
                }
                Ok(None)
            }
            Err(error) => Err(Error::file("read", self.memory_file())(error)),
        }
    }

    pub(crate) fn remember(&self, memory: &Memory) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(memory).map_err(|error| Error::file("write", self.memory_file())(error.into()))?;
        write_private(&self.memory_file(), &text)
    }

    /// New passwords, and a place for the files that `identity` can reach.
    pub(crate) async fn invent(&self, identity: &Identity) -> Result<Memory, Error> {
        let elsewhere = if identity.can_enter(&self.path).await {
            None
        } else {
            // The random part keeps a folder that was deleted and made again from finding its former data.
            let digest = Sha256::digest(self.path.as_os_str().as_encoded_bytes());
            let short: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            Some(reachable_folder(&format!("{short}-{}", random_hex::<4>()))?)
        };
        Ok(Memory { elsewhere, port: 0, superuser_password: random_hex::<24>(), passwords: Passwords::random() })
    }

    pub(crate) async fn turn(&self) -> Result<Turn, Error> {
        let file = self.lock_file("turn.lock")?;
        let waiting = async {
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(()),
                    Err(TryLockError::WouldBlock) => {
                        tokio::time::sleep(Duration::from_millis(25)).await;
                    }
                    Err(TryLockError::Error(error)) => {
                        return Err(Error::file("lock", self.path.join("turn.lock"))(error));
                    }
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(TURN_SECONDS), waiting).await.map_err(|_| Error::Busy { folder: self.path.clone(), seconds: TURN_SECONDS })??;
        Ok(Turn { _file: file })
    }

    /// Never waits: only the holder of the turn asks for the exclusive lock, and the caller holds the turn.
    pub(crate) fn take_seat(&self, _turn: &Turn) -> Result<Seat, Error> {
        let file = self.lock_file("users.lock")?;
        file.lock_shared().map_err(Error::file("lock", self.path.join("users.lock")))?;
        Ok(Seat { _file: file })
    }

    pub(crate) fn somebody_is_seated(&self, _turn: &Turn) -> Result<bool, Error> {
        match self.lock_file("users.lock")?.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(Error::file("lock", self.path.join("users.lock"))(error)),
        }
    }

    /// For `Drop`, which cannot wait: `None` when somebody is starting or stopping right now.
    pub(crate) fn turn_at_once(&self) -> Option<Turn> {
        let file = self.lock_file("turn.lock").ok()?;
        file.try_lock().ok()?;
        Some(Turn { _file: file })
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.kept_file().exists()
    }

    pub(crate) fn set_kept(&self, kept: bool) -> Result<(), Error> {
        let path = self.kept_file();
        if kept {
            std::fs::write(&path, b"").map_err(Error::file("write", &path))
        } else {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", &path)(error)),
                _ => Ok(()),
            }
        }
    }

    /// Removes the server's files and ours, and the folder when that leaves it empty.
    pub(crate) fn erase(&self) -> Result<(), Error> {
        if let Ok(Some(memory)) = self.recall() {
            remove_tree(&self.server(&memory))?;
        }
        remove_tree(&self.inner_server())?;
        for name in ["postgres.json", "kept", "users.lock", "turn.lock"] {
            let _ = std::fs::remove_file(self.path.join(name));
        }
        // Fails when the caller keeps other things in it, and then it should stay.
        let _ = std::fs::remove_dir(&self.path);
        Ok(())
    }

    fn lock_file(&self, name: &str) -> Result<File, Error> {
        let path = self.path.join(name);
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(Error::file("open", &path))
    }
}

pub(crate) fn remove_tree(path: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Writes a file only its owner can read, all or nothing; a link in its place is replaced, not followed.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let draft = path.with_extension("draft");
    let _ = std::fs::remove_file(&draft);
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    write().map_err(Error::file("write", path))
}
