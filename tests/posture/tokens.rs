//! Secrets that are made up at run time by what their publishers say of their form. They are drawn
//! from a fixed seed, so a failure repeats; no line here looks like one.
//!
//! They are a second hand beside the samples that come with the rules: what both call a token of
//! a kind is told by the same name.

use outcrop_tests::random::Random;

const HEXADECIMAL: &str = "0123456789abcdef";
const DIGITS: &str = "0123456789";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Base 32 of RFC 4648.
const BASE_32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
pub(crate) const BASE_62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Base 64 of RFC 4648 for addresses.
const BASE_64_URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE_64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A piece of a form.
enum Piece {
    /// These characters.
    Text(&'static str),
    /// So many drawn from an alphabet.
    Drawn(usize, &'static str),
    /// CRC-32 of the characters since the last text, in base 62, six digits.
    Checksum,
}

use Piece::{Checksum, Drawn, Text};

/// A kind of the table of rules, and the form of its tokens.
pub(crate) struct Form {
    pub(crate) kind: &'static str,
    /// Under which name it stands; empty where the form alone tells it.
    pub(crate) name: &'static str,
    pieces: &'static [Piece],
}

/// The forms; each as the publisher describes it or shows it in its documentation.
pub(crate) const FORMS: &[Form] = &[
    // "Behind GitHub's new authentication token formats": a checksum in the last six digits.
    form(
        "github-personal-access-token",
        "",
        &[Text("ghp_"), Drawn(30, BASE_62), Checksum],
    ),
    form(
        "github-oauth-token",
        "",
        &[Text("gho_"), Drawn(30, BASE_62), Checksum],
    ),
    form(
        "github-app-installation-token",
        "",
        &[Text("ghs_"), Drawn(30, BASE_62), Checksum],
    ),
    form(
        "github-fine-grained-token",
        "",
        &[
            Text("github_pat_"),
            Drawn(22, BASE_62),
            Text("_"),
            Drawn(59, BASE_62),
        ],
    ),
    form(
        "gitlab-personal-access-token",
        "",
        &[Text("glpat-"), Drawn(20, BASE_62)],
    ),
    form(
        "npm-access-token",
        "",
        &[Text("npm_"), Drawn(30, BASE_62), Checksum],
    ),
    // The first digit that is drawn keeps the account that the key names below 10^12.
    form(
        "aws-access-key-id",
        "aws_access_key_id",
        &[Text("AKIA"), Drawn(1, "QRSTUVWXYZ2345"), Drawn(15, BASE_32)],
    ),
    form(
        "aws-secret-access-key",
        "aws_secret_access_key",
        &[Drawn(40, BASE_64)],
    ),
    form("google-api-key", "", &[Text("AIza"), Drawn(35, BASE_62)]),
    form(
        "slack-bot-token",
        "",
        &[
            Text("xoxb-"),
            Drawn(12, DIGITS),
            Text("-"),
            Drawn(13, DIGITS),
            Text("-"),
            Drawn(24, BASE_62),
        ],
    ),
    form(
        "slack-webhook",
        "",
        &[
            Text("https://hooks.slack.com/services/T"),
            Drawn(10, CAPITALS),
            Text("/B"),
            Drawn(10, CAPITALS),
            Text("/"),
            Drawn(24, BASE_62),
        ],
    ),
    form(
        "stripe-live-key",
        "",
        &[Text("sk_live_"), Drawn(24, BASE_62)],
    ),
    form(
        "sendgrid-key",
        "",
        &[
            Text("SG."),
            Drawn(22, BASE_62),
            Text("."),
            Drawn(43, BASE_64_URL),
        ],
    ),
    form(
        "digitalocean-token",
        "",
        &[Text("dop_v1_"), Drawn(64, HEXADECIMAL)],
    ),
    form(
        "docker-hub-token",
        "",
        &[Text("dckr_pat_"), Drawn(27, BASE_64_URL)],
    ),
    form("huggingface-token", "", &[Text("hf_"), Drawn(34, LETTERS)]),
    form(
        "anthropic-key",
        "",
        &[Text("sk-ant-api03-"), Drawn(93, BASE_64_URL), Text("AA")],
    ),
    form(
        "openai-key",
        "",
        &[
            Text("sk-proj-"),
            Drawn(20, BASE_62),
            Text("T3BlbkFJ"),
            Drawn(20, BASE_62),
        ],
    ),
    form(
        "shopify-token",
        "",
        &[Text("shpat_"), Drawn(32, HEXADECIMAL)],
    ),
    form(
        "databricks-token",
        "",
        &[Text("dapi"), Drawn(32, HEXADECIMAL)],
    ),
    form("linear-key", "", &[Text("lin_api_"), Drawn(40, BASE_62)]),
    form(
        "postman-key",
        "",
        &[
            Text("PMAK-"),
            Drawn(24, HEXADECIMAL),
            Text("-"),
            Drawn(34, HEXADECIMAL),
        ],
    ),
    form(
        "grafana-service-account-token",
        "",
        &[
            Text("glsa_"),
            Drawn(32, BASE_62),
            Text("_"),
            Drawn(8, HEXADECIMAL),
        ],
    ),
    form("new-relic-key", "", &[Text("NRAK-"), Drawn(27, CAPITALS)]),
    form(
        "terraform-cloud-token",
        "",
        &[Drawn(14, BASE_62), Text(".atlasv1."), Drawn(67, BASE_62)],
    ),
    form("vault-token", "", &[Text("hvs."), Drawn(96, BASE_64_URL)]),
    form(
        "telegram-bot-token",
        "",
        &[
            Drawn(10, DIGITS),
            Text(":AA"),
            Drawn(1, "EFGH"),
            Drawn(32, BASE_64_URL),
        ],
    ),
    form("mailgun-key", "", &[Text("key-"), Drawn(32, HEXADECIMAL)]),
    form(
        "azure-storage-key",
        "",
        &[
            Text("DefaultEndpointsProtocol=https;AccountName=orders;AccountKey="),
            Drawn(85, BASE_64),
            Text("Q=="),
        ],
    ),
    form("doppler-token", "", &[Text("dp.pt."), Drawn(43, BASE_62)]),
    form(
        "rubygems-key",
        "",
        &[Text("rubygems_"), Drawn(48, HEXADECIMAL)],
    ),
    form("crates-io-token", "", &[Text("cio"), Drawn(32, BASE_62)]),
    form("square-token", "", &[Text("sq0atp-"), Drawn(22, BASE_62)]),
];

const fn form(kind: &'static str, name: &'static str, pieces: &'static [Piece]) -> Form {
    Form { kind, name, pieces }
}

impl Form {
    /// A token of that form.
    pub(crate) fn token(&self, random: &mut Random) -> String {
        let mut token = String::new();
        let mut since = 0;
        for piece in self.pieces {
            match piece {
                Text(text) => {
                    token.push_str(text);
                    since = token.len();
                }
                Drawn(count, alphabet) => token.push_str(&random.text(*count, alphabet)),
                Checksum => {
                    let checksum = checksum(&token[since..]);
                    token.push_str(&checksum);
                }
            }
        }
        token
    }
}

fn checksum(text: &str) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    let mut rest = crc.sum();
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE_62.as_bytes()[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}
