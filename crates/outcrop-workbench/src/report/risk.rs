//! What is risky in an image beside the versions of its packages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PackageOwner, Severity};

/// What a risk is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum RiskGroup {
    /// How a container runs and how the image was built.
    Configuration,
    /// Files and folders: permissions, owners, leftovers.
    Files,
    /// Secrets.
    Secrets,
}

/// Something risky, with its place and its remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Risk {
    /// Identifier of the check, whose text is in `risk_checks`.
    pub check: String,
    /// Heading, as `Setuid program`; for secrets their kind.
    pub title: String,
    /// What it is about.
    pub group: RiskGroup,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence, its deciding value last.
    pub message: String,
    /// Layer that brought it; `None` for what the configuration says.
    pub layer: Option<u32>,
    /// Position in the history of the instruction that brought it, where one can be told.
    pub history_index: Option<u32>,
    /// That instruction; empty where none can be told.
    pub instruction: String,
    /// Name of the image that brought it.
    pub owner: String,
    /// True where an ancestor brought it.
    pub inherited: bool,
    /// False where a later layer hides it; the image ships it all the same.
    pub visible: bool,
    /// The layer that hides it.
    pub hidden_in: Option<u32>,
    /// Path inside the image, without a leading slash.
    pub path: Option<String>,
    /// Line of the file, from 1.
    pub line: Option<u32>,
    /// The package of the system that installed the file.
    pub package: Option<PackageOwner>,
    /// What may be told of the secret, where it is one.
    pub secret: Option<Secret>,
    /// By this an exception names it; stable across rebuilds.
    pub fingerprint: String,
    /// What to do here.
    pub remedy: String,
    /// Lines for the Containerfile that do it, where there are such.
    pub containerfile: Option<String>,
}

/// What may be told of a secret. Its value is nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Secret {
    /// Kind, as `github-personal-access-token`.
    pub kind: String,
    /// Its first two and last two characters, as `gh…9x`.
    pub shown: String,
}

/// A check of which the report has risks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct RiskCheck {
    /// Identifier.
    pub id: String,
    /// Heading.
    pub title: String,
    /// What it looks at.
    pub group: RiskGroup,
    /// How bad what it finds is, where nothing says more.
    pub severity: Severity,
    /// Why it is a risk.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// Where the rule is from: name, and address where it has one.
    pub references: Vec<RiskReference>,
}

/// A document that a rule is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct RiskReference {
    /// Name and section.
    pub name: String,
    /// Address.
    pub url: Option<String>,
}

/// What was looked at in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct RiskNote {
    /// Layer.
    pub layer: u32,
    /// Path inside the image; empty where it concerns the layer.
    pub path: String,
    /// One sentence.
    pub message: String,
}

/// Risks by severity, apart from the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct RiskCounts {
    /// Critical.
    pub critical: u32,
    /// High.
    pub high: u32,
    /// Medium.
    pub medium: u32,
    /// Low.
    pub low: u32,
    /// Worth knowing only.
    pub negligible: u32,
    /// Of all these those that the image brought itself.
    pub brought_here: u32,
}

impl RiskCounts {
    /// Counts a risk.
    pub fn add(&mut self, risk: &Risk) {
        *match risk.severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium | Severity::Unknown => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Negligible => &mut self.negligible,
        } += 1;
        self.brought_here += u32::from(!risk.inherited);
    }

    /// All of them.
    pub const fn total(&self) -> u32 {
        self.critical + self.high + self.medium + self.low + self.negligible
    }
}
