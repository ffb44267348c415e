//! Programs that get parts of root's rights, whoever starts them.
//!
//! Sources: `linux/capability.h` (`struct vfs_cap_data`, `VFS_CAP_*`, numbers and names),
//! `capabilities(7)` "File capability extended attribute versioning", and for the text form
//! `cap_text_formats(7)`.

use outcrop_image::{EntryFacts, EntryKind, MAX_CAPABILITY_BYTES};
use outcrop_model::Severity;

use super::CWE_PRIVILEGES;
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "file-capabilities",
    title: "Program with capabilities",
    group: Group::Files,
    severity: Severity::Low,
    why: "A fault in a program with capabilities gives everyone those rights, as far as the \
          container has them.",
    remedy: "Take the capabilities away where no program of the image needs them.",
    containerfile: Some("RUN setcap -r PATH"),
    references: &[
        Reference {
            name: "capabilities(7)",
            url: "https://man7.org/linux/man-pages/man7/capabilities.7.html",
        },
        CWE_PRIVILEGES,
    ],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    match entry.capability {
        Some(attribute) if entry.kind == EntryKind::File => described(attribute),
        _ => None,
    }
}

/// By number, `CAP_CHOWN` (0) to `CAP_CHECKPOINT_RESTORE` (40).
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];
const ALL: u64 = (1 << NAMES.len()) - 1;
/// `VFS_CAP_FLAGS_EFFECTIVE`.
const EFFECTIVE: u32 = 1;

/// The attribute as `cap_net_raw=ep`; `None` where it gives nothing.
fn described(attribute: &[u8]) -> Option<String> {
    let word = |index: usize| {
        let bytes = attribute.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let Some(header) = word(0) else {
        return Some(format!("unreadable, its size: {}", attribute.len()));
    };
    let version = header >> 24;
    let words = match version {
        1 => 3,
        2 => 5,
        3 => 6,
        _ => return Some(format!("unreadable, its version: {version}")),
    };
    if attribute.len() != words * 4 {
        let more = if attribute.len() >= MAX_CAPABILITY_BYTES {
            " or more"
        } else {
            ""
        };
        return Some(format!(
            "unreadable, its size for version {version}: {}{more}",
            attribute.len()
        ));
    }
    let set = |first: usize| {
        let high = if version == 1 { 0 } else { word(first + 2)? };
        Some(u64::from(word(first)?) | u64::from(high) << 32)
    };
    let (permitted, inheritable) = (set(1)?, set(2)?);
    let effective = if header & EFFECTIVE == 0 { "" } else { "e" };
    let groups = [
        (permitted & inheritable, "ip"),
        (permitted & !inheritable, "p"),
        (inheritable & !permitted, "i"),
    ];
    let groups = groups.iter().filter(|(capabilities, _)| *capabilities != 0);
    let text = groups
        .map(|(capabilities, sets)| format!("{}={effective}{sets}", names(*capabilities)))
        .collect::<Vec<_>>()
        .join(" ");
    if text.is_empty() {
        return None;
    }
    // The user that is root in the namespace in which the attribute counts.
    Some(match word(5) {
        Some(root) if root != 0 => format!("{text} [rootid={root}]"),
        _ => text,
    })
}

fn names(capabilities: u64) -> String {
    if capabilities == ALL {
        return "all".to_owned();
    }
    let numbers = (0..u64::BITS as usize).filter(|number| capabilities >> number & 1 == 1);
    let name = |number: usize| match NAMES.get(number) {
        Some(name) => format!("cap_{name}"),
        // `cap_to_text(3)` has the bare number.
        None => number.to_string(),
    };
    numbers.map(name).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryFacts;

    use super::*;
    use crate::files::fixture::{file, seen};

    fn attribute(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn check(bytes: &[u8], expected: Option<&str>) {
        assert_eq!(described(bytes).as_deref(), expected, "{bytes:02x?}");
    }

    #[test]
    fn each_version_is_told_as_getcap_does() {
        let rows: &[(&[u32], Option<&str>)] = &[
            (&[0x0200_0001, 1 << 13, 0, 0, 0], Some("cap_net_raw=ep")),
            (
                &[0x0200_0001, 1 << 10 | 1 << 13, 0, 0, 0],
                Some("cap_net_bind_service,cap_net_raw=ep"),
            ),
            (&[0x0200_0000, 1 << 21, 0, 0, 0], Some("cap_sys_admin=p")),
            (&[0x0200_0000, 0, 1, 0, 0], Some("cap_chown=i")),
            (&[0x0200_0001, 1, 1, 0, 0], Some("cap_chown=eip")),
            (
                &[0x0200_0001, 1 | 2, 1, 0, 0],
                Some("cap_chown=eip cap_dac_override=ep"),
            ),
            (&[0x0200_0001, 0, 0, 1 << 7, 0], Some("cap_bpf=ep")),
            (&[0x0200_0001, 0, 0, 1 << 31, 0], Some("63=ep")),
            (&[0x0200_0001, u32::MAX, 0, 0x1ff, 0], Some("all=ep")),
            (&[0x0100_0001, 1 << 13, 0], Some("cap_net_raw=ep")),
            (
                &[0x0300_0001, 1 << 13, 0, 0, 0, 1000],
                Some("cap_net_raw=ep [rootid=1000]"),
            ),
            (&[0x0300_0001, 1 << 13, 0, 0, 0, 0], Some("cap_net_raw=ep")),
            (&[0x0200_0001, 0, 0, 0, 0], None),
        ];
        for (words, expected) in rows {
            check(&attribute(words), *expected);
        }
    }

    #[test]
    fn what_is_no_attribute_of_linux_is_named() {
        let v2 = attribute(&[0x0200_0001, 1 << 13, 0, 0, 0]);
        check(b"", Some("unreadable, its size: 0"));
        check(b"\x01\x00\x00", Some("unreadable, its size: 3"));
        check(&v2[..19], Some("unreadable, its size for version 2: 19"));
        check(&v2[..4], Some("unreadable, its size for version 2: 4"));
        check(
            &[v2.as_slice(), b"\0"].concat(),
            Some("unreadable, its size for version 2: 21"),
        );
        let long = [v2.as_slice(), &[0; 44]].concat();
        check(
            &long,
            Some("unreadable, its size for version 2: 64 or more"),
        );
        let v9 = attribute(&[0x0900_0001, 1, 0, 0, 0]);
        check(&v9, Some("unreadable, its version: 9"));
        for size in 0..=MAX_CAPABILITY_BYTES {
            for version in 0..=4 {
                let mut bytes = vec![0xff; size];
                if let Some(byte) = bytes.get_mut(3) {
                    *byte = version;
                }
                assert!(described(&bytes).is_some());
            }
        }
    }

    #[test]
    fn a_file_with_the_attribute_is_seen() {
        let bytes = attribute(&[0x0200_0001, 1 << 13, 0, 0, 0]);
        let ping = EntryFacts {
            mode: 0o755,
            capability: Some(&bytes),
            ..file("usr/bin/ping")
        };
        assert_eq!(seen(ping, 9), ["file-capabilities: cap_net_raw=ep"]);
        let folder = EntryFacts {
            kind: EntryKind::Folder,
            ..ping
        };
        assert_eq!(seen(folder, 0), [""; 0]);
    }
}
