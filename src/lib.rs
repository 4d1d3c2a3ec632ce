//! The core of koa-session-rs, which reads every byte that a client can write.
//!
//! JavaScript owns what the app touches (options, hooks, the session object, Koa's `ctx`); this crate owns what the
//! client touches: the `Cookie` header, signatures, encodings, expiry, ids and stored records. I/O is under [`store`] alone,
//! and it reads no clock: time is an argument, in milliseconds since the epoch, as JavaScript's `Date.now()` gives it.
//!
//! A bad cookie is not an error but a verdict; errors are for misconfiguration.
#![forbid(unsafe_code)]

pub mod canonical;
pub mod chunks;
pub mod cipher;
pub mod codec;
pub mod envelope;
pub mod express_cookie;
pub mod finder;
pub mod header;
pub mod id;
pub mod keyring;
pub mod protected;
pub mod record;
pub mod session;
pub mod store;
pub mod verdict;
