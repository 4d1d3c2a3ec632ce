//! Finds a session's cookie and its signature in a `Cookie` header, as the npm package `cookies` (0.9) finds them.

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};

/// The suffix of a signature's cookie, after the name of the signed cookie.
pub const SIGNATURE_SUFFIX: &str = ".sig";

/// The most cookies of one name that are tried.
const MAX_DUPLICATES: usize = 4;

/// Finds cookies of one name, and their signatures, in one pass over a header.
///
/// A name is found after the start of the header or a `;`, and any number of spaces; the value ends before the next `;`, and is
/// not trimmed. If a value begins with a quote, its first and last characters are removed.
///
/// ```
/// use koa_session_rs::finder::CookieFinder;
///
/// let finder = CookieFinder::new("koa.sess");
/// assert_eq!(finder.first("a=1; koa.sess=eyJ9; b=2"), Some("eyJ9"));
/// assert_eq!(finder.first("koa.sess=\"eyJ9\""), Some("eyJ9"));
/// assert_eq!(finder.first("xkoa.sess=1"), None);
///
/// let pairs = finder.pairs("koa.sess=1; koa.sess=2; koa.sess.sig=3");
/// assert_eq!((pairs.values.as_slice(), pairs.signatures.as_slice()), (["1", "2"].as_slice(), ["3"].as_slice()));
/// ```
pub struct CookieFinder {
    name: Finder<'static>,
}

/// The cookies of one name in a header, and their signatures.
#[derive(Default)]
pub struct Pairs<'h> {
    /// The values, in the order of the header.
    pub values: Few<'h>,
    /// The signatures that are not empty.
    pub signatures: Few<'h>,
}

/// The first values or signatures, as many as are tried: a browser sends a cookie for each path and domain that matches.
#[derive(Default)]
pub struct Few<'h> {
    texts: [&'h str; MAX_DUPLICATES],
    count: usize,
}

enum Pair<'h> {
    Value(&'h str),
    Signature(&'h str),
}

impl CookieFinder {
    /// Prepares the search for the cookie `name` and its signature.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: Finder::new(name).into_owned(),
        }
    }

    /// Finds the first cookie of the name.
    #[must_use]
    pub fn first<'h>(&self, header: &'h str) -> Option<&'h str> {
        self.iter(header).find_map(|pair| match pair {
            Pair::Value(value) => Some(value),
            Pair::Signature(_) => None,
        })
    }

    /// Finds the first four cookies of the name, and their first four signatures that are not empty.
    #[must_use]
    pub fn pairs<'h>(&self, header: &'h str) -> Pairs<'h> {
        let mut pairs = Pairs::default();
        for pair in self.iter(header) {
            match pair {
                Pair::Value(value) => pairs.values.push(value),
                Pair::Signature("") => {}
                Pair::Signature(signature) => pairs.signatures.push(signature),
            }
        }
        pairs
    }

    /// Finds all cookies whose names begin with the name. Returns the suffix of each (what follows the name), and its value.
    pub fn suffixed<'h>(&self, header: &'h str) -> impl Iterator<Item = (&'h str, &'h str)> {
        self.named(header).filter_map(|rest| {
            let end = memchr2(b'=', b';', rest.as_bytes())?;
            let (suffix, rest) = rest.split_at_checked(end)?;
            Some((suffix, unquote(value_of(rest.strip_prefix('=')?))))
        })
    }

    /// Finds all values and signatures.
    fn iter<'h>(&self, header: &'h str) -> impl Iterator<Item = Pair<'h>> {
        self.named(header).filter_map(read_pair)
    }

    /// Finds the pairs that begin with the name, and returns the header from the end of each name on.
    // A name has no `;`, and does not begin with a space, and only spaces may precede it in its pair: so no two occurrences
    // overlap.
    fn named<'h>(&self, header: &'h str) -> impl Iterator<Item = &'h str> {
        let length = self.name.needle().len();
        self.name
            .find_iter(header.as_bytes())
            .filter_map(move |at| {
                let (before, named) = header.split_at_checked(at)?;
                let before = before.trim_end_matches(' ');
                let begins_pair = before.is_empty() || before.ends_with(';');
                (begins_pair && !named.starts_with(' ')).then_some(named.get(length..)?)
            })
    }
}

impl<'h> Few<'h> {
    /// Returns the texts.
    #[must_use]
    pub fn as_slice(&self) -> &[&'h str] {
        self.texts.get(..self.count).unwrap_or_default()
    }

    /// Adds a text, if there is room.
    pub fn push(&mut self, text: &'h str) {
        if let Some(place) = self.texts.get_mut(self.count) {
            *place = text;
            self.count += 1;
        }
    }
}

/// Reads the value or signature after the name; `None` for a cookie of another name.
fn read_pair(rest: &str) -> Option<Pair<'_>> {
    if let Some(value) = rest.strip_prefix('=') {
        return Some(Pair::Value(unquote(value_of(value))));
    }
    let signature = rest.strip_prefix(SIGNATURE_SUFFIX)?.strip_prefix('=')?;
    Some(Pair::Signature(unquote(value_of(signature))))
}

fn value_of(rest: &str) -> &str {
    memchr(b';', rest.as_bytes())
        .and_then(|end| rest.get(..end))
        .unwrap_or(rest)
}

fn unquote(value: &str) -> &str {
    let Some(rest) = value.strip_prefix('"') else {
        return value;
    };
    let mut characters = rest.chars();
    characters.next_back();
    characters.as_str()
}
