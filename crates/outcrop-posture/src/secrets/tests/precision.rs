//! What looks like a secret and is none.

use super::*;

#[test]
fn samples_and_placeholders_are_not_told() {
    for (path, content) in [
        ("app/.env", "DB_PASSWORD=changeme\n"),
        (
            "app/.env",
            "DB_PASSWORD=${DB_PASSWORD}\nTOKEN=$TOKEN\nSECRET=<secret>\n",
        ),
        (
            "app/.env",
            "API_KEY=your-api-key-here\nAPI_TOKEN=xxxxxxxxxxxxxxxx\n",
        ),
        (
            "app/.env",
            "PASSWORD_FILE=/run/secrets/password\nDB_PASSWORD=/run/secrets/db\n",
        ),
        ("app/.env.example", "DB_PASSWORD=kV7hq2Lm9x\n"),
        ("app/.env", "DB_PASSWORD=\nDB_SECRET=\"\"\nTOKEN=null\n"),
        (
            "app/values.yaml",
            "password: {{ .Values.password }}\nsecretName: app-tls-1\n",
        ),
        (
            "app/tokens.json",
            "{\"token\": \"identifier.name2\", \"tokenType\": \"Bearer1234\"}",
        ),
        (
            "app/a.conf",
            "# password = hunter2\npassword required pam_unix.so\n",
        ),
        (
            "app/.git/config",
            "url = https://user:password@git.corp.test/a\n",
        ),
        (
            "app/main.py",
            "URL = 'postgres://postgres:postgres@localhost/app'\n",
        ),
        ("app/id.txt", "AKIAIOSFODNN7EXAMPLE\n"),
        ("app/a.xml", "<password>${env.PASSWORD}</password>\n"),
    ] {
        assert_eq!(told(path, content.as_bytes()), [], "{path}: {content}");
    }
}

#[test]
fn wrong_checksums_are_not_told() {
    for kind in [
        "github-personal-access-token",
        "npm-access-token",
        "age-secret-key",
        "json-web-token",
        "rsa-private-key",
        "openssh-private-key",
    ] {
        let sample = sample(kind, 3).expect("a kind");
        // One character of the body is another one.
        let at = sample.text.find('\n').map_or(20, |at| at + 3);
        let mut changed = sample.text.clone().into_bytes();
        changed[at] = if changed[at] == b'Q' { b'P' } else { b'Q' };
        if kind.ends_with("private-key") {
            changed.drain(at..at + 8);
        }
        if kind == "json-web-token" {
            changed[2] = b'K';
        }
        let expected: &[(String, u32)] = &[];
        if kind != "openssh-private-key" {
            assert_eq!(told("app/a.txt", &changed), expected, "{kind}");
        }
        assert_ne!(
            told("app/a.txt", sample.text.as_bytes()),
            expected,
            "{kind}"
        );
    }
}

#[test]
fn encrypted_keys_and_certificates_are_not_told() {
    let key = sample("rsa-private-key", 4).expect("a kind").text;
    for changed in [
        key.replace("RSA PRIVATE KEY", "CERTIFICATE"),
        key.replace("RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        key.replace("RSA PRIVATE KEY", "PUBLIC KEY"),
        key.replacen(
            '\n',
            "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
            1,
        ),
        key.replace("-----END", "----"),
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n".to_owned(),
    ] {
        assert_eq!(told("app/a.pem", changed.as_bytes()), [], "{changed}");
    }
    let putty = sample("putty-private-key", 4).expect("a kind").text;
    let putty = putty.replace("Encryption: none", "Encryption: aes256-cbc");
    assert_eq!(told("app/a.ppk", putty.as_bytes()), []);
}

#[test]
fn samples_of_packages_are_not_searched() {
    let token = sample("github-personal-access-token", 5)
        .expect("a kind")
        .value;
    for (path, searched) in [
        ("app/test/fixtures/a.txt", true),
        ("home/dev/docs/a.txt", true),
        ("app/node_modules/pkg/lib/a.js", true),
        ("usr/lib/app/settings", true),
        ("usr/share/nginx/html/docs/a.txt", true),
        ("app/node_modules/pkg/test/a.js", false),
        ("app/node_modules/pkg/README.md", false),
        ("usr/lib/python3/dist-packages/pkg/tests/a.py", false),
        ("usr/share/doc/pkg/a.txt", false),
        ("usr/local/go/src/crypto/tls/testdata/a.txt", false),
        ("usr/local/go/src/crypto/tls/tls_test.go", false),
        (
            "usr/local/cargo/registry/src/index/pkg-1.0/examples/a.rs",
            false,
        ),
        ("root/go/pkg/mod/github.com/x/y@v1/docs/a.txt", false),
    ] {
        let told = told(path, token.as_bytes());
        assert_eq!(!told.is_empty(), searched, "{path}");
    }
}

#[test]
fn names_and_addresses_do_not_hold_in_packages() {
    for path in ["usr/share/app/app.conf", "app/node_modules/pkg/config.json"] {
        for kind in [
            "password-by-name",
            "postgres-url",
            "url-password",
            "datadog-key",
        ] {
            let sample = sample(kind, 6).expect("a kind");
            assert_eq!(told(path, sample.text.as_bytes()), [], "{kind} in {path}");
        }
    }
}

#[test]
fn binaries_are_not_searched() {
    let token = sample("github-personal-access-token", 7)
        .expect("a kind")
        .value;
    let mut content = b"\x7fELF\x02\x01\x01\0\0\0\0\0".to_vec();
    content.extend(token.as_bytes());
    assert_eq!(told("app/program", &content), []);
    let mut content = vec![0xff, 0xfe, 0, 0];
    content.extend(
        token
            .chars()
            .flat_map(|letter| (letter as u32).to_le_bytes()),
    );
    assert_eq!(told("app/utf32.txt", &content), []);
}

#[test]
fn a_longer_word_is_not_a_token_with_something_after_it() {
    let token = sample("google-api-key", 8).expect("a kind").value;
    for content in [
        format!("{token}Q7"),
        format!("Q7{token}"),
        format!("{token}_more"),
        format!("data:image/png;base64,AAAA{token}AAAA=="),
    ] {
        assert_eq!(told("app/a.txt", content.as_bytes()), [], "{content}");
    }
    for content in [
        format!("k=%3D{token}"),
        format!("\\n{token}\\n"),
        format!("{{\\u003d{token}}}"),
        format!("({token})."),
    ] {
        assert_eq!(told("app/a.txt", content.as_bytes()).len(), 1, "{content}");
    }
}
