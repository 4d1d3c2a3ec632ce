//! Checks whether JSON is spelt as `JSON.stringify` spells it, as far as the dirty check needs.

/// From this number of digits, JavaScript may spell a number differently.
const LONG_NUMBER: usize = 16;

/// Returns whether parsing and serialising a valid `json` in JavaScript gives either the same text or a shorter one.
///
/// Other programs may spell the same data differently. White space, `1.0`, `\/` and a key given twice become shorter. Escapes
/// (`\u001F`), exponents (`1e3`), numbers of many digits, and keys that are integers (which come first in JavaScript) may not
/// become shorter: for a text that has any of these, this returns false. It may return false for other texts too.
///
/// ```
/// use koa_session_rs::canonical::is_canonical;
///
/// assert!(is_canonical(r#"{"a":[1,2.5,"1e3\n"],"b":"123456789012345678"}"#));
/// assert!(!is_canonical(r#"{"a":1e3}"#));
/// assert!(!is_canonical(r#"{"a":"\u001F"}"#));
/// assert!(!is_canonical(r#"{"7":1}"#));
/// ```
#[must_use]
pub fn is_canonical(json: &str) -> bool {
    let mut rest = json.as_bytes();
    while let [byte, after @ ..] = rest {
        let next = match byte {
            b'"' => after_string(after),
            b'0'..=b'9' => after_number(rest),
            _ => Some(after),
        };
        let Some(next) = next else { return false };
        rest = next;
    }
    true
}

/// Skips a string, from after its opening quote. Returns `None` for one that JavaScript may spell differently.
fn after_string(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    let mut digits_only = true;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = match byte {
            b'"' => {
                let is_index =
                    digits_only && rest.len() < text.len() && after.first() == Some(&b':');
                return (!is_index).then_some(after);
            }
            b'\\' => match after.split_first()? {
                (b'u', _) => return None,
                (_, after) => after,
            },
            _ => after,
        };
        digits_only = digits_only && byte.is_ascii_digit();
    }
}

/// Skips a number. Returns `None` for one that JavaScript may spell differently.
fn after_number(text: &[u8]) -> Option<&[u8]> {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let length = text
        .iter()
        .position(|byte| !is_digit(byte))
        .unwrap_or(text.len());
    let (_, after) = text.split_at_checked(length)?;
    let is_kept = length < LONG_NUMBER && !matches!(after.first(), Some(b'e' | b'E'));
    is_kept.then_some(after)
}
