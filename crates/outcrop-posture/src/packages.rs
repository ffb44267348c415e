//! What the commands of a step do with package managers.

use outcrop_containerfile::shell::{Command, program};

/// A package manager whose leftovers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Apt,
    Apk,
    Dnf,
    Zypper,
    Pip,
}

impl Manager {
    /// As its users call it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Apk => "apk",
            Self::Dnf => "dnf",
            Self::Zypper => "zypper",
            Self::Pip => "pip",
        }
    }
}

/// What a command asks of a package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The lists of what there is.
    Update,
    /// Anything for which lists or packages are fetched.
    Install,
    /// To remove what was fetched.
    Clean,
}

/// The manager that a command calls, what it asks for, and all its arguments.
pub(crate) fn request(command: &Command) -> Option<(Manager, Option<Request>, &[String])> {
    let (name, arguments) = program(&command.words)?;
    let manager = match name {
        "apt" | "apt-get" | "aptitude" => Manager::Apt,
        "apk" => Manager::Apk,
        "dnf" | "microdnf" | "tdnf" | "yum" => Manager::Dnf,
        "zypper" => Manager::Zypper,
        "pip" | "pip3" => Manager::Pip,
        "python" | "python3" if matches!(arguments, [module, name, ..] if module == "-m" && name == "pip") => {
            Manager::Pip
        }
        _ => return None,
    };
    let verb = arguments.iter().find_map(|word| match word.as_str() {
        "update" if manager == Manager::Dnf => Some(Request::Install),
        "update" | "refresh" | "ref" | "makecache" => Some(Request::Update),
        "add" | "build-dep" | "builddep" | "dist-upgrade" | "download" | "full-upgrade" | "fix"
        | "groupinstall" | "in" | "install" | "reinstall" | "satisfy" | "source" | "upgrade"
        | "up" | "wheel" => Some(Request::Install),
        "autoclean" | "cc" | "clean" | "cache" | "distclean" => Some(Request::Clean),
        _ => None,
    });
    Some((manager, verb, arguments))
}

/// Whether a command removes what the manager fetched, or may do so.
pub(crate) fn cleans(command: &Command, manager: Manager) -> bool {
    if let Some((caller, asked, _)) = request(command) {
        // `apt-get clean` keeps the lists.
        return match (caller, asked) {
            (Manager::Apt, Some(Request::Clean)) => {
                command.words.iter().any(|word| word == "distclean")
            }
            (caller, Some(Request::Clean)) => caller == manager,
            _ => false,
        };
    }
    let Some((name, arguments)) = program(&command.words) else {
        return false;
    };
    let names = |parts: &[&str]| {
        let mut words = arguments.iter();
        words.any(|word| parts.iter().any(|part| word.contains(part)))
    };
    match name {
        "find" | "rm" | "shred" | "unlink" => match manager {
            Manager::Apt => names(&["apt", "/var/lib/*", "/var/lib/{"]),
            Manager::Apk => names(&["apk", "/var/cache"]),
            Manager::Dnf => names(&["yum", "dnf", "/var/cache"]),
            Manager::Zypper => names(&["zyp", "/var/cache"]),
            Manager::Pip => names(&["cache", "/root"]),
        },
        // A script of the image's own, as `install_clean` or `cleanup.sh`.
        _ => name.contains("clean"),
    }
}

#[cfg(test)]
mod tests {
    use outcrop_containerfile::shell::commands;

    use super::{Manager, cleans, request};

    #[test]
    fn requests() {
        for (command, expected) in [
            ("apt-get -qq update", "Apt Some(Update)"),
            ("apt-get -o X=y install -y a", "Apt Some(Install)"),
            ("sudo apt autoremove", "Apt None"),
            ("apk --no-cache add a", "Apk Some(Install)"),
            ("yum -y update", "Dnf Some(Install)"),
            ("microdnf clean all", "Dnf Some(Clean)"),
            ("python3 -m pip install a", "Pip Some(Install)"),
            ("python3 -m venv pip", ""),
            ("make install", ""),
        ] {
            let commands = commands(command);
            let found = request(&commands[0]);
            let shown = found.map(|(manager, asked, _)| format!("{manager:?} {asked:?}"));
            assert_eq!(shown.unwrap_or_default(), expected, "{command}");
        }
    }

    #[test]
    fn commands_that_clean() {
        for (command, manager, expected) in [
            ("rm -rf /var/lib/apt/lists/*", Manager::Apt, true),
            ("rm -rf /var/{cache,lib}/apt", Manager::Apt, true),
            ("find /var/lib/apt/lists -delete", Manager::Apt, true),
            ("apt-get clean", Manager::Apt, false),
            ("apt-get distclean", Manager::Apt, true),
            ("rm -rf /tmp/x", Manager::Apt, false),
            ("rm -rf /var/cache/apk/*", Manager::Apk, true),
            ("yum clean all", Manager::Dnf, true),
            ("yum clean all", Manager::Zypper, false),
            ("/usr/local/bin/cleanup.sh", Manager::Apt, true),
            ("rm -rf ~/.cache", Manager::Pip, true),
        ] {
            let found = cleans(&commands(command)[0], manager);
            assert_eq!(found, expected, "{command}");
        }
    }
}
