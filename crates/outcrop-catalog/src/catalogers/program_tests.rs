use outcrop_image::RandomAccess;

use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// The name and version that a file gives; `text` stands somewhere inside it.
fn found(path: &str, head: &[u8], text: &str) -> Vec<String> {
    let bytes = [head, &[0; 20], b"some\0", text.as_bytes(), b"\0more"].concat();
    let (packages, problems) = described(&Program.analyse(&CandidateFile::whole(path, &bytes)));
    assert!(problems.is_empty(), "{path}: {problems:?}");
    packages
}

/// The texts have the form of those in the programs of Debian 12, which were looked at for it.
const SAMPLES: &[(&str, &str, &str)] = &[
    (
        "alertmanager",
        "go1.19.8\0\0\x000.24.0+ds\0",
        "alertmanager 0.24.0",
    ),
    ("apache2", "\0Apache/2.4.62\0 Server at", "httpd 2.4.62"),
    (
        "bash",
        "@(#)Bash version 5.2.15(1) release GNU",
        "bash 5.2.15",
    ),
    ("beam.smp", "/usr/src/otp_src_25.2.3/erts/", "erlang 25.2.3"),
    (
        "busybox",
        "BusyBox v1.35.0 (Debian 1:1.35.0-4)",
        "busybox 1.35.0",
    ),
    (
        "rustdoc",
        "rustc version 1.75.0 (82e1608df 2023-12-21)",
        "rust 1.75.0",
    ),
    ("curl", "\0curl 7.88.1 (x86_64-pc-linux-gnu)", "curl 7.88.1"),
    ("dnsmasq", "\0dnsmasq-2.90\0version.bind", "dnsmasq 2.90"),
    (
        "dockerd",
        "go1.19.8\0\0\x0020.10.24+dfsg1\0",
        "docker 20.10.24",
    ),
    (
        "dovecot",
        "Dovecot v2.3.19.1 (9b53102964) starting",
        "dovecot 2.3.19.1",
    ),
    (
        "exim4",
        "<<eximcnumber>>\x004.96\0<<eximversion>>\0",
        "exim 4.96",
    ),
    (
        "ffmpeg",
        "%s version 5.1.9-0+deb12u1\0%sbuilt",
        "ffmpeg 5.1.9",
    ),
    ("gawk", "GNU Awk 5.2.1\0unbalanced", "gawk 5.2.1"),
    (
        "getopt",
        "%s from %s\n\0util-linux 2.38.1\0\nUsage",
        "util-linux 2.38.1",
    ),
    ("git", "git/2.39.5\0GIT_USER_AGENT", "git 2.39.5"),
    (
        "gpgv",
        "@GPG@v (GnuPG)\x002.2.40\0GNU/Linux",
        "gnupg 2.2.40",
    ),
    ("grep", "if-tty\x003.8\0GNU grep\0/dev/null", "grep 3.8"),
    ("gzip", "zipping\n\x001.12\0\0", "gzip 1.12"),
    (
        "haproxy",
        "\0 version 2.6.12-1+deb12u4, released 2026/10/17",
        "haproxy 2.6.12",
    ),
    ("jq", "failed: %s\n\x001.6\0DEBUG:", "jq 1.6"),
    (
        "ld-musl-x86_64.so.1",
        "/proc/self/fd/\x001.2.3\0Unsupported",
        "musl 1.2.3",
    ),
    (
        "libMagickCore-6.Q16.so.6.0.0",
        "\0ImageMagick 6.9.11-60 Q16 x86_64",
        "imagemagick 6.9.11-60",
    ),
    (
        "libMagickCore-7.Q16HDRI.so.10",
        "\0ImageMagick 7.1.1-21 Q16-HDRI",
        "imagemagick 7.1.1-21",
    ),
    (
        "libavutil.so.57.28.100",
        "FFmpeg version 5.1.9-0+deb12u1\0Auth",
        "ffmpeg 5.1.9",
    ),
    (
        "libc.so.6",
        "(Debian GLIBC 2.36-9) stable release version 2.36.\n",
        "glibc 2.36",
    ),
    (
        "libcrypto.so.1.1",
        "\0OpenSSL 1.1.1w  11 Sep 2023",
        "openssl 1.1.1w",
    ),
    (
        "libcrypto.so.3",
        "\0OpenSSL 3.0.22 25 Aug 2026",
        "openssl 3.0.22",
    ),
    (
        "libexpat.so.1.8.10",
        "started\0expat_2.5.0\0",
        "expat 2.5.0",
    ),
    (
        "libgnutls.so.30",
        "Enabled GnuTLS 3.7.9 logging...\n",
        "gnutls 3.7.9",
    ),
    (
        "liblua5.4.so.0.0.0",
        "$LuaVersion: Lua 5.4.4  Copyright",
        "lua 5.4.4",
    ),
    ("liblzma.so.5.4.1", "\0\x005.4.1\0\0", "xz 5.4.1"),
    (
        "libnode.so.108",
        "/json\0node.js/v18.20.4\0(delegate_)",
        "node 18.20.4",
    ),
    ("libperl.so.5.36.0", "SEED\0v5.36.0\0panic", "perl 5.36.0"),
    (
        "libpng16.so.16.39.0",
        "\nlibpng version 1.6.39\nCopyright",
        "libpng 1.6.39",
    ),
    (
        "libpython3.11.so.1.0",
        "$\0%s: '%s'\x003.11.2\0%.80s",
        "python 3.11.2",
    ),
    (
        "libruby-3.1.so.3.1.2",
        "\0ruby 3.1.2p20 (2022-04-12 revision",
        "ruby 3.1.2",
    ),
    ("libsqlite3.so.0", "\x08\0\0\x003.40.1\0\0", "sqlite 3.40.1"),
    (
        "libz.so.1.2.13",
        "\0 inflate 1.2.13 Copyright 1995-2022",
        "zlib 1.2.13",
    ),
    (
        "lighttpd",
        "lighttpd/1.4.69 (ssl) - a light",
        "lighttpd 1.4.69",
    ),
    (
        "mariadbd",
        "deb12u1\x0010.11.19-MariaDB\0x86_64",
        "mariadb 10.11.19",
    ),
    (
        "memcached",
        "listen\0memcached 1.6.18\0udp-port",
        "memcached 1.6.18",
    ),
    (
        "monit",
        "a href='http://mmonit.com/monit/'>monit 5.33.0</a>",
        "monit 5.33.0",
    ),
    (
        "mosquitto",
        "bridge remapping.\x002.0.11\0mosquitto version %s\n",
        "mosquitto 2.0.11",
    ),
    (
        "named",
        "libisc-9.18.49-1~deb12u3-Debian.so\0",
        "bind 9.18.49",
    ),
    ("nano", "Unicode Input: %s\0GNU nano 7.2\0+.x", "nano 7.2"),
    (
        "nginx",
        "nginx version: nginx/1.22.1\n\0OpenSSL",
        "nginx 1.22.1",
    ),
    (
        "openvpn",
        "\0OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL",
        "openvpn 2.6.14",
    ),
    ("perl5.36.0", "SEED\0v5.36.0\0panic", "perl 5.36.0"),
    ("php8.2", "\0X-Powered-By: PHP/8.2.35\0ZEND", "php 8.2.35"),
    (
        "postconf",
        "\0mail_version=3.7.11\0/dev/null",
        "postfix 3.7.11",
    ),
    (
        "postgres",
        "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n",
        "postgresql 15.20",
    ),
    ("proftpd", "\0ProFTPD Version 1.3.8\0LANG", "proftpd 1.3.8"),
    (
        "prometheus",
        "go1.19.8\0\0\x002.42.0+ds\0\0debian",
        "prometheus 2.42.0",
    ),
    (
        "python3.11",
        "pymalloc_debug\x003.11.2\0strict",
        "python 3.11.2",
    ),
    ("python3.13", "\x003.13.0rc2\0", "python 3.13.0rc2"),
    ("python3.1", "\x003.11.2\0", ""),
    ("python3", "\x003.40.1\0", ""),
    (
        "redis-check-rdb",
        "err\x007.0.15\0c11-builtin\0shutdown",
        "redis 7.0.15",
    ),
    (
        "redis-cli",
        "TLS Error: %s\n\x007.0.15\0 (git:%s\0-dirty",
        "redis 7.0.15",
    ),
    (
        "ruby",
        "\0ruby 3.3.0preview1 (2023-05-12",
        "ruby 3.3.0preview1",
    ),
    ("runc", "go1.19.8\0\0\x001.1.5+ds1\0", "runc 1.1.5"),
    ("smbd", "\0SAMBA_4.17.12_DEBIAN_SAMBA4\0", "samba 4.17.12"),
    ("squid", "prefix (\0/1.0) in '\0squid/5.7\0;", "squid 5.7"),
    (
        "sshd",
        "\0OpenSSH_9.2p1 Debian-2+deb12u10\0",
        "openssh 9.2p1",
    ),
    (
        "stunnel4",
        "CONNECT \0Server: stunnel/5.68\0 HTTP/",
        "stunnel 5.68",
    ),
    (
        "tini",
        "[INFO  tini (%i)] \0tini version 0.19.0\0",
        "tini 0.19.0",
    ),
    ("tor", "\0tor 0.4.9.11\0\0\0INTERNAL", "tor 0.4.9.11"),
    (
        "turnserver",
        "TURN Server\0Coturn-4.6.1 'Gorst'\0",
        "coturn 4.6.1",
    ),
    (
        "unbound",
        "READY=1\0unbound 1.17.1\0start of",
        "unbound 1.17.1",
    ),
    (
        "varnishd",
        "varnish-7.1.1 revision 7cee1c581bead20",
        "varnish 7.1.1",
    ),
    (
        "vim.tiny",
        "\0VIM - Vi IMproved 9.0 (2022 Jun 28)",
        "vim 9.0",
    ),
    ("vsftpd", "\0(vsFTPd 3.0.3)\0USER", "vsftpd 3.0.3"),
    (
        "chronyd",
        "--help\0--version\x004.3\x0046df:F",
        "chrony 4.3",
    ),
    ("make", "x86_64-pc-linux-gnu\x004.3\0$(strip", "make 4.3"),
    ("rsync", "\"%s\": \"%s\"\x003.5.0\0copyright", "rsync 3.5.0"),
    ("socat", "\0\0\x001.7.4.4\0\0", "socat 1.7.4.4"),
    (
        "sudo",
        "version %s\n\x001.9.13p3\0Configure",
        "sudo 1.9.13p3",
    ),
    ("tar", "%s: byte %s: %s\x001.34\0%s-%s", "tar 1.34"),
    ("tmux", "duplicate path: %s\x003.3a\0en_US", "tmux 3.3a"),
    ("xz", "\0xz (XZ Utils) 5.4.1\0liblzma %s", "xz 5.4.1"),
    ("zsh", "\0/usr/lib/x86_64-linux-gnu/zsh/5.9\0", "zsh 5.9"),
    ("zstd", "Enabled\0v1.5.4\0Zstandard CLI", "zstd 1.5.4"),
];

