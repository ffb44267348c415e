//! Which files are searched, and by which rules.
//!
//! Packages bring test keys and sample tokens by the hundred: they are public, and nobody's. So
//! what a package manager unpacked is not searched in its folders of tests, samples and
//! documentation, and rules that rest on names alone do not hold in the rest of it.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// What a path says of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own, answered by the path"
)]
pub(crate) struct Place {
    /// In a folder that a package manager fills.
    pub(crate) packaged: bool,
    /// A sample, a test or documentation by its folder or name.
    pub(crate) sample: bool,
    /// Looks like configuration, by its name.
    pub(crate) configuration: bool,
    /// Code of a program in a folder that a package manager fills, by its name.
    pub(crate) packaged_code: bool,
}

impl Place {
    /// Of a path without a leading slash.
    pub(crate) fn of(path: &str) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let packaged = packaged(path);
        Self {
            packaged,
            sample: packaged && (folder.split('/').any(sample_folder) || sample_name(name)),
            configuration: !packaged && configuration(folder, name),
            packaged_code: packaged && code(name),
        }
    }

    /// False for public samples of a package.
    pub(crate) fn searched(self) -> bool {
        !(self.packaged && self.sample)
    }
}

/// Endings of the names of code.
const CODE: &[&str] = &[
    "c", "cc", "cjs", "cpp", "cs", "ex", "exs", "go", "h", "hpp", "java", "js", "kt", "lua", "mjs",
    "php", "pl", "pm", "py", "rb", "rs", "scala", "swift", "ts", "tsx",
];

fn code(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| CODE.contains(&ending))
}

/// Folders at the root that packages of the system fill (Filesystem Hierarchy Standard 3.0, 4),
/// and where Go and Python images of Docker Hub put their standard libraries.
const SYSTEM: &[&str] = &[
    "usr/share/",
    "usr/lib/",
    "usr/lib32/",
    "usr/lib64/",
    "usr/libexec/",
    "usr/include/",
    "usr/src/linux",
    "usr/local/go/",
    "usr/local/lib/python",
    "usr/local/lib/ruby/",
    "usr/local/lib/perl",
    "usr/local/share/perl",
    "usr/local/share/doc/",
    "usr/local/share/man/",
    "usr/local/include/",
    "lib/",
    "lib64/",
    "var/lib/dpkg/",
    "var/lib/apt/",
    "var/lib/rpm/",
    "lib/apk/",
];

/// What the packages do not fill below those: sites are copied here.
const OWN: &[&str] = &["usr/share/nginx/", "usr/share/httpd/", "usr/lib/cgi-bin/"];

/// Folders anywhere that a package manager of a language fills.
const TREES: &[&str] = &[
    "node_modules",
    "bower_components",
    "site-packages",
    "dist-packages",
    "gems",
    "bundle",
];

/// The same, of two folders.
const DEEP_TREES: &[&str] = &[
    ".cargo/registry/",
    "cargo/registry/",
    "go/pkg/mod/",
    ".m2/repository/",
    ".nuget/packages/",
    "vendor/github.com/",
    "vendor/golang.org/",
    ".yarn/cache/",
    ".pnpm-store/",
    ".gradle/caches/",
    "/lib/python2.",
    "/lib/python3.",
    "/lib/ruby/",
    "/lib/node_modules/",
    ".rustup/toolchains/",
];

/// One pass over a path: a layer may have millions.
static DEEP_FINDER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(DEEP_TREES).ok());

fn packaged(path: &str) -> bool {
    if OWN.iter().any(|own| path.starts_with(own)) {
        return path.split('/').any(|part| TREES.contains(&part));
    }
    SYSTEM.iter().any(|folder| path.starts_with(folder))
        || path.split('/').any(|part| TREES.contains(&part))
        || DEEP_FINDER
            .as_ref()
            .is_some_and(|finder| finder.is_match(path))
}

/// Words of folder names, separators aside.
const SAMPLE_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "testfiles",
    "testsuite",
    "testsuites",
    "testcase",
    "testcases",
    "testutil",
    "testutils",
    "fixture",
    "fixtures",
    "spec",
    "specs",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "doc",
    "docs",
    "document",
    "documentation",
    "documents",
    "man",
    "info",
    "mock",
    "mocks",
    "snapshots",
    "tutorial",
    "tutorials",
    "benchmark",
    "benchmarks",
    "bench",
    "t",
    "xt",
    "cookbook",
    "help",
    "fuzz",
    "corpus",
];

