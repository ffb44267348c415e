//! What an archive most likely is, from its name, its manifest and the package of its classes.

use super::folder_and_name;
use super::groups::known;
use super::manifest::Manifest;

/// Words behind a version that tell how an archive was packed, not which version it is of.
const CLASSIFIERS: &[&str] = &[
    "all",
    "bin",
    "boot",
    "classes",
    "dist",
    "docs",
    "exec",
    "executable",
    "fat",
    "groovydoc",
    "javadoc",
    "kotlindoc",
    "linux",
    "natives",
    "nodep",
    "osx",
    "runner",
    "scaladoc",
    "shaded",
    "shadow",
    "sources",
    "src",
    "standalone",
    "test",
    "tests",
    "uber",
    "windows",
];
/// Those of archives that nothing runs.
const DOCUMENTATION: &[&str] = &[
    "docs",
    "groovydoc",
    "javadoc",
    "kotlindoc",
    "scaladoc",
    "sources",
    "src",
];
/// How much of a file's name is looked at; no file system of Linux has longer ones.
const MAX_NAME_BYTES: usize = 255;
/// Words that stand before a number inside a version.
const STAGES: &[&str] = &[
    "alpha",
    "b",
    "beta",
    "build",
    "cr",
    "fuse",
    "ga",
    "jre",
    "m",
    "milestone",
    "p",
    "patch",
    "pre",
    "preview",
    "r",
    "rc",
    "redhat",
    "rev",
    "sp",
];

/// What was concluded.
pub(super) struct Inferred {
    pub(super) group: Option<String>,
    pub(super) artifact: String,
    /// Empty where nothing tells it.
    pub(super) version: String,
    pub(super) from: &'static str,
}

/// The parts of `artifact-version-classifier.jar`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    stem: &'a str,
    artifact: &'a str,
    version: &'a str,
    classifier: &'a str,
}

impl<'a> Name<'a> {
    /// Takes the name of a file apart.
    pub(super) fn of(path: &'a str) -> Self {
        let (_, file) = folder_and_name(path);
        let file = &file[..file.floor_char_boundary(MAX_NAME_BYTES)];
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let starts = stem
            .match_indices('-')
            .map(|(at, _)| at)
            // As OSGi bundles are called: `org.eclipse.osgi_3.18.0.v2022`.
            .chain(stem.rfind('_'));
        for at in starts {
            let (artifact, rest) = (&stem[..at], &stem[at + 1..]);
            if !artifact.is_empty() && is_version(rest) {
                let end = classifier(rest).map_or(rest.len(), |(at, _)| at);
                let (version, classifier) = (&rest[..end], rest[end..].trim_start_matches('-'));
                return Self {
                    stem,
                    artifact,
                    version,
                    classifier,
                };
            }
        }
        let (artifact, classifier) = classifier(stem).map_or((stem, ""), |(at, word)| {
            if DOCUMENTATION.contains(&word) {
                (&stem[..at], &stem[at + 1..])
            } else {
                (stem, "")
            }
        });
        Self {
            stem,
            artifact,
            version: "",
            classifier,
        }
    }

    /// Whether it is the name of an archive of sources or documentation.
    pub(super) fn is_documentation(&self) -> bool {
        self.classifier
            .split('-')
            .any(|word| DOCUMENTATION.contains(&word))
    }

    pub(super) fn has_version(&self) -> bool {
        !self.version.is_empty()
    }

    pub(super) fn artifact(&self) -> &str {
        self.artifact
    }