#[test]
fn programs_tell_their_version() {
    for (name, text, expected) in SAMPLES {
        let expected: Vec<String> = (!expected.is_empty())
            .then(|| format!("generic {expected} in usr/bin ~a text in the program"))
            .into_iter()
            .collect();
        assert_eq!(
            found(&format!("usr/bin/{name}"), ELF, text),
            expected,
            "{name}"
        );
    }
}

#[test]
fn texts_tell_it_too() {
    let check = |path: &str, content: &str, expected: &str| {
        let bytes = content.as_bytes();
        let (packages, _) = described(&Program.analyse(&CandidateFile::whole(path, bytes)));
        assert_eq!(packages, [format!("{expected} ~a text in the program")]);
    };
    check(
        "usr/local/go/VERSION",
        "go1.21.5\ntime 2023-11-29T21:21:46Z\n",
        "generic go 1.21.5 in usr/local/go",
    );
    check(
        "opt/java/release",
        "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"17.0.9\"\n",
        "generic openjdk 17.0.9 in opt/java",
    );
    check(
        "opt/java/release",
        "JAVA_VERSION=\"1.8.0_392\"\n",
        "generic openjdk 1.8.0_392 in opt/java",
    );
    check(
        "lib/erlang/releases/25/OTP_VERSION",
        "25.2.3\n",
        "generic erlang 25.2.3 in lib/erlang/releases/25",
    );
    check(
        "usr/bin/composer",
        "#!/usr/bin/env php\n<?php public const VERSION = '2.6.5';",
        "generic composer 2.6.5 in usr/bin",
    );
}

