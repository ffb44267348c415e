//! What the identifiers of a product tree stand for.

use std::collections::HashMap;

use super::wire::{Branch, Helper, ProductTree};
use crate::feeds::FeedFault;

/// Longest name, version or module, in bytes.
const MAX_WORD_BYTES: usize = 200;

/// How often a product may be a component of a component: package, module, repository.
const MAX_STEPS: usize = 4;

/// A package of a product stream in one of its versions.
pub(super) struct Package {
    pub(super) product: Product,
    /// With its epoch.
    pub(super) version: Option<String>,
    pub(super) is_source: bool,
}

/// An RPM package of a product stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Product {
    /// As `Red Hat:enterprise_linux:9::appstream`.
    pub(super) ecosystem: String,
    /// Of the binary package, or of the source.
    pub(super) name: String,
    /// As `nodejs:18`.
    pub(super) module: Option<String>,
}

/// The products of a tree by their identifiers.
pub(super) struct Products<'a> {
    named: HashMap<&'a str, &'a Helper<'a>>,
    /// Component and what it is a component of.
    related: HashMap<&'a str, (&'a str, &'a str)>,
}

impl<'a> Products<'a> {
    pub(super) fn of(tree: &'a ProductTree<'a>) -> Self {
        let mut named = HashMap::new();
        // The JSON reader has bounded their depth.
        let mut left: Vec<&Branch<'_>> = tree.branches.iter().collect();
        while let Some(branch) = left.pop() {
            if let Some(product) = &branch.product {
                named
                    .entry(product.product_id.as_ref())
                    .or_insert(&product.helper);
            }
            left.extend(&branch.branches);
        }
        let related = tree.relationships.iter().map(|relationship| {
            let whole = relationship.full_product_name.product_id.as_ref();
            let component = relationship.product_reference.as_ref();
            (whole, (component, relationship.relates_to.as_ref()))
        });
        Self {
            named,
            related: related.collect(),
        }
    }

    /// The package that a product identifier stands for; nothing where it is no RPM package of a
    /// stream.
    pub(super) fn find(&self, id: &str) -> Result<Option<Package>, FeedFault> {
        let Some((component, mut platform)) = self.related.get(id).copied() else {
            return Ok(None);
        };
        let Some(component) = self.component(component)? else {
            return Ok(None);
        };
        let mut module = component.module;
        for _ in 0..MAX_STEPS {
            if let Some(helper) = self.named.get(platform) {
                let Some(cpe) = helper.cpe.as_deref() else {
                    return Err(FeedFault::value("platform with a CPE", platform));
                };
                let product = Product {
                    ecosystem: ecosystem(cpe)?,
                    name: component.name,
                    module,
                };
                return Ok(Some(Package {
                    product,
                    version: component.version,
                    is_source: component.is_source,
                }));
            }
            let Some((between, next)) = self.related.get(platform).copied() else {
                break;
            };
            if module.is_none() {
                let purl = self
                    .named
                    .get(between)
                    .and_then(|helper| helper.purl.as_deref());
                module = purl.and_then(module_of);
            }
            platform = next;
        }
        Err(FeedFault::value("platform of the product tree", platform))
    }

    fn component(&self, component: &str) -> Result<Option<Component>, FeedFault> {
        let purl = self
            .named
            .get(component)
            .and_then(|helper| helper.purl.as_deref());
        match purl {
            Some(purl) => named(purl, component),
            // Older files name a component by its identifier alone, as `nodejs:18/nodejs`.
            None => {
                let (module, name) = match component.rsplit_once('/') {
                    Some((module, name)) => (Some(module), name),
                    None => (None, component),
                };
                if name.contains(':') || !is_word(name) {
                    return Ok(None);
                }
                Ok(Some(Component {
                    name: name.to_owned(),
                    version: None,
                    module: module.map(str::to_owned),
                    is_source: true,
                }))
            }
        }
    }
}

struct Component {
    name: String,
    version: Option<String>,
    module: Option<String>,
    is_source: bool,
}