    /// Whether an archive of that artifact would be called so: `artifact-1.0.jar`, as Eclipse names
    /// them `group.artifact-1.0.jar`, and as Debian does, with hyphens for underscores.
    pub(super) fn is_of(&self, group: &str, artifact: &str) -> bool {
        let [stem, group, artifact] =
            [self.stem, group, artifact].map(|part| part.replace('_', "-"));
        let without_group = stem
            .strip_prefix(&group)
            .and_then(|rest| rest.strip_prefix('.'));
        [Some(stem.as_str()), without_group]
            .into_iter()
            .flatten()
            .filter_map(|stem| stem.strip_prefix(&artifact))
            .any(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
    }
}

/// Whether what follows a hyphen is a version: `2.14.1`, not `1.2-api-2.14.1`.
fn is_version(text: &str) -> bool {
    let starts_with_digit = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    // `3.x` is of a repository that holds but the newest.
    let first = text.split('-').next().unwrap_or_default();
    if !starts_with_digit(text) || first.rsplit('.').next() == Some("x") {
        return false;
    }
    let mut words = text.split(['-', '_']).skip(1);
    // `1.2-1.2.17` is of what is called `log4j-1.2`; a date is of a build between versions.
    if let Some((number, _)) = words.clone().next().and_then(|word| word.split_once('.'))
        && number.len() < 8
        && starts_with_digit(number)
    {
        return false;
    }
    while let Some(word) = words.next() {
        let plain = word.to_ascii_lowercase();
        if CLASSIFIERS.contains(&plain.as_str()) {
            return true;
        }
        let stage = plain.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if !starts_with_digit(word)
            && !STAGES.contains(&stage)
            && words.clone().any(starts_with_digit)
        {
            return false;
        }
    }
    true
}

/// Where the first word that tells how the archive was packed begins, with its hyphen; the word.
fn classifier(text: &str) -> Option<(usize, &str)> {
    text.match_indices('-').find_map(|(at, _)| {
        let word = text[at + 1..].split('-').next().unwrap_or_default();
        CLASSIFIERS.contains(&word).then_some((at, word))
    })
}

/// Group, artifact and file of a path that ends in `META-INF/maven/GROUP/ARTIFACT/FILE`.
pub(super) fn maven_path(path: &str) -> Option<(&str, &str, &str)> {
    let (rest, file) = path.rsplit_once('/')?;
    let (rest, artifact) = rest.rsplit_once('/')?;
    let (rest, group) = rest.rsplit_once('/')?;
    (rest == "META-INF/maven" || rest.ends_with("/META-INF/maven"))
        .then_some((group, artifact, file))
}

/// What paths tell: where the archive lies, and what lies in it.
pub(super) struct Traces<'a> {
    /// Group of the archive by its place in a repository.
    place: Option<(String, &'a str)>,
    /// Groups and artifacts of the projects that were packed.
    projects: Vec<(String, String)>,
    /// The folders that all classes share.
    package: Option<String>,
    has_classes: bool,
}

/// Projects of one archive that are looked at.
const MAX_PROJECTS: usize = 1_000;

impl<'a> Traces<'a> {
    pub(super) fn new(path: &'a str, is_outermost: bool) -> Self {
        Self {
            place: if is_outermost { repository(path) } else { None },
            projects: Vec::new(),
            package: None,
            has_classes: false,
        }
    }

