//! The tasks of the thread.

use std::time::Instant;

use koa_session_rs::record::{Changes, NewRecord};
use koa_session_rs::store::sqlite::SqliteStore;
use koa_session_rs::store::{Clock, IdHash, Store, StoreError, Which};
use koa_session_rs_binding_common::{Answer, Text};

/// A task, with the id of its call.
pub struct Job {
    pub call_id: f64,
    pub task: Task,
    /// Until when it waits for other processes, counted from the call.
    pub deadline: Instant,
}

/// An operation with its arguments.
pub enum Task {
    Create(IdHash, NewRecord<Text>, Clock),
    Merge(IdHash, Changes<Text>, Clock),
    Touch(IdHash, Clock),
    /// Moves a session from the first id to the second.
    Regenerate(IdHash, IdHash, Changes<Text>, Clock),
    Destroy(IdHash, u64),
    /// `None` selects no session.
    DestroyAll(Text, Option<Which>, u64),
    Clear,
    /// Does nothing, after waiting for the lock.
    Turn,
    Close,
}

impl Task {
    /// Runs the task.
    pub fn run(&self, store: &SqliteStore) -> Result<Answer, StoreError> {
        Ok(match self {
            Self::Create(id, new, clock) => {
                Answer::written(store.create(*id, &new.borrow(), *clock)?)
            }
            Self::Merge(id, changes, clock) => {
                Answer::written(store.merge(*id, &changes.borrow(), *clock)?)
            }
            Self::Touch(id, clock) => Answer::touched(store.touch(*id, *clock)?),
            Self::Regenerate(old, new, changes, clock) => {
                Answer::written(store.regenerate(*old, *new, &changes.borrow(), *clock)?)
            }
            Self::Destroy(id, now_ms) => Answer::known(store.destroy(*id, *now_ms)?),
            Self::DestroyAll(subject, Some(which), now_ms) => {
                Answer::count(store.destroy_all(subject, *which, *now_ms)?)
            }
            Self::DestroyAll(_, None, _) => Answer::count(0),
            Self::Clear => {
                store.clear()?;
                Answer::done()
            }
            Self::Turn | Self::Close => Answer::done(),
        })
    }

    /// The time of the operation, if it has one.
    pub fn now_ms(&self) -> Option<u64> {
        match self {
            Self::Create(.., clock)
            | Self::Merge(.., clock)
            | Self::Touch(_, clock)
            | Self::Regenerate(.., clock) => Some(clock.now_ms),
            Self::Destroy(_, now_ms) | Self::DestroyAll(.., now_ms) => Some(*now_ms),
            Self::Clear | Self::Turn | Self::Close => None,
        }
    }
}
