//! Values that have no form of their own, told by what they are assigned to. They are looked for
//! where configuration stands, and in environments, labels and build arguments.
//!
//! Sources: the names of the variables in the documentation of each service and its command-line
//! tool.

use outcrop_model::Severity::{Critical, High, Medium};

use crate::secrets::checks;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    Rule::named(
        "datadog-key",
        "Datadog API or application key",
        High,
        &[
            "ddapikey",
            "ddappkey",
            "datadogapikey",
            "datadogappkey",
            "ddapplicationkey",
        ],
        r"(?:[a-f0-9]{40}|[a-f0-9]{32})",
        "DD_API_KEY={hex:32}",
    )
    .entropy(3.0),
    Rule::named(
        "cloudflare-token",
        "Cloudflare API token or key",
        Critical,
        &[
            "cloudflareapi",
            "cfapitoken",
            "cfapikey",
            "cloudflaretoken",
            "cloudflarekey",
        ],
        r"(?:[\w-]{40}|[a-f0-9]{37})",
        "CLOUDFLARE_API_TOKEN={alnum:40}",
    )
    .entropy(3.0),
    Rule::named(
        "heroku-legacy-key",
        "Heroku API key",
        Critical,
        &["herokuapikey", "herokutoken"],
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "HEROKU_API_KEY={uuid}",
    )
    .entropy(3.0),
    Rule::named(
        "alibaba-access-key-secret",
        "Alibaba Cloud access key secret",
        Critical,
        &[
            "alibabacloudaccesskeysecret",
            "alicloudsecretkey",
            "aliyunaccesskeysecret",
            "accesskeysecret",
        ],
        r"[A-Za-z0-9]{30}",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET={alnum:30}",
    )
    .entropy(3.5),
    Rule::named(
        "tencent-secret-key",
        "Tencent Cloud secret key",
        Critical,
        &["tencentcloudsecretkey", "tencentsecretkey"],
        r"[A-Za-z0-9]{32}",
        "TENCENTCLOUD_SECRET_KEY={alnum:32}",
    )
    .entropy(3.5),
    Rule::named(
        "ibm-cloud-key",
        "IBM Cloud API key",
        Critical,
        &["ibmcloudapikey", "ibmcloudkey", "icapikey", "bluemixapikey"],
        r"[\w-]{44}",
        "IBMCLOUD_API_KEY={word:44}",
    )
    .entropy(3.5),
    Rule::named(
        "hetzner-token",
        "Hetzner Cloud token",
        Critical,
        &["hcloudtoken", "hetznertoken", "hetznercloudtoken"],
        r"[A-Za-z0-9]{64}",
        "HCLOUD_TOKEN={alnum:64}",
    )
    .entropy(3.5),
    Rule::named(
        "scaleway-secret-key",
        "Scaleway secret key",
        Critical,
        &["scwsecretkey", "scalewaysecretkey"],
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "SCW_SECRET_KEY={uuid}",
    )
    .entropy(3.0),
    Rule::named(
        "linode-token",
        "Linode token",
        Critical,
        &["linodetoken", "linodeclitoken", "linodeapitoken"],
        r"[a-f0-9]{64}",
        "LINODE_TOKEN={hex:64}",
    )
    .entropy(3.0),
    Rule::named(
        "ovh-secret",
        "OVHcloud application secret or consumer key",
        Critical,
        &["ovhapplicationsecret", "ovhconsumerkey", "ovhclientsecret"],
        r"[A-Za-z0-9]{32}",
        "OVH_APPLICATION_SECRET={alnum:32}",
    )
    .entropy(3.0),
    Rule::named(
        "fastly-token",
        "Fastly API token",
        High,
        &["fastlyapitoken", "fastlyapikey", "fastlykey"],
        r"[\w-]{32}",
        "FASTLY_API_TOKEN={word:32}",
    )
    .entropy(3.5),
    Rule::named(
        "vercel-token",
        "Vercel access token",
        High,
        &["verceltoken", "vercelapitoken", "nowtoken"],
        r"[A-Za-z0-9_]{24,60}",
        "VERCEL_TOKEN={alnum:24}",
    )
    .entropy(3.5),
    Rule::named(
        "twilio-auth-token",
        "Twilio auth token",
        Critical,
        &[
            "twilioauthtoken",
            "twiliotoken",
            "twilioauth",
            "twilioapisecret",
        ],
        r"(?:[a-f0-9]{32}|[A-Za-z0-9]{32})",
        "TWILIO_AUTH_TOKEN={hex:32}",
    )
    .entropy(3.0),
    Rule::named(
        "discord-bot-token",
        "Discord bot token",
        High,
        &[
            "discordtoken",
            "discordbottoken",
            "discordclienttoken",
            "bottoken",
        ],
        r"[MNO][A-Za-z\d]{23,25}\.[\w-]{6}\.[\w-]{27,38}",
        "DISCORD_TOKEN=M{alnum:23}.{word:6}.{word:38}",
    )
    .entropy(3.5),
    Rule::named(
        "okta-token",
        "Okta API token",
        Critical,
        &["oktaapitoken", "oktatoken", "oktaclienttoken"],
        r"00[\w-]{40}",
        "OKTA_API_TOKEN=00{word:40}",
    )
    .entropy(3.5),
    Rule::named(
        "wandb-key",
        "Weights & Biases API key",
        High,
        &["wandbapikey"],
        r"[a-f0-9]{40}",
        "WANDB_API_KEY={hex:40}",
    )
    .entropy(3.0),
    Rule::named(
        "cohere-key",
        "Cohere API key",
        High,
        &["cohereapikey", "coapikey"],
        r"[A-Za-z0-9]{40}",
        "COHERE_API_KEY={alnum:40}",
    )
    .entropy(3.5),
    Rule::named(
        "mistral-key",
        "Mistral API key",
        High,
        &["mistralapikey"],
        r"[A-Za-z0-9]{32}",
        "MISTRAL_API_KEY={alnum:32}",
    )
    .entropy(3.5),
    Rule::named(
        "algolia-admin-key",
        "Algolia admin key",
        High,
        &["algoliaadmin", "algoliawrite", "algoliaapikey"],
        r"[a-f0-9]{32}",
        "ALGOLIA_ADMIN_API_KEY={hex:32}",
    )
    .entropy(3.0),
    Rule::named(
        "pagerduty-key",
        "PagerDuty API key",
        High,
        &[
            "pagerdutytoken",
            "pagerdutyapikey",
            "pagerdutyapitoken",
            "pdapikey",
        ],
        r"[\w+-]{20}",
        "PAGERDUTY_API_KEY={alnum:20}",
    )
    .entropy(3.0),
    Rule::named(
        "snyk-token",
        "Snyk API token",
        High,
        &["snyktoken", "snykapitoken"],
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "SNYK_TOKEN={uuid}",
    )
    .entropy(3.0),
    Rule::named(
        "codecov-token",
        "Codecov upload token",
        Medium,
        &["codecovtoken"],
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "CODECOV_TOKEN={uuid}",
    )
    .entropy(3.0),
    Rule::named(
        "laravel-key",
        "Laravel application key",
        High,
        &["appkey"],
        r"base64:[A-Za-z0-9+/]{43}=",
        "APP_KEY=base64:{b64of:32}",
    )
    .entropy(3.5),
    Rule::named(
        "rails-master-key",
        "Rails master key or secret key base",
        High,
        &["railsmasterkey", "secretkeybase"],
        r"(?:[a-f0-9]{128}|[a-f0-9]{64}|[a-f0-9]{32})",
        "SECRET_KEY_BASE={hex:128}",
    )
    .entropy(3.0),
    Rule::named(
        "django-secret-key",
        "Django secret key",
        High,
        &["djangosecretkey"],
        r"[^\s]{40,70}",
        "DJANGO_SECRET_KEY={alnum:50}",
    )
    .entropy(3.5),
    Rule::named(
        "wireguard-private-key",
        "WireGuard private key",
        High,
        &["privatekey", "presharedkey"],
        r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=",
        "PrivateKey = {b64of:32}",
    )
    .entropy(4.0)
    .test(checks::base64_of_32),
    Rule::named(
        "kubernetes-client-key",
        "Client key of a Kubernetes user",
        Critical,
        &["clientkeydata"],
        r"[A-Za-z0-9+/]{100,}={0,2}",
        "client-key-data: {pem64}",
    )
    .test(base64_of_private_key),
    Rule::named(
        "password-by-name",
        "Password or secret by its name",
        Medium,
        &[],
        "",
        "DB_PASSWORD={alnum:14}7x",
    ),
];

fn base64_of_private_key(value: &[u8]) -> bool {
    checks::base64(value).is_some_and(|text| {
        text.starts_with(b"-----BEGIN") && checks::contains(&text, b"PRIVATE KEY")
    })
}
