use super::*;

fn analyse(path: &str, content: impl AsRef<[u8]>) -> Analysis {
    ACCOUNTS.analyse(&CandidateFile::whole(path, content.as_ref()))
}

/// What `etc/passwd`, `etc/shadow` or `etc/group` says, a record a line, then the problems.
fn lines(analysis: Analysis) -> Vec<String> {
    let mut lines = match analysis.observation {
        None => vec!["nothing".to_owned()],
        Some(Observation::Accounts(accounts)) => accounts.iter().map(account_line).collect(),
        Some(Observation::Passwords(passwords)) => passwords
            .iter()
            .map(|(name, password, _)| format!("{name} {password:?}"))
            .collect(),
        Some(Observation::Groups(groups)) => groups
            .iter()
            .map(|(name, number)| format!("{name} {number}"))
            .collect(),
        Some(other) => panic!("{other:?}"),
    };
    let problems = analysis.problems.into_iter();
    lines.extend(problems.map(|problem| format!("{:?}: {}", problem.kind, problem.message)));
    lines
}

fn account_line(account: &Account) -> String {
    format!(
        "{} {} {}:{} {} {:?}",
        account.line, account.name, account.user, account.group, account.shell, account.password
    )
}

fn check(path: &str, content: impl AsRef<[u8]>, expected: &[&str]) {
    let content = content.as_ref();
    assert_eq!(
        lines(analyse(path, content)),
        expected,
        "{path}: {}",
        String::from_utf8_lossy(content)
    );
}

#[test]
fn accounts_are_read_line_by_line() {
    check(
        PASSWD,
        "root:x:0:0:root:/root:/bin/ash\n\
         ftp:x:21:21::/var/lib/ftp:/sbin/nologin\n\
         # a remark\n\
         \n\
         old::5:6:::\n\
         far:*:1000:1000:,,,:/home/far:/bin/sh",
        &[
            "1 root 0:0 /bin/ash Unknown",
            "2 ftp 21:21 /sbin/nologin Unknown",
            "5 old 5:6  Empty",
            "6 far 1000:1000 /bin/sh Locked",
        ],
    );
    // A line of another service, as `nsswitch.conf(5)` has it.
    check(PASSWD, "+::::::\n-x::::::\n", &[]);
    check(PASSWD, "", &[]);
    check(
        GROUP,
        "root:x:0:\nshadow:x:42:ann,bob\n",
        &["root 0", "shadow 42"],
    );
}

#[test]
fn the_state_of_a_password_is_told_and_its_hash_is_not_kept() {
    let md5 = "$1$saltsalt$abcdefghijklmnopqrstu.";
    let rows: &[(&str, Password)] = &[
        ("", Password::Empty),
        ("*", Password::Locked),
        ("!", Password::Locked),
        ("!!", Password::Locked),
        ("!*", Password::Locked),
        ("*LK*", Password::Locked),
        ("NP", Password::Locked),
        ("x", Password::Locked),
        ("!$6$salt$hash", Password::Locked),
        ("$", Password::Locked),
        ("$6$salt$hash", Password::Set),
        ("$y$j9T$salt$hash", Password::Set),
        (md5, Password::Set),
        ("abJnggxhB/yWI", Password::Set),
        ("_J9..rasmBYk8r9AiWNc", Password::Set),
        ("abJnggxhB/yW!", Password::Locked),
    ];
    for (field, expected) in rows {
        let analysis = analyse(SHADOW, format!("ann:{field}:19000:0:99999:7:::\n"));
        assert!(!format!("{analysis:?}").contains("salt"), "{analysis:?}");
        let said = lines(analysis);
        assert_eq!(said, [format!("ann {expected:?}")], "{field}");
    }
    // Before there was a shadow file.
    check(
        PASSWD,
        format!("ann:{md5}:1:1::/:/bin/sh\n"),
        &["1 ann 1:1 /bin/sh Set"],
    );
}

#[test]
fn what_is_no_record_is_named_and_the_rest_arrives() {
    check(
        PASSWD,
        "root:x:0:0:root:/root:/bin/sh\nann:x:y:0:::\nbob\n:x:0:0:::\nend:x:7:7:::\n",
        &[
            "1 root 0:0 /bin/sh Unknown",
            "5 end 7:7  Unknown",
            "Malformed: a line that is no record was passed over: 2",
            "Malformed: a line that is no record was passed over: 3",
            "Malformed: a line that is no record was passed over: 4",
        ],
    );
    check(
        PASSWD,
        [&b"a\xff:x:1:1:caf\xe9:/:/bin/sh\n"[..], &[0, 1, 2, b'\n']].concat(),
        &[
            "1 a\u{fffd} 1:1 /bin/sh Unknown",
            "Malformed: a line that is no record was passed over: 2",
        ],
    );
    let many = format!("root:x:0:0:::\n{}", "junk\n".repeat(50));
    let said = lines(analyse(PASSWD, many));
    assert_eq!(said.len(), 1 + MAX_NAMED + 1);
    assert_eq!(
        said.last().unwrap(),
        "Malformed: more lines that are no records were passed over: 40"
    );
    let long = format!(
        "{}:x:1:1:::\nroot:x:0:0:::{}\n",
        "n".repeat(300),
        "s".repeat(300)
    );
    let said = lines(analyse(PASSWD, long));
    assert_eq!(
        said,
        [
            format!("2 root 0:0 {} Unknown", "s".repeat(MAX_VALUE_BYTES)),
            "Malformed: a line that is no record was passed over: 1".to_owned()
        ]
    );
}

