//! Delivers answers from an addon's thread to JavaScript.

use std::sync::Arc;

use napi::bindgen_prelude::{Float64Array, FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeCallContext, ThreadsafeFunctionCallMode};

use crate::answer::Answers;

/// The arguments of the JavaScript function: the answers' numbers, and the texts that some of them have.
pub type Results = FnArgs<(Float64Array, Vec<String>)>;

/// Delivers answers to JavaScript, from any thread.
pub type Deliver = Arc<dyn Fn(Answers) + Send + Sync>;

/// Makes the delivery to a function. It does not keep the process alive: `lib/stores/pending-calls.js` does that while answers are
/// pending.
pub fn deliver_by(function: &Function<'_, Results, ()>) -> napi::Result<Deliver> {
    let function = function
        .build_threadsafe_function::<Answers>()
        .weak::<true>()
        .callee_handled::<false>()
        .build_callback(|context: ThreadsafeCallContext<Answers>| {
            let Answers { numbers, texts } = context.value;
            Ok(FnArgs::from((Float64Array::new(numbers), texts)))
        })?;
    Ok(Arc::new(move |answers: Answers| {
        // If JavaScript has ended, the answers are dropped.
        let _ = function.call(answers, ThreadsafeFunctionCallMode::NonBlocking);
    }))
}
