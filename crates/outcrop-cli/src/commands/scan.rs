//! `outcrop scan`: what is in images, what is vulnerable and what else is risky in them.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use outcrop_workbench::output::document::{ScanDocument, TargetError};
use outcrop_workbench::output::{cyclonedx, html, json, markdown, sarif, spdx};
use outcrop_workbench::report::{RiskCounts, ScanReport, SeverityCounts, Status};
use outcrop_workbench::wire::{Code, WireError};
use outcrop_workbench::{ScanOptions, ScanTarget, Workbench, WorkbenchError};

use self::verdict::verdict;
use super::{Context, Failure, Outcome};
use crate::arguments::{Risks, Scan, ScanFormat};
use crate::exit::Exit;
use crate::progress::Display;
use crate::table::{self, Layout};
use crate::terminal;
use crate::text::{counted, harmless, short};

mod verdict;

pub(super) async fn run(context: &Context, arguments: Scan) -> Outcome {
    if let Some(bill) = Bill::of(arguments.format)
        && arguments.images.len() > 1
        && arguments.output.is_none()
    {
        return Err(bill.several());
    }
    check_use(&arguments)?;
    let options = ScanOptions {
        risks: arguments.risks != Risks::Off,
        required_labels: arguments.required_labels.clone(),
        ..arguments.choice.options()
    };
    context
        .with_workbench(async |workbench| {
            let targets = targets(workbench, &arguments).await?;
            let display = Display::new(context.quiet);
            let mut done = Done::default();
            for (name, target) in targets {
                let scanned = match target {
                    Ok(target) => scan(context, workbench, &display, &target, &options).await,
                    Err(error) => Err(error),
                };
                display.clear();
                match scanned {
                    Ok(kept) => done.take(kept, &arguments),
                    Err(Failure(error)) => {
                        let error = named(error, &name);
                        terminal::error(&error);
                        done.exit.raise(Exit::of(&error));
                        let cancelled = error.code == Code::Cancelled;
                        done.errors.push(TargetError {
                            target: name,
                            error,
                        });
                        if cancelled {
                            break;
                        }
                    }
                }
            }
            done.print(&arguments)?;
            Ok(done.exit)
        })
        .await
}

/// Refuses what would be asked for in vain.
fn check_use(arguments: &Scan) -> Result<(), Failure> {
    if arguments.risks == Risks::Fail && arguments.fail_on.is_none() {
        return Err(Failure::usage(
            "`--risks fail` needs the severity from which on risks count".to_owned(),
            "name it with `--fail-on SEVERITY`, as `--risks fail --fail-on high`",
        ));
    }
    if arguments.risks == Risks::Off && !arguments.required_labels.is_empty() {
        return Err(Failure::usage(
            "a label that is missing is a risk, and `--risks off` looks for none".to_owned(),
            "leave out `--require-label` or `--risks off`",
        ));
    }
    Ok(())
}

/// What scans gave so far.
#[derive(Default)]
struct Done {
    reports: Vec<ScanReport>,
    errors: Vec<TargetError>,
    exit: Exit,
}

/// Scans one target; what cannot be kept is said and scanned all the same.
pub(super) async fn scan(
    context: &Context,
    workbench: &Workbench,
    display: &Display,
    target: &ScanTarget,
    options: &ScanOptions,
) -> Result<Kept, Failure> {
    let on_preview = |preview: ScanReport| {
        display.note(&format!(
            "first results for {}: {} in {}; reading the layers",
            harmless(&preview.image.name),
            if preview.coverage.judged {
                counted(preview.counts.total(), "finding")
            } else {
                "nothing judged yet".to_owned()
            },
            counted(preview.packages.len() as u64, "package"),
        ));
    };
    let scanned = workbench
        .scan(
            target,
            options,
            &|progress| display.show(&progress),
            &on_preview,
            &context.cancellation,
        )
        .await?;
    Ok(Kept {
        reports: scanned.reports,
        not_kept: scanned.not_kept.map(|error| error.wire()),
    })
}

/// Reports, and why they could not be kept.
pub(super) struct Kept {
    pub(super) reports: Vec<ScanReport>,
    pub(super) not_kept: Option<WireError>,
}

