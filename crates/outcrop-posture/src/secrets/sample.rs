//! Samples of every kind, made when they are needed: no text that looks like a secret stands
//! anywhere in the repository.

use super::checks::{base62, bech32_sum, crc32};
use super::rule::{Reach, Rule, ToldBy};
use super::table;

/// Numbers that look random and are the same in every run (xorshift).
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 24
    }

    fn of(&mut self, alphabet: &str, count: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..count)
            .map(|_| char::from(letters[(self.next() % letters.len() as u64) as usize]))
            .collect()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// A secret of one kind, and a text that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What must appear nowhere.
    pub value: String,
    /// The least text in which it is told: the value itself, or with the name before it.
    pub text: String,
    /// A path at which it is told, without a leading slash.
    pub path: &'static str,
}

/// A sample of a kind; the same for the same seed. `None` where there is no such kind.
pub fn sample(kind: &str, seed: u64) -> Option<Sample> {
    let rule = table::rules().find(|rule| rule.kind.id == kind)?;
    let mut random = Seeded::new(seed ^ u64::from(crc32(kind.as_bytes())) << 20);
    let text = fill(rule.kind.form, &mut random);
    Some(Sample {
        value: value(rule, &text),
        path: path(rule),
        text,
    })
}

fn path(rule: &Rule) -> &'static str {
    match rule.told_by {
        ToldBy::Name {
            files: [file, ..], ..
        } => match *file {
            ".npmrc" => "root/.npmrc",
            ".pypirc" => "root/.pypirc",
            ".netrc" => "root/.netrc",
            ".docker/config.json" => "root/.docker/config.json",
            ".kube/config" => "root/.kube/config",
            ".pgpass.conf" => "root/.pg_service.conf",
            ".my.cnf" => "root/.my.cnf",
            ".m2/settings.xml" => "root/.m2/settings.xml",
            other => other,
        },
        _ if rule.reach == Reach::Configuration => "app/.env",
        _ => "app/settings.txt",
    }
}

/// The part of a text that is the value.
fn value(rule: &Rule, text: &str) -> String {
    let after = |mark: &str| text.rsplit_once(mark).map_or(text, |(_, value)| value);
    match (rule.kind.id, &rule.told_by) {
        ("aws-secret-access-key" | "aws-session-token", _) => after("= ").to_owned(),
        ("azure-storage-key", _) => after("AccountKey=").to_owned(),
        ("azure-shared-access-key", _) => after("SharedAccessKey=").to_owned(),
        ("azure-sas-token", _) => after("sig=").to_owned(),
        ("slack-webhook", _) => after("/services/").to_owned(),
        ("discord-webhook", _) => after("/api/webhooks/").to_owned(),
        ("teams-webhook", _) => after("/webhookb2/").to_owned(),
        ("sqlserver-connection", _) => after("Password=").trim_end_matches(';').to_owned(),
        ("gcp-service-account-key", _) => {
            let start = text.find("-----").unwrap_or(0);
            let end = text.rfind("-----").map_or(text.len(), |at| at + 5);
            text[start..end].to_owned()
        }
        ("putty-private-key", _) => text
            .split_once("Private-Lines: 4\n")
            .and_then(|(_, rest)| rest.split_once("\nPrivate-MAC"))
            .map_or_else(String::new, |(lines, _)| lines.to_owned()),
        ("json-web-key", _) => text
            .split_once("\"d\":\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map_or_else(String::new, |(member, _)| member.to_owned()),
        ("maven-password", _) => text
            .trim_start_matches("<password>")
            .trim_end_matches("</password>")
            .to_owned(),
        ("netrc-password", _) => after("password ").to_owned(),
        ("npm-registry-login", _) => after("_authToken=").to_owned(),
        ("docker-registry-login" | "docker-identity-token", _) => {
            after(": ").trim_matches('"').to_owned()
        }
        ("kubernetes-token" | "kubernetes-client-key", _) => after(": ").to_owned(),
        (_, ToldBy::Name { .. }) => {
            let name = text.find('=').map_or(0, |at| at + 1);
            text[name..].trim().to_owned()
        }
        (_, ToldBy::Literal { pattern, .. }) if pattern.contains(":([") => {
            let end = text.rfind('@').unwrap_or(text.len());
            after_last_colon(&text[..end]).to_owned()
        }
        _ => text.to_owned(),
    }
}

fn after_last_colon(text: &str) -> &str {
    text.rsplit_once(':').map_or(text, |(_, password)| password)
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

fn fill(form: &str, random: &mut Seeded) -> String {
    let mut text = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        rest = after;
        let (name, argument) = name.split_once(':').unwrap_or((name, ""));
        let count = argument.parse().unwrap_or(0);
        let alphanumeric = format!("{DIGITS}{UPPER}{LOWER}");
        let made = match name {
            "alnum" => mixed(random, &alphanumeric, count),
            "alpha" => random.of(&format!("{UPPER}{LOWER}"), count),
            "lownum" => mixed(random, &format!("{DIGITS}{LOWER}"), count),
            "upnum" => random.of(&format!("{DIGITS}{UPPER}"), count),
            "digit" => format!("7{}", random.of(DIGITS, count - 1)),
            "hex" => random.of("0123456789abcdef", count),
            "HEX" => random.of("0123456789ABCDEF", count),
            // Letters at the ends: a dash there is cut by whoever writes it down.
            "word" => format!(
                "{}{}{}",
                mixed(random, &alphanumeric, 3),
                random.of(&format!("{alphanumeric}_-"), count - 4),
                random.of(LOWER, 1)
            ),
            "b64" => mixed(random, &format!("{alphanumeric}+/"), count),
            "b64of" => base64(&random.bytes(count)),
            "uuid" => [8, 4, 4, 4, 12]
                .map(|count| random.of("0123456789abcdef", count))
                .join("-"),
            "awskey" => aws_key(random),
            "crc62" => {
                let body = text.rsplit('_').next().unwrap_or_default();
                String::from_utf8_lossy(&base62(crc32(body.as_bytes()))).into_owned()
            }
            "login64" => base64(format!("robot:{}", random.of(&alphanumeric, 24)).as_bytes()),
            "jwt" => json_web_token(random),
            "pem" => pem(argument, random),
            "pem64" => base64(pem("PRIVATE KEY", random).as_bytes()),
            "serviceaccount" => service_account(random),
            "age" => age(random),
            "putty" => putty(random),
            "jwk" => format!(
                r#"{{"kty":"EC","crv":"P-256","d":"{}","x":"{}"}}"#,
                url_base64(&random.bytes(32)),
                url_base64(&random.bytes(32))
            ),
            other => format!("{{{other}}}"),
        };
        text.push_str(&made);
    }
    text + rest
}

/// Characters of an alphabet, with a capital, a small letter and a digit first where there is room.
fn mixed(random: &mut Seeded, alphabet: &str, count: usize) -> String {
    let mut text = String::new();
    for class in [LOWER, DIGITS, UPPER] {
        if text.len() < count && alphabet.contains(class) {
            text += &random.of(class, 1);
        }
    }
    let left = count - text.len();
    text + &random.of(alphabet, left)
}

/// The account in the first characters has twelve digits at most, so the second one is small.
fn aws_key(random: &mut Seeded) -> String {
    const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    format!("{}D{}", random.of("QRSTUVWXYZ", 1), random.of(BASE32, 14))
}

fn base64_of(bytes: &[u8], alphabet: &[u8; 64], pad: bool) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let held = chunk
            .iter()
            .fold(0_u32, |held, byte| held << 8 | u32::from(*byte));
        let held = held << (8 * (3 - chunk.len()));
        for at in 0..4 {
            if at <= chunk.len() {
                text.push(char::from(alphabet[(held >> (18 - 6 * at)) as usize & 63]));
            } else if pad {
                text.push('=');
            }
        }
    }
    text
}

