//! Accounts that can be entered without a password.

use outcrop_model::{Account, Accounts, Password, Severity};

use crate::accounts::of_password;
use crate::check::{Check, Group, Look, Reference, Remark};

pub(crate) static CHECK: Check = Check {
    id: "empty-password",
    title: "Account without a password",
    group: Group::Files,
    severity: Severity::High,
    why: "Every process of a container may become that user, root too, where a program such as `su` \
          or an SSH server asks for the password alone.",
    remedy: "Lock the password of the account.",
    containerfile: Some("RUN passwd -l NAME"),
    references: &[
        Reference {
            name: "CWE-258: empty password in configuration file",
            url: "https://cwe.mitre.org/data/definitions/258.html",
        },
        Reference {
            name: "CVE-2019-5021: the root account of Alpine's images",
            url: "https://nvd.nist.gov/vuln/detail/CVE-2019-5021",
        },
        Reference {
            name: "shadow(5)",
            url: "https://man7.org/linux/man-pages/man5/shadow.5.html",
        },
    ],
    look: Look::Accounts(look),
};

fn look(accounts: &Accounts) -> Vec<Remark> {
    let empty = accounts
        .accounts
        .iter()
        .filter(|account| account.password == Password::Empty);
    let remark = |account: &Account| Remark {
        message: format!("no password is asked for: `{}`", account.name),
        ..of_password(accounts, account)
    };
    empty.map(remark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::fixture::{account, told};

    #[test]
    fn only_accounts_that_anyone_may_enter_are_told_where_it_is_said() {
        let accounts = Accounts {
            accounts: vec![
                Account {
                    shadow_line: Some(7),
                    ..account("root", 0, Password::Empty, 1)
                },
                account("bin", 1, Password::Locked, 2),
                account("ann", 1000, Password::Set, 3),
                account("bob", 1001, Password::Unknown, 4),
                account("eve", 1002, Password::Empty, 5),
            ],
            passwd_layer: 1,
            shadow_layer: Some(2),
            ..Accounts::default()
        };
        assert_eq!(
            told(look(&accounts)),
            [
                "root: no password is asked for: `root` @2 etc/shadow:7",
                "eve: no password is asked for: `eve` @1 etc/passwd:5",
            ]
        );
    }
}