type Named = (String, Result<ScanTarget, Failure>);

/// What was asked for, each under the name it was asked for by.
async fn targets(workbench: &Workbench, arguments: &Scan) -> Result<Vec<Named>, Failure> {
    let engine = arguments.choice.engine.as_deref();
    if !arguments.all {
        let parse = |name: &String| {
            let target = ScanTarget::parse(name, engine).map_err(Failure::from);
            (name.clone(), target)
        };
        return Ok(arguments.images.iter().map(parse).collect());
    }
    let list = workbench.images().await?;
    let answered: HashSet<&str> = list
        .engines
        .iter()
        .map(|engine| engine.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    if answered.is_empty() {
        return Err(WorkbenchError::no_engine(&list.engines).into());
    }
    if let Some(name) = engine.filter(|name| !answered.contains(name)) {
        let mut engines: Vec<String> = answered.iter().map(ToString::to_string).collect();
        engines.sort_unstable();
        let name = name.to_owned();
        return Err(WorkbenchError::UnknownEngine { name, engines }.into());
    }
    let mut seen = HashSet::new();
    Ok(list
        .images
        .iter()
        .filter(|row| answered.contains(row.engine.as_str()))
        .filter(|row| engine.is_none_or(|engine| engine == row.engine))
        .filter(|row| seen.insert(&row.config_digest))
        .map(|row| {
            let name = row.references.first().unwrap_or(&row.config_digest);
            let target = ScanTarget::Engine {
                name: name.clone(),
                engine: Some(row.engine.clone()),
            };
            (name.clone(), Ok(target))
        })
        .collect())
}

impl Done {
    fn take(&mut self, kept: Kept, arguments: &Scan) {
        if let Some(error) = kept.not_kept {
            terminal::error(&error);
            self.exit.raise(Exit::Unusable);
        }
        for mut report in kept.reports {
            if arguments.only_fixable {
                keep_fixable(&mut report);
            }
            if arguments.risks == Risks::Off {
                leave_out_risks(&mut report);
            }
            if arguments.risks == Risks::Fail && !report.risks_looked_for {
                terminal::note(&format!(
                    "risks of {} were not looked for: with `--risks fail` that does not pass",
                    harmless(&report.image.name)
                ));
            }
            self.exit.raise(verdict(&report, arguments));
            self.reports.push(report);
        }
    }

    fn print(&mut self, arguments: &Scan) -> Result<(), Failure> {
        let layout = Layout {
            apart: arguments.apart,
            packages: arguments.packages,
            inherited: arguments.inherited,
            width: terminal::width().filter(|_| arguments.output.is_none()),
        };
        if arguments.format != ScanFormat::Json && self.reports.is_empty() {
            return Ok(());
        }
        match (arguments.format, arguments.output.as_deref()) {
            (ScanFormat::Table, output) => {
                let tables: Vec<String> = self
                    .reports
                    .iter()
                    .map(|report| table::render(report, layout))
                    .collect();
                let text = tables.join("\n\n");
                match output {
                    None => terminal::print(&text)?,
                    Some(path) => {
                        write(path, &anstream::adapter::strip_str(&text).to_string())?;
                    }
                }
            }
            (ScanFormat::Json, output) => {
                let text = match &self.reports[..] {
                    // A script that names one image gets its report, or nothing and an error.
                    [] if arguments.images.len() == 1 => return Ok(()),
                    [report] if arguments.images.len() == 1 => json(report),
                    _ => {
                        let reports = std::mem::take(&mut self.reports);
                        let errors = std::mem::take(&mut self.errors);
                        json(&ScanDocument::new(reports, errors))
                    }
                };
                put(&text, output)?;
            }
            (ScanFormat::CycloneDx, output) => Bill::CYCLONE_DX.put(&self.reports, output)?,
            (ScanFormat::Spdx, output) => Bill::SPDX.put(&self.reports, output)?,
            // One log can hold several runs; who wants one each names a folder.
            (ScanFormat::Sarif, Some(folder)) if folder.is_dir() => {
                Bill::SARIF.write_each(folder, &self.reports)?;
            }
            (ScanFormat::Sarif, output) => {
                put(&sarif::render(&self.reports, &self.errors), output)?;
            }
            (ScanFormat::Markdown, output) => {
                put(&markdown::render(&self.reports, &self.errors), output)?;
            }
            (ScanFormat::Html, output) => {
                put(&html::render(&self.reports, &self.errors), output)?;
            }
        }
        Ok(())
    }
}

/// An error with the image that it is about, which one of several needs.
fn named(error: WireError, target: &str) -> WireError {
    if error.code == Code::Cancelled || error.message.contains(target) {
        return error;
    }
    WireError {
        message: format!("cannot scan `{target}`: {}", error.message),
        ..error
    }
}

/// A format of which one document holds one image.
struct Bill {
    name: &'static str,
    ending: &'static str,
    render: fn(&ScanReport) -> String,
}

impl Bill {
    const CYCLONE_DX: Self = Self {
        name: "a CycloneDX document",
        ending: "cdx.json",
        render: cyclonedx::render,
    };
    const SPDX: Self = Self {
        name: "an SPDX document",
        ending: "spdx.json",
        render: spdx::render,
    };

    const SARIF: Self = Self {
        name: "a SARIF log",
        ending: "sarif",
        render: |report| sarif::render(std::slice::from_ref(report), &[]),
    };

    const fn of(format: ScanFormat) -> Option<Self> {
        match format {
            ScanFormat::CycloneDx => Some(Self::CYCLONE_DX),
            ScanFormat::Spdx => Some(Self::SPDX),
            ScanFormat::Table
            | ScanFormat::Json
            | ScanFormat::Sarif
            | ScanFormat::Markdown
            | ScanFormat::Html => None,
        }
    }

    fn put(&self, reports: &[ScanReport], output: Option<&Path>) -> Result<(), Failure> {
        match (reports, output) {
            ([report], None) => put(&(self.render)(report), output),
            ([report], Some(path)) if !path.is_dir() => write(path, &(self.render)(report)),
            (_, None) => Err(self.several()),
            (reports, Some(folder)) => self.write_each(folder, reports),
        }
    }

    fn several(&self) -> Failure {
        Failure::usage(
            format!("{} holds one image, and there are several", self.name),
            "name a folder for them with `--output DIR`",
        )
    }

    /// Writes one document an image into a folder.
    fn write_each(&self, folder: &Path, reports: &[ScanReport]) -> Result<(), Failure> {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        let mut taken = HashSet::new();
        for report in reports {
            let mut name = file_name(&report.image.name);
            if !taken.insert(name.clone()) {
                name = format!("{name}_{}", short(&report.image.config_digest));
                taken.insert(name.clone());
            }
            let path = folder.join(format!("{name}.{}", self.ending));
            write(&path, &(self.render)(report))?;
        }
        Ok(())
    }
}

/// A file name from an image's name, which may hold anything.
fn file_name(image: &str) -> String {
    /// Well below what file systems take, with room for the ending.
    const MAX_NAME: usize = 150;
    let name: String = image
        .chars()
        .take(MAX_NAME)
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => character,
            _ => '_',
        })
        .collect();
    // No hidden files and no names with a meaning of their own.
    match name.trim_start_matches('.') {
        "" => "image".to_owned(),
        name => name.to_owned(),
    }
}

