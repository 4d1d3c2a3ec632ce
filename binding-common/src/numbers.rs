//! The numbers of a call, passed beside its texts.

use std::array;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use napi::bindgen_prelude::FromNapiValue;
use napi::{Status, check_status, sys};

/// The memory of a `Float64Array`, for as long as one call: at least `N` numbers, which Rust reads and writes in place.
///
/// JavaScript passes the array's `buffer`, whose memory Node-API finds faster than that of the array. Each call looks it up
/// again, since the buffer may have been detached or resized since the last call. The numbers are atomic, since another thread
/// may write to them at any time where the memory is shared; this costs nothing.
pub struct Numbers<'call, const N: usize>(&'call [AtomicU64]);

impl<const N: usize> Numbers<'_, N> {
    /// Reads the first `N` numbers.
    #[must_use]
    pub fn read(&self) -> [f64; N] {
        array::from_fn(|place| self.0.get(place).map_or(f64::NAN, load))
    }

    /// Copies the first numbers; returns `None` if there are fewer.
    #[must_use]
    pub fn first(&self, count: usize) -> Option<Vec<f64>> {
        Some(self.0.get(..count)?.iter().map(load).collect())
    }

    /// Writes the first numbers; nothing beyond the end.
    pub fn write(&self, numbers: &[f64]) {
        for (place, number) in self.0.iter().zip(numbers) {
            place.store(number.to_bits(), Relaxed);
        }
    }
}

fn load(place: &AtomicU64) -> f64 {
    f64::from_bits(place.load(Relaxed))
}

/// Converts to a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast is what is wanted: times and lengths below zero become zero"
)]
#[must_use]
pub fn whole(number: f64) -> u64 {
    number as u64
}

/// Converts to a number of JavaScript.
#[expect(
    clippy::cast_precision_loss,
    reason = "the values came from JavaScript as such numbers, or are counts"
)]
#[must_use]
pub fn to_number(whole: u64) -> f64 {
    whole as f64
}

impl<const N: usize> FromNapiValue for Numbers<'_, N> {
    /// Finds the memory. Fails if the value is no buffer, or a too short one, such as a detached one.
    #[allow(unsafe_code, reason = "the memory is JavaScript's")]
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let (mut start, mut bytes) = (ptr::null_mut(), 0);
        // SAFETY: JavaScript passed env and value in this call; `start` and `bytes` live until after the lookup.
        let status =
            unsafe { sys::napi_get_arraybuffer_info(env, value, &raw mut start, &raw mut bytes) };
        check_status!(status, "expected an ArrayBuffer")?;
        let start = start.cast::<AtomicU64>();
        let length = bytes / size_of::<AtomicU64>();
        if length < N || start.is_null() || !start.is_aligned() {
            let message = format!("expected an ArrayBuffer of at least {N} numbers");
            return Err(napi::Error::new(Status::InvalidArg, message));
        }
        // SAFETY: `start` is aligned, and the buffer has `length` numbers. It stays valid during the call: the call holds the
        // buffer, and only JavaScript could detach or shrink it, and no function with an argument `Numbers` runs any. Other
        // threads may write to it, so it is accessed by atomics.
        Ok(Self(unsafe { slice::from_raw_parts(start, length) }))
    }
}