    /// Takes note of an entry.
    pub(super) fn entry(&mut self, path: &str) {
        if let Some((group, artifact, "pom.xml")) = maven_path(path) {
            if self.projects.len() < MAX_PROJECTS {
                self.projects.push((group.to_owned(), artifact.to_owned()));
            }
            return;
        }
        let Some(class) = path.strip_suffix(".class") else {
            return;
        };
        self.has_classes = true;
        let Some((folder, _)) = class.rsplit_once('/') else {
            return;
        };
        if ["META-INF/", "BOOT-INF/", "WEB-INF/"]
            .iter()
            .any(|other| folder.starts_with(other))
        {
            return;
        }
        match &mut self.package {
            None => self.package = Some(folder.to_owned()),
            Some(package) => {
                let shared = package
                    .split('/')
                    .zip(folder.split('/'))
                    .take_while(|(one, other)| one == other)
                    .map(|(one, _)| one.len() + 1)
                    .sum::<usize>();
                package.truncate(shared.saturating_sub(1));
            }
        }
    }
}

/// Group and artifact by the place of a file in a repository on disk: Maven's
/// `repository/org/example/a/1.0/a-1.0.jar`, in Debian under `maven-repo`; Gradle's
/// `files-2.1/org.example/a/1.0/SUM/a-1.0.jar`.
fn repository(path: &str) -> Option<(String, &str)> {
    let folders: Vec<&str> = path.split('/').collect();
    let root = folders
        .iter()
        .rposition(|folder| matches!(*folder, "repository" | "maven-repo" | "files-2.1"))?;
    let (group, artifact) = match &folders[root + 1..] {
        [group, artifact, _, _, file] if folders[root] == "files-2.1" => {
            (vec![*group], (*artifact, *file))
        }
        [group @ .., artifact, _, file] if !group.is_empty() => {
            (group.to_vec(), (*artifact, *file))
        }
        _ => return None,
    };
    let (artifact, file) = artifact;
    let group = group.join(".");
    Name::of(file)
        .is_of(&group, artifact)
        .then_some((group, artifact))
}

/// What the archive is, where anything tells; nothing for one that is only called something.
pub(super) fn infer(name: &Name<'_>, manifest: &Manifest, traces: &Traces<'_>) -> Option<Inferred> {
    let manifest_version = [
        "Plugin-Version",
        "Implementation-Version",
        "Bundle-Version",
        "Specification-Version",
    ]
    .iter()
    .map(|attribute| version(manifest.get(attribute)))
    .find(|version| !version.is_empty())
    .unwrap_or_default();
    let (version, from) = if name.has_version() {
        (name.version, "the file's name")
    } else if !manifest_version.is_empty() {
        (manifest_version, "the manifest")
    } else if traces.has_classes {
        ("", "the file's name")
    } else {
        return None;
    };
    let artifact = if name.has_version() || known(name.artifact).is_some() {
        name.artifact
    } else {
        ["Short-Name", "Implementation-Title"]
            .into_iter()
            .map(|attribute| manifest.get(attribute))
            .find(|title| is_artifact(title))
            .unwrap_or(name.artifact)
    };
    let mut inferred = Inferred {
        group: None,
        artifact: artifact.to_owned(),
        version: version.to_owned(),
        from,
    };
    inferred.place(name, manifest, traces);
    Some(inferred)
}

impl Inferred {
    /// Finds the group, by what is surest first.
    fn place(&mut self, name: &Name<'_>, manifest: &Manifest, traces: &Traces<'_>) {
        if let Some((group, artifact)) = &traces.place {
            self.group = Some(group.clone());
            (*artifact).clone_into(&mut self.artifact);
            self.from = "the file's place in a repository";
            return;
        }
        let mut own = traces
            .projects
            .iter()
            .filter(|(group, artifact)| name.is_of(group, artifact));
        if let (Some((group, artifact)), None) = (own.next(), own.next()) {
            self.group = Some(group.clone());
            self.artifact.clone_from(artifact);
            return;
        }
        if let Some(known) = known(&self.artifact) {
            let (group, artifact) = known.split_once(':').unwrap_or((known, &self.artifact));
            self.group = Some(group.to_owned());
            self.artifact = artifact.to_owned();
            return;
        }
        let told = ["Group-Id", "Implementation-Vendor-Id"]
            .iter()
            .map(|attribute| manifest.get(attribute))
            .find(|group| is_group(group));
        let package = traces
            .package
            .as_deref()
            .unwrap_or_default()
            .replace('/', ".");
        self.group = told.map(str::to_owned).or_else(|| {
            [
                symbolic_name(manifest),
                manifest.get("Automatic-Module-Name"),
                &package,
            ]
            .iter()
            .find_map(|dotted| group_of(dotted, &self.artifact))
        });
        // `org.example.tool` of the group `org.example.tool` or `org.example`.
        if self.group.is_none() && is_group(&self.artifact) && self.artifact.contains('.') {
            self.group = self
                .artifact
                .rsplit_once('.')
                .map(|(group, _)| group.to_owned())
                .filter(|group| is_group(group));
        }
    }
}

/// `OSGi` Core, `Bundle-SymbolicName`: the name before its directives.
fn symbolic_name(manifest: &Manifest) -> &str {
    let name = manifest.get("Bundle-SymbolicName");
    name.split(';').next().unwrap_or_default().trim()
}

/// The group of an artifact, by a dotted name that the artifact or its classes bear:
/// `io.netty.buffer` of `netty-buffer`, `org.slf4j` of `slf4j-api`, `org.apache.tomcat-util` of
/// what was called otherwise.
fn group_of(dotted: &str, artifact: &str) -> Option<String> {
    let (before, last) = dotted.rsplit_once('.')?;
    let is_last = artifact == last
        || artifact
            .strip_suffix(last)
            .is_some_and(|rest| rest.ends_with(['-', '.', '_']));
    let group = if is_last && is_group(before) {
        before
    } else {
        let rest = last.find('-').map_or(0, |hyphen| last.len() - hyphen);
        &dotted[..dotted.len() - rest]
    };
    is_group(group).then(|| group.to_owned())
}

/// `org.example`: begins as names of the Internet end, as groups do, and is not everybody's.
fn is_group(text: &str) -> bool {
    const ENDS: &[&str] = &[
        "ai", "app", "biz", "cloud", "com", "dev", "edu", "gov", "info", "io", "jakarta", "javax",
        "net", "org", "tech",
    ];
    const OF_MANY: &[&str] = &[
        "com.github",
        "com.google",
        "com.oracle",
        "com.sun",
        "io.github",
        "org.apache",
        "org.codehaus",
        "org.eclipse",
    ];
    let mut words = text.split('.');
    let first = words.next().unwrap_or_default();
    let is_country = first.len() == 2 && first.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    (is_country || ENDS.contains(&first))
        && !OF_MANY.contains(&text)
        && words.clone().next().is_some()
        && words.all(is_word)
}

/// Whether a title is the name of an artifact and no sentence.
fn is_artifact(title: &str) -> bool {
    title.starts_with(|c: char| c.is_ascii_lowercase())
        && title.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
        })
}

