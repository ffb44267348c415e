//! Providers of language models and machine learning.
//!
//! Sources: documentation of the providers' API keys. A key of `OpenAI` has the base64 of the
//! company's name in its middle, one of Anthropic ends in `AA`.

use outcrop_model::Severity::{Critical, High};

use crate::secrets::checks;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    Rule::token(
        "anthropic-key",
        "Anthropic API key",
        Critical,
        &["sk-ant-"],
        r"sk-ant-[a-z]{3,5}\d{2}-[\w-]{80,120}AA",
        "sk-ant-api03-{word:93}AA",
    )
    .entropy(3.5),
    Rule::within(
        "openai-key",
        "OpenAI API key",
        Critical,
        &["T3BlbkFJ"],
        100,
        r"sk-(?:(?:proj|svcacct|admin|None)-)?[\w-]{20,80}T3BlbkFJ[\w-]{20,80}",
        "sk-proj-{alnum:74}T3BlbkFJ{alnum:74}",
    )
    .entropy(3.5),
    Rule::token(
        "openrouter-key",
        "OpenRouter API key",
        High,
        &["sk-or-v1-"],
        r"sk-or-v1-[a-f0-9]{64}",
        "sk-or-v1-{hex:64}",
    )
    .entropy(3.0),
    Rule::token(
        "huggingface-token",
        "Hugging Face access token",
        Critical,
        &["hf_", "api_org_"],
        r"(?:hf|api_org)_[A-Za-z]{34}",
        "hf_{alpha:34}",
    )
    .entropy(3.5),
    Rule::token(
        "replicate-token",
        "Replicate API token",
        High,
        &["r8_"],
        r"r8_[A-Za-z0-9]{37}",
        "r8_{alnum:37}",
    )
    .entropy(3.5)
    .test(checks::three_classes),
    Rule::token(
        "groq-key",
        "Groq API key",
        High,
        &["gsk_"],
        r"gsk_[A-Za-z0-9]{52}",
        "gsk_{alnum:52}",
    )
    .entropy(3.5),
    Rule::token(
        "perplexity-key",
        "Perplexity API key",
        High,
        &["pplx-"],
        r"pplx-[A-Za-z0-9]{48}",
        "pplx-{alnum:48}",
    )
    .entropy(3.5),
    Rule::token(
        "xai-key",
        "xAI API key",
        High,
        &["xai-"],
        r"xai-[A-Za-z0-9]{80}",
        "xai-{alnum:80}",
    )
    .entropy(3.5),
    Rule::token(
        "nvidia-key",
        "NVIDIA API key",
        High,
        &["nvapi-"],
        r"nvapi-[\w-]{60,70}",
        "nvapi-{word:64}",
    )
    .entropy(3.5),
    Rule::token(
        "langsmith-key",
        "LangSmith API key",
        High,
        &["lsv2_"],
        r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",
        "lsv2_pt_{hex:32}_{hex:10}",
    )
    .entropy(3.0),
    Rule::token(
        "pinecone-key",
        "Pinecone API key",
        High,
        &["pcsk_"],
        r"pcsk_[A-Za-z0-9]{4,10}_[A-Za-z0-9]{50,70}",
        "pcsk_{alnum:6}_{alnum:63}",
    )
    .entropy(3.5),
    Rule::token(
        "tavily-key",
        "Tavily API key",
        High,
        &["tvly-"],
        r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}",
        "tvly-dev-{alnum:32}",
    )
    .entropy(3.5)
    .test(checks::letters_and_digits),
    Rule::token(
        "cerebras-key",
        "Cerebras API key",
        High,
        &["csk-"],
        r"csk-[a-z0-9]{48}",
        "csk-{lownum:48}",
    )
    .entropy(3.5)
    .test(checks::letters_and_digits),
];
