//! Records out of a feed's zip or out of a folder, one at a time.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use outcrop_model::AdvisoryRecord;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::osv::{self, MAX_RECORD_BYTES, RecordError};

/// Most bytes that opening a zip may read: its directory. The whole of OSV needs near 50 MB.
pub const MAX_DIRECTORY_BYTES: u64 = 64 * 1024 * 1024;

/// Most bytes that the records of one zip may unpack to, 32 GiB.
pub const MAX_FEED_BYTES: u64 = 32 * 1024 * 1024 * 1024;

/// Most problems that are kept by name; the others are counted.
pub const MAX_LISTED_PROBLEMS: usize = 100;

/// Every entry is sought, which empties the buffer: a larger one would be read for nothing.
const BUFFER_BYTES: usize = 8 * 1024;

/// A zip that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FeedArchiveError {
    /// Not a zip, or one that ends before its end.
    #[error("the advisory archive is not a whole zip file: {0}")]
    Malformed(String),
    /// Its directory is larger than [`MAX_DIRECTORY_BYTES`].
    #[error("the advisory archive has a directory larger than {limit} bytes")]
    DirectoryTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The bytes could not be had.
    #[error("the advisory archive cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// A record that could not be read, and where.
#[derive(Debug, thiserror::Error)]
#[error("`{name}`: {error}")]
pub struct RecordProblem {
    /// Name inside the zip or folder.
    pub name: String,
    /// What is wrong.
    #[source]
    pub error: RecordError,
}

/// Broken records: all are counted, the first [`MAX_LISTED_PROBLEMS`] are named.
#[derive(Debug, Default)]
pub struct RecordProblems {
    /// How many there were.
    pub count: u64,
    /// The first of them.
    pub listed: Vec<RecordProblem>,
}

impl RecordProblems {
    /// Counts a problem and keeps it while there is room.
    pub fn note(&mut self, problem: RecordProblem) {
        self.count += 1;
        if self.listed.len() < MAX_LISTED_PROBLEMS {
            self.listed.push(problem);
        }
    }
}

/// The records of a zip in the order of its directory; one record is held at a time.
///
/// Entries whose name does not end in `.json` are passed over. After a broken record the next one
/// follows; after [`MAX_FEED_BYTES`] the last item says so.
pub struct ZipRecords<R: Read + Seek> {
    archive: ZipArchive<Metered<BufReader<R>>>,
    next: usize,
    unpacked: u64,
    buffer: Vec<u8>,
}

impl<R: Read + Seek> ZipRecords<R> {
    /// Opens a zip; only its directory is read.
    pub fn open(reader: R) -> Result<Self, FeedArchiveError> {
        let allowance = Arc::new(AtomicU64::new(MAX_DIRECTORY_BYTES));
        let metered = Metered {
            inner: BufReader::with_capacity(BUFFER_BYTES, reader),
            allowance: Arc::clone(&allowance),
        };
        let archive = ZipArchive::new(metered).map_err(|error| {
            if allowance.load(Ordering::Relaxed) == 0 {
                return FeedArchiveError::DirectoryTooLarge {
                    limit: MAX_DIRECTORY_BYTES,
                };
            }
            match error {
                ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                    FeedArchiveError::Io(error)
                }
                other => FeedArchiveError::Malformed(other.to_string()),
            }
        })?;
        allowance.store(u64::MAX, Ordering::Relaxed);
        Ok(Self {
            archive,
            next: 0,
            unpacked: 0,
            buffer: Vec::new(),
        })
    }

    /// Entries in the directory; an upper bound of the records, for progress.
    pub fn entries(&self) -> usize {
        self.archive.len()
    }

    /// Entries already passed.
    pub fn passed(&self) -> usize {
        self.next.min(self.archive.len())
    }

    fn read(&mut self, index: usize) -> Option<(String, Result<(), RecordError>)> {
        self.buffer.clear();
        let name = match self.archive.name_for_index(index) {
            Some(Ok(name)) => name.into_owned(),
            _ => format!("entry {index}"),
        };
        if !is_record(&name) {
            return None;
        }
        let file = match self.archive.by_index(index) {
            Ok(file) => file,
            Err(error) => return Some((name, Err(io::Error::other(error).into()))),
        };
        let limit = MAX_RECORD_BYTES as u64;
        // One byte more than allowed is read, since the size in the directory is only a claim.
        let read = file.take(limit + 1).read_to_end(&mut self.buffer);
        self.unpacked += self.buffer.len() as u64;
        let bytes = self.buffer.len() as u64;
        Some((
            name,
            match read {
                Err(error) => Err(error.into()),
                Ok(_) if bytes > limit => Err(RecordError::TooLarge { bytes, limit }),
                Ok(_) => Ok(()),
            },
        ))
    }
}

impl<R: Read + Seek> Iterator for ZipRecords<R> {
    type Item = Result<AdvisoryRecord, RecordProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.archive.len() {
            let index = self.next;
            self.next += 1;
            let Some((name, read)) = self.read(index) else {
                continue;
            };
            if self.unpacked > MAX_FEED_BYTES {
                self.next = self.archive.len();
                let error = RecordError::TooLarge {
                    bytes: self.unpacked,
                    limit: MAX_FEED_BYTES,
                };
                return Some(Err(RecordProblem { name, error }));
            }
            return Some(
                read.and_then(|()| osv::parse(&self.buffer))
                    .map_err(|error| RecordProblem { name, error }),
            );
        }
        None
    }
}

