use crate::feeds::fixtures::{NVD, shown};

#[test]
fn nvds_own_metrics_come_first() {
    assert_eq!(
        shown(|sink| super::read(NVD, sink)),
        [
            "dated 2026-11-20T18:04:18.493Z",
            "nvd CVE-2026-1000: high CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H AV:N/AC:L/Au:N/C:P/I:P/A:P",
            "nvd CVE-2026-1001: medium CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
            "nvd CVE-2026-1002: unknown",
            "problem `vulnerabilities/3`: `x` is no CVE",
            "problem `vulnerabilities/4`: it cannot be read: missing field `cve` at line 1 column 12",
        ]
    );
}
