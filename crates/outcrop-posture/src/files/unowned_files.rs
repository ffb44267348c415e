//! Files of users that the image does not have.

use std::collections::BTreeSet;

use outcrop_model::{OwnedEntries, Posture, Severity};

use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "unowned-files",
    title: "Files of a user that does not exist",
    group: Group::Files,
    severity: Severity::Low,
    why: "Whoever is given that user's number next, in a container or by an account that is added, \
          owns the files.",
    remedy: "Say in the instruction that brings the files whose they are.",
    containerfile: Some("COPY --chown=USER:GROUP SOURCE PATH"),
    references: &[
        Reference {
            name: "CWE-708: incorrect ownership assignment",
            url: "https://cwe.mitre.org/data/definitions/708.html",
        },
        Reference {
            name: "find(1): -nouser",
            url: "https://man7.org/linux/man-pages/man1/find.1.html",
        },
    ],
    look: Look::Owners,
};

/// The users without an account in `/etc/passwd` to whom a layer's entries belong, layer after layer.
///
/// Without `/etc/passwd` there are no accounts to compare with, and so none: images of one static
/// program have no such file and are run by number.
pub fn unowned(posture: &Posture) -> Vec<(usize, OwnedEntries)> {
    let Some(accounts) = &posture.accounts else {
        return Vec::new();
    };
    let known: BTreeSet<u64> = accounts
        .accounts
        .iter()
        .map(|account| account.user)
        .collect();
    let layers = posture.owners.iter().enumerate();
    layers
        .flat_map(|(layer, owners)| owners.iter().map(move |owned| (layer, owned)))
        .filter(|(_, owned)| owned.user != 0 && !known.contains(&owned.user))
        .map(|(layer, owned)| (layer, owned.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use outcrop_model::{Account, Accounts, Password};

    use super::*;

    fn owned(user: u64, count: u64) -> OwnedEntries {
        OwnedEntries {
            user,
            count,
            examples: vec!["srv/x".to_owned()],
        }
    }

    fn accounts(users: &[u64]) -> Accounts {
        let account = |user: &u64| Account {
            name: format!("u{user}"),
            user: *user,
            group: 0,
            shell: String::new(),
            password: Password::Locked,
            line: 1,
            shadow_line: None,
        };
        Accounts {
            accounts: users.iter().map(account).collect(),
            ..Accounts::default()
        }
    }

    #[test]
    fn users_without_an_account_are_told_with_their_layer() {
        let posture = Posture {
            owners: vec![
                vec![owned(42, 1), owned(1000, 2)],
                vec![],
                vec![owned(0, 9), owned(42, 3), owned(1001, 4)],
            ],
            accounts: Some(accounts(&[0, 42])),
            ..Posture::default()
        };
        assert_eq!(
            unowned(&posture),
            [(0, owned(1000, 2)), (2, owned(1001, 4))]
        );
    }

    #[test]
    fn without_a_passwd_nothing_can_be_said() {
        let mut posture = Posture {
            owners: vec![vec![owned(1000, 2)]],
            ..Posture::default()
        };
        assert_eq!(unowned(&posture), []);
        posture.accounts = Some(accounts(&[]));
        assert_eq!(unowned(&posture), [(0, owned(1000, 2))]);
    }
}
