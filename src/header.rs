//! `Set-Cookie` lines, as the npm package `cookies` (0.9) writes them.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// The last millisecond that an HTTP date can name: the end of the year 9999.
const LAST_HTTP_DATE_MS: f64 = 253_402_300_799_999.0;

/// Returns whether `value` is allowed in a `Set-Cookie` line: RFC 7230's field-content without `;`.
#[must_use]
pub fn is_value(value: &str) -> bool {
    value
        .chars()
        .all(|c| matches!(c, '\t' | ' '..='~' | '\u{80}'..='\u{ff}') && c != ';')
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && is_value(name) && !name.contains('=')
}

/// The attributes of a cookie as the app's options give them.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// `path`, left out when empty.
    pub path: String,
    /// `domain`, left out when empty.
    pub domain: String,
    /// `priority`: low, medium or high, in upper or lower case; left out when empty.
    pub priority: String,
    /// `samesite`: lax, none or strict, in upper or lower case; left out when empty.
    pub same_site: String,
    /// `httponly`.
    pub http_only: bool,
    /// `partitioned`.
    pub partitioned: bool,
}

/// An attribute that is invalid in a cookie: its option's name, never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidAttribute(pub &'static str);

impl fmt::Display for InvalidAttribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "option {} is invalid", self.0)
    }
}

impl std::error::Error for InvalidAttribute {}

/// The part that all `Set-Cookie` lines of one cookie share, formatted once.
#[derive(Clone, Debug)]
pub struct CookieTemplate {
    /// The cookie's name.
    pub name: String,
    before_expires: String,
    before_secure: String,
    after_secure: String,
}

impl CookieTemplate {
    /// Checks a name and its attributes and keeps them in the order of `cookies`: path, expires, domain, priority,
    /// samesite, secure, httponly, partitioned.
    ///
    /// # Errors
    /// [`InvalidAttribute`] names the first one that would break the line: a control character, `;`, a domain that RFC 6265
    /// section 4.1.1 has no form for, an unknown priority or `SameSite`.
    pub fn new(name: &str, attributes: &Attributes) -> Result<Self, InvalidAttribute> {
        check(is_name(name), "key")?;
        check(is_path(&attributes.path), "path")?;
        check(is_domain(&attributes.domain), "domain")?;
        let priority = attributes.priority.to_ascii_lowercase();
        check(
            matches!(priority.as_str(), "" | "low" | "medium" | "high"),
            "priority",
        )?;
        let same_site = attributes.same_site.to_ascii_lowercase();
        check(
            matches!(same_site.as_str(), "" | "lax" | "none" | "strict"),
            "sameSite",
        )?;
        Ok(Self {
            name: name.to_owned(),
            before_expires: attribute("path", &attributes.path),
            before_secure: [
                attribute("domain", &attributes.domain),
                attribute("priority", &priority),
                attribute("samesite", &same_site),
            ]
            .concat(),
            after_secure: [
                flag("httponly", attributes.http_only),
                flag("partitioned", attributes.partitioned),
            ]
            .concat(),
        })
    }

    /// Appends the `Set-Cookie` line `name=value` with its attributes to `line`.
    ///
    /// `value` is written unchanged: check it with [`is_value`] first. A date outside of 1970 to 9999 is left out.
    ///
    /// ```
    /// use koa_session_rs::header::{Attributes, CookieTemplate};
    ///
    /// # fn main() -> Result<(), koa_session_rs::header::InvalidAttribute> {
    /// let attributes = Attributes { path: "/".into(), http_only: true, ..Attributes::default() };
    /// let mut line = String::new();
    /// CookieTemplate::new("koa.sess", &attributes)?.write(&mut line, "e30=", Some(0.0), true);
    /// assert_eq!(line, "koa.sess=e30=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; secure; httponly");
    /// # Ok(())
    /// # }
    /// ```
    pub fn write(&self, line: &mut String, value: &str, expires_ms: Option<f64>, secure: bool) {
        let date = expires_ms.and_then(http_date);
        self.write_until(line, value, date.as_deref(), secure);
    }

    /// Appends the line, with `expires` as formatted by [`http_date`].
    pub(crate) fn write_until(
        &self,
        line: &mut String,
        value: &str,
        expires: Option<&str>,
        secure: bool,
    ) {
        self.write_suffixed(line, "", &[value], expires, secure);
    }

    /// Appends the line of the cookie whose name has a suffix. The value is given in pieces.
    pub(crate) fn write_suffixed(
        &self,
        line: &mut String,
        suffix: &str,
        value: &[&str],
        expires: Option<&str>,
        secure: bool,
    ) {
        line.push_str(&self.name);
        line.push_str(suffix);
        line.push('=');
        for piece in value {
            line.push_str(piece);
        }
        line.push_str(&self.before_expires);
        if let Some(date) = expires {
            line.push_str("; expires=");
            line.push_str(date);
        }
        line.push_str(&self.before_secure);
        if secure {
            line.push_str("; secure");
        }
        line.push_str(&self.after_secure);
    }
}

fn check(valid: bool, option: &'static str) -> Result<(), InvalidAttribute> {
    if valid {
        Ok(())
    } else {
        Err(InvalidAttribute(option))
    }
}

fn attribute(name: &str, value: &str) -> String {
    if value.is_empty() {
        String::new()
    } else {
        format!("; {name}={value}")
    }
}

fn flag(name: &str, set: bool) -> String {
    if set {
        format!("; {name}")
    } else {
        String::new()
    }
}

/// RFC 6265's path-value, as restricted by `cookies`: printable ASCII except `;` and `<`.
fn is_path(path: &str) -> bool {
    path.bytes()
        .all(|byte| matches!(byte, b' '..=b':' | b'='..=b'~'))
}

/// Labels of letters, digits and inner hyphens, 63 long at most; a dot may lead.
fn is_domain(domain: &str) -> bool {
    domain.is_empty()
        || domain
            .strip_prefix('.')
            .unwrap_or(domain)
            .split('.')
            .all(is_label)
}

fn is_label(label: &str) -> bool {
    matches!(label.len(), 1..=63)
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction of a millisecond is cut, as JavaScript's Date does; the range is checked"
)]
pub(crate) fn http_date(ms: f64) -> Option<String> {
    let ms = ms.trunc();
    if !(0.0..=LAST_HTTP_DATE_MS).contains(&ms) {
        return None;
    }
    Some(httpdate::fmt_http_date(
        UNIX_EPOCH + Duration::from_millis(ms as u64),
    ))
}
