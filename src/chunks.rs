//! Splits a value that is too long for one cookie over several: `name`, `name.1`, `name.2` and so on.
//!
//! The first cookie has `~COUNT.TAG.` before its part of the value, the others `TAG.`. The tag is the beginning of the SHA-256 of the
//! whole value. It distinguishes parts of two values, which concurrent responses have set. It does not prevent forgery: the signature or
//! seal of the whole value does. A value that fits in one cookie is written without a prefix, unless it begins with `~` itself.

use std::borrow::Cow;
use std::ops::ControlFlow;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha256};

use crate::finder::{CookieFinder, Few, SIGNATURE_SUFFIX};

/// The size of a cookie's name and value together up to which browsers accept it (RFC 6265bis, section 5.6).
pub const MAX_COOKIE_BYTES: usize = 4096;

/// The most cookies that one value may take.
pub const MAX_CHUNKS: usize = 32;

/// The most cookies of a request that are considered as parts: those of four values.
const MAX_PARTS: usize = 4 * MAX_CHUNKS;

/// The most combinations of parts that are tried, where a request has several cookies of one name.
const MAX_COMBINATIONS: usize = 4;

/// The first character of a value in several cookies.
const SPLIT_MARK: char = '~';

/// The number of characters of a tag.
const TAG_LENGTH: usize = 8;

/// A value split into the parts that go into cookies.
#[derive(Debug, PartialEq, Eq)]
pub struct Split<'v> {
    /// The parts for `name`, `name.1` and so on.
    pub parts: Vec<&'v str>,
    /// `~COUNT.TAG.`, which precedes the first part; empty for a value in one cookie.
    pub prefix: String,
}

/// A value that needs more cookies than are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The size of the name and the value together.
    pub bytes: usize,
}

/// The cookies of one session in a request: first cookies, further parts, and signatures.
#[derive(Default)]
pub struct Parts<'h> {
    firsts: Few<'h>,
    signatures: Few<'h>,
    /// The further parts, with their numbers.
    rest: Vec<(usize, &'h str)>,
}

/// A value joined from the cookies of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole<'h> {
    /// `~COUNT.TAG.`, or empty.
    pub prefix: &'h str,
    /// The value.
    pub value: Cow<'h, str>,
    /// The number of cookies that it uses.
    pub count: usize,
}

impl<'v> Split<'v> {
    /// Splits a value for the cookie `name` into at most `max` cookies; 0 means one cookie of any size.
    ///
    /// # Errors
    /// [`TooLarge`] if it does not fit.
    ///
    /// ```
    /// use koa_session_rs::chunks::Split;
    ///
    /// let value = "x".repeat(5000);
    /// let Ok(split) = Split::new("koa.sess", &value, 2) else { unreachable!() };
    /// assert_eq!(split.parts.len(), 2);
    /// assert!(split.prefix.starts_with("~2."));
    /// assert!(Split::new("koa.sess", &value, 1).is_err());
    /// ```
    pub fn new(name: &str, value: &'v str, max: usize) -> Result<Self, TooLarge> {
        let bytes = name.len() + value.len();
        if max == 0 || (bytes <= MAX_COOKIE_BYTES && !value.starts_with(SPLIT_MARK)) {
            return Ok(Self {
                parts: vec![value],
                prefix: String::new(),
            });
        }
        let max = max.min(MAX_CHUNKS);
        // The first part leaves room for the digits of the largest count, since the count is not known yet.
        let digits = max.to_string().len();
        let parts = cut_into_parts(name, value, digits, max).ok_or(TooLarge { bytes })?;
        let prefix = format!("{SPLIT_MARK}{}.{}.", parts.len(), tag_of(value));
        Ok(Self { parts, prefix })
    }

    /// Returns the tag of the value; empty for a value in one cookie.
    #[must_use]
    pub fn tag(&self) -> &str {
        tag_in(&self.prefix)
    }

    /// Returns what precedes a part in its cookie: the prefix, or the tag and a dot.
    #[must_use]
    pub fn before(&self, number: usize) -> &str {
        let tag_at = self.prefix.find('.').map_or(0, |dot| dot + 1);
        let start = if number == 0 { 0 } else { tag_at };
        self.prefix.get(start..).unwrap_or_default()
    }
}

impl<'h> Parts<'h> {
    /// Finds the cookies of a session in a `Cookie` header.
    #[must_use]
    pub fn find(finder: &CookieFinder, header: &'h str) -> Self {
        let mut found = Self::default();
        for (suffix, value) in finder.suffixed(header) {
            if suffix.is_empty() {
                found.firsts.push(value);
            } else if suffix == SIGNATURE_SUFFIX {
                found.signatures.push(value);
            } else if let Some(number) = part_number(suffix)
                && is_part(value)
                && found.rest.len() < MAX_PARTS
            {
                found.rest.push((number, value));
            }
        }
        found
    }

