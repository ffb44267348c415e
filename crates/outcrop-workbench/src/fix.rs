//! The change to the Containerfile that mends what a scan found.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use outcrop_containerfile::history::{AlignmentInput, HistoryAlignment, HistoryStep, align};
use outcrop_containerfile::patch::Patch;
use outcrop_containerfile::plan::{BaseBump, Plan, PlanInput, plan};
use outcrop_containerfile::stages::{BuildArguments, StageBase, Stages};
use outcrop_containerfile::{Containerfile, Parsed, parse};
use outcrop_lineage::{Graph, Succession};
use outcrop_model::{ConfigDigest, ImageConfig};
use outcrop_store::Association;

use self::apt::{has_shell, upgrades};
use crate::error::WorkbenchError;
use crate::known::{KeptScan, KnownImage};
use crate::report::{Finding, SCHEMA_VERSION, ScanReport, Stage};
use crate::wire::{FixPlan, FixRequest, Hunk, Stays};
use crate::workbench::Workbench;

mod apt;

/// Largest Containerfile that is read, in bytes; the parser's own limit is the same.
const MAX_CONTAINERFILE_BYTES: u64 = 4 * 1024 * 1024;

impl Workbench {
    /// The Containerfile that was used for an image's reference the last time.
    pub async fn remembered_containerfile(
        &self,
        config_digest: &str,
    ) -> Result<Option<String>, WorkbenchError> {
        let Some((_, kept, _)) = self.scanned(config_digest).await? else {
            return Ok(None);
        };
        Ok(self
            .association(&kept)
            .await?
            .map(|association| association.containerfile))
    }

    async fn association(&self, kept: &KeptScan) -> Result<Option<Association>, WorkbenchError> {
        for reference in &kept.references {
            let reference = outcrop_sources::engine::normalized(reference);
            if let Some(association) = self.shared.store.association(&reference).await? {
                return Ok(Some(association));
            }
        }
        Ok(None)
    }

    async fn scanned(
        &self,
        config_digest: &str,
    ) -> Result<Option<(ConfigDigest, KeptScan, String)>, WorkbenchError> {
        let Ok(digest) = config_digest.parse::<ConfigDigest>() else {
            return Ok(None);
        };
        let kept = self.kept_scan(digest).await?;
        Ok(kept.map(|(kept, scanned_at)| (digest, kept, scanned_at.to_string())))
    }

    /// Plans the change. The file is read and never written; its path, target and arguments are
    /// remembered for the image's references.
    pub async fn plan_fix(&self, request: &FixRequest) -> Result<FixPlan, WorkbenchError> {
        let Some((digest, kept, scanned_at)) = self.scanned(&request.config_digest).await? else {
            return Err(WorkbenchError::NotScanned {
                name: request.config_digest.clone(),
            });
        };
        let known = self.known_images().await?;
        let present: HashSet<ConfigDigest> = known.keys().copied().collect();
        let graph = crate::known::graph(&known, &present);
        let report = self
            .report_of(&kept, digest, scanned_at, Stage::Complete, Some(&graph))
            .await?;

        let remembered = self.association(&kept).await?;
        let (path, target, arguments) = wishes(request, remembered, &kept.name)?;
        let bytes = read_containerfile(&path)?;
        let parsed = parse(&bytes);
        let base = nearest_base(&graph, digest, &known);
        let alignment = aligned(
            &parsed.file,
            target.as_deref(),
            &arguments,
            &kept.config,
            base.as_ref(),
        )?;

        let mut stays = Vec::new();
        let upgrades = upgrades(&report, alignment.as_ref(), &mut stays);
        let mut review: Vec<String> = alignment
            .as_ref()
            .and_then(|found| found.1.warning.clone())
            .into_iter()
            .collect();
        let bump = if request.bump_base {
            self.base_bump(
                &report,
                digest,
                &parsed.file,
                &arguments,
                target.as_deref(),
                &graph,
                &mut review,
            )
            .await?
        } else {
            None
        };
        let diff_path = work_tree_path(&path);
        let planned = plan(&PlanInput {
            parsed: &parsed,
            path: &diff_path,
            target: target.as_deref(),
            build_arguments: &arguments,
            base_user: base.as_ref().map(|base| base.config.user.as_str()),
            has_shell: has_shell(&report),
            base_boundary_known: alignment.is_some(),
            upgrades: &upgrades,
            base_bump: bump.as_ref(),
        });
        self.remember(&kept, &path, target, arguments).await?;
        Ok(fix_plan(Parts {
            report: &report,
            parsed: &parsed,
            path: &path,
            diff_path,
            planned,
            stays,
            review,
            alignment: alignment.map(|(_, alignment)| alignment),
        }))
    }