#[test]
fn other_files_of_those_names_say_nothing() {
    check(
        "etc/pam.d/passwd",
        "@include common-password\n",
        &["nothing", "Malformed: no line of the file is a record"],
    );
    let wanted = |path: &str, head: &[u8]| {
        let facts = FileFacts {
            path,
            size: 1,
            head,
        };
        ACCOUNTS.wants(&facts).is_some()
    };
    assert!(wanted("etc/passwd", b"root:x:0:0"));
    assert!(wanted("data/passwd", b""));
    assert!(!wanted("usr/bin/passwd", b"\x7fELF\x02\x01\x01"));
    assert!(!wanted("etc/passwd-", b"root:x:0:0"));
    assert!(!wanted("etc/shadow-", b"root:*:"));
}

#[test]
fn a_passwd_of_100_megabytes_is_read_at_its_beginning() {
    let line = "account:x:1000:1000:somebody:/home/account:/bin/sh\n";
    let cap = usize::try_from(MAX_BYTES).unwrap();
    let bytes = line.repeat(cap / line.len() + 1).into_bytes();
    let file = CandidateFile {
        whole: false,
        ..CandidateFile::whole(PASSWD, &bytes[..cap])
    };
    let analysis = ACCOUNTS.analyse(&file);
    let Some(Observation::Accounts(accounts)) = &analysis.observation else {
        panic!("{analysis:?}");
    };
    assert_eq!(accounts.len(), MAX_RECORDS);
    assert_eq!(
        analysis.problems,
        [
            FileProblem::new(
                ProblemKind::TooLarge,
                format!("only the beginning of the file was read, in bytes: {MAX_BYTES}")
            ),
            FileProblem::new(
                ProblemKind::TooLarge,
                format!("the file has more records than are kept: {MAX_RECORDS}")
            ),
        ]
    );
    // One line without an end.
    let endless = vec![b'x'; cap];
    let analysis = ACCOUNTS.analyse(&CandidateFile {
        whole: false,
        ..CandidateFile::whole(PASSWD, &endless)
    });
    assert_eq!(
        analysis.observation,
        Some(Observation::Accounts(Vec::new()))
    );
    assert_eq!(analysis.problems.len(), 1);
}

#[test]
fn a_record_that_is_cut_in_the_middle_is_left_out() {
    let analysis = ACCOUNTS.analyse(&CandidateFile {
        whole: false,
        ..CandidateFile::whole(SHADOW, b"root:*:1::::::\nann:")
    });
    assert_eq!(
        lines(analysis),
        [
            "root Locked",
            "Truncated: only the beginning of the file was read, in bytes: 19"
        ]
    );
}

fn accounts_of(content: &str) -> Observation {
    analyse(PASSWD, content).observation.unwrap()
}

#[test]
fn a_password_is_told_by_the_shadow_file_where_the_account_says_so() {
    let passwd = accounts_of("root:x:0:0:::\nann:x:1:1:::\nbob::2:2:::\nnew:x:3:3:::\n");
    let shadow = analyse(
        SHADOW,
        "root::1:::\nroot:*:1:::\nann:$6$a$b:1:::\nbob:*:1:::\n",
    );
    let shadow = shadow.observation.unwrap();
    let group = analyse(GROUP, "root:x:0:\n").observation.unwrap();

    let accounts = joined(
        Some((1, Some(&passwd))),
        Some((2, Some(&shadow))),
        Some((0, Some(&group))),
    )
    .unwrap();
    let states: Vec<_> = accounts
        .accounts
        .iter()
        .map(|account| {
            let name = account.name.as_str();
            (name, account.password, account.shadow_line)
        })
        .collect();
    assert_eq!(
        states,
        [
            ("root", Password::Empty, Some(1)),
            ("ann", Password::Set, Some(3)),
            ("bob", Password::Empty, None),
            ("new", Password::Unknown, None),
        ]
    );
    assert_eq!(accounts.groups, [("root".to_owned(), 0)]);
    assert_eq!((accounts.passwd_layer, accounts.shadow_layer), (1, Some(2)));
}

#[test]
fn a_file_that_is_not_there_or_not_understood_leaves_the_others() {
    let passwd = accounts_of("root:x:0:0:::\n");
    let alone = joined(Some((1, Some(&passwd))), None, None).unwrap();
    assert_eq!(alone.accounts[0].password, Password::Unknown);
    assert_eq!((alone.shadow_layer, alone.groups.len()), (None, 0));

    let unread = joined(Some((1, Some(&passwd))), Some((3, None)), Some((3, None))).unwrap();
    assert_eq!(unread.accounts[0].password, Password::Unknown);
    assert_eq!(unread.shadow_layer, Some(3));

    assert_eq!(joined(None, Some((0, None)), None), None);
    assert_eq!(joined(Some((0, None)), None, None), None);
}
