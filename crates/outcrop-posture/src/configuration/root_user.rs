//! A container would run as root.

use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};

pub(crate) static CHECK: Check = Check {
    id: "root-user",
    title: "Runs as root",
    group: Group::Configuration,
    severity: Severity::Medium,
    why: "A process that breaks out of a container that runs as root is root outside of it, unless \
          user namespaces are in use.",
    remedy: "Create a user for the program and name it in the last stage.",
    containerfile: Some("USER 65532:65532"),
    references: &[Reference {
        name: "CIS Docker Benchmark 1.6.0, 4.1",
        url: "https://www.cisecurity.org/benchmark/docker",
    }],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let user = &configuration.config.user;
    let name = user.split(':').next().unwrap_or_default();
    if !matches!(name, "" | "root" | "0") {
        return Vec::new();
    }
    vec![Remark {
        message: if name.is_empty() {
            "no USER is set, so a container runs as root".to_owned()
        } else {
            format!("a container runs as root: `USER {user}`")
        },
        ..Remark::default()
    }]
}