    async fn remember(
        &self,
        kept: &KeptScan,
        path: &Path,
        target: Option<String>,
        arguments: BuildArguments,
    ) -> Result<(), WorkbenchError> {
        let containerfile = std::path::absolute(path)
            .unwrap_or_else(|_| path.to_owned())
            .to_string_lossy()
            .into_owned();
        for reference in &kept.references {
            self.shared
                .store
                .put_association(&Association {
                    reference: outcrop_sources::engine::normalized(reference),
                    containerfile: containerfile.clone(),
                    target: target.clone(),
                    build_arguments: arguments.clone(),
                })
                .await?;
        }
        Ok(())
    }

    /// A newer local image of the base, where a scan of it tells what it mends.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a different part of one question"
    )]
    async fn base_bump(
        &self,
        report: &ScanReport,
        digest: ConfigDigest,
        file: &Containerfile,
        arguments: &BuildArguments,
        target: Option<&str>,
        graph: &Graph,
        review: &mut Vec<String>,
    ) -> Result<Option<BaseBump>, WorkbenchError> {
        let Some(from) = root_reference(file, arguments, target) else {
            return Ok(None);
        };
        for successor in graph.newer_bases(digest) {
            let name = &successor.reference;
            let Some((kept, scanned_at)) = self.kept_scan(successor.digest).await? else {
                review.push(format!(
                    "a newer base is here: `{name}`; scan it to see what it mends"
                ));
                continue;
            };
            let newer = self
                .report_of(
                    &kept,
                    successor.digest,
                    scanned_at.to_string(),
                    Stage::Complete,
                    Some(graph),
                )
                .await?;
            let left: HashSet<&str> = newer
                .findings
                .iter()
                .map(|finding| finding.key.as_str())
                .collect();
            let cleared: Vec<usize> = numbered(report)
                .filter(|(_, finding)| finding.inherited && finding.apart.is_none())
                .filter(|(_, finding)| !left.contains(finding.key.as_str()))
                .map(|(number, _)| number)
                .collect();
            if cleared.is_empty() {
                continue;
            }
            if successor.succession == Succession::ReferenceMoved {
                review.push(format!(
                    "`{name}` names a newer image since this one was built: building it again mends {} findings without a change of the file",
                    cleared.len()
                ));
                continue;
            }
            return Ok(Some(BaseBump {
                from,
                to: successor.reference.clone(),
                findings: cleared,
                evidence: format!(
                    "{}; its scan of {} does not have these findings",
                    successor.evidence.join("; "),
                    newer.scanned_at
                ),
            }));
        }
        Ok(None)
    }
}

/// Where the Containerfile is and how it is built: what was asked for, else what is remembered.
fn wishes(
    request: &FixRequest,
    remembered: Option<Association>,
    name: &str,
) -> Result<(PathBuf, Option<String>, BuildArguments), WorkbenchError> {
    let mut arguments = BuildArguments::new();
    for text in &request.build_arguments {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| WorkbenchError::BuildArgument { text: text.clone() })?;
        arguments.insert(name.to_owned(), value.to_owned());
    }
    match (&request.containerfile, remembered) {
        (Some(path), _) => Ok((path.into(), request.target.clone(), arguments)),
        (None, Some(remembered)) => Ok((
            remembered.containerfile.into(),
            request.target.clone().or(remembered.target),
            if arguments.is_empty() {
                remembered.build_arguments
            } else {
                arguments
            },
        )),
        (None, None) => Err(WorkbenchError::ContainerfileUnknown {
            name: name.to_owned(),
        }),
    }
}

fn read_containerfile(path: &Path) -> Result<Vec<u8>, WorkbenchError> {
    use std::io::Read as _;

    let unreadable = |source| WorkbenchError::ContainerfileUnreadable {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| {
            file.take(MAX_CONTAINERFILE_BYTES + 1)
                .read_to_end(&mut bytes)
        })
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_CONTAINERFILE_BYTES {
        return Err(WorkbenchError::ContainerfileMismatch {
            reason: format!(
                "`{}` is larger than a Containerfile may be: {MAX_CONTAINERFILE_BYTES} bytes",
                path.display()
            ),
        });
    }
    Ok(bytes)
}

