//! Where code is kept and built.
//!
//! Sources: GitHub, "Behind GitHub's new authentication token formats" (prefixes, thirty characters
//! and a CRC-32 in base 62); GitLab documentation, "Token overview" (prefixes); Atlassian, "API
//! token scanning"; `CircleCI`, Buildkite, `SonarQube`, Sourcegraph, Pulumi, Terraform documentation.

use outcrop_model::Severity::{Critical, High, Medium};

use crate::secrets::checks;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    Rule::token(
        "github-personal-access-token",
        "GitHub personal access token",
        Critical,
        &["ghp_"],
        r"ghp_[A-Za-z0-9]{36}",
        "ghp_{alnum:30}{crc62}",
    )
    .test(checks::crc_in_base62),
    Rule::token(
        "github-oauth-token",
        "GitHub OAuth access token",
        Critical,
        &["gho_"],
        r"gho_[A-Za-z0-9]{36}",
        "gho_{alnum:30}{crc62}",
    )
    .test(checks::crc_in_base62),
    Rule::token(
        "github-app-user-token",
        "GitHub App user token",
        High,
        &["ghu_"],
        r"ghu_[A-Za-z0-9]{36}",
        "ghu_{alnum:30}{crc62}",
    )
    .test(checks::crc_in_base62),
    Rule::token(
        "github-app-installation-token",
        "GitHub App installation token",
        High,
        &["ghs_"],
        r"ghs_[A-Za-z0-9]{36}",
        "ghs_{alnum:30}{crc62}",
    )
    .test(checks::crc_in_base62),
    Rule::token(
        "github-refresh-token",
        "GitHub refresh token",
        Critical,
        &["ghr_"],
        r"ghr_(?:[A-Za-z0-9]{76}|[A-Za-z0-9]{36})",
        "ghr_{alnum:70}{crc62}",
    )
    .test(checks::crc_in_base62),
    Rule::token(
        "github-fine-grained-token",
        "GitHub fine-grained personal access token",
        Critical,
        &["github_pat_"],
        r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        "github_pat_{alnum:22}_{alnum:59}",
    )
    .entropy(3.5),
    Rule::token(
        "gitlab-personal-access-token",
        "GitLab personal access token",
        Critical,
        &["glpat-"],
        r"glpat-(?:[\w-]{27,300}\.[0-9a-z.]{2,5}[0-9a-z]{7,9}|[\w-]{20})",
        "glpat-{word:20}",
    )
    .entropy(3.0),
    Rule::token(
        "gitlab-deploy-token",
        "GitLab deploy token",
        High,
        &["gldt-"],
        r"gldt-[\w-]{20}",
        "gldt-{word:20}",
    )
    .entropy(3.0),
    Rule::token(
        "gitlab-runner-token",
        "GitLab runner token",
        High,
        &["glrt-", "GR1348941"],
        r"(?:glrt-(?:t\d_)?|GR1348941)[\w-]{20}",
        "glrt-{word:20}",
    )
    .entropy(3.0),
    Rule::token(
        "gitlab-trigger-token",
        "GitLab pipeline trigger token",
        High,
        &["glptt-"],
        r"glptt-[0-9a-f]{40}",
        "glptt-{hex:40}",
    )
    .entropy(3.0),
    Rule::token(
        "gitlab-job-token",
        "GitLab CI job token",
        Medium,
        &["glcbt-"],
        r"glcbt-[0-9a-zA-Z]{1,5}_[\w-]{20}",
        "glcbt-{hex:2}_{word:20}",
    )
    .entropy(3.0),
    Rule::token(
        "gitlab-agent-token",
        "GitLab agent for Kubernetes token",
        Critical,
        &["glagent-"],
        r"glagent-[\w-]{50}",
        "glagent-{word:50}",
    )
    .entropy(3.5),
    Rule::token(
        "gitlab-feed-token",
        "GitLab feed token",
        Medium,
        &["glft-"],
        r"glft-[\w-]{20}",
        "glft-{word:20}",
    )
    .entropy(3.0),
    Rule::token(
        "gitlab-mail-token",
        "GitLab incoming mail token",
        Medium,
        &["glimt-"],
        r"glimt-[\w-]{25}",
        "glimt-{word:25}",
    )
    .entropy(3.0),
    Rule::token(
        "gitlab-oauth-secret",
        "GitLab OAuth application secret",
        High,
        &["gloas-"],
        r"gloas-[\w-]{64}",
        "gloas-{word:64}",
    )
    .entropy(3.5),
    Rule::token(
        "gitlab-scim-token",
        "GitLab SCIM token",
        High,
        &["glsoat-"],
        r"glsoat-[\w-]{20}",
        "glsoat-{word:20}",
    )
    .entropy(3.0),
    Rule::token(
        "bitbucket-app-password",
        "Bitbucket app password",
        High,
        &["ATBB"],
        r"ATBB[A-Za-z0-9]{24}[A-F0-9]{8}",
        "ATBB{alnum:24}{HEX:8}",
    )
    .entropy(3.5),
    Rule::token(
        "bitbucket-access-token",
        "Bitbucket access token",
        High,
        &["ATCTT3xFf"],
        r"ATCTT3xFf[\w-]{100,300}=[A-F0-9]{8}",
        "ATCTT3xFf{word:175}={HEX:8}",
    )
    .entropy(3.5),
    Rule::token(
        "atlassian-api-token",
        "Atlassian API token",
        Critical,
        &["ATATT3xFf"],
        r"ATATT3xFf[\w-]{100,300}=[A-F0-9]{8}",
        "ATATT3xFf{word:175}={HEX:8}",
    )
    .entropy(3.5),
    Rule::token(
        "circleci-token",
        "CircleCI token",
        High,
        &["CCIPAT_", "CCIPRJ_"],
        r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}",
        "CCIPAT_{alnum:22}_{hex:40}",
    )
    .entropy(3.5),
    Rule::token(
        "buildkite-token",
        "Buildkite API token",
        High,
        &["bkua_"],
        r"bkua_[a-f0-9]{40}",
        "bkua_{hex:40}",
    )
    .entropy(3.0),
    Rule::token(
        "sonar-token",
        "SonarQube token",
        High,
        &["squ_", "sqp_", "sqa_"],
        r"sq[upa]_[a-f0-9]{40}",
        "squ_{hex:40}",
    )
    .entropy(3.0),
    Rule::token(
        "sourcegraph-token",
        "Sourcegraph access token",
        High,
        &["sgp_"],
        r"sgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}",
        "sgp_{hex:16}_{hex:40}",
    )
    .entropy(3.0),
    Rule::token(
        "pulumi-token",
        "Pulumi access token",
        Critical,
        &["pul-"],
        r"pul-[a-f0-9]{40}",
        "pul-{hex:40}",
    )
    .entropy(3.0),
    Rule::within(
        "terraform-cloud-token",
        "HCP Terraform token",
        Critical,
        &[".atlasv1."],
        14,
        r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}",
        "{alnum:14}.atlasv1.{word:67}",
    )
    .entropy(3.5),
    Rule::token(
        "vault-token",
        "HashiCorp Vault token",
        Critical,
        &["hvs.", "hvb.", "hvr."],
        r"hv[sbr]\.(?:[\w-]{88,300}|[A-Za-z0-9]{24})",
        "hvs.{word:92}",
    )
    .entropy(3.5),
    Rule::token(
        "doppler-token",
        "Doppler token",
        Critical,
        &[
            "dp.pt.",
            "dp.st.",
            "dp.ct.",
            "dp.sa.",
            "dp.scim.",
            "dp.audit.",
        ],
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
        "dp.pt.{alnum:43}",
    )
    .entropy(3.5),
    Rule::token(
        "1password-service-account",
        "1Password service account token",
        Critical,
        &["ops_eyJ"],
        r"ops_eyJ[A-Za-z0-9+/_-]{200,}={0,3}",
        "ops_eyJ{alnum:320}",
    )
    .entropy(3.5),
    Rule::token(
        "infracost-key",
        "Infracost API key",
        Medium,
        &["ico-"],
        r"ico-[A-Za-z0-9]{32}",
        "ico-{alnum:32}",
    )
    .entropy(3.5)
    .test(checks::three_classes),
    Rule::token(
        "prefect-key",
        "Prefect API key",
        High,
        &["pnu_"],
        r"pnu_[A-Za-z0-9]{36}",
        "pnu_{alnum:36}",
    )
    .entropy(3.5)
    .test(checks::letters_and_digits),
];
