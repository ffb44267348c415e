//! The user of a container has no account.

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::last;
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "unknown-user",
    title: "User without an account",
    group: Group::Configuration,
    severity: Severity::Medium,
    why: "An engine does not start a container whose user or group has a name that the image does \
          not know. A number is started all the same, though programs that ask for the name or the \
          home of their user fail.",
    remedy: "Create the account before USER names it.",
    containerfile: Some("RUN useradd --system --no-create-home --uid 65532 app\nUSER 65532:65532"),
    references: &[Reference {
        name: "Dockerfile reference, USER",
        url: "https://docs.docker.com/reference/dockerfile/#user",
    }],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    // What an unread layer holds may be the account.
    if configuration.is_windows() || !configuration.whole() {
        return Vec::new();
    }
    let mut parts = configuration.config.user.splitn(2, ':');
    let user = parts.next().unwrap_or_default();
    let group = parts.next().unwrap_or_default();
    let mut remarks = Vec::new();
    let mut remark = |message: String, subject: &str, severity| {
        remarks.push(Remark {
            message,
            subject: shown(subject),
            severity,
            history: last(configuration.config, Keyword::User),
            ..Remark::default()
        });
    };
    let accounts = configuration.accounts;
    let has_account = |name: &str, number: Option<u64>| {
        accounts.is_some_and(|accounts| {
            let mut all = accounts.accounts.iter();
            all.any(|account| account.name == name || Some(account.user) == number)
        })
    };
    let number = user.parse::<u64>().ok();
    match number {
        _ if user.is_empty() || has_account(user, number) => {}
        // Without accounts at all a number is what is meant, as in images from scratch.
        Some(_) if accounts.is_none() || number == Some(0) => {}
        Some(_) => remark(
            format!(
                "the number of the user stands in no line of `/etc/passwd`: `{}`",
                shown(user)
            ),
            user,
            Some(Severity::Negligible),
        ),
        None => remark(
            format!(
                "no container starts, as `/etc/passwd` has no such user: `{}`",
                shown(user)
            ),
            user,
            None,
        ),
    }
    let has_group = accounts.is_some_and(|accounts| {
        let mut groups = accounts.groups.iter();
        groups.any(|(name, _)| name == group)
    });
    if !(group.is_empty() || has_group || group.parse::<u64>().is_ok()) {
        remark(
            format!(
                "no container starts, as `/etc/group` has no such group: `{}`",
                shown(group)
            ),
            &format!(":{group}"),
            None,
        );
    }
    remarks
}

#[cfg(test)]
mod tests {
    use outcrop_model::{DiffId, Digest, LayerFacts};

    use super::CHECK;
    use crate::configuration::{Configuration, Requirements};
    use crate::example::{accounts, image, said_of};

    fn said(user: &str, with_accounts: bool, read: bool) -> String {
        let mut config = image(&["~USER x"]);
        user.clone_into(&mut config.user);
        let accounts = accounts(&[("root", 0), ("app", 1000)]);
        let layer = LayerFacts {
            diff_id: DiffId(Digest::of(b"")),
            read,
            content_bytes: 0,
            files: 0,
            hidden_bytes: 0,
        };
        let configuration = Configuration {
            config: &config,
            accounts: with_accounts.then_some(&accounts),
            layers: &[layer],
            requirements: &Requirements::default(),
        };
        said_of(&CHECK, &configuration).join("\n")
    }

    #[test]
    fn users_without_an_account() {
        let absent = "Medium x @0: no container starts, as `/etc/passwd` has no such user: `x`";
        let number =
            "Negligible 7 @0: the number of the user stands in no line of `/etc/passwd`: `7`";
        let group = "Medium :x @0: no container starts, as `/etc/group` has no such group: `x`";
        for (user, with_accounts, expected) in [
            ("x", true, absent),
            ("x", false, absent),
            ("x:7", true, absent),
            ("7", true, number),
            ("7:7", true, number),
            ("7", false, ""),
            ("0", false, ""),
            ("app:x", true, group),
            ("app:7", true, ""),
            ("1000:app", true, ""),
            ("root", true, ""),
            ("", true, ""),
            ("", false, ""),
        ] {
            assert_eq!(said(user, with_accounts, true), expected, "{user}");
            assert_eq!(said(user, with_accounts, false), "", "a layer was not read");
        }
    }
}