/// `1.0` of `1.0 (build 7)`; nothing where it begins with no digit.
fn version(text: &str) -> &str {
    let version = text.split_whitespace().next().unwrap_or_default();
    let version = version.trim_matches('"');
    let end = version
        .find(|c: char| !c.is_ascii_alphanumeric() && !"+-._~".contains(c))
        .unwrap_or(version.len());
    let version = version[..end].trim_end_matches('.');
    if version
        .trim_start_matches('v')
        .starts_with(|c: char| c.is_ascii_digit())
    {
        version
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        let check = |path: &str, artifact: &str, version: &str, classifier: &str| {
            let name = Name::of(path);
            assert_eq!(
                (name.artifact, name.version, name.classifier),
                (artifact, version, classifier),
                "{path}"
            );
            assert!(super::super::is_archive(path));
        };
        check("a/guava-31.1-jre.jar", "guava", "31.1-jre", "");
        check("log4j-1.2-api-2.14.1.jar", "log4j-1.2-api", "2.14.1", "");
        check("log4j-1.2-1.2.17.jar", "log4j-1.2", "1.2.17", "");
        check("kafka_2.13-3.4.0.jar", "kafka_2.13", "3.4.0", "");
        check("javax.inject-1.jar", "javax.inject", "1", "");
        check("x-1.0-beta-2.jar", "x", "1.0-beta-2", "");
        check("x-2.0-rc.1-SNAPSHOT.war", "x", "2.0-rc.1-SNAPSHOT", "");
        check(
            "x-1.0-20230101.101010-1.jar",
            "x",
            "1.0-20230101.101010-1",
            "",
        );
        check("bcprov-jdk15on-1.68.jar", "bcprov-jdk15on", "1.68", "");
        check("jta_1.1_spec-1.1.1.jar", "jta_1.1_spec", "1.1.1", "");
        check(
            "netty-epoll-4.1.86.Final-linux-x86_64.jar",
            "netty-epoll",
            "4.1.86.Final",
            "linux-x86_64",
        );
        check("foo-1.0-tests.jar", "foo", "1.0", "tests");
        check("foo-1.0-test-sources.jar", "foo", "1.0", "test-sources");
        check("foo-sources.jar", "foo", "", "sources");
        check(
            "org.eclipse.osgi_3.18.0.v2022.JAR",
            "org.eclipse.osgi",
            "3.18.0.v2022",
            "",
        );
        check("jrt-fs.jar", "jrt-fs", "", "");
        check("spring-boot.jar", "spring-boot", "", "");
        check("spring3-aop-3.x.jar", "spring3-aop-3.x", "", "");
        check("-1.jar", "-1", "", "");
        check("a--1.jar", "a-", "1", "");
        check("é-1é.jar", "é", "1é", "");
    }

    #[test]
    fn groups_follow_from_dotted_names() {
        let check = |dotted: &str, artifact: &str, expected: Option<&str>| {
            assert_eq!(group_of(dotted, artifact).as_deref(), expected, "{dotted}");
        };
        check("io.netty.buffer", "netty-buffer", Some("io.netty"));
        check("org.slf4j", "slf4j-api", Some("org.slf4j"));
        check(
            "org.apache.commons.lang3",
            "commons-lang3",
            Some("org.apache.commons"),
        );
        check(
            "com.fasterxml.jackson.core.jackson-databind",
            "jackson-databind",
            Some("com.fasterxml.jackson.core"),
        );
        check("slf4j.api", "slf4j-api", None);
        check("org.apache.fop", "fop", Some("org.apache.fop"));
        check("org.apache", "velocity-tools", None);
        check(
            "org.apache.tomcat-util",
            "tomcat9-util",
            Some("org.apache.tomcat"),
        );
        check("scala.actors", "scala-actors", None);
        check("junit", "junit", None);
        check("", "junit", None);
    }

    #[test]
    fn places_in_repositories_tell_group_and_artifact() {
        let check = |path: &str, expected: Option<(&str, &str)>| {
            let found = repository(path);
            let found = found
                .as_ref()
                .map(|(group, artifact)| (group.as_str(), *artifact));
            assert_eq!(found, expected, "{path}");
        };
        check(
            "root/.m2/repository/org/example/tool/1.0/tool-1.0.jar",
            Some(("org.example", "tool")),
        );
        check(
            "home/.gradle/caches/modules-2/files-2.1/org.example/tool/1.0/0ab1/tool-1.0.jar",
            Some(("org.example", "tool")),
        );
        check(
            "usr/share/maven-repo/junit/junit/4.x/junit-4.x.jar",
            Some(("junit", "junit")),
        );
        check("srv/repository/tool-1.0.jar", None);
        check("srv/repository/a/b/c/d.jar", None);
        check("usr/share/java/tool-1.0.jar", None);
    }
}
