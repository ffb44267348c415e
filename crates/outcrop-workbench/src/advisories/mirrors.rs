//! Mirrors of feeds: their addresses are settings of the store, for the command line and the
//! desktop alike.

use std::str::FromStr;

use outcrop_sources::feed::FeedOptions;
use outcrop_store::Store;

use crate::error::WorkbenchError;

/// What stands before the name of a feed in the key of its setting.
const SETTING: &str = "mirror.";

/// The feeds that can be mirrored; repositories of `updateinfo` bring their own mirrors.
const FEEDS: &[&str] = &[
    "osv",
    "debian-tracker",
    "alpine-secdb",
    "wolfi-secdb",
    "chainguard-secdb",
    "redhat-vex",
    "kev",
    "epss",
    "nvd",
    "end-of-life",
];

/// Where a feed is fetched from instead of its publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    feed: &'static str,
    /// Without a final slash; `None` goes back to the publisher.
    address: Option<String>,
}

/// Why a text is no mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// Not of the form `FEED=URL`.
    #[error("not of the form `FEED=URL`: `{0}`")]
    Malformed(String),
    /// No feed of that name.
    #[error("no such feed, known are {}: `{name}`", FEEDS.join(", "))]
    UnknownFeed {
        /// The name that was given.
        name: String,
    },
    /// Not an address of the web.
    #[error("an address begins with `https://` or `http://`: `{0}`")]
    NoAddress(String),
}

impl FromStr for Mirror {
    type Err = MirrorError;

    /// `kev=https://mirror.example/kev.json`; without an address the publisher is asked again.
    fn from_str(text: &str) -> Result<Self, MirrorError> {
        let (name, address) = text
            .split_once('=')
            .ok_or_else(|| MirrorError::Malformed(text.to_owned()))?;
        let feed =
            FEEDS
                .iter()
                .find(|feed| **feed == name)
                .ok_or_else(|| MirrorError::UnknownFeed {
                    name: name.to_owned(),
                })?;
        let address = address.trim_end_matches('/');
        let of_the_web = ["https://", "http://"]
            .iter()
            .any(|scheme| address.len() > scheme.len() && address.starts_with(scheme));
        if !address.is_empty() && !of_the_web {
            return Err(MirrorError::NoAddress(address.to_owned()));
        }
        Ok(Self {
            feed,
            address: Some(address.to_owned()).filter(|address| !address.is_empty()),
        })
    }
}

/// Remembers mirrors for this update and every later one.
pub(super) async fn remember(store: &Store, mirrors: &[Mirror]) -> Result<(), WorkbenchError> {
    for mirror in mirrors {
        let key = format!("{SETTING}{}", mirror.feed);
        store.put_setting(&key, mirror.address.as_deref()).await?;
    }
    Ok(())
}

/// Puts the remembered mirrors in the place of the publishers' addresses.
pub(super) async fn apply(store: &Store, options: &mut FeedOptions) -> Result<(), WorkbenchError> {
    for (key, address) in store.settings().await? {
        let addresses = &mut options.addresses;
        let place = match key.strip_prefix(SETTING) {
            Some("osv") => &mut options.base_url,
            Some("debian-tracker") => &mut addresses.debian_tracker,
            Some("alpine-secdb") => &mut addresses.alpine_secdb,
            Some("wolfi-secdb") => &mut addresses.wolfi_secdb,
            Some("chainguard-secdb") => &mut addresses.chainguard_secdb,
            Some("redhat-vex") => &mut addresses.redhat_vex,
            Some("kev") => &mut addresses.known_exploited,
            Some("epss") => &mut addresses.epss,
            Some("nvd") => &mut addresses.nvd,
            Some("end-of-life") => &mut addresses.end_of_life,
            _ => continue,
        };
        *place = address;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_a_feed_and_an_address() {
        let check = |text: &str, expected: Result<(&str, Option<&str>), &str>| {
            let mirror = Mirror::from_str(text).map_err(|error| error.to_string());
            let found = mirror
                .as_ref()
                .map(|mirror| (mirror.feed, mirror.address.as_deref()))
                .map_err(String::as_str);
            assert_eq!(found, expected, "{text}");
        };
        check(
            "osv=https://mirror.example/osv/",
            Ok(("osv", Some("https://mirror.example/osv"))),
        );
        check("kev=", Ok(("kev", None)));
        check("kev", Err("not of the form `FEED=URL`: `kev`"));
        check(
            "kev=ftp://a",
            Err("an address begins with `https://` or `http://`: `ftp://a`"),
        );
        assert!(Mirror::from_str("x=https://a").is_err());
    }

    #[tokio::test]
    async fn every_feed_is_fetched_from_its_mirror_until_that_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let publishers = format!("{:?}", FeedOptions::default());
        for feed in FEEDS {
            let mirror = |address: &str| format!("{feed}={address}").parse().unwrap();
            remember(&store, &[mirror("https://mirror.example")])
                .await
                .unwrap();
            let mut options = FeedOptions::default();
            apply(&store, &mut options).await.unwrap();
            let told = format!("{options:?}");
            assert_eq!(told.matches("mirror.example").count(), 1, "{feed}");
            remember(&store, &[mirror("")]).await.unwrap();
            let mut options = FeedOptions::default();
            apply(&store, &mut options).await.unwrap();
            assert_eq!(format!("{options:?}"), publishers, "{feed}");
        }
    }
}