/// Every line of the table finds what it describes.
#[test]
fn every_pattern_finds_its_own_form() {
    for classifier in PROGRAMS.iter().chain(TEXTS) {
        for pattern in classifier.patterns {
            let name = classifier.files[0].replace('*', "1.2");
            let version = match pattern.starts {
                Starts::With(start) => format!("{start}2.3"),
                Starts::Anyhow | Starts::AsNamed => "1.2.3".to_owned(),
            };
            let after = std::str::from_utf8(pattern.after)
                .unwrap()
                .replace('#', "1");
            let bytes = [
                classifier.head,
                b" ",
                pattern.before,
                version.as_bytes(),
                after.as_bytes(),
                b" ",
            ]
            .concat();
            let file = CandidateFile::whole(&name, &bytes);
            assert_eq!(
                find(&file, classifier, &name).unwrap().as_deref(),
                Some(version.as_str()),
                "{}",
                classifier.name
            );
            assert!(classifier.head.len() <= outcrop_image::HEAD_BYTES);
            let facts = FileFacts {
                path: &name,
                size: 1,
                head: &bytes[..classifier.head.len()],
            };
            assert!(Program.wants(&facts).is_some(), "{name}");
        }
    }
}

#[test]
fn other_files_are_not_asked_for() {
    let wants = |path: &str, head: &[u8]| {
        let facts = FileFacts {
            path,
            size: 1,
            head,
        };
        Program.wants(&facts)
    };
    assert_eq!(wants("usr/bin/bash", ELF), Some(MAX_BYTES));
    assert_eq!(wants("usr/bin/bash", b"#!/bin/sh"), None);
    assert_eq!(wants("usr/bin/bashful", ELF), None);
    assert_eq!(wants("usr/bin/pythonic", ELF), None);
    assert_eq!(
        wants("usr/bin/wp", b"#!/usr/bin/env php"),
        Some(MAX_TEXT_BYTES)
    );
    assert_eq!(wants("app/VERSION", b"1.2.3"), None);
}

