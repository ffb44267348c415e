//! The programs that are known, and where each keeps its version.
//!
//! Source: each program's own source, where it prints its version or tells it to others; compared
//! with the programs of Debian 12 but for those marked, which are from the source alone.

/// How programs of Linux begin.
pub(super) const ELF: &[u8] = b"\x7fELF";

/// A program that is known.
pub(super) struct Classifier {
    /// What it is called, as in its project's own coordinates.
    pub(super) name: &'static str,
    /// Names of its files; `*` stands for anything but letters.
    pub(super) files: &'static [&'static str],
    /// How these begin, at most 16 bytes.
    pub(super) head: &'static [u8],
    /// Where the version stands; the first that is found counts.
    pub(super) patterns: &'static [Pattern],
}

/// The bytes around a version.
pub(super) struct Pattern {
    pub(super) before: &'static [u8],
    /// `#` stands for a digit.
    pub(super) after: &'static [u8],
    pub(super) starts: Starts,
    /// How many numbers a version has at least.
    pub(super) numbers: usize,
    /// Whether everything up to `after` is of the version, as in `17.0.9+9`.
    pub(super) whole: bool,
}

/// What a version must begin with, where the bytes around it are too common.
pub(super) enum Starts {
    Anyhow,
    With(&'static str),
    /// With the version in the file's name.
    AsNamed,
}

const fn program(
    name: &'static str,
    files: &'static [&'static str],
    patterns: &'static [Pattern],
) -> Classifier {
    Classifier {
        name,
        files,
        head: ELF,
        patterns,
    }
}

/// A version after some words, and before others where any are given.
const fn between(before: &'static str, after: &'static str) -> Pattern {
    Pattern {
        before: before.as_bytes(),
        after: after.as_bytes(),
        starts: Starts::Anyhow,
        numbers: 2,
        whole: false,
    }
}

/// [`between`], with everything up to the words after it.
const fn all_between(before: &'static str, after: &'static str) -> Pattern {
    Pattern {
        whole: true,
        ..between(before, after)
    }
}

const fn after(words: &'static str) -> Pattern {
    between(words, "")
}

const fn before(words: &'static str) -> Pattern {
    between("", words)
}

/// A text of its own that is nothing but the version, which begins so.
const fn alone(before: &'static str, starts: &'static str) -> Pattern {
    Pattern {
        starts: Starts::With(starts),
        ..between(before, "\0")
    }
}

/// A variable of a Go program that its linker was told (`-X`): such texts end in a zero, others do
/// not.
const LINKED: &[Pattern] = &[linked("\0v"), linked("\0")];

const fn linked(before: &'static str) -> Pattern {
    Pattern {
        numbers: 3,
        ..between(before, "\0")
    }
}

/// Scripts, and texts that programs keep beside them.
pub(super) const TEXTS: &[Classifier] = &[
    Classifier {
        name: "composer",
        files: &["composer", "composer.phar"],
        head: b"#!/usr/bin/env p",
        // From the source alone.
        patterns: &[between("const VERSION = '", "'")],
    },
    Classifier {
        name: "erlang",
        files: &["OTP_VERSION"],
        head: b"",
        patterns: &[between("", "\n")],
    },
    Classifier {
        name: "go",
        files: &["VERSION"],
        head: b"go1.",
        patterns: &[after("go")],
    },
    Classifier {
        name: "openjdk",
        files: &["release"],
        head: b"",
        patterns: &[all_between("JAVA_VERSION=\"", "\"")],
    },
    Classifier {
        name: "wp-cli",
        files: &["wp", "wp-cli.phar"],
        head: b"#!/usr/bin/env p",
        // From the source alone.
        patterns: &[after("wp-cli/wp-cli ")],
    },
];