fn base64(bytes: &[u8]) -> String {
    base64_of(
        bytes,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        true,
    )
}

fn url_base64(bytes: &[u8]) -> String {
    base64_of(
        bytes,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        false,
    )
}

fn json_web_token(random: &mut Seeded) -> String {
    let claims = format!(r#"{{"sub":"{}","iat":1767225600}}"#, random.of(LOWER, 20));
    [
        url_base64(br#"{"alg":"HS256","typ":"JWT"}"#),
        url_base64(claims.as_bytes()),
        url_base64(&random.bytes(32)),
    ]
    .join(".")
}

/// A key with its armour; the numbers in it are random.
fn pem(label: &str, random: &mut Seeded) -> String {
    let body = match label {
        "OPENSSH PRIVATE KEY" => {
            let mut body =
                b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01".to_vec();
            body.extend(random.bytes(220));
            body
        }
        "PGP PRIVATE KEY BLOCK" => {
            let mut body = vec![0x95, 0x01, 0x2c];
            body.extend(random.bytes(300));
            body
        }
        _ => {
            let mut body = vec![0x30, 0x82, 0x02, 0x5c];
            body.extend(random.bytes(0x25c));
            body
        }
    };
    let text = base64(&body);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    let headers = if label.starts_with("PGP") { "\n" } else { "" };
    format!(
        "-----BEGIN {label}-----\n{headers}{}\n-----END {label}-----",
        lines.join("\n")
    )
}

fn service_account(random: &mut Seeded) -> String {
    format!(
        "{{\n  \"type\": \"service_account\",\n  \"project_id\": \"app\",\n  \"private_key_id\": \
         \"{}\",\n  \"private_key\": \"{}\\n\",\n  \"client_email\": \"app@corp.test\"\n}}",
        random.of("0123456789abcdef", 40),
        pem("PRIVATE KEY", random).replace('\n', "\\n")
    )
}

fn putty(random: &mut Seeded) -> String {
    let lines = |random: &mut Seeded, count: usize| {
        (0..count)
            .map(|_| base64(&random.bytes(48)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: deploy\nPublic-Lines: 2\n{}\n\
         Private-Lines: 4\n{}\nPrivate-MAC: {}",
        lines(random, 2),
        lines(random, 4),
        random.of("0123456789abcdef", 64)
    )
}

fn age(random: &mut Seeded) -> String {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const HUMAN: &[u8] = b"age-secret-key-";
    let mut data: Vec<u8> = (0..52)
        .map(|_| ALPHABET[(random.next() % 32) as usize])
        .collect();
    let mut zeroes = data.clone();
    zeroes.extend(b"qqqqqq");
    let sum = bech32_sum(HUMAN, &zeroes).unwrap_or_default() ^ 1;
    for at in (0..6).rev() {
        data.push(ALPHABET[(sum >> (5 * at)) as usize & 31]);
    }
    let text = [HUMAN, b"1", &data].concat();
    String::from_utf8_lossy(&text).to_uppercase()
}
