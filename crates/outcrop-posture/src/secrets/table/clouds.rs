//! Clouds and hosting.
//!
//! Sources: AWS, "Understanding unique ID prefixes" and the account number in a key's base32 body;
//! Google Cloud documentation, "API keys", "OAuth 2.0 client secrets"; Microsoft, "Common annotated
//! security keys" and the identifiable keys of Azure (a fixed mark near the end of the key);
//! `DigitalOcean`, Heroku, Cloudflare, Alibaba Cloud, Tencent Cloud, Yandex Cloud, Databricks,
//! Fly.io, Netlify, Render, Supabase, `PlanetScale`, Tailscale, Aiven, Hetzner, Scaleway documentation
//! of their tokens.

use outcrop_model::Severity::{Critical, High, Medium};

use crate::secrets::checks;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    Rule::token(
        "aws-access-key-id",
        "AWS access key identifier",
        Medium,
        &["AKIA"],
        r"AKIA[A-Z2-7]{16}",
        "AKIA{awskey}",
    )
    .entropy(3.0)
    .test(checks::aws_account),
    Rule::token(
        "aws-secret-access-key",
        "AWS secret access key",
        Critical,
        &["secret_access_key", "SECRET_ACCESS_KEY", "ecretAccessKey", "aws_secret_key"],
        r#"(?:secret_access_key|SECRET_ACCESS_KEY|ecretAccessKey|aws_secret_key)\\?["']?[ \t]{0,8}(?:=>|value=|[=:>,])[ \t]{0,8}\\?["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)"#,
        "aws_secret_access_key = {b64:40}",
    )
    .entropy(4.0)
    .test(checks::three_classes),
    Rule::token(
        "aws-session-token",
        "AWS session token",
        Medium,
        &["aws_session_token", "AWS_SESSION_TOKEN"],
        r#"(?i:aws_session_token)\\?["']?[ \t]{0,8}[=:][ \t]{0,8}\\?["']?([A-Za-z0-9/+]{100,}={0,2})"#,
        "aws_session_token = {b64:200}",
    )
    .entropy(4.0),
    Rule::token(
        "aws-bedrock-key",
        "Amazon Bedrock API key",
        High,
        &["ABSKQmVkcm9ja0FQSUtleS"],
        r"ABSKQmVkcm9ja0FQSUtleS[A-Za-z0-9+/]{80,}={0,2}",
        "ABSKQmVkcm9ja0FQSUtleS{b64:110}",
    )
    .entropy(3.5),
    Rule::token(
        "aws-marketplace-token",
        "Amazon Marketplace Web Service token",
        High,
        &["amzn.mws."],
        r"amzn\.mws\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "amzn.mws.{uuid}",
    )
    .entropy(3.0),
    Rule::token(
        "google-api-key",
        "Google API key",
        High,
        &["AIza"],
        r"AIza[\w-]{35}",
        "AIza{word:35}",
    )
    .entropy(3.5)
    .test(checks::three_classes)
    // Programs that are published have keys that are.
    .own(),
    Rule::token(
        "google-oauth-client-secret",
        "Google OAuth client secret",
        High,
        &["GOCSPX-"],
        r"GOCSPX-[\w-]{28}",
        "GOCSPX-{word:28}",
    )
    .entropy(3.5),
    Rule::token(
        "google-oauth-access-token",
        "Google OAuth access token",
        Medium,
        &["ya29."],
        r"ya29\.[\w-]{60,}",
        "ya29.{word:120}",
    )
    .entropy(3.5),
    Rule::token(
        "google-oauth-refresh-token",
        "Google OAuth refresh token",
        Critical,
        &["1//0"],
        r"1//0[\w-]{50,}",
        "1//0{word:92}",
    )
    .entropy(4.0)
    .test(checks::three_classes),
    Rule::within(
        "firebase-server-key",
        "Firebase Cloud Messaging server key",
        High,
        &[":APA91b"],
        11,
        r"AAAA[\w-]{7}:APA91b[\w-]{134}",
        "AAAA{alnum:7}:APA91b{word:134}",
    )
    .entropy(3.5),
    Rule::token(
        "azure-storage-key",
        "Azure Storage account key",
        Critical,
        &["AccountKey="],
        r"AccountKey=([A-Za-z0-9+/]{86}==)",
        "AccountKey={b64of:64}",
    )
    .entropy(4.0)
    .test(azure_storage),
    Rule::token(
        "azure-shared-access-key",
        "Azure shared access key",
        Critical,
        &["SharedAccessKey="],
        r"SharedAccessKey=([A-Za-z0-9+/]{43}=)",
        "SharedAccessKey={b64of:32}",
    )
    .entropy(3.5)
    .test(checks::base64_of_32),
    Rule::within(
        "azure-sas-token",
        "Azure shared access signature",
        High,
        &["&sig="],
        400,
        r"[?&]?s[a-z]{1,2}=[\w%:.,-]{1,64}(?:&s[a-z]{1,4}=[\w%:.,-]{1,64}){2,12}&sig=([A-Za-z0-9%+/]{43,66}=?)",
        "https://storage.corp.test/box?sv=2024-11-04&se=2030-01-01T00%3A00%3A00Z&sr=b&sp=r&sig={alnum:43}%3D",
    )
    .entropy(3.5),
    Rule::within(
        "azure-client-secret",
        "Microsoft Entra client secret",
        Critical,
        &["7Q~", "8Q~"],
        3,
        r"[\w~.-]{3}[78]Q~[\w~.-]{31,34}",
        "{alnum:3}8Q~{alnum:34}",
    )
    .entropy(3.5)
    .test(checks::three_classes),
    Rule::within(
        "azure-devops-token",
        "Azure DevOps personal access token",
        Critical,
        &["AZDO"],
        76,
        r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
        "{alnum:76}AZDO{alnum:4}",
    )
    .entropy(3.5),
    Rule::within(
        "azure-annotated-key",
        "Azure service key",
        Critical,
        &["JQQJ99"],
        52,
        r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}",
        "{alnum:52}JQQJ99{alnum:26}",
    )
    .entropy(3.5),
    Rule::within(
        "azure-search-key",
        "Azure AI Search key",
        High,
        &["AzSe"],
        42,
        r"[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}",
        "{alnum:42}AzSeA{alnum:5}",
    )
    .entropy(3.5),
    Rule::within(
        "azure-function-key",
        "Azure Functions key",
        High,
        &["AzFu"],
        44,
        r"[\w-]{44}AzFu[\w-]{5}[AQgw]==",
        "{alnum:44}AzFu{alnum:5}Q==",
    )
    .entropy(3.5),
    Rule::within(
        "azure-cache-key",
        "Azure Cache for Redis key",
        High,
        &["AzCa"],
        33,
        r"[A-Za-z0-9]{33}AzCa[A-P][A-Za-z0-9]{5}=",
        "{alnum:33}AzCaA{alnum:5}=",
    )
    .entropy(3.5),
    Rule::within(
        "azure-cosmos-key",
        "Azure Cosmos DB key",
        Critical,
        &["ACDb"],
        76,
        r"[A-Za-z0-9+/]{76}ACDb[A-Za-z0-9+/]{6}==",
        "{alnum:76}ACDb{alnum:6}==",
    )
    .entropy(3.5),
    Rule::within(
        "azure-container-registry-key",
        "Azure Container Registry password",
        Critical,
        &["+ACR"],
        42,
        r"[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9+/]{5}",
        "{alnum:42}+ACRA{alnum:5}",
    )
    .entropy(3.5),
    Rule::token(
        "digitalocean-token",
        "DigitalOcean token",
        Critical,
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"do[opr]_v1_[a-f0-9]{64}",
        "dop_v1_{hex:64}",
    )
    .entropy(3.0),
    Rule::token(
        "heroku-token",
        "Heroku API token",
        Critical,
        &["HRKU-AA"],
        r"HRKU-AA[\w-]{58}",
        "HRKU-AA{word:58}",
    )
    .entropy(3.5),
    Rule::token(
        "cloudflare-origin-key",
        "Cloudflare Origin CA key",
        High,
        &["v1.0-"],
        r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}",
        "v1.0-{hex:24}-{hex:146}",
    )
    .entropy(3.0),
    Rule::token(
        "alibaba-access-key-id",
        "Alibaba Cloud access key identifier",
        Medium,
        &["LTAI"],
        r"LTAI(?:[A-Za-z0-9]{20}|[A-Za-z0-9]{12})",
        "LTAI{alnum:20}",
    )
    .entropy(3.0)
    .test(checks::three_classes),
    Rule::token(
        "tencent-secret-id",
        "Tencent Cloud secret identifier",
        Medium,
        &["AKID"],
        r"AKID[A-Za-z0-9]{32}",
        "AKID{alnum:32}",
    )
    .entropy(3.5)
    .test(checks::three_classes),
    Rule::token(
        "yandex-api-key",
        "Yandex Cloud API key",
        High,
        &["AQVN"],
        r"AQVN[\w-]{35,38}",
        "AQVN{word:36}",
    )
    .entropy(3.5)
    .test(checks::three_classes),
    Rule::token(
        "yandex-oauth-token",
        "Yandex OAuth token",
        High,
        &["y0_Ag"],
        r"y0_Ag[\w-]{50,}",
        "y0_Ag{word:53}",
    )
    .entropy(3.5),
    Rule::token(
        "databricks-token",
        "Databricks access token",
        Critical,
        &["dapi"],
        r"dapi[a-f0-9]{32}(?:-\d)?",
        "dapi{hex:32}",
    )
    .entropy(3.0),
    Rule::token(
        "fly-token",
        "Fly.io access token",
        High,
        &["fo1_", "fm2_"],
        r"(?:fo1_[\w-]{43}|fm2_[A-Za-z0-9+/]{100,}={0,3})",
        "fo1_{word:43}",
    )
    .entropy(3.5),
    Rule::token(
        "netlify-token",
        "Netlify access token",
        High,
        &["nfp_"],
        r"nfp_[A-Za-z0-9]{36}",
        "nfp_{alnum:36}",
    )
    .entropy(3.5)
    .test(checks::three_classes),
    Rule::token(
        "render-key",
        "Render API key",
        High,
        &["rnd_"],
        r"rnd_[A-Za-z0-9]{28,36}",
        "rnd_{alnum:32}",
    )
    .entropy(3.5)
    .test(checks::three_classes),
    Rule::token(
        "supabase-token",
        "Supabase access token",
        Critical,
        &["sbp_"],
        r"sbp_[a-f0-9]{40}",
        "sbp_{hex:40}",
    )
    .entropy(3.0),
    Rule::token(
        "supabase-secret-key",
        "Supabase secret key",
        Critical,
        &["sb_secret_"],
        r"sb_secret_[\w-]{31}",
        "sb_secret_{word:31}",
    )
    .entropy(3.5),
    Rule::token(
        "planetscale-token",
        "PlanetScale token or password",
        Critical,
        &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"],
        r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}",
        "pscale_pw_{word:43}",
    )
    .entropy(3.5),
    Rule::token(
        "tailscale-key",
        "Tailscale key",
        Critical,
        &["tskey-"],
        r"tskey-[a-z]{2,10}-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{20,40}",
        "tskey-auth-{alnum:17}-{alnum:32}",
    )
    .entropy(3.5),
    Rule::token(
        "aiven-password",
        "Password of an Aiven service",
        Critical,
        &["AVNS_"],
        r"AVNS_[\w-]{19}",
        "AVNS_{word:19}",
    )
    .entropy(3.0),
    Rule::token(
        "cloudinary-url",
        "Cloudinary API secret",
        High,
        &["cloudinary://"],
        r"cloudinary://\d{12,18}:([\w-]{27})@",
        "cloudinary://{digit:15}:{word:27}@media",
    )
    .entropy(3.0),
    Rule::token(
        "mapbox-secret-token",
        "Mapbox secret token",
        High,
        &["sk.eyJ1"],
        r"sk\.eyJ1[\w-]{50,200}\.[\w-]{22}",
        "sk.eyJ1{alnum:70}.{word:22}",
    )
    .entropy(3.5),
];

/// Base64 of 64 bytes, and not the key that every storage emulator has.
fn azure_storage(value: &[u8]) -> bool {
    checks::base64_of_64(value) && !value.starts_with(b"Eby8vdM02xNO")
}
