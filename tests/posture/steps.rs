//! The planted image, step by step: what is done wrong, how it is done right, and what must be said
//! of the wrong way.

/// A line of both Containerfiles.
pub(crate) struct Step {
    /// The wrong way. `{name}` stands for what [`crate::planted::Words`] has under that name.
    pub(crate) risky: &'static str,
    /// The right way; empty where nothing is to be done.
    pub(crate) right: &'static str,
    /// What the wrong way brings.
    pub(crate) brings: &'static [Brings],
}

/// What must be reported, once.
#[derive(Clone, Copy)]
pub(crate) struct Brings {
    pub(crate) check: &'static str,
    pub(crate) severity: &'static str,
    /// Part of the message that decides, or empty.
    pub(crate) says: &'static str,
    pub(crate) at: At,
    /// The step after this one that hides it, as the number of steps until then; 0 for none.
    pub(crate) hidden_after: usize,
}

/// Where it is.
#[derive(Clone, Copy)]
pub(crate) enum At {
    /// In the configuration, set by this step.
    Setting,
    /// In the configuration, by what no step sets.
    Nowhere,
    /// The layer of this step as a whole.
    Layer,
    /// The build argument that this step declares: in Docker's history it is told there, in
    /// Podman's with the next step that runs something.
    Argument,
    /// A path.
    Path(&'static str),
    /// A line of a file.
    Line(&'static str, u32),
    /// The line of a file that begins with a word.
    LineOf(&'static str, &'static str),
}

const fn brings(check: &'static str, severity: &'static str, at: At) -> Brings {
    Brings {
        check,
        severity,
        says: "",
        at,
        hidden_after: 0,
    }
}

const fn path(check: &'static str, severity: &'static str, path: &'static str) -> Brings {
    brings(check, severity, At::Path(path))
}

const fn secret(path: &'static str, line: u32) -> Brings {
    brings("secret-in-file", "critical", At::Line(path, line))
}

const fn setting(check: &'static str, severity: &'static str, says: &'static str) -> Brings {
    Brings {
        says,
        ..brings(check, severity, At::Setting)
    }
}

const fn account(
    check: &'static str,
    severity: &'static str,
    path: &'static str,
    start: &'static str,
) -> Brings {
    brings(check, severity, At::LineOf(path, start))
}

impl Brings {
    const fn hidden_after(mut self, steps: usize) -> Self {
        self.hidden_after = steps;
        self
    }
}

impl Step {
    /// Whether the wrong way makes a layer.
    pub(crate) fn makes_layer(&self) -> bool {
        let words = ["RUN ", "COPY ", "ADD "];
        words.iter().any(|word| self.risky.starts_with(word))
    }
}

const fn step(risky: &'static str, right: &'static str, brings: &'static [Brings]) -> Step {
    Step {
        risky,
        right,
        brings,
    }
}

/// The steps above the base, in their order.
pub(crate) const STEPS: &[Step] = &[
    // How it is built.
    step(
        "ADD http://127.0.0.1:{port}/tool /opt/tool",
        "COPY tool /opt/tool",
        &[setting("add-from-url", "low", "")],
    ),
    step(
        "RUN curl --silent http://127.0.0.1:{port}/install.sh | sh",
        "RUN sh /opt/tool",
        &[setting("piped-download", "medium", "127.0.0.1")],
    ),
    step(
        "RUN PATH=/opt/stub:$PATH; sudo() { \"$@\"; }; sudo touch /opt/by-sudo",
        "RUN touch /opt/by-root",
        &[setting("sudo", "low", "")],
    ),
    step(
        "RUN apt-get update && apt-get install --yes --no-install-recommends tini \
         && cd /var/lib/apt/lists && rm *Release \
         && cd /var/cache/apt/archives && rm *.deb",
        "RUN apt-get update && apt-get install --yes --no-install-recommends tini \
         && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb",
        &[
            setting("package-cache", "negligible", "apt"),
            path(
                "package-cache-files",
                "negligible",
                "var/cache/apt/pkgcache.bin",
            ),
        ],
    ),
    step(
        "RUN apt-get update",
        "RUN touch /opt/updated",
        &[setting("update-alone", "low", "apt")],
    ),
    // The lists that were left are named after the archives of this machine's apt.
    step(
        "RUN find /var/lib/apt/lists -name '*Release' -delete",
        "",
        &[],
    ),
    step(
        "COPY tini.deb /var/cache/apt/archives/tini_0.19.0-1_amd64.deb",
        "COPY tini.deb /srv/tini.deb",
        &[path(
            "package-cache-files",
            "negligible",
            "var/cache/apt/archives/tini_0.19.0-1_amd64.deb",
        )],
    ),
    step(
        "RUN touch /etc/orders.conf.dpkg-new",
        "",
        &[path(
            "package-manager-leftover",
            "low",
            "etc/orders.conf.dpkg-new",
        )],
    ),
    step("RUN head -c 12000000 /dev/zero >/srv/large", "", &[]),
    step(
        "RUN rm /srv/large",
        "",
        &[brings("hidden-content", "negligible", At::Layer)],
    ),
    step(
        "COPY nothing /srv/nothing",
        "",
        &[brings("empty-layer", "negligible", At::Layer)],
    ),
    // Permissions and owners.
    step(
        "RUN mkdir /srv/open && chmod 0777 /srv/open",
        "RUN mkdir /srv/open && chmod 1777 /srv/open",
        &[path("world-writable-folder", "medium", "srv/open")],
    ),
    step(
        "RUN touch /srv/open.txt && chmod 0666 /srv/open.txt",
        "RUN touch /srv/open.txt && chmod 0644 /srv/open.txt",
        &[path("world-writable-file", "medium", "srv/open.txt")],
    ),
    step(
        "RUN printf '#!/bin/sh\\n' >/usr/local/bin/anyone && chmod 0777 /usr/local/bin/anyone",
        "RUN printf '#!/bin/sh\\n' >/usr/local/bin/anyone && chmod 0755 /usr/local/bin/anyone",
        &[path("writable-in-path", "high", "usr/local/bin/anyone")],
    ),
    step(
        "RUN cp /bin/true /usr/local/bin/rise && chmod 4755 /usr/local/bin/rise",
        "RUN cp /bin/true /usr/local/bin/rise && chmod 0755 /usr/local/bin/rise",
        &[path("setuid-program", "low", "usr/local/bin/rise")],
    ),
    step(
        "RUN cp /bin/true /usr/local/bin/join && chmod 2755 /usr/local/bin/join",
        "RUN cp /bin/true /usr/local/bin/join && chmod 0755 /usr/local/bin/join",
        &[path("setgid-program", "low", "usr/local/bin/join")],
    ),
    step(
        "RUN cp /bin/true /usr/local/bin/raw && python3 -c \"import os; \
         os.setxattr('/usr/local/bin/raw', 'security.capability', \
         bytes.fromhex('0100000200200000000000000000000000000000'))\"",
        "RUN cp /bin/true /usr/local/bin/raw",
        &[path("file-capabilities", "low", "usr/local/bin/raw")],
    ),
    step(
        "RUN touch /srv/nobodys && chown 4242:4242 /srv/nobodys",
        "RUN touch /srv/nobodys && chown www-data:www-data /srv/nobodys",
        &[path("unowned-files", "low", "srv/nobodys")],
    ),
    // Mended by a later step, so not reported.
    step(
        "RUN mkdir /srv/mended && chmod 0777 /srv/mended \
         && cp /bin/true /srv/mended/rise && chmod 4755 /srv/mended/rise \
         && touch /srv/removed && chmod 0666 /srv/removed \
         && touch /srv/mended/nobodys && chown 4343:4343 /srv/mended/nobodys",
        "",
        &[],
    ),
    step(
        "RUN chmod 0755 /srv/mended /srv/mended/rise && rm /srv/removed \
         && chown root:root /srv/mended/nobodys",
        "",
        &[],
    ),
    // Accounts, each in a layer of its own, all of which rewrite the same files.
    step(
        "RUN useradd --no-create-home open && passwd --delete open",
        "RUN useradd --no-create-home open",
        &[account("empty-password", "high", "etc/shadow", "open:")],
    ),
    step(
        "RUN useradd --no-create-home known && echo 'known:{password}' | chpasswd",
        "RUN useradd --no-create-home known",
        &[
            account("set-password", "low", "etc/shadow", "known:"),
            setting("secret-in-configuration", "high", "RUN"),
        ],
    ),
    step(
        "RUN useradd --no-create-home --non-unique --uid 0 --gid 0 twin",
        "RUN useradd --no-create-home twin",
        &[account("second-root", "high", "etc/passwd", "twin:")],
    ),
    // What was left behind.
    step(
        "COPY leftovers /srv/leftovers",
        "RUN mkdir /srv/leftovers",
        &[
            path(
                "version-control-folder",
                "medium",
                "srv/leftovers/.git/HEAD",
            ),
            path("environment-file", "medium", "srv/leftovers/.env"),
            path("registry-credentials", "medium", "srv/leftovers/.npmrc"),
            path("registry-credentials", "medium", "srv/leftovers/.pypirc"),
            path("login-credentials", "high", "srv/leftovers/.netrc"),
            path(
                "kubernetes-configuration",
                "high",
                "srv/leftovers/.kube/config",
            ),
            path(
                "cloud-credentials",
                "high",
                "srv/leftovers/.aws/credentials",
            ),
            path(
                "cloud-credentials",
                "high",
                "srv/leftovers/.docker/config.json",
            ),
            path("shell-history", "low", "srv/leftovers/.bash_history"),
            path("core-dump", "medium", "srv/leftovers/core"),
            path(
                "editor-leftover",
                "negligible",
                "srv/leftovers/.orders.py.swp",
            ),
            path("editor-leftover", "negligible", "srv/leftovers/orders.py~"),
            path("private-key-file", "high", "srv/leftovers/.ssh/id_ed25519"),
        ],
    ),
    step(
        "COPY tool /etc/ssh/ssh_host_ed25519_key",
        "",
        &[path(
            "ssh-host-key",
            "medium",
            "etc/ssh/ssh_host_ed25519_key",
        )],
    ),
    // Secrets: in a file, in one that a later step deletes, in one that it overwrites.
    step(
        "COPY settings.yaml /srv/settings.yaml",
        "",
        &[secret("srv/settings.yaml", 3)],
    ),
    step(
        "COPY deleted.env /srv/deleted.env",
        "",
        &[secret("srv/deleted.env", 2).hidden_after(1)],
    ),
    step("RUN rm /srv/deleted.env", "", &[]),
    step(
        "COPY replaced.json /srv/replaced.json",
        "",
        &[secret("srv/replaced.json", 2).hidden_after(1)],
    ),
    step("RUN echo '{}' >/srv/replaced.json", "", &[]),
    step(
        "COPY folder /srv/folder",
        "",
        &[secret("srv/folder/deep/key.ini", 2).hidden_after(1)],
    ),
    step("RUN rm -r /srv/folder && mkdir /srv/folder", "", &[]),
    step(
        "ENV API_TOKEN={environment}",
        "ENV API_TOKEN_FILE=/run/secrets/api-token",
        &[setting("secret-in-configuration", "critical", "API_TOKEN")],
    ),
    step(
        "LABEL deploy.token={label}",
        "LABEL deploy.contact=orders@example.org",
        &[setting(
            "secret-in-configuration",
            "critical",
            "deploy.token",
        )],
    ),
    step(
        "RUN : {history} && touch /srv/fetched",
        "RUN touch /srv/fetched",
        &[setting("secret-in-configuration", "critical", "RUN")],
    ),
    // How it runs.
    step(
        "LABEL org.opencontainers.image.base.name=docker.io/library/debian:latest",
        "LABEL org.opencontainers.image.base.name=docker.io/library/debian:12.4",
        &[setting("unpinned-base", "low", "debian:latest")],
    ),
    step(
        "EXPOSE 22",
        "",
        &[setting("exposed-port", "medium", "22/tcp")],
    ),
    step("EXPOSE 80", "", &[setting("exposed-port", "low", "80/tcp")]),
    step(
        "EXPOSE 5432",
        "",
        &[setting("exposed-port", "medium", "5432/tcp")],
    ),
    step(
        "EXPOSE 8080/tcp",
        "",
        &[setting("exposed-port", "negligible", "8080/tcp")],
    ),
    step(
        "VOLUME /home",
        "VOLUME /srv/state",
        &[setting("sensitive-volume", "medium", "/home")],
    ),
    step(
        "ENTRYPOINT sleep 1",
        "ENTRYPOINT [\"sleep\", \"1\"]",
        &[setting("shell-form", "low", "ENTRYPOINT")],
    ),
    step(
        "ARG BUILD_TOKEN={argument}",
        "ARG BUILD_NUMBER=7",
        &[Brings {
            says: "BUILD_TOKEN",
            ..brings("secret-in-configuration", "critical", At::Argument)
        }],
    ),
    step("RUN touch /srv/built", "RUN touch /srv/built", &[]),
    step(
        "USER root",
        "USER www-data",
        &[setting("root-user", "medium", "root")],
    ),
    step(
        "",
        "HEALTHCHECK CMD [\"true\"]",
        &[brings("no-healthcheck", "negligible", At::Nowhere)],
    ),
];
