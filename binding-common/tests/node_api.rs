//! Runs the crate's `unsafe` code under Miri, which detects accesses out of bounds, unaligned accesses, accesses to freed or
//! uninitialized memory, and data races. The functions at the end stand in for Node, with JavaScript values in Rust memory.
//!
//! `cargo +nightly miri test -p koa-session-rs-binding-common`. Compiled for Miri only, since a linker would need all of Node-API.
#![cfg(miri)]
#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    reason = "Miri checks that it is sound"
)]
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test; numbers are passed unchanged"
)]

use std::ffi::{c_char, c_void};
use std::ptr::{self, slice_from_raw_parts};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use koa_session_rs_binding_common::{Numbers, Text, to_js};
use napi::bindgen_prelude::{FromNapiValue, ToNapiValue};
use napi::{Env, Status, sys};

/// A JavaScript value.
enum Value {
    /// With its length in UTF-16 units.
    Text(String, usize),
    Buffer(*mut c_void, usize),
    Undefined,
}

impl Value {
    fn text(text: &str) -> Self {
        Self::Text(text.into(), text.encode_utf16().count())
    }

    fn buffer(numbers: &mut [u64]) -> Self {
        Self::Buffer(numbers.as_mut_ptr().cast(), size_of_val(numbers))
    }

    fn raw(&self) -> sys::napi_value {
        ptr::from_ref(self).cast_mut().cast()
    }
}

fn read_text(value: &Value) -> napi::Result<String> {
    unsafe { Text::from_napi_value(ptr::null_mut(), value.raw()) }.map(|text| text.0)
}

fn numbers<const N: usize>(value: &Value) -> napi::Result<Numbers<'_, N>> {
    unsafe { Numbers::from_napi_value(ptr::null_mut(), value.raw()) }
}

/// Takes a value that was made for JavaScript.
fn take(value: sys::napi_value) -> Value {
    *unsafe { Box::from_raw(value.cast::<Value>()) }
}

#[test]
fn texts_are_read_unchanged() {
    // The third has the longest UTF-8 for its number of units, and fills the memory.
    for text in [
        "",
        "ascii",
        "\u{ffff}\u{20ac}\u{800}",
        "a\0b",
        "\u{e9}\u{1f600}",
    ] {
        assert_eq!(read_text(&Value::text(text)).unwrap(), text);
    }
}

#[test]
fn texts_of_any_length_are_read() {
    for length in [32 * 1024, 32 * 1024 + 1] {
        let text = "a".repeat(length);
        assert_eq!(read_text(&Value::Text(text.clone(), length)).unwrap(), text);
    }
}

#[test]
fn a_value_that_is_no_text_is_refused() {
    let error = read_text(&Value::Undefined).unwrap_err();
    assert_eq!(error.status, Status::StringExpected);
}

#[test]
fn texts_are_passed_unchanged() {
    for text in ["", "ascii", "\u{e9}\u{1f600}"] {
        let env = ptr::null_mut();
        let values = [
            to_js(&Env::from_raw(env), text).unwrap(),
            unsafe { Text::to_napi_value(env, Text(text.into())) }.unwrap(),
        ];
        for value in values {
            assert_eq!(read_text(&take(value)).unwrap(), text);
        }
    }
}

#[test]
fn numbers_are_read_and_written_in_place() {
    let mut memory = [1.5, -2.0, 3.0].map(f64::to_bits);
    let value = Value::buffer(&mut memory);
    let found = numbers::<2>(&value).unwrap();
    assert_eq!(found.read(), [1.5, -2.0]);
    assert_eq!(found.first(3), Some(vec![1.5, -2.0, 3.0]));
    assert_eq!(found.first(4), None);
    found.write(&[7.0, 8.0, 9.0, 10.0]);
    assert_eq!(memory.map(f64::from_bits), [7.0, 8.0, 9.0]);
}

