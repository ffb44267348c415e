//! What a rule is.

use std::ops::Range;

use outcrop_model::Severity;

use super::SecretKind;

/// How one kind of secret is told.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) kind: SecretKind,
    pub(crate) told_by: ToldBy,
    /// Decides on the value alone: a checksum, a structure, something decoded.
    pub(crate) test: Option<fn(&[u8]) -> bool>,
    /// Least Shannon entropy of the value in bits a byte.
    pub(crate) entropy: f32,
    /// Where the rule holds.
    pub(crate) reach: Reach,
}

/// The files in which a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Any text: the form of the value says enough.
    Everywhere,
    /// Any text outside of the folders of package managers, where samples abound.
    OwnFiles,
    /// Files that look like configuration, outside of the folders of package managers.
    Configuration,
}

/// Where the search begins.
#[derive(Debug)]
pub(crate) enum ToldBy {
    /// Something that every value has in it or right before it.
    Literal {
        /// Each of them is enough.
        literals: &'static [&'static str],
        /// Bytes of the pattern that may stand before the literal.
        before: usize,
        /// The value is group 1, or the whole where there is none; it must cover the literal.
        pattern: &'static str,
    },
    /// Something after which a function finds the value, over several lines.
    Block {
        literals: &'static [&'static str],
        /// The value in a text, near the place of the literal.
        find: fn(&[u8], usize) -> Option<Range<usize>>,
    },
    /// The name of what it is assigned to.
    Name {
        /// In small letters without separators; one must be in the name.
        names: &'static [&'static str],
        /// Ends of paths; empty where every configuration will do.
        files: &'static [&'static str],
        /// The whole value.
        pattern: &'static str,
    },
}

impl Rule {
    const fn new(
        id: &'static str,
        title: &'static str,
        severity: Severity,
        form: &'static str,
        told_by: ToldBy,
        reach: Reach,
    ) -> Self {
        Self {
            kind: SecretKind {
                id,
                title,
                severity,
                form,
            },
            told_by,
            test: None,
            entropy: 0.0,
            reach,
        }
    }

    /// A value that begins with one of the literals.
    pub(crate) const fn token(
        id: &'static str,
        title: &'static str,
        severity: Severity,
        literals: &'static [&'static str],
        pattern: &'static str,
        form: &'static str,
    ) -> Self {
        Self::within(id, title, severity, literals, 0, pattern, form)
    }

    /// A value with one of the literals in it, at most `before` bytes from its beginning.
    pub(crate) const fn within(
        id: &'static str,
        title: &'static str,
        severity: Severity,
        literals: &'static [&'static str],
        before: usize,
        pattern: &'static str,
        form: &'static str,
    ) -> Self {
        let told_by = ToldBy::Literal {
            literals,
            before,
            pattern,
        };
        Self::new(id, title, severity, form, told_by, Reach::Everywhere)
    }

    /// A value that a function finds.
    pub(crate) const fn block(
        id: &'static str,
        title: &'static str,
        severity: Severity,
        literals: &'static [&'static str],
        find: fn(&[u8], usize) -> Option<Range<usize>>,
        form: &'static str,
    ) -> Self {
        let told_by = ToldBy::Block { literals, find };
        Self::new(id, title, severity, form, told_by, Reach::Everywhere)
    }

    /// A value that is assigned to a name.
    pub(crate) const fn named(
        id: &'static str,
        title: &'static str,
        severity: Severity,
        names: &'static [&'static str],
        pattern: &'static str,
        form: &'static str,
    ) -> Self {
        let told_by = ToldBy::Name {
            names,
            files: &[],
            pattern,
        };
        Self::new(id, title, severity, form, told_by, Reach::Configuration)
    }

    /// A value that is assigned to a name in files whose paths end so.
    pub(crate) const fn in_files(
        id: &'static str,
        title: &'static str,
        severity: Severity,
        files: &'static [&'static str],
        names: &'static [&'static str],
        pattern: &'static str,
        form: &'static str,
    ) -> Self {
        let told_by = ToldBy::Name {
            names,
            files,
            pattern,
        };
        Self::new(id, title, severity, form, told_by, Reach::Configuration)
    }

    /// With a test of the value.
    pub(crate) const fn test(mut self, test: fn(&[u8]) -> bool) -> Self {
        self.test = Some(test);
        self
    }

    /// With a limit of entropy.
    pub(crate) const fn entropy(mut self, bits: f32) -> Self {
        self.entropy = bits;
        self
    }

    /// Outside of the folders of package managers alone.
    pub(crate) const fn own(mut self) -> Self {
        self.reach = Reach::OwnFiles;
        self
    }

    /// In configuration alone.
    pub(crate) const fn configuration(mut self) -> Self {
        self.reach = Reach::Configuration;
        self
    }
}
