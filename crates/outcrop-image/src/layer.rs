//! One pass over a layer: unpack, hash, walk, and show files to the analysers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Cursor, Read};

use outcrop_model::{DiffId, Digest, ProblemKind};

use crate::analyser::{
    Analyser, Analysis, CandidateFile, FileFacts, FileProblem, HEAD_BYTES, Observation,
};
use crate::cancellation::Cancellation;
use crate::compression::{Packing, SNIFFED_BYTES, Unpacked};
use crate::content::{Share, Spilled};
use crate::error::ImageError;
use crate::hashing::Hashing;
use crate::inspector::{EntryFacts, Inspector};
use crate::limits::{BLOCK_BYTES, Limits};
use crate::path::{Mended, PathHash, normalise};
use crate::problems::{Counted, Problems, count};
use crate::report::{Candidate, FolderRecord, LayerReport, Link, PathRecord, PathTable, versioned};
use crate::tar_reader::{Entry, Kind, Source, TarError, TarReader};

mod inspecting;

use inspecting::{Inspecting, SEARCHED_AT_ONCE, entry_facts, search_rest};

/// Path components of the symbolic links that are kept without being above a wanted path: in a
/// merged view a wanted path may come to lead through them (`lib` → `usr/lib`).
const SHALLOW_COMPONENTS: usize = 3;

/// A layer that was read.
#[derive(Clone, Debug)]
pub struct AnalysedLayer {
    /// What was found.
    pub report: LayerReport,
    /// Digest of the bytes as they were stored, packed or not, computed while reading; `None`
    /// where they were not read to their end.
    pub blob: Option<Digest>,
}

/// Reads one layer, plain or packed (told from its first bytes), in one pass.
///
/// Memory is bounded by `limits`, whatever the layer holds. `Err` only where `cancellation` was
/// thrown; a broken layer gives a report with problems, `whole` only where it was read to its end.
pub fn analyse_layer(
    mut bytes: &mut dyn Read,
    analysers: &[&dyn Analyser],
    inspector: Option<&dyn Inspector>,
    limits: &Limits,
    cancellation: &Cancellation,
) -> Result<AnalysedLayer, ImageError> {
    let mut start = Vec::with_capacity(SNIFFED_BYTES);
    let sniffed = Read::take(&mut bytes, SNIFFED_BYTES as u64).read_to_end(&mut start);
    let packing = Packing::of(&start);
    let mut walk = Walk::new(analysers, inspector, limits);
    if let Err(error) = sniffed {
        walk.unreadable(&error);
    }
    match packing {
        Packing::Unsupported(name) => walk.problems.add(
            ProblemKind::Unsupported,
            "",
            format!("the layer is packed in a way that is not read: {name}"),
        ),
        Packing::Unknown if !start.is_empty() => walk.problems.add(
            ProblemKind::Unsupported,
            "",
            "the layer is neither a tar nor packed with gzip or zstd",
        ),
        _ => {}
    }
    let bytes = Cursor::new(start).chain(bytes);
    let mut stored = Hashing::new(bytes, limits.layer_bytes, cancellation);
    let (diff_id, blob) = match packing {
        Packing::Gzip | Packing::Zstd => match Unpacked::new(packing, stored) {
            Ok(unpacked) => {
                let mut layer = Hashing::new(unpacked, limits.layer_bytes, cancellation);
                walk.run(&mut layer);
                let (diff_id, unpacked) = layer.finish();
                let mut stored = unpacked.into_inner();
                let drained = walk.whole && stored.drain().is_ok();
                (diff_id, drained.then(|| stored.digest()))
            }
            Err(error) => {
                walk.unreadable(&error);
                (Digest::of(b""), None)
            }
        },
        Packing::Tar => {
            walk.run(&mut stored);
            let digest = stored.digest();
            (digest, walk.whole.then_some(digest))
        }
        Packing::Unsupported(_) | Packing::Unknown => {
            let drained = stored.drain();
            walk.whole &= drained.is_ok() && matches!(packing, Packing::Unknown);
            let digest = stored.digest();
            (digest, drained.is_ok().then_some(digest))
        }
    };
    if cancellation.is_cancelled() {
        return Err(ImageError::Cancelled);
    }
    Ok(AnalysedLayer {
        report: walk.into_report(DiffId(diff_id)),
        blob,
    })
}

