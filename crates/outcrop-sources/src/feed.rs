//! Advisory feeds: those in the layout that OSV exports, and those of single publishers, one file
//! each.
//!
//! OSV: `<base>/<ecosystem>/all.zip` holds every record; `<base>/<ecosystem>/modified_id.csv` lists
//! `<RFC 3339 time>,<identifier>`, newest first; `<base>/<ecosystem>/<identifier>.json` is one
//! record (osv.dev, "Data dumps"). The folders with a release (`Debian:12`) are no longer exported:
//! only the part before the first colon is asked for.
//!
//! Nothing is parsed here beyond lists; records are handed on as bytes. Dropping a future ends its
//! download; what came of a file is kept and continued by the next one. A file takes its place only
//! whole: it ends as its format does, and has the digest that its publisher gives.

mod alpine_secdb;
mod archive;
mod attribution;
mod changes;
mod client;
mod debian_tracker;
mod document;
mod end_of_life;
mod epss;
mod file;
mod known_exploited;
mod list;
mod nvd;
mod redhat_vex;
mod update_info;
mod whole;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

pub use alpine_secdb::Secdb;
pub use attribution::{ATTRIBUTIONS, Attribution};
pub use client::FeedClient;
pub use nvd::{NVD_API_KEY, NvdPage, NvdPages};
pub use update_info::{Place, Repository, repositories};

/// Where OSV publishes its exports.
pub const OSV_BASE_URL: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// Redirects that are followed.
pub const MAX_REDIRECTS: usize = 5;

/// Largest single record that is fetched, in bytes.
pub const MAX_RECORD_BYTES: u64 = 16 * 1024 * 1024;

/// Most bytes of changed records that are held at once; beyond it the archive is fetched.
pub const MAX_CHANGES_BYTES: u64 = 64 * 1024 * 1024;

/// How feeds are fetched.
#[derive(Clone, Debug)]
pub struct FeedOptions {
    /// Address under which the ecosystems lie, without a final slash.
    pub base_url: String,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time in which next to nothing arrives.
    pub stall_timeout: Duration,
    /// Tries in a row that bring nothing before it is given up.
    pub attempts: u32,
    /// Wait before the second try; it doubles with each.
    pub first_pause: Duration,
    /// Largest archive, in bytes.
    pub max_archive_bytes: u64,
    /// Changed records that are fetched one by one; beyond it the archive is fetched.
    pub max_changes: usize,
    /// Where the feeds beside OSV lie.
    pub addresses: FeedAddresses,
    /// The key for NVD, which then allows ten times as many requests.
    pub nvd_key: Option<String>,
    /// Pause between two requests to NVD; without it what NVD asks for.
    pub nvd_pause: Option<Duration>,
}

/// Where the feeds beside OSV lie: the publishers' own addresses, or those of mirrors.
#[derive(Clone, Debug)]
pub struct FeedAddresses {
    /// Debian's security tracker: the document.
    pub debian_tracker: String,
    /// Alpine's secdb: the folder of `v3.20/main.json`.
    pub alpine_secdb: String,
    /// Wolfi's secdb: the document.
    pub wolfi_secdb: String,
    /// Chainguard's secdb: the document.
    pub chainguard_secdb: String,
    /// Red Hat's VEX: the folder of `archive_latest.txt`, `changes.csv` and `deletions.csv`.
    pub redhat_vex: String,
    /// CISA's catalog of known exploited vulnerabilities: the document.
    pub known_exploited: String,
    /// FIRST's EPSS: the document.
    pub epss: String,
    /// NVD's API 2.0: the address of CVEs.
    pub nvd: String,
    /// endoflife.date: the document of all products.
    pub end_of_life: String,
}

impl Default for FeedAddresses {
    fn default() -> Self {
        Self {
            debian_tracker: debian_tracker::ADDRESS.to_owned(),
            alpine_secdb: alpine_secdb::ALPINE.to_owned(),
            wolfi_secdb: alpine_secdb::WOLFI.to_owned(),
            chainguard_secdb: alpine_secdb::CHAINGUARD.to_owned(),
            redhat_vex: redhat_vex::ADDRESS.to_owned(),
            known_exploited: known_exploited::ADDRESS.to_owned(),
            epss: epss::ADDRESS.to_owned(),
            nvd: nvd::ADDRESS.to_owned(),
            end_of_life: end_of_life::ADDRESS.to_owned(),
        }
    }
}

impl Default for FeedOptions {
    fn default() -> Self {
        Self {
            base_url: OSV_BASE_URL.to_owned(),
            connect_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(30),
            attempts: 4,
            first_pause: Duration::from_secs(1),
            max_archive_bytes: 4 * 1024 * 1024 * 1024,
            max_changes: 500,
            addresses: FeedAddresses::default(),
            nvd_key: None,
            nvd_pause: None,
        }
    }
}

/// What is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFeed {
    /// Newest change in it that does not lie in the future.
    pub newest_modified: Option<Timestamp>,
    /// The server's mark of the archive it came from.
    pub etag: Option<String>,
}