fn sample_folder(folder: &str) -> bool {
    folder.split(['-', '_', '.']).any(|word| {
        word.get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("dummy"))
            || SAMPLE_FOLDERS
                .iter()
                .any(|sample| word.eq_ignore_ascii_case(sample))
    })
}

fn sample_name(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    let stem = small
        .split_once('.')
        .map_or(small.as_str(), |(stem, _)| stem);
    [
        "readme",
        "changelog",
        "changes",
        "history",
        "news",
        "authors",
        "copyright",
    ]
    .iter()
    .any(|start| small.starts_with(start))
        || [
            ".md",
            ".rst",
            ".adoc",
            ".pod",
            ".d.ts",
            ".markdown",
            ".example",
            ".sample",
        ]
        .iter()
        .any(|end| small.ends_with(end))
        || stem
            .split(['-', '_'])
            .any(|word| matches!(word, "test" | "tests" | "example" | "sample"))
        || [".test.", ".spec.", ".example."]
            .iter()
            .any(|part| small.contains(part))
}

/// Endings of the names of configuration.
const ENDINGS: &[&str] = &[
    "env",
    "properties",
    "ini",
    "conf",
    "cnf",
    "cfg",
    "config",
    "toml",
    "yaml",
    "yml",
    "json",
    "xml",
    "tfvars",
    "tfstate",
    "tf",
    "sh",
    "bash",
    "zsh",
    "envrc",
    "local",
    "prod",
    "production",
    "development",
    "staging",
    "secrets",
    "secret",
    "credentials",
    "gradle",
    "service",
    "plist",
    "dockerfile",
    "containerfile",
    "hcl",
    "nomad",
    "list",
];

/// Endings of source code that is configuration where its name says so.
const SOURCE: &[&str] = &["php", "rb", "py", "js", "ts", "mjs", "ps1", "txt", "groovy"];

/// What such names have in them.
const SETTINGS: &[&str] = &[
    "config",
    "settings",
    "secret",
    "credential",
    "environment",
    "database",
];

/// Names of configuration that have no telling ending.
const NAMES: &[&str] = &[
    ".env",
    ".envrc",
    ".npmrc",
    ".yarnrc",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".curlrc",
    ".wgetrc",
    ".git-credentials",
    ".gitconfig",
    ".dockercfg",
    ".dockerconfigjson",
    ".pgpass",
    ".my.cnf",
    ".s3cfg",
    ".boto",
    ".htpasswd",
    ".profile",
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".zprofile",
    ".bash_history",
    ".zsh_history",
    ".ash_history",
    ".sh_history",
    ".mysql_history",
    ".psql_history",
    ".python_history",
    ".node_repl_history",
    "credentials",
    "kubeconfig",
    "config",
    "environment",
    "dockerfile",
    "containerfile",
    "makefile",
    "vagrantfile",
    "jenkinsfile",
    "procfile",
    "auth",
    ".vault-token",
    "passwords",
    "secrets",
    "secret",
    "token",
    "pip.conf",
    "sources",
    "fstab",
    "crontab",
    "master.key",
];

fn configuration(folder: &str, name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    // Written by package managers: sums of everything, secrets of nobody.
    if matches!(
        small.as_str(),
        "package-lock.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "composer.lock"
            | "cargo.lock"
            | "go.sum"
            | "poetry.lock"
            | "npm-shrinkwrap.json"
            | ".package-lock.json"
    ) || [
        ".min.js",
        ".map",
        ".min.json",
        ".example",
        ".sample",
        ".template",
        ".dist",
        ".tmpl",
    ]
    .iter()
    .any(|end| small.ends_with(end))
    {
        return false;
    }
    NAMES.contains(&small.as_str())
        || small.starts_with(".env")
        || small.starts_with("dockerfile.")
        || small.starts_with("containerfile.")
        || small.rsplit_once('.').is_some_and(|(stem, ending)| {
            ENDINGS.contains(&ending)
                || (SOURCE.contains(&ending) && SETTINGS.iter().any(|word| stem.contains(word)))
        })
        || folder.ends_with("/.ssh")
}