    /// Returns whether the header has no cookie of the name, or only empty ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.firsts.as_slice().iter().all(|value| value.is_empty())
    }

    /// Returns the signatures that are not empty.
    pub fn signatures(&self) -> impl Iterator<Item = &'h str> {
        let signatures = self.signatures.as_slice().iter().copied();
        signatures.filter(|signature| !signature.is_empty())
    }

    /// Returns whether the header has a signature's cookie, empty or not.
    #[must_use]
    pub fn has_signature(&self) -> bool {
        !self.signatures.as_slice().is_empty()
    }

    /// Returns the numbers of the further parts that a value in `count` cookies does not use, each once.
    #[must_use]
    pub fn beyond(&self, count: usize) -> Vec<usize> {
        let mut numbers: Vec<_> = self.rest.iter().map(|&(number, _)| number).collect();
        numbers.retain(|&number| number >= count);
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Passes each value that the cookies may hold to `visit`, until it breaks. With `may_split`, a value may be in several cookies.
    /// Returns whether a value was missed, since parts of it are absent.
    pub fn each<B>(
        &self,
        may_split: bool,
        mut visit: impl FnMut(Whole<'h>) -> ControlFlow<B>,
    ) -> ControlFlow<B, bool> {
        let mut is_missed = false;
        for first in self
            .firsts
            .as_slice()
            .iter()
            .filter(|first| !first.is_empty())
        {
            let first: &'h str = first;
            let Some((count, part)) = parse_first(first).filter(|_| may_split) else {
                visit(Whole {
                    prefix: "",
                    value: Cow::Borrowed(first),
                    count: 1,
                })?;
                continue;
            };
            let prefix = first.strip_suffix(part).unwrap_or_default();
            let tag = tag_in(prefix);
            let choices: Vec<Vec<&str>> = (1..count)
                .map(|number| self.candidates(number, tag))
                .collect();
            if choices.iter().any(Vec::is_empty) {
                is_missed = true;
                continue;
            }
            for combination in 0..combinations(&choices) {
                let rest = parts_of_combination(&choices, combination);
                let value = std::iter::once(part).chain(rest).collect();
                visit(Whole {
                    prefix,
                    value: Cow::Owned(value),
                    count,
                })?;
            }
        }
        ControlFlow::Continue(is_missed)
    }

    /// Returns the different parts of a number that have a tag, without it.
    fn candidates(&self, number: usize, tag: &str) -> Vec<&'h str> {
        let mut choices = Vec::new();
        for (_, value) in self.rest.iter().filter(|part| part.0 == number) {
            let part = value
                .strip_prefix(tag)
                .and_then(|rest| rest.strip_prefix('.'));
            if let Some(part) = part
                && !choices.contains(&part)
            {
                choices.push(part);
            }
        }
        choices
    }
}

impl Whole<'_> {
    /// Returns the tag of the value; empty for a value in one cookie.
    #[must_use]
    pub fn tag(&self) -> &str {
        tag_in(self.prefix)
    }
}

/// Returns the suffix of a part's cookie, after the name.
#[must_use]
pub fn suffix(number: usize) -> String {
    match number {
        0 => String::new(),
        _ => format!(".{number}"),
    }
}

/// Cuts a value into parts, of which the first leaves room for a count of `digits` digits. Returns `None` if it needs more than `max`.
fn cut_into_parts<'v>(
    name: &str,
    value: &'v str,
    digits: usize,
    max: usize,
) -> Option<Vec<&'v str>> {
    let mut rest = value;
    let mut parts = Vec::new();
    while !rest.is_empty() || parts.is_empty() {
        if parts.len() == max {
            return None;
        }
        let number = parts.len();
        let before = if number == 0 { digits + 2 } else { 0 } + TAG_LENGTH + 1;
        let room = MAX_COOKIE_BYTES.checked_sub(name.len() + suffix(number).len() + before)?;
        let end = last_char_boundary(rest, room);
        if end == 0 && !rest.is_empty() {
            return None;
        }
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        rest = behind;
    }
    Some(parts)
}

/// Returns the last index up to `end` that is a boundary of characters.
fn last_char_boundary(text: &str, end: usize) -> usize {
    let end = end.min(text.len());
    (0..=end)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or_default()
}

/// Computes the tag of a value: the beginning of its SHA-256 in base64.
fn tag_of(value: &str) -> String {
    let mut tag = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(value));
    tag.truncate(TAG_LENGTH);
    tag
}

/// Returns the tag in `~COUNT.TAG.`; empty for an empty prefix.
fn tag_in(prefix: &str) -> &str {
    prefix.split('.').nth(1).unwrap_or_default()
}

/// Returns whether the value of a cookie begins with a tag and a dot; any other cookie is not ours.
fn is_part(value: &str) -> bool {
    value.as_bytes().get(TAG_LENGTH) == Some(&b'.')
}

/// Reads the first cookie of a value in several: their number, and the part.
fn parse_first(first: &str) -> Option<(usize, &str)> {
    let (count, rest) = first.strip_prefix(SPLIT_MARK)?.split_once('.')?;
    let (tag, part) = rest.split_once('.')?;
    let count = parse_decimal(count).filter(|count| (1..=MAX_CHUNKS).contains(count))?;
    (tag.len() == TAG_LENGTH).then_some((count, part))
}

/// Parses the number of a part in a suffix such as `.1`.
fn part_number(suffix: &str) -> Option<usize> {
    parse_decimal(suffix.strip_prefix('.')?).filter(|number| (1..MAX_CHUNKS).contains(number))
}

/// Parses a number without a sign or leading zero.
fn parse_decimal(text: &str) -> Option<usize> {
    let number: usize = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Counts the combinations of one choice for each part, up to the maximum.
fn combinations(choices: &[Vec<&str>]) -> usize {
    let product = choices
        .iter()
        .try_fold(1_usize, |product, choice| product.checked_mul(choice.len()));
    product.unwrap_or(MAX_COMBINATIONS).min(MAX_COMBINATIONS)
}

/// Returns one choice for each part. Combination 0 has the first choice of all parts; the choice for the first part changes fastest.
fn parts_of_combination<'p>(choices: &[Vec<&'p str>], mut combination: usize) -> Vec<&'p str> {
    let parts = choices.iter().filter_map(|choice| {
        let part = choice.get(combination % choice.len());
        combination /= choice.len();
        part.copied()
    });
    parts.collect()
}
