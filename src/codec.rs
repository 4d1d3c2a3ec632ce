//! Session JSON to cookie text and back: base64, read as leniently as Node's `Buffer.from(text, 'base64')` reads it.

use std::sync::LazyLock;

use base64::engine::Engine;
use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;

/// The standard alphabet with padding, by the instructions that this processor has.
static STANDARD: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// Encodes `json` as a cookie value, as `Buffer.from(json).toString('base64')` does.
///
/// ```
/// use koa_session_rs::codec::encode;
///
/// assert_eq!(encode(r#"{"views":1}"#), "eyJ2aWV3cyI6MX0=");
/// ```
#[must_use]
pub fn encode(json: &str) -> String {
    STANDARD.encode(json)
}

/// Decodes a cookie value to text, as `Buffer.from(value, 'base64').toString('utf8')` does.
///
/// Never fails: both alphabets are read, other characters are skipped, reading stops at `=`, an incomplete last group gives its
/// complete bytes, and bytes that are not UTF-8 become U+FFFD. Does not check whether the text is JSON.
///
/// ```
/// use koa_session_rs::codec::decode;
///
/// assert_eq!(decode("eyJ2aWV3cyI6MX0="), r#"{"views":1}"#);
/// assert_eq!(decode("eyJ2 aWV3!cyI6MX0"), r#"{"views":1}"#);
/// assert_eq!(decode("_w"), "\u{fffd}");
/// ```
#[must_use]
pub fn decode(value: &str) -> String {
    let bytes = STANDARD
        .decode(value)
        .unwrap_or_else(|_| decode_leniently(value));
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn decode_leniently(value: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len() / 4 * 3 + 3);
    let mut group = 0_u32;
    let mut held = 0;
    let sextets = value
        .encode_utf16()
        // Node reads the low byte of each UTF-16 unit.
        .map(|unit| unit.to_le_bytes()[0])
        .take_while(|&byte| byte != b'=')
        .filter_map(sextet);
    for sextet in sextets {
        group = group << 6 | u32::from(sextet);
        held += 1;
        if held == 4 {
            let [_, first, second, third] = group.to_be_bytes();
            bytes.extend([first, second, third]);
            group = 0;
            held = 0;
        }
    }
    // Two sextets left hold one byte, three hold two; one alone holds none.
    let [_, first, second, _] = (group << (6 * (4 - held))).to_be_bytes();
    match held {
        2 => bytes.push(first),
        3 => bytes.extend([first, second]),
        _ => {}
    }
    bytes
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
