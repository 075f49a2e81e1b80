//! The keys a process works with: named by a variable, or kept in the data folder.

use std::path::Path;

use anyhow::{Context, Result, bail};
use vantera::platform::{Ground, Ids};

/// The vault's keys. They are made up for the embedded database alone, which lies beside them: whoever brings a database
/// brings its keys too, because what was sealed with a key that nobody kept is lost.
pub fn open_vault(ground: &Ground) -> Result<vault::Vault> {
    let (variable, file) = ("VANTERA_VAULT_KEYS", "vault-keys");
    if !ground.is_embedded() && std::env::var_os(variable).is_none() && !ground.data_dir.join(file).exists() {
        bail!("{variable} is not set, and phones and secrets in your database are sealed with it: make a key once (`echo k1:$(openssl rand -hex 32)`) and keep it for ever");
    }
    vault::Vault::parse(&kept_keys(&ground.data_dir, variable, file)?).context(variable)
}

/// Keys of ours: from a variable, or made once and kept in the data folder.
pub fn kept_keys(data_dir: &Path, variable: &str, file: &str) -> Result<String> {
    if let Ok(text) = std::env::var(variable) {
        return Ok(text);
    }
    let path = data_dir.join(file);
    if !path.exists() {
        std::fs::create_dir_all(data_dir).with_context(|| format!("{} cannot be made", data_dir.display()))?;
        keep_new(data_dir, &path).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Makes a key and keeps it whole on the disk before anybody sees it; of several processes at once one does.
fn keep_new(data_dir: &Path, path: &Path) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let draft = data_dir.join(format!("key-{}", hex::encode(Ids.secret::<8>())));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(format!("k1:{}", hex::encode(Ids.secret::<32>())).as_bytes()).and_then(|()| file.sync_all()).and_then(|()| take_place(&draft, path));
    std::fs::remove_file(&draft)?;
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.and_then(|()| std::fs::File::open(data_dir)?.sync_all()),
    }
}

/// Puts the draft where it belongs unless one is there. Some file systems know no links: there it is copied, and two first
/// starts at the very same moment are told apart by the look before.
fn take_place(draft: &Path, path: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(draft, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists && !path.exists() => std::fs::copy(draft, path).map(drop),
        other => other,
    }
}