/// The path by which a diff names the file: from the root of its git work tree, else its name.
fn work_tree_path(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let absolute = absolute.canonicalize().unwrap_or(absolute);
    let root = absolute
        .ancestors()
        .skip(1)
        .find(|folder| folder.join(".git").exists());
    let relative = root
        .and_then(|root| absolute.strip_prefix(root).ok())
        .map_or_else(
            || absolute.file_name().map(PathBuf::from).unwrap_or_default(),
            Path::to_path_buf,
        );
    relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// The nearest ancestor that is here.
fn nearest_base(
    graph: &Graph,
    digest: ConfigDigest,
    known: &std::collections::HashMap<ConfigDigest, KnownImage>,
) -> Option<KnownImage> {
    let parent = graph
        .ancestors(digest)
        .into_iter()
        .find_map(|ancestor| ancestor.digest)?;
    known.get(&parent).cloned()
}

/// The image's history above its base, laid beside the instructions: index of the first entry
/// above the base, and the alignment. `None` where it is not known where the base ends.
fn aligned(
    file: &Containerfile,
    target: Option<&str>,
    arguments: &BuildArguments,
    config: &ImageConfig,
    base: Option<&KnownImage>,
) -> Result<Option<(usize, HistoryAlignment)>, WorkbenchError> {
    let Some(base) = base else { return Ok(None) };
    let first = base.config.history.len().min(config.history.len());
    let steps: Vec<HistoryStep<'_>> = config.history[first..]
        .iter()
        .map(|entry| HistoryStep {
            created_by: &entry.created_by,
            comment: &entry.comment,
            empty_layer: entry.empty_layer,
        })
        .collect();
    let alignment = align(&AlignmentInput {
        file,
        target,
        build_arguments: arguments,
        steps: &steps,
        triggers: &base.config.on_build,
    })
    .map_err(|error| WorkbenchError::ContainerfileMismatch {
        reason: error.to_string(),
    })?;
    Ok(Some((first, alignment)))
}

/// The reference that the chain of the target's stages begins with, variables replaced.
fn root_reference(
    file: &Containerfile,
    arguments: &BuildArguments,
    target: Option<&str>,
) -> Option<String> {
    let stages = Stages::read(file, arguments);
    let target = stages.target(target).ok()?;
    let root = *stages.chain(target).first()?;
    match &stages.stages.get(root)?.base {
        StageBase::Image(reference) => Some(reference.clone()),
        _ => None,
    }
}

fn numbered(report: &ScanReport) -> impl Iterator<Item = (usize, &Finding)> {
    report.findings.iter().enumerate()
}

struct Parts<'a> {
    report: &'a ScanReport,
    parsed: &'a Parsed,
    path: &'a Path,
    diff_path: String,
    planned: Plan,
    stays: Vec<Stays>,
    review: Vec<String>,
    alignment: Option<HistoryAlignment>,
}

fn fix_plan(parts: Parts<'_>) -> FixPlan {
    let keys = |numbers: &[usize]| -> Vec<String> {
        numbers
            .iter()
            .filter_map(|&number| Some(parts.report.findings.get(number)?.key.clone()))
            .collect()
    };
    let before = String::from_utf8_lossy(parts.parsed.file.bytes()).into_owned();
    let patch: Option<&Patch> = parts.planned.patch.as_ref();
    let hunks: Vec<Hunk> = patch
        .map(|patch| {
            patch
                .hunks
                .iter()
                .map(|hunk| Hunk {
                    title: hunk.title.clone(),
                    line: hunk.line as u32,
                    clears: keys(&hunk.clears),
                    evidence: hunk.note.clone().unwrap_or_default(),
                })
                .collect()
        })
        .unwrap_or_default();
    let clears: BTreeSet<String> = hunks
        .iter()
        .flat_map(|hunk| hunk.clears.iter().cloned())
        .collect();
    let mut stays = parts.stays;
    stays.extend(parts.planned.stays.iter().map(|stay| Stays {
        reason: stay.reason.clone(),
        findings: keys(&stay.findings),
    }));
    // A newer base may mend what an upgrade cannot.
    for stay in &mut stays {
        stay.findings.retain(|key| !clears.contains(key));
    }
    stays.retain(|stay| !stay.findings.is_empty());
    let mut review = parts.review;
    if patch.is_some_and(|patch| patch.diff.as_bytes() != patch.diff_bytes) {
        review.push(
            "the file is not UTF-8: only the diff that `outcrop fix` prints is exact".to_owned(),
        );
    }
    review.extend(parts.planned.review);
    let (match_ratio, match_statement) = match parts.alignment {
        Some(alignment) => (
            Some(alignment.match_ratio),
            format!(
                "{:.0} % of the image's own history is in this file",
                alignment.match_ratio * 100.0
            ),
        ),
        None => (
            None,
            "the base image is not here, so the file was not held against the image's history"
                .to_owned(),
        ),
    };
    FixPlan {
        schema_version: SCHEMA_VERSION.to_owned(),
        config_digest: parts.report.image.config_digest.clone(),
        containerfile: parts.path.to_string_lossy().into_owned(),
        diff_path: parts.diff_path,
        diff: patch.map(|patch| patch.diff.clone()).unwrap_or_default(),
        exact_diff: patch
            .map(|patch| patch.diff_bytes.clone())
            .unwrap_or_default(),
        after: patch.map_or_else(
            || before.clone(),
            |patch| String::from_utf8_lossy(&patch.new_bytes).into_owned(),
        ),
        before,
        hunks,
        clears: clears.into_iter().collect(),
        stays,
        review,
        match_ratio,
        match_statement,
    }
}
