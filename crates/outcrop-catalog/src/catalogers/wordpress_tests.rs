use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the handbook of plugins.
const PLUGIN: &str = "<?php
/**
 * @package Sample
 */
/*
Plugin Name: A Sample: for all
Plugin URI: https://example.org/
Version: 5.0.1
License: GPLv2 or later */
define( 'VERSION', '9' );
";
const SITE: &str = "var/www/html";

fn check(path: &str, content: &str, packages: &[&str]) {
    let path = format!("{SITE}/{path}");
    let bytes = content.as_bytes();
    let analysis = Wordpress.analyse(&CandidateFile::whole(&path, bytes));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{path}: {content}");
    assert_eq!(told, [""; 0]);
}

#[test]
fn plugins_tell_their_version() {
    check(
        "wp-content/plugins/sample/main.php",
        PLUGIN,
        &["wordpress sample 5.0.1 in var/www/html/wp-content/plugins (GPL-2.0-or-later)"],
    );
    check(
        "wp-content/plugins/hello.php",
        "<?php /* Plugin Name: Hello\n@version: 1.7.2\n?>",
        &["wordpress hello 1.7.2 in var/www/html/wp-content/plugins"],
    );
    check("wp-content/plugins/a/x.php", "<?php\n// Version: 1\n", &[]);
    check(
        "wp-content/plugins/a/x.php",
        "<?php\n// Plugin Name: A\n",
        &[],
    );
    check("wp-content/plugins/a/b/x.php", PLUGIN, &[]);
}

#[test]
fn themes_and_the_site_itself_tell_their_version() {
    check(
        "wp-content/themes/plain/style.css",
        "@charset \"UTF-8\";\n/*\nTheme Name: Plain\nVersion: 1.7\n*/\nbody { color: red }",
        &["wordpress plain 1.7 in var/www/html/wp-content/themes"],
    );
    check(
        "wp-content/themes/plain/a/style.css",
        "Theme Name: x\nVersion: 1",
        &[],
    );
    check(
        "wp-includes/version.php",
        "<?php\n/** @global string $wp_version */\n$wp_version = '6.1.9';\n$wp_db_version = 1;\n",
        &["wordpress wordpress 6.1.9 in var/www/html"],
    );
    check("wp-includes/version.php", "<?php $wp_version = $x;", &[]);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Wordpress, "wp-content/plugins/a/a.php", PLUGIN.as_bytes());
    survives(
        &Wordpress,
        "a/wp-includes/version.php",
        b"<?php\n$wp_version = '6';\n",
    );
}
