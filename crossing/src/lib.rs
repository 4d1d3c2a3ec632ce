//! Texts and numbers as they cross between JavaScript and the addons. All `unsafe` of koa-session-rs is here.

mod numbers;
mod text;

pub use numbers::Numbers;
pub use text::{Text, to_js};