/// The records among files that somebody else walks over: name and content each.
///
/// Names that do not end in `.json` are passed over.
pub fn file_records<I>(files: I) -> impl Iterator<Item = Result<AdvisoryRecord, RecordProblem>>
where
    I: IntoIterator<Item = (String, io::Result<Vec<u8>>)>,
{
    files
        .into_iter()
        .filter(|(name, _)| is_record(name))
        .map(|(name, bytes)| {
            bytes
                .map_err(RecordError::from)
                .and_then(|bytes| osv::parse(&bytes))
                .map_err(|error| RecordProblem { name, error })
        })
}

fn is_record(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() > 5 && bytes[bytes.len() - 5..].eq_ignore_ascii_case(b".json")
}

/// A reader that gives out only so many bytes, so that a claimed directory cannot fill memory.
struct Metered<R> {
    inner: R,
    allowance: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = self.allowance.load(Ordering::Relaxed);
        if allowed == 0 {
            return Err(io::Error::other("the allowance is used up"));
        }
        let wanted = buffer
            .len()
            .min(usize::try_from(allowed).unwrap_or(usize::MAX));
        let count = self.inner.read(&mut buffer[..wanted])?;
        self.allowance
            .store(allowed - count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .expect("an entry begins");
            writer.write_all(content).expect("an entry is written");
        }
        writer.finish().expect("the zip ends").into_inner()
    }

    /// Identifiers of the good records, names of the broken ones.
    fn read(bytes: Vec<u8>) -> (Vec<String>, Vec<String>) {
        let (mut good, mut broken) = (Vec::new(), Vec::new());
        for record in ZipRecords::open(Cursor::new(bytes)).expect("a zip") {
            match record {
                Ok(record) => good.push(record.id),
                Err(problem) => broken.push(problem.name),
            }
        }
        (good, broken)
    }

    #[test]
    fn broken_records_are_named_and_the_good_ones_arrive() {
        let large = vec![b' '; MAX_RECORD_BYTES + 1];
        let (good, broken) = read(zip(&[
            ("A.json", b"{\"id\": \"A\"}"),
            ("B.json", b"{\"id\": "),
            ("C.json", b"\xff\xfe"),
            ("D.json", &large),
            ("readme.txt", b"not a record"),
            (".json", b"{"),
            ("sub/E.JSON", b"{\"id\": \"E\"}"),
        ]));
        assert_eq!(good, ["A", "E"]);
        assert_eq!(broken, ["B.json", "C.json", "D.json"]);
    }

    #[test]
    fn a_record_whose_bytes_are_damaged_costs_itself_alone() {
        let content: Vec<u8> = (0..200).map(|at| b'a' + at % 26).collect();
        let long = format!(
            "{{\"id\": \"A\", \"details\": \"{}\"}}",
            String::from_utf8_lossy(&content)
        );
        let mut bytes = zip(&[("A.json", long.as_bytes()), ("B.json", b"{\"id\": \"B\"}")]);
        bytes[60] ^= 0x55;
        assert_eq!(
            read(bytes),
            (vec!["B".to_owned()], vec!["A.json".to_owned()])
        );
    }

    #[test]
    fn a_zip_cut_off_anywhere_is_refused() {
        let whole = zip(&[
            ("A.json", b"{\"id\": \"A\"}"),
            ("B.json", b"{\"id\": \"B\"}"),
        ]);
        for length in 0..whole.len() {
            assert!(
                matches!(
                    ZipRecords::open(Cursor::new(&whole[..length])),
                    Err(FeedArchiveError::Malformed(_))
                ),
                "{length}"
            );
        }
    }

    #[test]
    fn a_zip_of_nothing_has_no_records() {
        assert_eq!(read(zip(&[])), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_directory_beyond_the_limit_is_not_read() {
        // APPNOTE.TXT, section 4.3.12: a header of 46 bytes, then the name, then the comment.
        let comment = usize::from(u16::MAX);
        let mut entry = vec![0; 46 + 6 + comment];
        entry[..4].copy_from_slice(b"PK\x01\x02");
        entry[28] = 6;
        entry[32..34].copy_from_slice(&[0xff; 2]);
        entry[46..52].copy_from_slice(b"A.json");
        let count = MAX_DIRECTORY_BYTES as usize / entry.len() + 1;
        let mut bytes = vec![0; 70_000];
        let start = bytes.len() as u32;
        for _ in 0..count {
            bytes.extend_from_slice(&entry);
        }
        let size = bytes.len() as u32 - start;
        bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            bytes.extend_from_slice(&(count as u16).to_le_bytes());
        }
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&start.to_le_bytes());
        bytes.extend_from_slice(&[0; 2]);
        assert!(matches!(
            ZipRecords::open(Cursor::new(bytes)),
            Err(FeedArchiveError::DirectoryTooLarge { .. })
        ));
    }

    #[test]
    fn problems_beyond_the_limit_are_counted_and_not_kept() {
        let mut problems = RecordProblems::default();
        for index in 0..=MAX_LISTED_PROBLEMS {
            problems.note(RecordProblem {
                name: index.to_string(),
                error: RecordError::NoId { id: String::new() },
            });
        }
        assert_eq!(problems.count, MAX_LISTED_PROBLEMS as u64 + 1);
        assert_eq!(problems.listed.len(), MAX_LISTED_PROBLEMS);
    }

    #[test]
    fn files_are_read_like_entries() {
        let files = [
            ("A.json".to_owned(), Ok(b"{\"id\": \"A\"}".to_vec())),
            ("B.json".to_owned(), Ok(b"{".to_vec())),
            ("C.json".to_owned(), Err(io::Error::other("gone"))),
            ("list.csv".to_owned(), Ok(Vec::new())),
        ];
        let read: Vec<Result<String, String>> = file_records(files)
            .map(|record| {
                record
                    .map(|record| record.id)
                    .map_err(|problem| problem.name)
            })
            .collect();
        assert_eq!(
            read,
            [Ok("A".into()), Err("B.json".into()), Err("C.json".into())]
        );
    }
}
