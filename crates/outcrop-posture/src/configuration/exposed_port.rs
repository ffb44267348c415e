//! Ports that the image says it listens on.

use std::cmp::Reverse;
use std::ops::RangeInclusive;

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::{Configuration, MAX_REMARKS};
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::listed;
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "exposed-port",
    title: "Exposed port",
    group: Group::Configuration,
    severity: Severity::Negligible,
    why: "Engines publish exposed ports on request (`docker run -P`) and orchestrators route to \
          them. Remote administration and databases are what attackers look for first, and a port \
          below 1024 may ask for more rights than the program needs.",
    remedy: "Expose only what the service answers on. Administer containers through the engine, and \
             let a program of its own listen above 1023.",
    containerfile: None,
    references: &[
        Reference::cis_docker(
            "CIS Docker Benchmark 1.6.0, 5.7 (sshd), 5.8 (privileged ports), 5.9",
        ),
        Reference::nist_sp_800_190("NIST SP 800-190, 4.1.2: image configuration defects"),
        Reference {
            name: "Service Name and Transport Protocol Port Number Registry",
            url: "https://www.iana.org/assignments/service-names-port-numbers/",
        },
    ],
    look: Look::Configuration(look),
};

/// Ports of remote administration and of databases, TCP: by IANA's registry or, where that has none,
/// by the default of the product.
const SENSITIVE: &[(RangeInclusive<u16>, &str)] = &[
    (22..=22, "remote administration by SSH"),
    (23..=23, "remote administration by Telnet"),
    (512..=514, "remote administration by rexec, rlogin or rsh"),
    (1433..=1433, "a database, SQL Server"),
    (1521..=1521, "a database, Oracle"),
    (2375..=2376, "remote administration, the Docker API"),
    (2379..=2379, "a database, etcd"),
    (3306..=3306, "a database, MySQL"),
    (3389..=3389, "remote administration by RDP"),
    (5005..=5005, "remote administration, the Java debugger"),
    (5432..=5432, "a database, PostgreSQL"),
    (5900..=5909, "remote administration by VNC"),
    (5984..=5984, "a database, CouchDB"),
    (5985..=5986, "remote administration by WinRM"),
    (6379..=6379, "a database, Redis"),
    (6443..=6443, "remote administration, the Kubernetes API"),
    (7474..=7474, "a database, Neo4j"),
    (7687..=7687, "a database, Neo4j"),
    (8086..=8086, "a database, InfluxDB"),
    (9042..=9042, "a database, Cassandra"),
    (9200..=9200, "a database, Elasticsearch"),
    (9229..=9229, "remote administration, the Node.js debugger"),
    (9300..=9300, "a database, Elasticsearch"),
    (10250..=10250, "remote administration, the kubelet"),
    (11211..=11211, "a database, memcached"),
    (26257..=26257, "a database, CockroachDB"),
    (27017..=27019, "a database, MongoDB"),
    (28015..=28015, "a database, RethinkDB"),
];

/// A port or a range of them.
#[derive(Clone, PartialEq, Eq)]
struct Ports<'a> {
    range: RangeInclusive<u16>,
    protocol: &'a str,
}

