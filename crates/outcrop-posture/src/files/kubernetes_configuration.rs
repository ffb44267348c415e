//! What `kubectl` and its kin log in to clusters with.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{CWE_PROTECTED_CREDENTIALS, NIST_EMBEDDED_SECRETS, ends_in, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "kubernetes-configuration",
    title: "Access to a Kubernetes cluster",
    group: Group::Files,
    severity: Severity::High,
    why: "A kubeconfig file holds keys or tokens of a cluster. Whoever can pull the image has them, \
          also where a later layer deletes the file.",
    remedy: "Rotate the keys. Then keep the file out of the build context, and mount it while \
             building.",
    containerfile: Some("RUN --mount=type=secret,id=kubeconfig,target=/root/.kube/config COMMAND"),
    references: &[
        NIST_EMBEDDED_SECRETS,
        CWE_PROTECTED_CREDENTIALS,
        Reference {
            name: "Kubernetes documentation: organizing cluster access using kubeconfig files",
            url: "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/",
        },
    ],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| match name {
        "config" => ends_in(folder, ".kube"),
        "kubeconfig" | ".kubeconfig" | "kubeconfig.yaml" | "kubeconfig.yml" => true,
        // What `kubeadm` and k3s write.
        "admin.conf" | "super-admin.conf" => folder == "etc/kubernetes",
        "k3s.yaml" => folder == "etc/rancher/k3s",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn a_kubeconfig_is_seen_by_its_place_or_name() {
        check_names(
            "kubernetes-configuration",
            &[
                "root/.kube/config",
                "srv/deploy/kubeconfig",
                "srv/kubeconfig.yaml",
                "etc/kubernetes/admin.conf",
            ],
            &[
                "srv/config",
                "root/.kube/cache/discovery.json",
                "usr/lib/x/kubeconfig.py",
                "etc/x/admin.conf",
                "srv/testdata/kubeconfig",
                "go/pkg/mod/example.org/x/kubeconfig",
            ],
        );
        check_empty(&["root/.kube/config"]);
    }
}
