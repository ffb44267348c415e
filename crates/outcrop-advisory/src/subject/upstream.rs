//! Programs that Bitnami's records name.

/// By the name that the catalog gives a program the names of Bitnami's records.
///
/// Those of the published set of 2026-08; names that agree are listed too, so that a program is
/// judged by records for it and by no namesake.
const NAMES: &[(&str, &[&str])] = &[
    ("alertmanager", &["alertmanager"]),
    ("arangodb", &["arangodb"]),
    ("composer", &["composer"]),
    ("consul", &["consul"]),
    ("docker", &["docker-cli"]),
    ("git", &["git"]),
    ("grafana", &["grafana"]),
    ("haproxy", &["haproxy"]),
    ("helm", &["helm"]),
    ("httpd", &["apache"]),
    ("influxdb", &["influxdb"]),
    ("lua", &["lua"]),
    ("mariadb", &["mariadb"]),
    ("memcached", &["memcached"]),
    ("mysql", &["mysql-client"]),
    ("nginx", &["nginx"]),
    ("node", &["node"]),
    ("openjdk", &["java"]),
    ("openresty", &["openresty"]),
    ("php", &["php", "libphp"]),
    ("postgresql", &["postgresql"]),
    ("prometheus", &["prometheus"]),
    ("python", &["python", "libpython"]),
    ("redis", &["redis"]),
    ("ruby", &["ruby"]),
    ("sqlite", &["sqlite"]),
    ("valkey", &["valkey"]),
    ("varnish", &["varnish"]),
    ("vault", &["vault"]),
    ("wp-cli", &["wp-cli"]),
];

/// The names by which Bitnami's records speak of a program.
pub(super) fn bitnami_name(program: &str) -> Option<&'static [&'static str]> {
    let at = NAMES
        .binary_search_by_key(&program, |(name, _)| name)
        .ok()?;
    Some(NAMES[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| name));
        assert_eq!(bitnami_name("httpd"), Some(&["apache"][..]));
        assert_eq!(bitnami_name("bash"), None);
    }
}