/// Reads `pkg:rpm/redhat/NAME@VERSION?arch=…&epoch=…&rpmmod=…`, and what older files have for it.
fn named(purl: &str, component: &str) -> Result<Option<Component>, FeedFault> {
    let Some(rest) = purl.strip_prefix("pkg:rpm/") else {
        return Ok(component_of_module(purl));
    };
    let fault = || FeedFault::value("package URL", purl);
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.rsplit('/').next().unwrap_or(path);
    let (name, version) = match path.split_once('@') {
        Some((name, version)) => (decoded(name), Some(decoded(version))),
        None => (decoded(path), None),
    };
    let name = name.filter(|name| is_word(name)).ok_or_else(fault)?;
    let version = match version {
        Some(version) => Some(version.filter(|text| is_word(text)).ok_or_else(fault)?),
        None => None,
    };
    let qualifier = |wanted: &str| {
        let mut pairs = qualifiers
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == wanted).then(|| decoded(value))?)
    };
    let epoch = qualifier("epoch")
        .or_else(|| epoch_in(component, &name).map(str::to_owned))
        .filter(|epoch| !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or_else(|| "0".into());
    Ok(Some(Component {
        version: version.map(|version| format!("{epoch}:{version}")),
        module: qualifier("rpmmod")
            .filter(|text| is_word(text))
            .map(|text| stream(&text)),
        is_source: qualifier("arch").as_deref() == Some("src"),
        name,
    }))
}

/// A component named within its module, as `pkg:rpmmod/redhat/postgresql:15/postgresql`; a module
/// itself is no package.
fn component_of_module(purl: &str) -> Option<Component> {
    let path = decoded(
        purl.strip_prefix("pkg:rpmmod/redhat/")?
            .split(['?', '@'])
            .next()?,
    )?;
    let (module, name) = path.split_once('/')?;
    (is_word(module) && is_word(name) && !name.contains('/')).then(|| Component {
        name: name.to_owned(),
        version: None,
        module: Some(stream(module)),
        is_source: true,
    })
}

/// The epoch in an identifier as `openssl-1:3.0.7-27.el9.x86_64`.
fn epoch_in<'a>(component: &'a str, name: &str) -> Option<&'a str> {
    let rest = component.strip_prefix(name)?.strip_prefix('-')?;
    Some(rest.split_once(':')?.0)
}

/// The module of `pkg:rpmmod/redhat/nodejs@18:8080020231013153236:63b34585`.
fn module_of(purl: &str) -> Option<String> {
    let rest = purl.strip_prefix("pkg:rpmmod/")?;
    let path = rest.split('?').next()?.rsplit('/').next()?;
    let (name, version) = path.split_once('@')?;
    let whole = format!("{}:{}", decoded(name)?, decoded(version)?);
    is_word(&whole).then(|| stream(&whole))
}

/// Name and stream of `389-ds:1.4:8100020240613122040:25e700aa`.
fn stream(module: &str) -> String {
    let end = module.match_indices(':').nth(1).map(|(at, _)| at);
    module[..end.unwrap_or(module.len())].to_owned()
}

/// OSV's name for the stream of a CPE 2.2 URI.
fn ecosystem(cpe: &str) -> Result<String, FeedFault> {
    let product = ["cpe:/a:redhat:", "cpe:/o:redhat:", "cpe:/h:redhat:"]
        .iter()
        .find_map(|prefix| cpe.strip_prefix(prefix))
        .filter(|product| is_word(product))
        .ok_or_else(|| FeedFault::value("CPE of Red Hat", cpe))?;
    Ok(format!("Red Hat:{product}"))
}

fn is_word(text: &str) -> bool {
    let odd = |byte: u8| byte.is_ascii_control() || byte == b' ';
    !text.is_empty() && text.len() <= MAX_WORD_BYTES && !text.bytes().any(odd)
}

/// Percent-decoded (RFC 3986, section 2.1); nothing where that is no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
