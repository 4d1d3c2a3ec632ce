//! Texts passed between JavaScript and Rust.

use std::ops::Deref;
use std::ptr;

use napi::bindgen_prelude::{FromNapiValue, ToNapiValue};
use napi::{Env, JsValue, Status, check_status, sys};

/// The longest text, in UTF-16 units, that is read in one pass. For one pass, memory for its longest possible UTF-8 is allocated.
const MAX_AT_ONCE: usize = 32 * 1024;

/// The most UTF-8 bytes of a UTF-16 unit, and the zero that Node appends.
const MAX_UNIT_BYTES: usize = 3;
const TERMINATOR: usize = 1;

/// A text from or for JavaScript.
#[derive(Clone)]
pub struct Text(pub String);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[allow(unsafe_code, reason = "Node-API writes into memory of ours")]
impl FromNapiValue for Text {
    /// Reads a text in one pass. napi needs a second pass, for the length of the UTF-8. For a value that is no text, napi's error
    /// would contain the value's JSON. For that it would call the app's `toJSON`, which may throw or reveal a secret.
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut units = 0;
        // SAFETY: without a buffer, only the length is written. The length in Latin-1 is known without reading the text.
        let status = unsafe {
            sys::napi_get_value_string_latin1(env, value, ptr::null_mut(), 0, &raw mut units)
        };
        check_status!(status, "expected a string")?;
        if units > MAX_AT_ONCE {
            // SAFETY: the value is a string, which JavaScript passed in this call.
            return unsafe { String::from_napi_value(env, value) }.map(Self);
        }
        let capacity = units * MAX_UNIT_BYTES + TERMINATOR;
        let mut bytes = Vec::<u8>::with_capacity(capacity);
        let mut written = 0;
        // SAFETY: at most `capacity` bytes are written, which the vector has. Their number is written to `written`.
        check_status!(unsafe {
            let start = bytes.as_mut_ptr().cast();
            sys::napi_get_value_string_utf8(env, value, start, capacity, &raw mut written)
        })?;
        // SAFETY: `written` bytes have been initialised.
        unsafe { bytes.set_len(written) };
        let text = String::from_utf8(bytes);
        text.map(Self)
            .map_err(|error| napi::Error::new(Status::InvalidArg, error.to_string()))
    }
}

#[allow(unsafe_code, reason = "the trait's function is unsafe")]
impl ToNapiValue for Text {
    unsafe fn to_napi_value(env: sys::napi_env, text: Self) -> napi::Result<sys::napi_value> {
        to_js(&Env::from_raw(env), &text)
    }
}

/// Passes a text to JavaScript; ASCII as Latin-1, which needs no decoding of UTF-8.
///
/// # Errors
/// For a text that exceeds JavaScript's limit.
pub fn to_js(env: &Env, text: &str) -> napi::Result<sys::napi_value> {
    let made = if text.is_ascii() {
        env.create_string_latin1(text)
    } else {
        env.create_string(text)
    };
    made.map(|text| text.raw())
}
