//! Tokens of every kind in files as people write them: each is told once, by its kind, at its line.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use outcrop_tests::archive::{Image, Layer, dpkg_paragraph};
use outcrop_tests::programs::User;
use outcrop_tests::random::Random;
use outcrop_tests::suite::Outcome;

use crate::reports;
use crate::tokens::FORMS;

/// A secret in a file.
struct Planted {
    kind: &'static str,
    path: String,
    text: String,
    line: u32,
    value: String,
}

/// How a file says that a name has a value: its name, what stands before, the line, what stands
/// after. `{name}` and `{value}` are replaced.
struct Format {
    file: &'static str,
    text: &'static str,
}

/// Files as they lie in images.
const FORMATS: &[Format] = &[
    Format {
        file: ".env.production",
        text: "# orders\nLOG_LEVEL=info\n{name}={value}\nPORT=8080\n",
    },
    Format {
        file: "application.yaml",
        text: "orders:\n  region: eu-west-1\n  retries: 3\n  {name}: {value}\n  timeout: 30s\n",
    },
    Format {
        file: "settings.json",
        text: "{\n  \"region\": \"eu-west-1\",\n  \"{name}\": \"{value}\",\n  \"retries\": 3\n}\n",
    },
    Format {
        file: "orders.ini",
        text: "[service]\nregion = eu-west-1\n{name} = {value}\n\n[log]\nlevel = info\n",
    },
    Format {
        file: "deploy.sh",
        text: "#!/bin/sh\nset -eu\nexport {name}=\"{value}\"\nexec deploy --region eu-west-1\n",
    },
    Format {
        file: "web.config.xml",
        text: "<configuration>\n  <appSettings>\n    <add key=\"{name}\" value=\"{value}\"/>\n  </appSettings>\n</configuration>\n",
    },
    Format {
        file: "orders.properties",
        text: "orders.region=eu-west-1\norders.retries=3\norders.{name}={value}\n",
    },
    Format {
        file: "orders.toml",
        text: "[service]\nregion = \"eu-west-1\"\n{name} = \"{value}\"\n",
    },
    Format {
        file: "terraform.tfvars",
        text: "region = \"eu-west-1\"\n{name} = \"{value}\"\n",
    },
    Format {
        file: "settings.py",
        text: "import os\n\nREGION = \"eu-west-1\"\n{name} = \"{value}\"\n",
    },
    Format {
        file: "config.js",
        text: "module.exports = {\n  region: 'eu-west-1',\n  {name}: '{value}',\n};\n",
    },
    Format {
        file: "Dockerfile",
        text: "FROM debian:12\nRUN echo 'built'\nENV {name}={value}\nCMD [\"orders\"]\n",
    },
];

impl Format {
    fn holding(&self, folder: &str, kind: &'static str, name: &str, value: String) -> Planted {
        let text = self.text.replace("{name}", name).replace("{value}", &value);
        let before = self.text.split("{value}").next().unwrap_or_default();
        Planted {
            kind,
            path: format!("{folder}/{}", self.file),
            text,
            line: before.matches('\n').count() as u32 + 1,
            value,
        }
    }
}

/// One of every kind of the table, as its own sample has it, among lines that are none.
fn of_every_kind() -> Vec<Planted> {
    let kinds = outcrop_posture::secret_kinds();
    kinds
        .zip(1..)
        .filter_map(|(kind, number)| {
            let sample = outcrop_posture::fixtures::sample(kind.id, number)?;
            let text = if sample.path.starts_with("app/") && !sample.text.contains('\n') {
                format!(
                    "# Of the orders service.\nREGION=eu-west-1\n{}\nPORT=80\n",
                    sample.text
                )
            } else {
                format!("{}\n", sample.text)
            };
            let before = text.split(&sample.value).next().unwrap_or_default();
            Some(Planted {
                kind: kind.id,
                path: format!("srv/kind-{number}/{}", sample.path),
                line: before.matches('\n').count() as u32 + 1,
                text,
                value: sample.value,
            })
        })
        .collect()
}

/// One secret of every form in every second format or so: formats and forms have no divisor in
/// common that would pair them always the same way.
fn planted() -> Vec<Planted> {
    let mut random = Random::new(3);
    let mut planted = of_every_kind();
    for (number, form) in FORMS.iter().enumerate() {
        for round in 0..3 {
            let format = &FORMATS[(number + 5 * round) % FORMATS.len()];
            let value = form.token(&mut random);
            let name = if form.name.is_empty() {
                "setting"
            } else {
                form.name
            };
            let folder = format!("srv/orders-{number}-{round}");
            planted.push(format.holding(&folder, form.kind, name, value));
        }
    }
    planted
}

/// The archive with all of them, as an argument, and their values.
pub(crate) fn image(user: &User) -> Result<(String, Vec<String>)> {
    let planted = planted();
    let mut layer = Layer::default();
    for one in &planted {
        layer = layer.file(&one.path, &one.text)?;
    }
    let image = Image::default()
        .layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?)?
        .layer(layer)?;
    let path = user.home().join("kinds.tar");
    std::fs::write(&path, image.docker_archive("test/kinds:1")?)?;
    let values = planted.into_iter().map(|one| one.value).collect();
    Ok((format!("docker-archive:{}", path.display()), values))
}

/// Every one is told, once, as its kind, at its line.
pub(crate) fn every_kind() -> Outcome {
    let user = User::new()?;
    let (image, _) = image(&user)?;
    let scan = reports::scan(&user, &image)?;
    let secrets = scan.risks.iter().filter(|risk| risk.group == "secrets");
    let found: Vec<_> = secrets
        .map(|risk| {
            let kind = risk
                .secret
                .as_ref()
                .map_or("", |secret| secret.kind.as_str());
            let path = risk.path.as_deref().unwrap_or_default();
            (path, risk.line.unwrap_or(0), kind)
        })
        .collect();
    let planted = planted();
    let expected: BTreeSet<_> = planted
        .iter()
        .map(|one| (one.path.as_str(), one.line, one.kind))
        .collect();
    let told: BTreeSet<_> = found.iter().copied().collect();
    ensure!(
        expected == told && told.len() == found.len(),
        "missing {:#?}, extra {:#?}, {} twice",
        expected.difference(&told).collect::<Vec<_>>(),
        told.difference(&expected).collect::<Vec<_>>(),
        found.len() - told.len()
    );
    // Two characters of either end, no more.
    for one in &planted {
        let risk = scan
            .risks
            .iter()
            .find(|risk| risk.path.as_deref() == Some(one.path.as_str()) && risk.secret.is_some());
        let secret = risk.and_then(|risk| risk.secret.as_ref());
        let shown = secret.map_or("", |secret| secret.shown.as_str());
        let mut ends = shown.split('\u{2026}');
        ensure!(
            ends.all(|end| end.chars().count() <= 2 && one.value.contains(end)),
            "`{shown}` is shown of a {}",
            one.kind
        );
    }
    let kinds: BTreeSet<_> = planted.iter().map(|one| one.kind).collect();
    println!("{} secrets of {} kinds", planted.len(), kinds.len());
    ensure!(kinds.len() >= 80, "{} kinds", kinds.len());
    Ok(())
}
