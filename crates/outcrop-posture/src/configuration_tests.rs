//! The checks of the configuration over the histories of images that many build on, as their builders
//! wrote them; long commands are cut to the parts that decide.

use outcrop_model::{ImageConfig, Password};

use super::{Configuration, Requirements, look};
use crate::example::{accounts, image, layered};

/// What all checks of the configuration say: check and position in the history.
fn said(config: ImageConfig, layers: usize) -> Vec<String> {
    let config = crate::conceal(config);
    let layers = layered(&vec![(100, 1_000_000, 0); layers]);
    let accounts = accounts(&[("root", 0), ("nobody", 65534), ("postgres", 999)]);
    let configuration = Configuration {
        config: &ImageConfig {
            diff_ids: layers.iter().map(|layer| layer.diff_id).collect(),
            ..config
        },
        accounts: Some(&accounts),
        layers: &layers,
        requirements: &Requirements::default(),
    };
    look(&configuration)
        .into_iter()
        .map(|(check, remark)| {
            let step = remark.history.map_or(String::new(), |at| format!(" @{at}"));
            let subject = match remark.subject.as_str() {
                "" => String::new(),
                subject => format!(" {subject}"),
            };
            format!("{}{subject}{step}", check.id)
        })
        .collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

const DEBIAN: &str = "# debian.sh --arch 'amd64' out/ 'trixie' '@1769990400' ¶ debuerreotype 0.17";
const ALPINE: &str = "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit";

/// The steps of an official image of Python, on Debian or Alpine.
fn python(base: &str, shell: &str, install: &str) -> ImageConfig {
    let fetch = format!(
        "RUN /bin/sh -c set -eux; \t\t{install}; \twget -O python.tar.xz \"https://www.python.org/ftp/python/${{PYTHON_VERSION%%[a-z]*}}/Python-$PYTHON_VERSION.tar.xz\"; \techo \"$PYTHON_SHA256 *python.tar.xz\" | sha256sum -c -; \tGNUPGHOME=\"$(mktemp -d)\"; export GNUPGHOME; \tgpg --batch --keyserver hkps://keys.openpgp.org --recv-keys \"$GPG_KEY\"; \tgpg --batch --verify python.tar.xz.asc python.tar.xz; \tfind /usr/local -type f -executable -not \\( -name '*tkinter*' \\) -exec ldd '{{}}' ';' \t\t| awk '/=>/ {{ so = $(NF-1); print so }}' \t\t| sort -u \t\t| xargs -r dpkg-query --search \t\t| xargs -r apt-mark manual \t; \trm -rf /var/lib/apt/lists/*; \tpip3 install --disable-pip-version-check --no-cache-dir --no-compile 'setuptools==65.5.1' # buildkit"
    );
    let shell = format!("~CMD [\"{shell}\"]");
    let mut config = image(&[
        base,
        &shell,
        "~ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ¶ buildkit.dockerfile.v0",
        "~ENV LANG=C.UTF-8 ¶ buildkit.dockerfile.v0",
        &format!("RUN /bin/sh -c set -eux; \t{install}; \trm -rf /var/lib/apt/lists/* # buildkit"),
        "~ENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305 ¶ buildkit.dockerfile.v0",
        "~ENV PYTHON_VERSION=3.12.8 ¶ buildkit.dockerfile.v0",
        "~ENV PYTHON_SHA256=c909157bb25ec114e5869124cc2a9c4a4d4c1e957ca4ff553f1edc692101154e ¶ buildkit.dockerfile.v0",
        &fetch,
        "RUN /bin/sh -c set -eux; \tfor src in idle3 pip3 pydoc3; do \t\tln -svT \"$src\" \"/usr/local/bin/$src\"; \tdone # buildkit",
        "~CMD [\"python3\"] ¶ buildkit.dockerfile.v0",
    ]);
    config.environment = words(&[
        "PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
        "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305",
        "PYTHON_VERSION=3.12.8",
        "PYTHON_SHA256=c909157bb25ec114e5869124cc2a9c4a4d4c1e957ca4ff553f1edc692101154e",
    ]);
    config.command = words(&["python3"]);
    config
}

#[test]
fn bases_say_that_they_run_as_root_and_nothing_else() {
    let mut debian = image(&[DEBIAN]);
    debian.command = words(&["bash"]);
    assert_eq!(said(debian, 1), ["root-user"]);
    // Alpine 3.10, by the classic builder.
    let mut alpine = image(&[
        "/bin/sh -c #(nop) ADD file:d48cac34fac385cbc1de6adfdd88300f76f9bbe346cd17e64fd834d042a98326 in / ",
        "~/bin/sh -c #(nop)  CMD [\"/bin/sh\"]",
    ]);
    alpine.command = words(&["/bin/sh"]);
    assert_eq!(said(alpine, 1), ["root-user"]);
}

#[test]
fn official_images_of_languages_say_that_they_run_as_root_and_nothing_else() {
    let debian = "apt-get update; \tapt-get install -y --no-install-recommends \t\tca-certificates \t\ttzdata \t";
    let alpine = "apk add --no-cache \t\tca-certificates \t\ttzdata \t";
    assert_eq!(said(python(DEBIAN, "bash", debian), 4), ["root-user"]);
    assert_eq!(said(python(ALPINE, "/bin/sh", alpine), 4), ["root-user"]);

    let mut node = image(&[
        DEBIAN,
        "RUN /bin/sh -c groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node # buildkit",
        "~ENV NODE_VERSION=22.14.0 ¶ buildkit.dockerfile.v0",
        "RUN /bin/sh -c ARCH= && dpkgArch=\"$(dpkg --print-architecture)\" && case \"${dpkgArch##*-}\" in amd64) ARCH='x64';; *) echo \"unsupported architecture\"; exit 1 ;; esac && export GNUPGHOME=\"$(mktemp -d)\" && set -ex && for key in C0D6248439F1D5604AAFFB4021D900FFDB233756 DD792F5973C6DE52C432CBDAC77ABFA00DDBF2B7; do { gpg --batch --keyserver hkps://keys.openpgp.org --recv-keys \"$key\" && gpg --batch --fingerprint \"$key\"; } || { gpg --batch --keyserver keyserver.ubuntu.com --recv-keys \"$key\"; } ; done && curl -fsSLO --compressed \"https://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-linux-$ARCH.tar.xz\" && grep \" node-v$NODE_VERSION-linux-$ARCH.tar.xz\\$\" SHASUMS256.txt | sha256sum -c - && tar -xJf \"node-v$NODE_VERSION-linux-$ARCH.tar.xz\" -C /usr/local --strip-components=1 --no-same-owner # buildkit",
        "~ENV YARN_VERSION=1.22.22 ¶ buildkit.dockerfile.v0",
        "COPY docker-entrypoint.sh /usr/local/bin/ # buildkit",
        "~ENTRYPOINT [\"docker-entrypoint.sh\"] ¶ buildkit.dockerfile.v0",
        "~CMD [\"node\"] ¶ buildkit.dockerfile.v0",
    ]);
    node.environment = words(&["NODE_VERSION=22.14.0", "YARN_VERSION=1.22.22"]);
    node.entrypoint = words(&["docker-entrypoint.sh"]);
    node.command = words(&["node"]);
    assert_eq!(said(node, 4), ["root-user", "no-healthcheck"]);
}

#[test]
fn an_official_image_of_a_database() {
    let mut postgres = image(&[
        DEBIAN,
        "~ENV GOSU_VERSION=1.17 ¶ buildkit.dockerfile.v0",
        "RUN /bin/sh -c set -eux; \tapt-get update; \tapt-get install -y --no-install-recommends gnupg; \tkey='B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8'; \tgpg --batch --keyserver keyserver.ubuntu.com --recv-keys \"$key\"; \trm -rf /var/lib/apt/lists/* # buildkit",
        "~ENV PGDATA=/var/lib/postgresql/data ¶ buildkit.dockerfile.v0",
        "~VOLUME [/var/lib/postgresql/data] ¶ buildkit.dockerfile.v0",
        "~ENTRYPOINT [\"docker-entrypoint.sh\"] ¶ buildkit.dockerfile.v0",
        "~STOPSIGNAL SIGINT ¶ buildkit.dockerfile.v0",
        "~EXPOSE map[5432/tcp:{}] ¶ buildkit.dockerfile.v0",
        "~CMD [\"postgres\"] ¶ buildkit.dockerfile.v0",
    ]);
    let run = postgres.run.as_mut().unwrap();
    run.exposed_ports = words(&["5432/tcp"]);
    run.volumes = words(&["/var/lib/postgresql/data"]);
    postgres.entrypoint = words(&["docker-entrypoint.sh"]);
    postgres.command = words(&["postgres"]);
    assert_eq!(
        said(postgres, 2),
        ["root-user", "exposed-port 5432/tcp @7", "no-healthcheck"]
    );
}

#[test]
fn what_an_application_adds_is_told_by_its_own_steps() {
    let mut config = image(&[
        DEBIAN,
        "~/bin/sh -c #(nop)  ARG V=1",
        "~/bin/sh -c #(nop)  EXPOSE 22 8080",
        "~/bin/sh -c #(nop)  VOLUME [/etc]",
        "|1 V=1 /bin/sh -c apt-get update",
        "|1 V=1 /bin/sh -c apt-get install -y sudo curl",
        "|1 V=1 /bin/sh -c curl -fsSL https://get.example/x | sudo bash",
        "~/bin/sh -c #(nop)  USER 7",
        "~/bin/sh -c #(nop)  ENTRYPOINT [\"/bin/sh\" \"-c\" \"serve\"]",
    ]);
    let run = config.run.as_mut().unwrap();
    run.exposed_ports = words(&["22/tcp", "8080/tcp"]);
    run.volumes = words(&["/etc"]);
    config.user = "7".to_owned();
    config.entrypoint = words(&["/bin/sh", "-c", "serve"]);
    assert_eq!(
        said(config, 4),
        [
            "unknown-user 7 @7",
            "exposed-port 22/tcp @2",
            "exposed-port 8080/tcp @2",
            "no-healthcheck",
            "sensitive-volume /etc @3",
            "shell-form ENTRYPOINT @8",
            "piped-download https://get.example/x @6",
            "sudo installed @5",
            "sudo used @6",
            "update-alone apt in 476fd5c30bc8 @4",
        ]
    );
}

#[test]
fn a_secret_is_told_once_wherever_the_build_repeats_it() {
    let token = |seed| {
        let kind = "github-personal-access-token";
        crate::secrets::sample::sample(kind, seed).unwrap().value
    };
    let (variable, label, argument, script) = (token(1), token(2), token(3), token(4));
    let mut config = image(&[
        DEBIAN,
        &format!("~ENV A=b TOKEN={variable} ¶ buildkit.dockerfile.v0"),
        &format!("~LABEL token={label} ¶ buildkit.dockerfile.v0"),
        &format!("~ARG KEY={argument} ¶ buildkit.dockerfile.v0"),
        &format!("RUN |1 KEY={argument} /bin/sh -c fetch {script} && make # buildkit"),
        "~USER nobody ¶ buildkit.dockerfile.v0",
    ]);
    config.environment = vec!["A=b".to_owned(), format!("TOKEN={variable}")];
    config.labels.insert("token".to_owned(), label);
    config.user = "nobody".to_owned();
    let concealed = crate::conceal(config.clone());
    let fingerprints = concealed.secrets.iter().flatten();
    let expected: Vec<String> = fingerprints
        .zip([1, 2, 3, 4])
        .map(|(secret, step)| {
            let fingerprint = &secret.trace.fingerprint;
            format!("secret-in-configuration {fingerprint} @{step}")
        })
        .collect();
    assert_eq!(expected.len(), 4);
    assert_eq!(said(config, 2), expected);
}

#[test]
fn remarks_are_bounded_and_the_worst_are_kept() {
    let mut config = image(&[]);
    config.run.as_mut().unwrap().exposed_ports = (1..=65535)
        .rev()
        .map(|port| format!("{port}/tcp"))
        .collect();
    let said = said(config, 0);
    assert_eq!(said.len(), 2 + super::MAX_REMARKS, "{:?}", said.last());
    assert!(said.contains(&"exposed-port 22/tcp".to_owned()));
    assert_eq!(said.last().map(String::as_str), Some("exposed-port more"));
}

#[test]
fn hostile_histories_are_read_to_their_end() {
    let many = |text: &str| text.repeat(4_096);
    let mut config = image(&[
        &many("curl http://a/b | sh; "),
        &format!("RUN |{} /bin/sh -c ", "9".repeat(40)),
        &format!("RUN /bin/sh -c {}", many("sh -c '")),
        &format!("RUN /bin/sh -c {}", many("$(")),
        &format!("RUN /bin/sh -c cat {}", many("<<E ")),
        &format!("~ENV {}", many("A=A ")),
        &format!("~EXPOSE map[{}", many("1-65535/tcp:{} ")),
        &format!("~VOLUME [{}", many("/../")),
        &many("\u{0}\u{202e}é"),
        "~USER :",
        " ¶ FROM ",
    ]);
    let run = config.run.as_mut().unwrap();
    run.exposed_ports = words(&["1-1/tcp", "\u{1b}[2J", &many("9")]);
    run.volumes = words(&["/../..", &many("/dev/")]);
    run.health_check = Some(Vec::new());
    config.user = format!("{}:{}", many("\n"), many("é"));
    config.entrypoint = words(&["sh", "-c", &many("\u{7}")]);
    let config = crate::conceal(config);
    let configuration = Configuration {
        config: &config,
        accounts: None,
        layers: &layered(&[(1, 1, 0)]),
        requirements: &Requirements {
            labels: vec![many("x"), String::new()],
        },
    };
    let said = look(&configuration);
    assert!(said.iter().any(|(check, _)| check.id == "piped-download"));
    for (check, remark) in said {
        for text in [&remark.message, &remark.subject] {
            let harmless = !text.chars().any(char::is_control) && text.chars().count() < 1_500;
            assert!(harmless, "{}: {text:?}", check.id);
        }
    }
}

#[test]
fn accounts_are_looked_at_where_there_are_any() {
    let config = image(&[]);
    let mut accounts = accounts(&[("open", 5)]);
    accounts.accounts[0].password = Password::Empty;
    let configuration = Configuration {
        config: &config,
        accounts: Some(&accounts),
        layers: &[],
        requirements: &Requirements::default(),
    };
    let said = look(&configuration);
    assert!(said.iter().any(|(check, _)| check.id == "empty-password"));
}