/// Prints a document byte for byte, or writes it to the file that was named.
fn put(text: &str, output: Option<&Path>) -> Result<(), Failure> {
    match output {
        None => Ok(terminal::print_verbatim(text)?),
        Some(path) => write(path, text),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure(WireError {
        code: Code::Internal,
        message: format!("cannot write `{}`: {error}", path.display()),
        hint: Some("name another place with `--output`".to_owned()),
    })
}

/// Leaves out what has no fixed version, and says so in the report.
fn keep_fixable(report: &mut ScanReport) {
    let before = report.findings.len();
    report
        .findings
        .retain(|finding| finding.status == Status::Fixed);
    let left_out = before - report.findings.len();

    report.counts = SeverityCounts::default();
    for layer in &mut report.layers {
        layer.counts = SeverityCounts::default();
    }
    for package in &mut report.packages {
        package.findings = 0;
    }
    for finding in &report.findings {
        let apart = finding.apart.is_some();
        report.counts.add(finding.severity, true, apart);
        if let Some(layer) = report
            .layers
            .iter_mut()
            .find(|layer| Some(layer.index) == finding.layer)
        {
            layer.counts.add(finding.severity, true, apart);
        }
        if let Some(package) = report.packages.get_mut(finding.package as usize) {
            package.findings += 1;
        }
    }
    if left_out > 0 {
        report.coverage.notes.push(format!(
            "{} without a fixed version left out, as asked for",
            counted(left_out as u64, "finding")
        ));
    }
}

/// Takes risks that an earlier scan kept out of a report.
fn leave_out_risks(report: &mut ScanReport) {
    report.risks_looked_for = false;
    report.risks.clear();
    report.risk_counts = RiskCounts::default();
    report.risk_checks.clear();
    report.risk_notes.clear();
    for layer in &mut report.layers {
        layer.risks = 0;
    }
}

/// Reads the path of a file as text, as the wire types have it.
pub(super) fn path_text(path: PathBuf) -> Result<String, Failure> {
    path.into_os_string().into_string().map_err(|path| {
        Failure::usage(
            format!("the path is not text: `{}`", path.to_string_lossy()),
            "rename the file",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::verdict::tests::{report, scan};
    use super::*;

    #[test]
    fn leaving_out_is_counted_and_said() {
        let mut report = report();
        keep_fixable(&mut report);
        let counts = report.counts;
        assert_eq!((counts.total(), counts.high, counts.apart), (2, 2, 1));
        assert_eq!(report.layers[0].counts.high, 1);
        assert_eq!(report.packages[0].findings, 1);
        assert!(
            report
                .coverage
                .notes
                .iter()
                .any(|note| note.starts_with("2 findings"))
        );
    }

    #[test]
    fn what_would_be_in_vain_is_refused_with_a_hint() {
        for (line, expected) in [
            ("--risks fail --fail-on low", None),
            ("--require-label a", None),
            (
                "--risks fail",
                Some("name it with `--fail-on SEVERITY`, as `--risks fail --fail-on high`"),
            ),
            (
                "--risks off --require-label a",
                Some("leave out `--require-label` or `--risks off`"),
            ),
        ] {
            let refused = check_use(&scan(line)).err().map(|failure| failure.0);
            let hint = refused.as_ref().and_then(|error| error.hint.as_deref());
            assert_eq!(hint, expected, "{line}");
            assert!(refused.is_none_or(|error| Exit::of(&error) == Exit::Usage));
        }
    }

    #[test]
    fn without_risks_nothing_of_them_is_left() {
        let mut report = report();
        leave_out_risks(&mut report);
        let text = json(&report);
        for gone in ["app/.env", "root-user", "app.log", "gh…9x"] {
            assert!(!text.contains(gone), "{gone}");
        }
        assert!(text.contains("\"risks_looked_for\": false"));
        assert_eq!(report.risk_counts.total(), 0);
        assert!(report.layers.iter().all(|layer| layer.risks == 0));
    }

    #[test]
    fn file_names_stay_in_their_folder() {
        for (image, expected) in [
            ("team/app:1", "team_app_1"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "image"),
            ("", "image"),
            ("a\u{1b}b", "a_b"),
        ] {
            assert_eq!(file_name(image), expected, "{image}");
        }
    }

    #[test]
    fn documents_of_two_images_of_one_name_are_both_written() {
        let folder = tempfile::tempdir().unwrap();
        let (one, mut two) = (report(), report());
        two.image.config_digest = format!("sha256:{}", "f".repeat(64));
        let reports = [one.clone(), two.clone()];
        for bill in [Bill::CYCLONE_DX, Bill::SPDX] {
            assert!(bill.put(&reports, Some(folder.path())).is_ok());
            assert!(bill.put(&reports, None).is_err());
        }
        assert!(Bill::SARIF.write_each(folder.path(), &reports).is_ok());
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "team_app_1.cdx.json",
                "team_app_1.sarif",
                "team_app_1.spdx.json",
                "team_app_1_ffffffffffff.cdx.json",
                "team_app_1_ffffffffffff.sarif",
                "team_app_1_ffffffffffff.spdx.json",
            ]
        );
    }
}
