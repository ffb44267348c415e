//! Messages, mail, payments, monitoring, and the tools of teams.
//!
//! Sources: documentation of each service, above all Slack, "Token types"; Stripe, "API keys";
//! Telegram, "Bot API"; Twilio `SendGrid`, Shopify, Square, Grafana, Sentry, New Relic, Dynatrace,
//! Postman, Linear, Notion, Figma and Contentful on the prefixes of their tokens.

use outcrop_model::Severity::{Critical, High, Low, Medium};

use crate::secrets::checks;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    // Messages.
    Rule::token(
        "slack-bot-token",
        "Slack bot token",
        Critical,
        &["xoxb-"],
        r"xoxb-\d{9,14}-(?:\d{9,14}-)?[A-Za-z0-9]{23,25}",
        "xoxb-{digit:12}-{digit:13}-{alnum:24}",
    )
    .entropy(3.0),
    Rule::token(
        "slack-user-token",
        "Slack user token",
        Critical,
        &["xoxp-", "xoxs-", "xoxa-", "xoxr-"],
        r"xox[psar]-(?:\d-)?\d{9,14}-\d{9,14}-\d{9,14}-[a-f0-9]{32}",
        "xoxp-{digit:12}-{digit:12}-{digit:13}-{hex:32}",
    )
    .entropy(3.0),
    Rule::token(
        "slack-app-token",
        "Slack app-level token",
        Critical,
        &["xapp-"],
        r"xapp-\d-[A-Z0-9]{9,13}-\d{10,14}-[a-f0-9]{64}",
        "xapp-1-A{upnum:10}-{digit:13}-{hex:64}",
    )
    .entropy(3.0),
    Rule::token(
        "slack-configuration-token",
        "Slack configuration token",
        High,
        &["xoxe-", "xoxe."],
        r"xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{140,180}",
        "xoxe.xoxp-1-{alnum:163}",
    )
    .entropy(3.5),
    Rule::token(
        "slack-webhook",
        "Slack webhook address",
        High,
        &["hooks.slack.com/"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Z0-9]{8,13}/[A-Z0-9]{8,20}/[A-Za-z0-9]{24})",
        "https://hooks.slack.com/services/T{upnum:8}/B{upnum:10}/{alnum:24}",
    )
    .entropy(3.5),
    Rule::token(
        "discord-webhook",
        "Discord webhook address",
        High,
        &["/api/webhooks/"],
        r"/api/webhooks/(\d{17,20}/[\w-]{60,72})",
        "https://discord.com/api/webhooks/{digit:19}/{word:68}",
    )
    .entropy(3.5),
    Rule::within(
        "telegram-bot-token",
        "Telegram bot token",
        High,
        &[":AAE", ":AAF", ":AAG", ":AAH"],
        10,
        r"\d{8,10}:AA[EFGH][\w-]{32}",
        "{digit:10}:AAH{word:32}",
    )
    .entropy(3.5),
    Rule::token(
        "teams-webhook",
        "Microsoft Teams webhook address",
        High,
        &[".webhook.office.com/webhookb2/"],
        r"\.webhook\.office\.com/webhookb2/([a-f0-9-]{36}@[a-f0-9-]{36}/IncomingWebhook/[a-f0-9]{32}/[a-f0-9-]{36})",
        "https://corp.webhook.office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/{hex:32}/{uuid}",
    )
    .entropy(3.0),
    Rule::token(
        "facebook-access-token",
        "Facebook page access token",
        High,
        &["EAACEdEose0cBA"],
        r"EAACEdEose0cBA[A-Za-z0-9]{20,}",
        "EAACEdEose0cBA{alnum:140}",
    )
    .entropy(3.5),
    // Mail.
    Rule::token(
        "sendgrid-key",
        "SendGrid API key",
        Critical,
        &["SG."],
        r"SG\.[\w-]{22}\.[\w-]{43}",
        "SG.{word:22}.{word:43}",
    )
    .entropy(3.5),
    Rule::token(
        "brevo-key",
        "Brevo API key",
        High,
        &["xkeysib-", "xsmtpsib-"],
        r"x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}",
        "xkeysib-{hex:64}-{alnum:16}",
    )
    .entropy(3.5),
    Rule::token(
        "mailgun-key",
        "Mailgun API key",
        High,
        &["key-"],
        r"key-[a-f0-9]{32}",
        "key-{hex:32}",
    )
    .entropy(3.0)
    .configuration(),
    Rule::within(
        "mailchimp-key",
        "Mailchimp API key",
        High,
        &["-us"],
        32,
        r"[a-f0-9]{32}-us\d{1,2}",
        "{hex:32}-us21",
    )
    .entropy(3.0)
    .configuration(),
    // Payments and shops.
    Rule::token(
        "stripe-live-key",
        "Stripe live secret key",
        Critical,
        &["sk_live_", "rk_live_"],
        r"[sr]k_live_[A-Za-z0-9]{20,247}",
        "sk_live_51{alnum:97}",
    )
    .entropy(3.0),
    Rule::token(
        "stripe-test-key",
        "Stripe test secret key",
        Low,
        &["sk_test_", "rk_test_"],
        r"[sr]k_test_[A-Za-z0-9]{20,247}",
        "sk_test_51{alnum:97}",
    )
    .entropy(3.0)
    .own(),
    Rule::token(
        "webhook-signing-secret",
        "Webhook signing secret",
        High,
        &["whsec_"],
        r"whsec_[A-Za-z0-9+/]{32,60}={0,2}",
        "whsec_{alnum:32}",
    )
    .entropy(3.5)
    .test(checks::letters_and_digits),
    Rule::token(
        "square-token",
        "Square access token or secret",
        Critical,
        &["sq0atp-", "sq0csp-"],
        r"sq0(?:atp-[\w-]{22}|csp-[\w-]{43})",
        "sq0csp-{word:43}",
    )
    .entropy(3.0),
    Rule::token(
        "braintree-token",
        "PayPal Braintree access token",
        Critical,
        &["access_token$"],
        r"access_token\$(?:production|live)\$[0-9a-z]{16}\$[0-9a-f]{32}",
        "access_token$production${lownum:16}${hex:32}",
    )
    .entropy(3.0),
    Rule::token(
        "shopify-token",
        "Shopify token or secret",
        Critical,
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
        "shpat_{hex:32}",
    )
    .entropy(3.0),
    Rule::token(
        "flutterwave-key",
        "Flutterwave secret key",
        Critical,
        &["FLWSECK-"],
        r"FLWSECK-[a-fA-F0-9]{32}-(?:[A-Za-z0-9]{10,13}-?)?X",
        "FLWSECK-{hex:32}-X",
    )
    .entropy(3.0),
    Rule::token(
        "easypost-key",
        "EasyPost API key",
        High,
        &["EZAK"],
        r"EZAK[A-Za-z0-9]{54}",
        "EZAK{alnum:54}",
    )
    .entropy(3.5),
    Rule::token(
        "duffel-token",
        "Duffel access token",
        High,
        &["duffel_live_"],
        r"duffel_live_[\w-]{43}",
        "duffel_live_{word:43}",
    )
    .entropy(3.5),
    Rule::token(
        "plaid-token",
        "Plaid access token",
        Critical,
        &["access-production-"],
        r"access-production-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "access-production-{uuid}",
    )
    .entropy(3.0),
    // Monitoring.
    Rule::token(
        "grafana-service-account-token",
        "Grafana service account token",
        High,
        &["glsa_"],
        r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
        "glsa_{alnum:32}_{hex:8}",
    )
    .entropy(3.5),
    Rule::token(
        "grafana-cloud-token",
        "Grafana Cloud access policy token",
        High,
        &["glc_eyJ"],
        r"glc_eyJ[A-Za-z0-9+/]{60,400}={0,2}",
        "glc_eyJ{alnum:130}",
    )
    .entropy(3.5),
    Rule::token(
        "grafana-key",
        "Grafana API key",
        High,
        &["eyJrIjoi"],
        r"eyJrIjoi[A-Za-z0-9]{70,400}={0,3}",
        "eyJrIjoi{alnum:84}",
    )
    .entropy(3.5),
    Rule::token(
        "new-relic-key",
        "New Relic key",
        High,
        &["NRAK-", "NRII-"],
        r"NR(?:AK-[A-Z0-9]{27}|II-[\w-]{32})",
        "NRAK-{upnum:27}",
    )
    .entropy(3.0),
    Rule::within(
        "new-relic-licence-key",
        "New Relic licence key",
        Medium,
        &["FFFFNRAL"],
        32,
        r"[a-f0-9]{32}FFFFNRAL",
        "{hex:32}FFFFNRAL",
    )
    .entropy(3.0),
    Rule::token(
        "sentry-organisation-token",
        "Sentry organisation token",
        High,
        &["sntrys_eyJ"],
        r"sntrys_eyJ[A-Za-z0-9+/]{60,400}={0,2}_[A-Za-z0-9+/]{42,44}",
        "sntrys_eyJ{alnum:120}_{alnum:43}",
    )
    .entropy(3.5),
    Rule::token(
        "sentry-user-token",
        "Sentry user token",
        High,
        &["sntryu_"],
        r"sntryu_[a-f0-9]{64}",
        "sntryu_{hex:64}",
    )
    .entropy(3.0),
    Rule::token(
        "dynatrace-token",
        "Dynatrace API token",
        High,
        &["dt0c01.", "dt0s01."],
        r"dt0[cs]01\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}",
        "dt0c01.{upnum:24}.{upnum:64}",
    )
    .entropy(3.5),
    Rule::token(
        "honeycomb-key",
        "Honeycomb ingest key",
        High,
        &["hcaik_", "hcbik_", "hccik_"],
        r"hc[a-c]ik_[a-z0-9]{58}",
        "hcaik_{lownum:58}",
    )
    .entropy(3.5),
    // Tools of teams.
    Rule::token(
        "postman-key",
        "Postman API key",
        High,
        &["PMAK-"],
        r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
        "PMAK-{hex:24}-{hex:34}",
    )
    .entropy(3.0),
    Rule::token(
        "linear-key",
        "Linear API key",
        High,
        &["lin_api_", "lin_oauth_"],
        r"lin_(?:api_[A-Za-z0-9]{40}|oauth_[a-f0-9]{64})",
        "lin_api_{alnum:40}",
    )
    .entropy(3.5),
    Rule::token(
        "notion-token",
        "Notion integration token",
        High,
        &["ntn_"],
        r"ntn_\d{11}[A-Za-z0-9]{35}",
        "ntn_{digit:11}{alnum:35}",
    )
    .entropy(3.5),
    Rule::token(
        "notion-legacy-token",
        "Notion internal integration secret",
        High,
        &["secret_"],
        r"secret_[A-Za-z0-9]{43}",
        "secret_{alnum:43}",
    )
    .entropy(4.0)
    .test(checks::three_classes)
    .configuration(),
    Rule::token(
        "figma-token",
        "Figma access token",
        High,
        &["figd_"],
        r"figd_[\w-]{38,44}",
        "figd_{word:40}",
    )
    .entropy(3.5),
    Rule::token(
        "contentful-token",
        "Contentful personal access token",
        High,
        &["CFPAT-"],
        r"CFPAT-[\w-]{43}",
        "CFPAT-{word:43}",
    )
    .entropy(3.5),
    Rule::token(
        "typeform-token",
        "Typeform access token",
        High,
        &["tfp_"],
        r"tfp_[\w.=-]{40,60}",
        "tfp_{alnum:59}",
    )
    .entropy(3.5)
    .test(checks::letters_and_digits),
    Rule::token(
        "readme-key",
        "ReadMe API key",
        Medium,
        &["rdme_"],
        r"rdme_[a-z0-9]{70}",
        "rdme_{lownum:70}",
    )
    .entropy(3.5),
    Rule::token(
        "hubspot-token",
        "HubSpot private app token",
        High,
        &["pat-na1-", "pat-eu1-", "pat-na2-"],
        r"pat-(?:na|eu)\d-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "pat-na1-{uuid}",
    )
    .entropy(3.0),
    Rule::token(
        "frameio-token",
        "Frame.io API token",
        High,
        &["fio-u-"],
        r"fio-u-[\w-]{64}",
        "fio-u-{word:64}",
    )
    .entropy(3.5),
    Rule::token(
        "scalingo-token",
        "Scalingo API token",
        High,
        &["tk-us-"],
        r"tk-us-[\w-]{48}",
        "tk-us-{word:48}",
    )
    .entropy(3.5),
    Rule::token(
        "json-web-token",
        "JSON web token",
        Medium,
        &["eyJhbGci", "eyJ0eXAi", "eyJraWQi"],
        r"eyJ[\w-]{10,1000}\.eyJ[\w-]{10,}\.[\w-]{20,}",
        "{jwt}",
    )
    .entropy(3.5)
    .test(checks::json_web_token),
];
