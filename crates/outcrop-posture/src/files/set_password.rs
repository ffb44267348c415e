//! Accounts with a password that every copy of the image shares.

use outcrop_model::{Account, Accounts, Password, Severity};

use crate::accounts::of_password;
use crate::check::{Check, Group, Look, Reference, Remark};

pub(crate) static CHECK: Check = Check {
    id: "set-password",
    title: "Account with a password",
    group: Group::Files,
    severity: Severity::Medium,
    why: "Whoever can pull the image has the hash and can guess the password, which opens every \
          container of the image.",
    remedy: "Change the password where else it is used. Then lock it in the image.",
    containerfile: Some("RUN passwd -l NAME"),
    references: &[
        Reference {
            name: "CWE-798: use of hard-coded credentials",
            url: "https://cwe.mitre.org/data/definitions/798.html",
        },
        Reference {
            name: "shadow(5)",
            url: "https://man7.org/linux/man-pages/man5/shadow.5.html",
        },
    ],
    look: Look::Accounts(look),
};

fn look(accounts: &Accounts) -> Vec<Remark> {
    let set = accounts
        .accounts
        .iter()
        .filter(|account| account.password == Password::Set);
    let remark = |account: &Account| Remark {
        message: format!("a password is set and not locked: `{}`", account.name),
        severity: (account.user != 0).then_some(Severity::Low),
        ..of_password(accounts, account)
    };
    set.map(remark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::fixture::{account, told};

    #[test]
    fn a_password_of_root_is_worse_than_another() {
        let accounts = Accounts {
            accounts: vec![
                Account {
                    shadow_line: Some(1),
                    ..account("root", 0, Password::Set, 1)
                },
                account("bin", 1, Password::Locked, 2),
                account("ann", 1000, Password::Set, 3),
                account("bob", 1001, Password::Empty, 4),
            ],
            shadow_layer: Some(1),
            ..Accounts::default()
        };
        let remarks = look(&accounts);
        let severities: Vec<_> = remarks.iter().map(|remark| remark.severity).collect();
        assert_eq!(severities, [None, Some(Severity::Low)]);
        assert_eq!(
            told(remarks),
            [
                "root: a password is set and not locked: `root` @1 etc/shadow:1",
                "ann: a password is set and not locked: `ann` @0 etc/passwd:3",
            ]
        );
    }
}
