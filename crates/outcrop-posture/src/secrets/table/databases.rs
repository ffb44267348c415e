//! Passwords beside their users: in addresses (RFC 3986, 3.2.1: user information), and as they are
//! handed to a program.
//!
//! Sources: `chpasswd(8)`, "Connection URIs" of `PostgreSQL` and `MySQL`, "Connection strings" of `MongoDB`, the URI
//! schemes `redis` (IANA) and `amqp` (`RabbitMQ`).

use outcrop_model::Severity::High;

use crate::secrets::placeholder;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    Rule::token(
        "postgres-url",
        "PostgreSQL address with a password",
        High,
        &["postgres://", "postgresql://", "postgresql+"],
        r#"postgres(?:ql)?(?:\+\w{2,16})?://[^\s:/@"'<>]{1,64}:([^\s:/@"'<>]{3,128})@[\w.\[-]"#,
        "postgres://app:{alnum:20}@db.corp.test:5432/app",
    )
    .test(password)
    .own(),
    Rule::token(
        "mysql-url",
        "MySQL address with a password",
        High,
        &["mysql://", "mysql2://", "mysql+", "mariadb://"],
        r#"(?:mysql2?|mariadb)(?:\+\w{2,16})?://[^\s:/@"'<>]{1,64}:([^\s:/@"'<>]{3,128})@[\w.\[-]"#,
        "mysql://app:{alnum:20}@db.corp.test:3306/app",
    )
    .test(password)
    .own(),
    Rule::token(
        "mongodb-url",
        "MongoDB address with a password",
        High,
        &["mongodb://", "mongodb+srv://"],
        r#"mongodb(?:\+srv)?://[^\s:/@"'<>]{1,64}:([^\s:/@"'<>]{3,128})@[\w.\[-]"#,
        "mongodb+srv://app:{alnum:20}@cluster.corp.test/app",
    )
    .test(password)
    .own(),
    Rule::token(
        "redis-url",
        "Redis address with a password",
        High,
        &["redis://", "rediss://"],
        r#"rediss?://[^\s:/@"'<>]{0,64}:([^\s:/@"'<>]{3,128})@[\w.\[-]"#,
        "redis://default:{alnum:20}@cache.corp.test:6379/0",
    )
    .test(password)
    .own(),
    Rule::token(
        "amqp-url",
        "AMQP address with a password",
        High,
        &["amqp://", "amqps://"],
        r#"amqps?://[^\s:/@"'<>]{1,64}:([^\s:/@"'<>]{3,128})@[\w.\[-]"#,
        "amqps://app:{alnum:20}@queue.corp.test/main",
    )
    .test(password)
    .own(),
    Rule::within(
        "chpasswd-password",
        "Password handed to chpasswd",
        High,
        &["chpasswd"],
        256,
        r#"(?:echo|printf)\s(?:-\w+\s+)*["']?[A-Za-z_][\w.-]{0,31}:([^\s:"'|\\$]{4,128})(?:\\n)?["']?\s{0,4}\|\s{0,4}(?:sudo\s+)?[\w/]{0,32}chpasswd"#,
        "echo app:{alnum:20} | chpasswd",
    )
    .test(password)
    .own(),
    Rule::token(
        "sqlserver-connection",
        "SQL Server connection string with a password",
        High,
        &["User ID=", "User Id=", "Uid="],
        r#"(?i:user id|uid)=[^;"'\s]{1,64};\s{0,2}(?i:password|pwd)=([^;"'\s]{4,128})"#,
        "Server=db.corp.test;Database=app;User Id=app;Password={alnum:20};",
    )
    .test(password)
    .own(),
    Rule::token(
        "url-password",
        "Address with a password",
        High,
        &["://"],
        r#"://[^\s:/@"'<>?#]{0,64}:([^\s:/@"'<>?#]{4,256})@[\w.\[-]"#,
        "https://deploy:{alnum:24}@git.corp.test/app.git",
    )
    .test(password)
    .configuration(),
];

/// No placeholder, and no login that every server of the kind begins with.
fn password(value: &[u8]) -> bool {
    const FIRST: &[&[u8]] = &[
        b"postgres",
        b"root",
        b"guest",
        b"admin",
        b"mysql",
        b"mariadb",
        b"redis",
        b"mongo",
        b"rabbitmq",
        b"database",
        b"1234",
        b"12345",
        b"123456",
    ];
    !placeholder::password(value) && !FIRST.contains(&value)
}