/// What an update brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedUpdate {
    /// Nothing has changed.
    Unchanged,
    /// The server has an older export than what is there.
    Older {
        /// Newest change that the server knows.
        newest: Timestamp,
    },
    /// The records that changed.
    Changes {
        /// Their bytes, newest first.
        records: Vec<ChangedRecord>,
        /// Identifiers of records that are there no more.
        removed: Vec<String>,
        /// Identifiers that the list names and the server does not have, or that are none.
        absent: Vec<String>,
        /// Newest change that the server knows: the export date.
        newest: Option<Timestamp>,
    },
    /// Every record.
    Archive {
        /// The archive, in the folder that was given; the caller removes it after the import.
        path: PathBuf,
        /// The server's mark of it.
        etag: Option<String>,
        /// When it was exported, where the server says so.
        exported_at: Option<Timestamp>,
        /// Its size.
        bytes: u64,
    },
}

/// What is there already of a feed that is one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownDocument {
    /// The mark that it came with.
    pub mark: Option<String>,
    /// When it was exported.
    pub exported_at: Option<Timestamp>,
}

/// What an update of a feed that is one document brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentUpdate {
    /// The server has what is known.
    Unchanged,
    /// The server has an older one than what is there.
    Older {
        /// When that was exported.
        exported_at: Timestamp,
    },
    /// The document.
    Document {
        /// The file, in the folder that was given; the caller removes it after the import.
        path: PathBuf,
        /// The mark to ask with the next time.
        mark: Option<String>,
        /// When it was exported, where the server says so.
        exported_at: Option<Timestamp>,
        /// Its size.
        bytes: u64,
    },
}

/// A record that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRecord {
    /// Identifier, as the list names it.
    pub id: String,
    /// Its JSON, not looked into.
    pub bytes: Vec<u8>,
}

/// How far an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedProgress {
    /// What is being fetched.
    pub phase: FeedPhase,
    /// Bytes of the archive, or records.
    pub done: u64,
    /// All of them, where it is known.
    pub total: Option<u64>,
}

/// What is being fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedPhase {
    /// The list of changes; counted in bytes.
    List,
    /// Changed records; counted in records.
    Records,
    /// The archive; counted in bytes.
    Archive,
}

/// Receives progress.
pub type OnProgress<'a> = &'a (dyn Fn(FeedProgress) + Send + Sync);

/// Why a feed could not be fetched. The set that is there stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Not a name that may stand in an address and in a file name.
    #[error("not the name of an ecosystem, release or part: `{name}`")]
    NoEcosystem {
        /// The name.
        name: String,
    },
    /// No connection, or none that holds.
    #[error("`{url}` cannot be reached: {reason}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// The innermost reason.
        reason: String,
    },
    /// The server said no.
    #[error("`{url}` was answered with: {status}")]
    Refused {
        /// What was asked for.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Too many redirects, a circle of them, or one from HTTPS to HTTP.
    #[error("`{url}` leads on without end or to an unprotected address")]
    Redirected {
        /// What was asked for.
        url: String,
    },
    /// Next to nothing arrived for a while.
    #[error("`{url}` stopped sending for {seconds} s")]
    Stalled {
        /// What was asked for.
        url: String,
        /// How long that was.
        seconds: u64,
    },
    /// The answer ended before its end.
    #[error("`{url}` ended too early, after bytes: {received}")]
    Truncated {
        /// What was asked for.
        url: String,
        /// What arrived in all.
        received: u64,
    },
    /// Larger than the limit, said or sent.
    #[error("`{url}` is larger than the limit: {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// Whole as the server says, and not a whole file of its format.
    #[error("`{url}` is not a whole file of its format: {expected}")]
    NoArchive {
        /// What was asked for.
        url: String,
        /// The format.
        expected: &'static str,
    },
    /// Not what its publisher gives the digest of.
    #[error("`{url}` has another digest than its publisher gives, `{told}`: {found}")]
    Checksum {
        /// What was asked for.
        url: String,
        /// The digest that is given.
        told: String,
        /// The digest that it has.
        found: String,
    },
    /// A list that does not say what it is there to say.
    #[error("`{url}` is not the list that it should be: {reason}")]
    NoList {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process fetches the same archive into the same folder.
    #[error("another process is fetching the same archive: `{}`", path.display())]
    Busy {
        /// The file it writes.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The client could not be set up.
    #[error("the network client cannot be set up: {reason}")]
    Setup {
        /// The innermost reason.
        reason: String,
    },
}

impl FeedError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoEcosystem { .. } => "use one of OSV's names, as `Debian`",
            Self::Unreachable { .. } | Self::Stalled { .. } | Self::Truncated { .. } => {
                "check the network and the proxy (`HTTPS_PROXY`), then try again; what arrived is kept"
            }
            Self::Refused { status: 404, .. } => {
                "check the name of the ecosystem, and the address where a mirror is set"
            }
            Self::Refused { .. } => "try again later, or set another mirror",
            Self::Checksum { .. } => {
                "try again later: the publisher may be replacing the file; or set another mirror"
            }
            Self::Redirected { .. }
            | Self::NoArchive { .. }
            | Self::NoList { .. }
            | Self::TooLarge { .. } => {
                "check the address of the feed, or what stands between it and this machine"
            }
            Self::Busy { .. } => "wait for the other Outcrop to finish",
            Self::Disk { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, then try again"
            }
            Self::Disk { .. } => "check the owner and the permissions of the folder",
            Self::Setup { .. } => "check the system's certificates",
        }
    }

    /// Whether the same request may be answered better in a moment.
    pub(crate) const fn passes(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Stalled { .. } | Self::Truncated { .. } => true,
            Self::Refused { status, .. } => {
                matches!(*status, 408 | 416 | 429 | 500 | 502 | 503 | 504)
            }
            _ => false,
        }
    }
}