/// Programs of Linux.
pub(super) const PROGRAMS: &[Classifier] = &[
    program("alertmanager", &["alertmanager"], LINKED),
    // From the source alone.
    program("arangodb", &["arangod", "arangosh"], &[before(" [linux]")]),
    program("bash", &["bash"], &[between("@(#)Bash version ", "(")]),
    program("bind", &["named"], &[after("libisc-"), after("BIND ")]),
    program("busybox", &["busybox"], &[after("BusyBox v")]),
    program("caddy", &["caddy"], LINKED),
    program("chrony", &["chronyd"], &[alone("\0", "4.")]),
    // From the source alone.
    program("consul", &["consul"], &[after("CONSUL_VERSION: ")]),
    program("containerd", &["containerd"], LINKED),
    program("coturn", &["turnserver"], &[after("Coturn-")]),
    program("curl", &["curl"], &[after("curl/"), after("curl ")]),
    program("deno", &["deno"], &[after("Deno/")]),
    program("dnsmasq", &["dnsmasq"], &[between("\0dnsmasq-", "\0")]),
    program("docker", &["docker", "dockerd"], LINKED),
    program("dovecot", &["dovecot"], &[after("Dovecot v")]),
    program("erlang", &["beam.smp", "erlexec"], &[after("/otp_src_")]),
    program("exim", &["exim", "exim4"], &[before("\0<<eximversion>>")]),
    program("expat", &["libexpat.so*"], &[between("\0expat_", "\0")]),
    program(
        "ffmpeg",
        &["ffmpeg", "ffprobe", "libavutil.so*"],
        &[after("FFmpeg version "), after("%s version ")],
    ),
    program("gawk", &["gawk"], &[between("GNU Awk ", "\0")]),
    // From the source alone.
    program("gcc", &["gcc*", "cc1", "g++*"], &[after("GCC: (GNU) ")]),
    program("ghc", &["ghc*"], &[after("libHSghc-"), after("\0GHC ")]),
    program("git", &["git"], &[between("git/", "\0")]),
    program("glibc", &["libc.so*"], &[after(" stable release version ")]),
    program("gnupg", &["gpg", "gpgv"], &[between("(GnuPG)\0", "\0")]),
    program(
        "gnutls",
        &["libgnutls.so*"],
        &[between("Enabled GnuTLS ", " logging")],
    ),
    // From the source alone.
    program("grafana", &["grafana", "grafana-server"], LINKED),
    program("grep", &["grep"], &[before("\0GNU grep\0")]),
    program("gzip", &["gzip"], &[alone("\0", "1.")]),
    program(
        "haproxy",
        &["haproxy"],
        &[
            between(" version ", ", released 20"),
            after("HA-Proxy version "),
            after("HAProxy version "),
        ],
    ),
    // From the source alone.
    program("helm", &["helm"], LINKED),
    program(
        "httpd",
        &["httpd", "apache2"],
        &[between("\0Apache/", "\0"), after("\0Apache/")],
    ),
    program(
        "imagemagick",
        &[
            "libMagickCore-*.Q*.so*",
            "libMagickCore-*.Q*HDRI.so*",
            "magick",
        ],
        &[all_between("ImageMagick ", " Q")],
    ),
    program("influxdb", &["influxd"], LINKED),
    program("jq", &["jq"], &[after("jq-"), alone("\0", "1.")]),
    program(
        "julia",
        &["libjulia-internal.so*"],
        // From the source alone.
        &[between("__init__\0", "\0verify")],
    ),
    program("kubectl", &["kubectl"], LINKED),
    program(
        "libpng",
        &["libpng.so*", "libpng*.so*"],
        &[after("libpng version ")],
    ),
    // From the source alone.
    program(
        "libressl",
        &["libcrypto.so*", "openssl"],
        &[after("\0LibreSSL ")],
    ),
    program("lighttpd", &["lighttpd"], &[after("lighttpd/")]),
    program(
        "lua",
        &["lua*", "luac*", "liblua*.so*"],
        &[after("$LuaVersion: Lua "), after("$Lua: Lua ")],
    ),
    // From the source alone.
    program(
        "luajit",
        &["luajit*", "libluajit-*.so*"],
        &[after("LuaJIT ")],
    ),
    program("make", &["make", "gmake"], &[alone("\0", "4.")]),
    program(
        "mariadb",
        &["mariadbd", "mysqld", "mariadb", "mysql"],
        &[before("-MariaDB")],
    ),
    program("memcached", &["memcached"], &[after("memcached ")]),
    program("monit", &["monit"], &[between("/'>monit ", "<")]),
    program(
        "mosquitto",
        &["mosquitto"],
        &[before("\0mosquitto version ")],
    ),
    program(
        "musl",
        &[
            "ld-musl-x86_64.so*",
            "ld-musl-aarch64.so*",
            "ld-musl-armhf.so*",
            "libc.so",
        ],
        &[alone("\0", "1.")],
    ),
    // From the source alone.
    program("mysql", &["mysqld", "mysql"], &[after("/mysql-")]),
    program("nano", &["nano"], &[after("GNU nano ")]),
    program("nginx", &["nginx"], &[after("nginx version: nginx/")]),
    program(
        "node",
        &["node", "nodejs", "libnode.so*"],
        &[after("node.js/v")],
    ),
    // From the source alone.
    program(
        "openresty",
        &["nginx", "openresty"],
        &[after("nginx version: openresty/")],
    ),
    program(
        "openssh",
        &["sshd", "ssh"],
        &[between("OpenSSH_", " "), between("OpenSSH_", "\0")],
    ),
    program(
        "openssl",
        &["openssl", "libcrypto.so*"],
        &[after("\0OpenSSL ")],
    ),
    program("openvpn", &["openvpn"], &[between("\0OpenVPN ", " ")]),
    program(
        "perl",
        &["perl*", "libperl.so*"],
        &[
            alone("\0v", "5."),
            // From the source alone.
            after("/lib/perl5/"),
        ],
    ),
    program(
        "php",
        &["php*", "php-fpm*", "php-cgi*", "phpdbg*", "libphp*.so*"],
        &[after("X-Powered-By: PHP/")],
    ),
    program(
        "postfix",
        &["postconf", "master"],
        &[after("mail_version=")],
    ),
    program("postgresql", &["postgres"], &[after("(PostgreSQL) ")]),
    program("proftpd", &["proftpd"], &[after("ProFTPD Version ")]),
    program("prometheus", &["prometheus"], LINKED),
    // From the source alone.
    program("pypy", &["libpypy*-c.so*"], &[after("[PyPy ")]),
    program(
        "python",
        &["python*", "libpython*.so*"],
        &[Pattern {
            starts: Starts::AsNamed,
            ..between("\0", "\0")
        }],
    ),
    program(
        "redis",
        &[
            "redis-server",
            "redis-sentinel",
            "redis-check-rdb",
            "redis-check-aof",
            "redis-cli",
        ],
        &[
            before("\0c11-builtin"),
            before("\0atomic-builtin"),
            before("\0sync-builtin"),
            before("\0 (git:%s"),
        ],
    ),
    program(
        "ruby",
        &["ruby*", "libruby*.so*"],
        &[between("ruby ", "p#"), between("ruby ", " (")],
    ),
    program("rsync", &["rsync"], &[alone("\0", "3.")]),
    program("runc", &["runc"], LINKED),
    program(
        "rust",
        &["rustc", "rustdoc"],
        &[after("rustc version "), between("/rustc-", "/")],
    ),
    program("samba", &["smbd"], &[after("\0SAMBA_")]),
    program(
        "sqlite",
        &["sqlite3", "libsqlite3.so*"],
        &[alone("\0", "3.")],
    ),
    program("socat", &["socat"], &[alone("\0", "1.")]),
    program("squid", &["squid"], &[between("\0squid/", "\0")]),
    program("stunnel", &["stunnel", "stunnel4"], &[after("stunnel/")]),
    // From the source alone.
    program(
        "swipl",
        &["swipl", "libswipl.so*"],
        &[between("swipl-", "/")],
    ),
    program("sudo", &["sudo"], &[alone("\0", "1.")]),
    program("tar", &["tar"], &[alone("\0", "1.")]),
    program("tini", &["tini", "tini-static"], &[after("tini version ")]),
    program("tmux", &["tmux"], &[alone("\0", "3.")]),
    program("tor", &["tor"], &[between("\0tor ", "\0")]),
    // From the source alone.
    program("traefik", &["traefik"], LINKED),
    program("unbound", &["unbound"], &[between("\0unbound ", "\0")]),
    program("util-linux", &["getopt", "mount"], &[after("util-linux ")]),
    // From the source alone.
    program(
        "valkey",
        &["valkey-server", "valkey-cli"],
        &[before("\0c11-builtin"), before("\0 (git:%s")],
    ),
    program(
        "varnish",
        &["varnishd"],
        &[between("varnish-", " revision")],
    ),
    // From the source alone.
    program("vault", &["vault"], LINKED),
    program(
        "vim",
        &["vim", "vim.basic", "vim.nox", "vim.tiny"],
        &[after("VIM - Vi IMproved ")],
    ),
    program("vsftpd", &["vsftpd"], &[after("(vsFTPd ")]),
    program(
        "xz",
        &["xz", "liblzma.so*"],
        &[after("xz (XZ Utils) "), alone("\0", "5.")],
    ),
    program("zlib", &["libz.so*"], &[between(" inflate ", " Copyright")]),
    program("zsh", &["zsh"], &[between("/zsh/", "\0")]),
    program("zstd", &["zstd"], &[alone("\0v", "1.")]),
];
