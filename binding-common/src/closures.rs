//! JavaScript functions made of closures, which may share a state.
//!
//! For each call of a `#[napi]` function with arguments, and more so of a method, napi tracks what is borrowed from JavaScript,
//! for work that outlives the call. There is no such work here, and the tracking takes longer than the rest of the call. So the
//! functions that every request calls are made here.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::{
    Function, FunctionCallContext, JsObjectValue, Object, ToNapiValue, TupleFromSliceValues,
};
use napi::{Env, Status};

/// A JavaScript object whose functions share a state.
pub struct Functions<'env, S> {
    env: Env,
    object: Object<'env>,
    state: Rc<RefCell<S>>,
}

impl<'env, S: 'static> Functions<'env, S> {
    /// Takes the object that the functions are put on.
    pub fn on(object: Object<'env>, env: Env, state: S) -> Self {
        Self {
            env,
            object,
            state: Rc::new(RefCell::new(state)),
        }
    }

    /// Adds a function; its arguments are a tuple, all of which JavaScript has to give.
    pub fn add<A, R>(
        &mut self,
        name: &str,
        function: impl Fn(&mut S, A) -> R + 'static,
    ) -> napi::Result<()>
    where
        A: TupleFromSliceValues,
        R: ToNapiValue,
    {
        self.add_with(name, move |call, state| Ok(function(state, call.args()?)))
    }

    /// Adds a function without arguments.
    pub fn add_bare<R>(
        &mut self,
        name: &str,
        function: impl Fn(&mut S) -> R + 'static,
    ) -> napi::Result<()>
    where
        R: ToNapiValue,
    {
        self.add_with(name, move |_, state| Ok(function(state)))
    }

    /// Adds a function that may fail with a code.
    pub fn add_fallible<A, R, C>(
        &mut self,
        name: &str,
        function: impl Fn(&mut S, A) -> napi::Result<R, C> + 'static,
    ) -> napi::Result<()>
    where
        A: TupleFromSliceValues,
        R: ToNapiValue,
        C: AsRef<str>,
    {
        self.add_with(name, move |call, state| {
            function(state, call.args()?).or_else(|error| {
                call.env
                    .throw_error(&error.reason, Some(error.status.as_ref()))?;
                Err(napi::Error::from_status(Status::PendingException))
            })
        })
    }

    /// Returns the object, with the functions on it.
    #[must_use]
    pub fn into_object(self) -> Object<'env> {
        self.object
    }

    /// Adds a function that takes its arguments, and makes its answer, itself.
    pub fn add_with<R: ToNapiValue>(
        &mut self,
        name: &str,
        function: impl Fn(&FunctionCallContext, &mut S) -> napi::Result<R> + 'static,
    ) -> napi::Result<()> {
        let state = Rc::clone(&self.state);
        let call = move |call: FunctionCallContext| function(&call, &mut state.borrow_mut());
        let function: Function<(), R> = self.env.create_function_from_closure(name, call)?;
        self.object.set_named_property(name, function)
    }
}
