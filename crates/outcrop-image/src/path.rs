//! Paths inside an image: made harmless, and hashed folder by folder.

/// What had to be mended to make a path harmless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mended {
    /// It began with a slash.
    pub(crate) absolute: bool,
    /// It held a `..` component.
    pub(crate) parent: bool,
}

/// Writes `raw` into `path` as components joined by single slashes, without leading or trailing
/// slash, without `.` and with every `..` resolved against the root, which it cannot leave.
pub(crate) fn normalise(raw: &[u8], path: &mut Vec<u8>) -> Mended {
    path.clear();
    let mut mended = Mended {
        absolute: raw.first() == Some(&b'/'),
        parent: false,
    };
    for component in raw.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                mended.parent = true;
                let end = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                path.truncate(end);
            }
            name => {
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(name);
            }
        }
    }
    mended
}

/// The last component of `path`.
pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of `path`, empty for the root.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..end])
}

/// `folder/name`, or the name alone in the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// FNV-1a, 64 bits. Kept in reports, so it must never change; not keyed, because whoever could
/// forge a collision owns the layer anyway and could simply overwrite the file.
/// Fowler, Noll, Vo; parameters from draft-eastlake-fnv.
#[derive(Clone, Copy)]
pub(crate) struct PathHash(u64);

impl PathHash {
    /// The hash of the root, the empty path.
    pub(crate) const ROOT: u64 = 0xcbf2_9ce4_8422_2325;

    fn feed(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    }

    /// The hash of a whole normalised path.
    pub(crate) fn of(path: &[u8]) -> u64 {
        path.iter()
            .fold(Self(Self::ROOT), |hash, &byte| hash.feed(byte))
            .0
    }

    /// The hash of every folder above `path`, outermost first, without the root and itself.
    pub(crate) fn folders(path: &[u8]) -> impl Iterator<Item = u64> + '_ {
        let mut hash = Self(Self::ROOT);
        path.iter().filter_map(move |&byte| {
            let before = hash.0;
            hash = hash.feed(byte);
            (byte == b'/').then_some(before)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: &str, absolute: bool, parent: bool) {
        let mut path = Vec::new();
        let mended = normalise(raw.as_bytes(), &mut path);
        assert_eq!(String::from_utf8(path).unwrap(), expected, "{raw}");
        assert_eq!(mended, Mended { absolute, parent }, "{raw}");
    }

    #[test]
    fn paths_never_leave_the_root() {
        check("./etc/os-release", "etc/os-release", false, false);
        check("etc//passwd/", "etc/passwd", false, false);
        check("/etc/passwd", "etc/passwd", true, false);
        check("../../etc/passwd", "etc/passwd", false, true);
        check("a/../../b", "b", false, true);
        check("a/b/../c", "a/c", false, true);
        check("..", "", false, true);
        check("./", "", false, false);
    }

    #[test]
    fn folder_hashes_are_the_hashes_of_the_folders() {
        let hashes: Vec<u64> = PathHash::folders(b"var/lib/dpkg/status").collect();
        let expected: Vec<u64> = ["var", "var/lib", "var/lib/dpkg"]
            .iter()
            .map(|folder| PathHash::of(folder.as_bytes()))
            .collect();
        assert_eq!(hashes, expected);
        assert_eq!(PathHash::folders(b"status").count(), 0);
    }
}
