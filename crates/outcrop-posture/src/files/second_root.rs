//! Accounts that are root under another name.

use outcrop_model::{Account, Accounts, Severity};

use crate::accounts::PASSWD;
use crate::check::{Check, Group, Look, Reference, Remark};

pub(crate) static CHECK: Check = Check {
    id: "second-root",
    title: "Second account of user 0",
    group: Group::Files,
    severity: Severity::High,
    why: "The account has all of root's rights under a name that nobody watches, and locking root \
          does not lock it.",
    remedy: "Give the account a number of its own, or delete it.",
    containerfile: Some("RUN sed -i '/^NAME:/d' /etc/passwd /etc/shadow"),
    references: &[
        Reference {
            name: "CWE-250: execution with unnecessary privileges",
            url: "https://cwe.mitre.org/data/definitions/250.html",
        },
        Reference {
            name: "passwd(5)",
            url: "https://man7.org/linux/man-pages/man5/passwd.5.html",
        },
    ],
    look: Look::Accounts(look),
};

/// The first account of user 0 is root, whatever its name, as `getpwuid(3)` has it.
fn look(accounts: &Accounts) -> Vec<Remark> {
    let roots = || accounts.accounts.iter().filter(|account| account.user == 0);
    let root = roots()
        .find(|account| account.name == "root")
        .or_else(|| roots().next());
    let twins = roots().filter(|account| root.is_some_and(|root| !std::ptr::eq(root, *account)));
    let remark = |account: &Account| Remark {
        message: format!("another account is user 0: `{}`", account.name),
        subject: account.name.clone(),
        layer: Some(accounts.since(account).unwrap_or(accounts.passwd_layer)),
        path: Some(PASSWD.to_owned()),
        line: Some(account.line),
        ..Remark::default()
    };
    twins.map(remark).collect()
}

#[cfg(test)]
mod tests {
    use outcrop_model::Password;

    use super::*;
    use crate::accounts::fixture::{account, told};

    fn check(names: &[(&str, u64)], expected: &[&str]) {
        let lines = names.iter().zip(1..);
        let accounts = Accounts {
            accounts: lines
                .map(|((name, user), line)| account(name, *user, Password::Locked, line))
                .collect(),
            passwd_layer: 3,
            ..Accounts::default()
        };
        assert_eq!(told(look(&accounts)), expected, "{names:?}");
    }

    #[test]
    fn whoever_else_is_user_0_is_told() {
        check(&[("root", 0), ("bin", 1)], &[]);
        check(&[], &[]);
        check(&[("admin", 0), ("bin", 1)], &[]);
        check(
            &[("root", 0), ("bin", 1), ("toor", 0)],
            &["toor: another account is user 0: `toor` @3 etc/passwd:3"],
        );
        check(
            &[("toor", 0), ("root", 0)],
            &["toor: another account is user 0: `toor` @3 etc/passwd:1"],
        );
        check(
            &[("root", 0), ("root", 0)],
            &["root: another account is user 0: `root` @3 etc/passwd:2"],
        );
    }
}