struct Walk<'a> {
    analysers: &'a [&'a dyn Analyser],
    inspecting: Option<Inspecting<'a>>,
    limits: &'a Limits,
    whole: bool,
    files: u64,
    content_bytes: u64,
    candidates: BTreeMap<(String, &'static str), Candidate>,
    kept_bytes: u64,
    kept_packages: usize,
    symbolic_links: BTreeMap<String, String>,
    hard_links: BTreeMap<String, String>,
    /// Hashes of the paths in the three maps above and of what the inspector saw: a later entry of
    /// the same path replaces them.
    kept: HashSet<u64>,
    table: PathTable,
    folder_index: HashMap<u64, u32>,
    /// The folder of the last entry: entries mostly come folder by folder.
    last_folder: (Vec<u8>, u32),
    problems: Problems,
    counted: Counted,
    path: Vec<u8>,
    target: Vec<u8>,
    body: Vec<u8>,
}

impl<'a> Walk<'a> {
    fn new(
        analysers: &'a [&'a dyn Analyser],
        inspector: Option<&'a dyn Inspector>,
        limits: &'a Limits,
    ) -> Self {
        Self {
            analysers,
            inspecting: inspector.map(Inspecting::new),
            limits,
            whole: true,
            files: 0,
            content_bytes: 0,
            candidates: BTreeMap::new(),
            kept_bytes: 0,
            kept_packages: 0,
            symbolic_links: BTreeMap::new(),
            hard_links: BTreeMap::new(),
            kept: HashSet::new(),
            table: PathTable::default(),
            folder_index: HashMap::new(),
            last_folder: (Vec::new(), PathRecord::NO_FOLDER),
            problems: Problems::new(limits.problems),
            counted: Counted::default(),
            path: Vec::new(),
            target: Vec::new(),
            body: Vec::new(),
        }
    }

    fn unreadable(&mut self, error: &io::Error) {
        self.whole = false;
        let (kind, message) = match error.kind() {
            io::ErrorKind::UnexpectedEof => (
                ProblemKind::Truncated,
                "the layer ends before its end".to_owned(),
            ),
            io::ErrorKind::FileTooLarge => (ProblemKind::TooLarge, error.to_string()),
            _ => (
                ProblemKind::Malformed,
                format!("the layer cannot be read to its end: {error}"),
            ),
        };
        self.problems.add(kind, "", message);
    }

    /// Walks the tar, then reads whatever follows it: the digest is that of every byte.
    fn run<R: Read>(&mut self, source: &mut Hashing<'_, R>) {
        let mut tar = TarReader::new(
            &mut *source,
            self.limits.extended_header_bytes,
            self.limits.path_bytes,
        );
        let walked = loop {
            match tar.next_entry() {
                Ok(Some(entry)) => {
                    if let Err(error) = self.entry(&mut tar, entry) {
                        break Err(error);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        match walked {
            Ok(()) => {}
            Err(TarError::Read(error)) => return self.unreadable(&error),
            Err(TarError::Truncated) => {
                return self.unreadable(&io::ErrorKind::UnexpectedEof.into());
            }
            Err(error @ TarError::Malformed { .. }) => self.problems.add(
                ProblemKind::Malformed,
                "",
                format!("the rest of the layer cannot be read: {error}"),
            ),
        }
        if let Err(error) = source.drain() {
            self.unreadable(&error);
        }
    }

    fn entry<S: Source>(&mut self, tar: &mut TarReader<S>, entry: Entry) -> Result<(), TarError> {
        if matches!(entry.kind, Kind::File | Kind::SparseFile) {
            self.files += 1;
            self.content_bytes = self.content_bytes.saturating_add(entry.size);
        }
        if entry.oversized_name {
            count(&mut self.counted.long, tar.path());
            return Ok(());
        }
        let Mended { absolute, parent } = normalise(tar.path(), &mut self.path);
        if absolute {
            count(&mut self.counted.absolute, tar.path());
        }
        if parent {
            count(&mut self.counted.parent, tar.path());
        }
        if self.path.is_empty() {
            return Ok(());
        }
        let split = self.path.iter().rposition(|&byte| byte == b'/');
        let name = &self.path[split.map_or(0, |slash| slash + 1)..];
        if let Some(hidden) = name.strip_prefix(b".wh.") {
            let hidden = hidden.to_vec();
            self.path.truncate(split.unwrap_or(0));
            self.whiteout(&hidden);
            return Ok(());
        }
        if entry.kind == Kind::Folder {
            let folder = self.folder(self.path.len());
            if let Some(record) = self.table.folders.get_mut(folder as usize) {
                record.explicit = true;
            }
            let hash = self.replace();
            self.inspect(tar, entry, hash);
            return Ok(());
        }
        let folder = self.folder(split.unwrap_or(0));
        let hash = self.replace();
        if self.table.records.len() < self.limits.layer_paths {
            let size = match entry.kind {
                Kind::File | Kind::SparseFile => entry.size,
                _ => 0,
            };
            self.table.records.push(PathRecord::new(hash, size, folder));
        } else {
            self.counted.paths += 1;
        }
        self.inspect(tar, entry, hash);
        match entry.kind {
            Kind::File => self.file(tar, entry, hash),
            Kind::SparseFile => {
                self.refuse(hash, ProblemKind::Unsupported, "a sparse file is not read");
                Ok(())
            }
            Kind::SymbolicLink => {
                self.symbolic_link(tar.target(), hash);
                Ok(())
            }
            Kind::HardLink => {
                normalise(tar.target(), &mut self.target);
                self.hard_link(hash);
                Ok(())
            }
            Kind::Special => {
                self.refuse(
                    hash,
                    ProblemKind::Unsupported,
                    "a device or pipe stands where a file is expected",
                );
                Ok(())
            }
            Kind::Folder => Ok(()),
        }
    }

    /// The index of the folder that is the first `length` bytes of the current path.
    fn folder(&mut self, length: usize) -> u32 {
        let folder = &self.path[..length];
        if folder.is_empty() {
            return PathRecord::NO_FOLDER;
        }
        if self.last_folder.0 == folder {
            return self.last_folder.1;
        }
        let mut parent = PathRecord::NO_FOLDER;
        for hash in PathHash::folders(folder).chain([PathHash::of(folder)]) {
            parent = if let Some(&index) = self.folder_index.get(&hash) {
                index
            } else if self.table.folders.len() < self.limits.layer_folders {
                let index = self.table.folders.len() as u32;
                self.table.folders.push(FolderRecord {
                    path: hash,
                    parent,
                    explicit: false,
                });
                self.folder_index.insert(hash, index);
                index
            } else {
                self.counted.folders += 1;
                return PathRecord::NO_FOLDER;
            };
        }
        self.last_folder.0.clear();
        self.last_folder.0.extend_from_slice(folder);
        self.last_folder.1 = parent;
        parent
    }

    /// Forgets what an earlier entry of the current path has left; gives the path's hash.
    fn replace(&mut self) -> u64 {
        let hash = PathHash::of(&self.path);
        if self.kept.remove(&hash) {
            let path = String::from_utf8_lossy(&self.path).into_owned();
            self.symbolic_links.remove(&path);
            self.hard_links.remove(&path);
            if let Some(inspecting) = &mut self.inspecting {
                inspecting.forget(&path);
            }
            let mut key = (path, "");
            for analyser in self.analysers {
                key.1 = analyser.id();
                self.candidates.remove(&key);
            }
        }
        hash
    }

    /// Notes a whiteout; the current path is the folder it stands in, `hidden` what follows
    /// `.wh.`. OCI image specification, `layer.md`, section "Whiteouts".
    fn whiteout(&mut self, hidden: &[u8]) {
        let table = &mut self.table;
        if table.whiteouts.len() + table.opaque.len() >= self.limits.layer_whiteouts {
            self.counted.whiteouts += 1;
            return;
        }
        if hidden == b".wh..opq" {
            table.opaque.push(PathHash::of(&self.path));
        } else if hidden.starts_with(b".wh.") {
            // Bookkeeping of aufs (`.wh..wh.plnk`, `.wh..wh.aufs`): hides nothing.
        } else if matches!(hidden, b"" | b"." | b"..") {
            self.problems.add(
                ProblemKind::Malformed,
                &String::from_utf8_lossy(&self.path),
                "a whiteout names nothing that could be hidden",
            );
        } else {
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(hidden);
            table.whiteouts.push(PathHash::of(&self.path));
        }
    }

    /// Shows the header of an entry to the inspector.
    fn inspect<S: Source>(&mut self, tar: &TarReader<S>, entry: Entry, hash: u64) {
        if let Some(inspecting) = &mut self.inspecting
            && inspecting.inspect(tar, entry, &String::from_utf8_lossy(&self.path))
        {
            self.kept.insert(hash);
        }
    }

    /// Shows the content of a regular file to all who want it.
    fn file<S: Source>(
        &mut self,
        tar: &mut TarReader<S>,
        entry: Entry,
        hash: u64,
    ) -> Result<(), TarError> {
        let bytes = std::mem::take(&mut self.path);
        let path = String::from_utf8_lossy(&bytes);
        let mut inspecting = self.inspecting.take();
        let before = inspecting.as_ref().map_or(0, Inspecting::count);
        let read = self.content(tar, &entry_facts(entry, &path), hash, &mut inspecting);
        if inspecting.as_ref().map_or(0, Inspecting::count) > before {
            self.kept.insert(hash);
        }
        self.inspecting = inspecting;
        self.path = bytes;
        read
    }

    fn content<S: Source>(
        &mut self,
        tar: &mut TarReader<S>,
        entry: &EntryFacts<'_>,
        hash: u64,
        inspecting: &mut Option<Inspecting<'_>>,
    ) -> Result<(), TarError> {
        let (path, size) = (entry.path, entry.size);
        let ready = if inspecting.is_some() {
            SEARCHED_AT_ONCE
        } else {
            HEAD_BYTES
        };
        let mut head = [0; HEAD_BYTES];
        let start = tar.head(ready)?;
        let length = start.len().min(HEAD_BYTES);
        head[..length].copy_from_slice(&start[..length]);
        let mut searching = inspecting
            .as_mut()
            .and_then(|some| (!start.is_empty() && some.begin(entry, start)).then_some(some));
        if start.len() as u64 == size {
            // The whole file lies ready and is searched where it lies.
            searching = searching.and_then(|some| some.feed(start, true).then_some(some));
        }

        let facts = FileFacts {
            path,
            size,
            head: &head[..length],
        };
        let wants: Vec<(&dyn Analyser, u64)> = self
            .analysers
            .iter()
            .filter_map(|analyser| Some((*analyser, analyser.wants(&facts)?)))
            .collect();
        let cap = wants.iter().map(|&(_, cap)| cap).max();
        let Some(wanted) = cap.map(|cap| size.min(cap)) else {
            return search_rest(tar, searching);
        };
        // The places that count are served whatever stands in the way.
        if self.candidates.len() >= self.limits.layer_candidates && !is_root(self.analysers, path) {
            count(&mut self.counted.candidates, path.as_bytes());
            return search_rest(tar, searching);
        }
        if wanted <= self.limits.buffered_bytes {
            let _share = Share::of(wanted);
            let mut body = std::mem::take(&mut self.body);
            let read = tar.read_body(wanted, &mut body);
            let whole = matches!(read, Ok(true));
            let file = CandidateFile {
                whole,
                ..CandidateFile::whole(path, &body)
            };
            self.show(file, &wants, hash);
            let searching = searching.and_then(|some| {
                let last = whole || read.is_err();
                some.feed(&body, last).then_some(some)
            });
            body.clear();
            // What one large file needed is given back before the next.
            body.shrink_to(BLOCK_BYTES);
            self.body = body;
            read?;
            return search_rest(tar, searching);
        }
        if wanted > self.limits.spilled_bytes {
            let limit = self.limits.spilled_bytes;
            let message = format!("larger than files that are looked into: {limit} bytes");
            self.problem_of(path, &wants, hash, ProblemKind::TooLarge, &message);
            return search_rest(tar, searching);
        }
        match Spilled::take(&mut tar.body().take(wanted)) {
            Ok(spilled) => {
                let start = spilled.start();
                let file = CandidateFile {
                    path,
                    bytes: &start,
                    whole: false,
                    large: Some((spilled.size, &spilled)),
                };
                self.show(file, &wants, hash);
                let searching =
                    searching.and_then(|some| some.feed_spilled(&spilled, size).then_some(some));
                search_rest(tar, searching)
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(TarError::Truncated),
            Err(error) => {
                let message = format!("no room to look into it: {error}");
                self.problem_of(path, &wants, hash, ProblemKind::TooLarge, &message);
                search_rest(tar, searching)
            }
        }
    }

    /// Shows a file to those who want it and keeps what they say.
    fn show(&mut self, file: CandidateFile<'_>, wants: &[(&dyn Analyser, u64)], hash: u64) {
        for &(analyser, cap) in wants {
            let shown =
                usize::try_from(cap).map_or(file.bytes.len(), |cap| cap.min(file.bytes.len()));
            let mut analysis = analyser.analyse(&CandidateFile {
                bytes: &file.bytes[..shown],
                whole: file.whole && shown == file.bytes.len(),
                ..file
            });
            if let Some(problem) = analysis
                .observation
                .as_ref()
                .and_then(|said| self.room(said))
            {
                analysis.observation = None;
                analysis.problems.push(problem);
            }
            if analysis.observation.is_some() || !analysis.problems.is_empty() {
                self.keep(file.path, analyser.id(), hash, analysis);
            }
        }
    }

    /// Counts what is to be kept; a problem where that is more than a layer may keep. Whole
    /// reports are bounded only when the layer has ended: by then it would be too late.
    fn room(&mut self, said: &Observation) -> Option<FileProblem> {
        let packages = self.kept_packages + said.package_count();
        let bytes = self.kept_bytes + said.kept_bytes();
        let message = if packages > self.limits.archive_packages {
            let most = self.limits.archive_packages;
            format!("the layer has more packages than are read: {most}")
        } else if bytes > self.limits.layer_kept_bytes {
            let most = self.limits.layer_kept_bytes;
            format!("the layer has more records than are kept: {most} bytes")
        } else {
            self.kept_packages = packages;
            self.kept_bytes = bytes;
            return None;
        };
        Some(FileProblem::new(ProblemKind::TooLarge, message))
    }

    fn keep(&mut self, path: &str, analyser: &'static str, hash: u64, analysis: Analysis) {
        self.kept.insert(hash);
        self.candidates.insert(
            (path.to_owned(), analyser),
            Candidate {
                path: path.to_owned(),
                analyser: analyser.to_owned(),
                observation: analysis.observation,
                problems: analysis.problems,
            },
        );
    }

    fn problem_of(
        &mut self,
        path: &str,
        wants: &[(&dyn Analyser, u64)],
        hash: u64,
        kind: ProblemKind,
        message: &str,
    ) {
        for (analyser, _) in wants {
            let analysis = Analysis {
                observation: None,
                problems: vec![FileProblem::new(kind, message)],
            };
            self.keep(path, analyser.id(), hash, analysis);
        }
    }

    /// Notes that the current path is of a kind whose content cannot be shown, where an analyser
    /// would want it.
    fn refuse(&mut self, hash: u64, kind: ProblemKind, message: &str) {
        let path = String::from_utf8_lossy(&self.path);
        for analyser in self.analysers {
            if analyser.wants(&FileFacts::of_path(&path)).is_none() {
                continue;
            }
            if self.candidates.len() >= self.limits.layer_candidates {
                count(&mut self.counted.candidates, &self.path);
                continue;
            }
            self.kept.insert(hash);
            self.candidates.insert(
                (path.clone().into_owned(), analyser.id()),
                Candidate {
                    path: path.clone().into_owned(),
                    analyser: analyser.id().to_owned(),
                    observation: None,
                    problems: vec![FileProblem::new(kind, message)],
                },
            );
        }
    }

    fn symbolic_link(&mut self, target: &[u8], hash: u64) {
        let path = String::from_utf8_lossy(&self.path);
        let shallow = self.path.split(|&byte| byte == b'/').count() <= SHALLOW_COMPONENTS;
        let above = is_above_root(self.analysers, &path);
        let wanted = || {
            self.analysers
                .iter()
                .any(|analyser| analyser.wants(&FileFacts::of_path(&path)).is_some())
        };
        if !above && !shallow && !wanted() {
            return;
        }
        if !above && self.symbolic_links.len() >= self.limits.layer_links {
            self.counted.links += 1;
            return;
        }
        self.kept.insert(hash);
        let target = String::from_utf8_lossy(target).into_owned();
        self.symbolic_links.insert(path.into_owned(), target);
    }

    fn hard_link(&mut self, hash: u64) {
        let target = String::from_utf8_lossy(&self.target).into_owned();
        let path = String::from_utf8_lossy(&self.path).into_owned();
        let kept = self.analysers.iter().any(|analyser| {
            self.candidates
                .contains_key(&(target.clone(), analyser.id()))
        }) || self.hard_links.contains_key(&target);
        if kept && target != path {
            if self.hard_links.len() >= self.limits.layer_links {
                self.counted.links += 1;
                return;
            }
            // A link to a link is a link to the same file.
            let target = self.hard_links.get(&target).cloned().unwrap_or(target);
            self.kept.insert(hash);
            self.hard_links.insert(path, target);
        } else {
            let message = format!("a hard link to a file whose content was not kept: `{target}`");
            self.refuse(hash, ProblemKind::Unsupported, &message);
        }
    }

    fn into_report(mut self, diff_id: DiffId) -> LayerReport {
        self.counted.report(self.limits, &mut self.problems);
        let mut table = self.table;
        // Stable, so that of several entries of one path the last stays.
        table.records.sort_by_key(|record| record.path);
        table.records.dedup_by(|later, earlier| {
            let same = later.path == earlier.path;
            if same {
                *earlier = *later;
            }
            same
        });
        table.records.shrink_to_fit();
        for hashes in [&mut table.whiteouts, &mut table.opaque] {
            hashes.sort_unstable();
            hashes.dedup();
        }
        LayerReport {
            diff_id,
            whole: self.whole,
            files: self.files,
            content_bytes: self.content_bytes,
            analysers: self.analysers.iter().map(|one| versioned(*one)).collect(),
            candidates: self.candidates.into_values().collect(),
            symbolic_links: into_links(self.symbolic_links),
            hard_links: into_links(self.hard_links),
            problems: self.problems.into_list(),
            inspection: self.inspecting.map(Inspecting::into_inspection),
            paths: table,
        }
    }
}

fn into_links(links: BTreeMap<String, String>) -> Vec<Link> {
    links
        .into_iter()
        .map(|(path, target)| Link { path, target })
        .collect()
}

/// Whether `path` is one of the files that an analyser concludes from.
fn is_root(analysers: &[&dyn Analyser], path: &str) -> bool {
    analysers
        .iter()
        .flat_map(|analyser| analyser.roots())
        .any(|root| root.path == path)
}

/// Whether a place that an analyser concludes from is `path` or lies below it.
fn is_above_root(analysers: &[&dyn Analyser], path: &str) -> bool {
    analysers
        .iter()
        .flat_map(|analyser| analyser.roots())
        .any(|root| {
            root.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

#[cfg(test)]
#[path = "layer_tests.rs"]
mod tests;