/// Content of a size that is made up as it is read: zeros but for one text.
struct Sparse {
    size: u64,
    at: u64,
    text: &'static [u8],
}

impl RandomAccess for Sparse {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = (self.size.saturating_sub(offset)).min(buffer.len() as u64) as usize;
        buffer[..length].fill(0);
        for (index, byte) in self.text.iter().enumerate() {
            let place = (self.at + index as u64).checked_sub(offset);
            if let Some(shown) = place.and_then(|place| buffer[..length].get_mut(place as usize)) {
                *shown = *byte;
            }
        }
        Ok(length)
    }
}

#[test]
fn large_programs_are_searched_in_windows() {
    let boundary = WINDOW_BYTES as u64;
    for before_boundary in 0..40 {
        let content = Sparse {
            size: 3 * boundary + 17,
            at: boundary - before_boundary,
            text: b"node.js/v18.20.4 10.11.19-MariaDB\0",
        };
        let file = CandidateFile {
            path: "bin/node",
            bytes: ELF,
            whole: false,
            large: Some((content.size, &content)),
        };
        let (packages, _) = described(&Program.analyse(&file));
        assert_eq!(
            packages,
            ["generic node 18.20.4 in bin ~a text in the program"]
        );
        let file = CandidateFile {
            path: "bin/mariadbd",
            ..file
        };
        let (packages, _) = described(&Program.analyse(&file));
        assert_eq!(
            packages,
            ["generic mariadb 10.11.19 in bin ~a text in the program"]
        );
    }
}

#[test]
fn a_pattern_is_tried_at_so_many_places_only() {
    let check = |times: usize, expected: &[&str]| {
        let bytes = [ELF, &b"jq-".repeat(times), b"1.6\0"].concat();
        let analysis = Program.analyse(&CandidateFile::whole("bin/jq", &bytes));
        assert_eq!(described(&analysis).0, expected);
    };
    check(100, &["generic jq 1.6 in bin ~a text in the program"]);
    check(MAX_PLACES + 1, &[]);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    for (path, text) in [
        ("bin/nginx", "nginx version: nginx/1.22.1\n"),
        ("bin/redis-cli", "\x007.0.15\0 (git:%s"),
        ("bin/python3.11", "\x003.11.2\0"),
        ("bin/haproxy", " version 2.6.12-1+deb12u4, released 20"),
    ] {
        let bytes = [ELF, text.as_bytes()].concat();
        survives(&Program, path, &bytes);
    }
}