/// Reads `80`, `80/udp`, `8000-8010/tcp`.
fn ports(text: &str) -> Option<Ports<'_>> {
    let (numbers, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let range = first.parse().ok()?..=last.parse().ok()?;
    (*range.start() > 0 && !range.is_empty() && matches!(protocol, "tcp" | "udp" | "sctp"))
        .then_some(Ports { range, protocol })
}

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let listed = listed(config, Keyword::Expose);
    let steps: Vec<(Option<Ports<'_>>, &str, usize)> = listed
        .iter()
        .map(|(word, step)| (ports(word), word.as_str(), *step))
        .collect();
    let mut exposed: Vec<_> = config
        .run
        .iter()
        .flat_map(|run| &run.exposed_ports)
        .map(|text| {
            let read = ports(text);
            let (message, severity) = judge(text, read.as_ref());
            (text, read, message, severity)
        })
        .collect();
    if exposed.len() > MAX_REMARKS {
        exposed.sort_by_key(|(.., severity)| Reverse(*severity));
    }
    let remarks = exposed.into_iter().enumerate();
    remarks
        .map(|(index, (text, read, message, severity))| {
            let named = |(named, word, _): &&(Option<Ports<'_>>, &str, usize)| match (named, &read)
            {
                // A range of the instruction may be single ports in the configuration.
                (Some(named), Some(read)) => {
                    named.protocol == read.protocol
                        && named.range.contains(read.range.start())
                        && named.range.contains(read.range.end())
                }
                _ => word == text,
            };
            // What is beyond is counted alone.
            let step = (index < MAX_REMARKS).then(|| steps.iter().find(named));
            Remark {
                message,
                subject: shown(text),
                severity: Some(severity),
                history: step.flatten().map(|(_, _, step)| *step),
                ..Remark::default()
            }
        })
        .collect()
}

fn judge(text: &str, ports: Option<&Ports<'_>>) -> (String, Severity) {
    let text = shown(text);
    let Some(Ports { range, protocol }) = ports else {
        let message = format!("a port is exposed that is none: `{text}`");
        return (message, Severity::Negligible);
    };
    let overlaps =
        |other: &RangeInclusive<u16>| range.start() <= other.end() && other.start() <= range.end();
    let what = SENSITIVE
        .iter()
        .find(|(ports, _)| *protocol == "tcp" && overlaps(ports))
        .map(|(_, what)| what);
    match what {
        Some(what) => (
            format!("the image exposes a port of {what}: `{text}`"),
            Severity::Medium,
        ),
        None if *range.start() < 1024 => (
            format!("the image exposes a port below 1024: `{text}`"),
            Severity::Low,
        ),
        None => (
            format!("the image exposes a port: `{text}`"),
            Severity::Negligible,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    fn check(port: &str, history: &[&str], expected: &str) {
        let mut config = image(history);
        config.run.as_mut().unwrap().exposed_ports = vec![port.to_owned()];
        assert_eq!(said(&CHECK, &config), [expected], "{port}");
    }

    #[test]
    fn every_port_is_told_by_what_it_is_for() {
        for (port, expected) in [
            (
                "8080/tcp",
                "Negligible 8080/tcp: the image exposes a port: `8080/tcp`",
            ),
            (
                "53/udp",
                "Low 53/udp: the image exposes a port below 1024: `53/udp`",
            ),
            (
                "443/tcp",
                "Low 443/tcp: the image exposes a port below 1024: `443/tcp`",
            ),
            (
                "22/tcp",
                "Medium 22/tcp: the image exposes a port of remote administration by SSH: `22/tcp`",
            ),
            (
                "514/udp",
                "Low 514/udp: the image exposes a port below 1024: `514/udp`",
            ),
            (
                "5432",
                "Medium 5432: the image exposes a port of a database, PostgreSQL: `5432`",
            ),
            (
                "8000-8010/tcp",
                "Negligible 8000-8010/tcp: the image exposes a port: `8000-8010/tcp`",
            ),
            (
                "27000-28000/tcp",
                "Medium 27000-28000/tcp: the image exposes a port of a database, MongoDB: `27000-28000/tcp`",
            ),
        ] {
            check(port, &[], expected);
        }
        for port in [
            "0/tcp",
            "65536/tcp",
            "9-1/tcp",
            "80/http",
            "$PORT",
            "",
            "-",
            "1-2-3",
        ] {
            let subject = if port.is_empty() {
                String::new()
            } else {
                format!(" {port}")
            };
            let expected = format!("Negligible{subject}: a port is exposed that is none: `{port}`");
            check(port, &[], &expected);
        }
    }

    #[test]
    fn the_step_that_first_names_the_port_brought_it() {
        let expected = "Negligible 8001/tcp @1: the image exposes a port: `8001/tcp`";
        for step in [
            "~EXPOSE map[8001/tcp:{} 9000/tcp:{}]",
            "~EXPOSE [8001/tcp]",
            "~/bin/sh -c #(nop)  EXPOSE 443/udp 8001",
            "~/bin/sh -c #(nop) EXPOSE 8000-8002",
        ] {
            let others = "~EXPOSE 8001/udp 18001 80";
            check("8001/tcp", &[others, step, step], expected);
        }
    }
}
