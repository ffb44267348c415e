//! Where packages and images are published.
//!
//! Sources: npm, "Announcing npm's new access token format" (as GitHub's, with a checksum);
//! `PyPI` documentation, "API tokens" (macaroons whose first caveat names the index); `RubyGems`,
//! Clojars, crates.io, `NuGet` and Docker Hub documentation; `JFrog`, "Access tokens".

use outcrop_model::Severity::{Critical, High};

use crate::secrets::checks;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    Rule::token(
        "npm-access-token",
        "npm access token",
        Critical,
        &["npm_"],
        r"npm_[A-Za-z0-9]{36}",
        "npm_{alnum:30}{crc62}",
    )
    .test(checks::crc_in_base62),
    Rule::token(
        "pypi-token",
        "PyPI API token",
        Critical,
        &["pypi-AgE"],
        r"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[\w-]{50,}",
        "pypi-AgEIcHlwaS5vcmc{word:120}",
    )
    .entropy(3.5),
    Rule::token(
        "rubygems-key",
        "RubyGems API key",
        Critical,
        &["rubygems_"],
        r"rubygems_[a-f0-9]{48}",
        "rubygems_{hex:48}",
    )
    .entropy(3.0),
    Rule::token(
        "clojars-token",
        "Clojars deploy token",
        Critical,
        &["CLOJARS_"],
        r"CLOJARS_[a-z0-9]{60}",
        "CLOJARS_{lownum:60}",
    )
    .entropy(3.5),
    Rule::token(
        "crates-io-token",
        "crates.io API token",
        Critical,
        &["cio"],
        r"cio[A-Za-z0-9]{32}",
        "cio{alnum:32}",
    )
    .entropy(3.5)
    .test(checks::three_classes)
    .configuration(),
    Rule::token(
        "nuget-key",
        "NuGet API key",
        Critical,
        &["oy2"],
        r"oy2[a-z0-9]{43}",
        "oy2{lownum:43}",
    )
    .entropy(3.5)
    .test(checks::letters_and_digits)
    .configuration(),
    Rule::token(
        "docker-hub-token",
        "Docker Hub access token",
        Critical,
        &["dckr_pat_", "dckr_oat_"],
        r"dckr_(?:pat_[\w-]{27}|oat_[\w-]{32})",
        "dckr_pat_{word:27}",
    )
    .entropy(3.5),
    Rule::token(
        "jfrog-key",
        "JFrog Artifactory API key",
        Critical,
        &["AKCp"],
        r"AKCp[A-Za-z0-9]{69,73}",
        "AKCp{alnum:69}",
    )
    .entropy(3.5),
    Rule::token(
        "jfrog-reference-token",
        "JFrog Artifactory reference token",
        Critical,
        &["cmVmdGtuOj"],
        r"cmVmdGtuOj[A-Za-z0-9]{54}",
        "cmVmdGtuOj{alnum:54}",
    )
    .entropy(3.5),
    Rule::in_files(
        "npm-registry-login",
        "npm registry token or password",
        Critical,
        &[".npmrc", "npmrc", ".yarnrc", ".yarnrc.yml"],
        &[
            "authtoken",
            "auth",
            "password",
            "npmauthtoken",
            "npmauthident",
        ],
        r"[\w+/=.:-]{8,}",
        "//registry.corp.test/:_authToken={hex:32}",
    )
    .entropy(2.5),
    Rule::in_files(
        "pypi-login",
        "Password for a Python package index",
        High,
        &[".pypirc"],
        &["password"],
        r"\S{4,}",
        "password = {alnum:18}",
    ),
    Rule::in_files(
        "netrc-password",
        "Password in a netrc file",
        High,
        &[".netrc", "_netrc"],
        &["password"],
        r"\S{3,}",
        "machine git.corp.test login deploy password {alnum:20}",
    ),
    Rule::in_files(
        "docker-registry-login",
        "Login of a container registry",
        Critical,
        &[
            ".docker/config.json",
            ".dockercfg",
            ".dockerconfigjson",
            "containers/auth.json",
        ],
        &["auth"],
        r"[A-Za-z0-9+/]{8,}={0,2}",
        "\"auth\": \"{login64}\"",
    )
    .test(checks::base64_of_login),
    Rule::in_files(
        "docker-identity-token",
        "Identity token of a container registry",
        Critical,
        &[
            ".docker/config.json",
            ".dockercfg",
            ".dockerconfigjson",
            "containers/auth.json",
        ],
        &["identitytoken", "registrytoken"],
        r"[\w+/=.-]{16,}",
        "\"identitytoken\": \"{alnum:64}\"",
    )
    .entropy(3.0),
    Rule::in_files(
        "kubernetes-token",
        "Token of a Kubernetes user",
        Critical,
        &[".kube/config", "kubeconfig", "admin.conf", "kubelet.conf"],
        &["token"],
        r"[\w.:-]{16,}",
        "    token: {alnum:48}",
    )
    .entropy(3.0),
    Rule::in_files(
        "postgres-password-file",
        "Password of a PostgreSQL user",
        High,
        &[".pgpass.conf", ".pg_service.conf", "pg_service.conf"],
        &["password"],
        r"\S{3,}",
        "password={alnum:20}",
    ),
    Rule::in_files(
        "mysql-client-password",
        "Password of a MySQL user",
        High,
        &[".my.cnf", ".mylogin.cnf"],
        &["password"],
        r"\S{3,}",
        "password={alnum:20}",
    ),
    Rule::in_files(
        "maven-password",
        "Password of a Maven server",
        High,
        &[".m2/settings.xml", "conf/settings.xml"],
        &["password", "passphrase"],
        // Encrypted ones stand in braces.
        r"[^\s{}<>]{4,}",
        "<password>{alnum:20}</password>",
    ),
];
