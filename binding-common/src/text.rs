//! Texts that cross.

use std::ops::Deref;
use std::ptr;

use napi::bindgen_prelude::{FromNapiValue, ToNapiValue};
use napi::{Env, JsValue, Status, check_status, sys};

/// The longest text, in UTF-16 units, that is read in one go, which takes memory for the longest that its UTF-8 could be.
const MAX_AT_ONCE: usize = 32 * 1024;

/// What a UTF-16 unit takes at most in UTF-8, and the zero that Node puts at the end.
const MAX_UNIT_BYTES: usize = 3;
const TERMINATOR: usize = 1;

/// A text that comes from JavaScript, or goes there.
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
    /// Reads a text in one pass over it, where napi takes a first one to learn the length of its UTF-8. Of what is no text,
    /// napi would also make one, for its error: by `toJSON`, which is the app's, and may throw or tell what is secret.
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut units = 0;
        // SAFETY: without a buffer, the length is all that is written; in Latin-1 it is known without a look at the text.
        let status = unsafe {
            sys::napi_get_value_string_latin1(env, value, ptr::null_mut(), 0, &raw mut units)
        };
        check_status!(status, "expected a string")?;
        if units > MAX_AT_ONCE {
            // SAFETY: the value is a string, of this call.
            return unsafe { String::from_napi_value(env, value) }.map(Self);
        }
        let capacity = units * MAX_UNIT_BYTES + TERMINATOR;
        let mut bytes = Vec::<u8>::with_capacity(capacity);
        let mut written = 0;
        // SAFETY: at most `capacity` bytes are written, which the vector has, and `written` tells how many they are.
        check_status!(unsafe {
            let start = bytes.as_mut_ptr().cast();
            sys::napi_get_value_string_utf8(env, value, start, capacity, &raw mut written)
        })?;
        // SAFETY: so many have been written.
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

/// Hands a text over: ASCII as it is, where UTF-8 would be decoded.
///
/// # Errors
/// Where the text is longer than JavaScript's may be.
pub fn to_js(env: &Env, text: &str) -> napi::Result<sys::napi_value> {
    let made = if text.is_ascii() {
        env.create_string_latin1(text)
    } else {
        env.create_string(text)
    };
    made.map(|text| text.raw())
}
