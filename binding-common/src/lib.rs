//! The code that the addons share: passing texts and numbers, functions made of closures, the numbers of a store's call, and its
//! answers. All `unsafe` of koa-session-rs is here.
#![allow(
    clippy::missing_errors_doc,
    reason = "the errors are those of Node-API"
)]

mod answer;
mod call;
mod closures;
mod deliver;
mod numbers;
mod text;

pub use answer::{ANSWER_NUMBERS, Answer, Answers};
pub use call::{CALL_NUMBERS, Call};
pub use closures::Functions;
pub use deliver::{Deliver, Results, deliver_by};
pub use numbers::{Numbers, to_number, whole};
pub use text::{Text, to_js};
