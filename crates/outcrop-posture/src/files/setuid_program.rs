//! Programs that run as their owner, whoever starts them.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "setuid-program",
    title: "Setuid program",
    group: Group::Files,
    severity: Severity::Low,
    why: "A fault in a program that runs as its owner gives everyone the owner's rights.",
    remedy: "Take the bit away where no program of the image needs it.",
    containerfile: Some("RUN chmod u-s PATH"),
    references: &[Reference {
        name: "CIS Docker Benchmark 1.6.0, 4.8",
        url: "https://www.cisecurity.org/benchmark/docker",
    }],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    (entry.kind == EntryKind::File && entry.mode & 0o4000 != 0)
        .then(|| format!("mode {:04o}", entry.mode))
}