#[test]
fn memory_that_cannot_hold_the_numbers_is_refused() {
    let mut memory = [0_u64; 3];
    let start = memory.as_mut_ptr().cast::<c_void>();
    let values = [
        // Detached.
        Value::Buffer(ptr::null_mut(), 0),
        Value::Buffer(start, 15),
        Value::Buffer(start.wrapping_byte_add(4), 16),
    ];
    for value in &values {
        assert_eq!(
            numbers::<2>(value).err().unwrap().status,
            Status::InvalidArg
        );
    }
    let no_buffer = numbers::<2>(&Value::Undefined).err().unwrap();
    assert_eq!(no_buffer.status, Status::InvalidArg);
    // An incomplete number is not counted.
    assert_eq!(
        numbers::<1>(&Value::Buffer(start, 15)).unwrap().first(2),
        None
    );
}

#[test]
fn another_thread_may_write_meanwhile() {
    let memory: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(0)).collect();
    let value = Value::Buffer(memory.as_ptr().cast_mut().cast(), size_of_val(&*memory));
    thread::scope(|scope| {
        scope.spawn(|| {
            for place in &memory {
                place.store(1.0_f64.to_bits(), Relaxed);
            }
        });
        let found = numbers::<4>(&value).unwrap();
        for number in found.read() {
            assert!([0.0, 1.0].contains(&number));
        }
        found.write(&[1.0; 2]);
    });
    assert_eq!(numbers::<4>(&value).unwrap().read(), [1.0; 4]);
}

/// Finds a value that was handed to Rust.
unsafe fn find<'call>(value: sys::napi_value) -> &'call Value {
    unsafe { &*value.cast::<Value>() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn napi_get_value_string_latin1(
    _: sys::napi_env,
    value: sys::napi_value,
    buffer: *mut c_char,
    _: usize,
    length: *mut usize,
) -> sys::napi_status {
    let Value::Text(_, units) = (unsafe { find(value) }) else {
        return sys::Status::napi_string_expected;
    };
    assert!(buffer.is_null(), "nobody reads texts as Latin-1");
    unsafe { length.write(*units) };
    sys::Status::napi_ok
}

/// Like Node, this writes what fits and a final zero; without a buffer, it only returns the length. It also writes to the
/// buffer's last byte, so that Miri detects a `size` that is too large.
#[unsafe(no_mangle)]
unsafe extern "C" fn napi_get_value_string_utf8(
    _: sys::napi_env,
    value: sys::napi_value,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> sys::napi_status {
    let Value::Text(text, _) = (unsafe { find(value) }) else {
        return sys::Status::napi_string_expected;
    };
    if buffer.is_null() {
        unsafe { length.write(text.len()) };
        return sys::Status::napi_ok;
    }
    let written = text.len().min(size - 1);
    unsafe {
        buffer.add(size - 1).write(0);
        ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), written);
        buffer.add(written).write(0);
        length.write(written);
    }
    sys::Status::napi_ok
}

#[unsafe(no_mangle)]
unsafe extern "C" fn napi_create_string_latin1(
    _: sys::napi_env,
    start: *const c_char,
    length: isize,
    result: *mut sys::napi_value,
) -> sys::napi_status {
    let bytes = unsafe { &*slice_from_raw_parts(start.cast::<u8>(), length.cast_unsigned()) };
    let made = Value::text(&bytes.iter().copied().map(char::from).collect::<String>());
    unsafe { result.write(Box::into_raw(Box::new(made)).cast()) };
    sys::Status::napi_ok
}

#[unsafe(no_mangle)]
unsafe extern "C" fn napi_create_string_utf8(
    _: sys::napi_env,
    start: *const c_char,
    length: isize,
    result: *mut sys::napi_value,
) -> sys::napi_status {
    let bytes = unsafe { &*slice_from_raw_parts(start.cast::<u8>(), length.cast_unsigned()) };
    let made = Value::text(str::from_utf8(bytes).unwrap());
    unsafe { result.write(Box::into_raw(Box::new(made)).cast()) };
    sys::Status::napi_ok
}

#[unsafe(no_mangle)]
unsafe extern "C" fn napi_get_arraybuffer_info(
    _: sys::napi_env,
    value: sys::napi_value,
    start: *mut *mut c_void,
    bytes: *mut usize,
) -> sys::napi_status {
    let Value::Buffer(place, length) = *(unsafe { find(value) }) else {
        return sys::Status::napi_invalid_arg;
    };
    unsafe {
        start.write(place);
        bytes.write(length);
    }
    sys::Status::napi_ok
}
