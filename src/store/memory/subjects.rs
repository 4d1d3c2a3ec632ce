//! The index of subjects.

use std::collections::BTreeSet;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::Arc;

use crate::store::IdHash;

/// A session of a subject: its time of creation, and its id.
pub type Dated = (u64, IdHash);

/// The sessions of one subject, the oldest first. Most subjects have one.
#[derive(Debug)]
enum SubjectSessions {
    One(Dated),
    Many(BTreeSet<Dated>),
}

/// The sessions of all subjects.
#[derive(Debug, Default)]
pub struct Subjects(HashMap<Arc<str>, SubjectSessions>);

impl Subjects {
    /// Adds a session, and returns the shared text of its subject.
    pub fn add(&mut self, subject: &str, session: Dated) -> Arc<str> {
        let Some((subject, _)) = self.0.get_key_value(subject) else {
            let subject = Arc::<str>::from(subject);
            self.0
                .insert(Arc::clone(&subject), SubjectSessions::One(session));
            return subject;
        };
        let subject = Arc::clone(subject);
        if let Some(sessions) = self.0.get_mut(&subject) {
            match sessions {
                SubjectSessions::One(one) => {
                    *sessions = SubjectSessions::Many([*one, session].into());
                }
                SubjectSessions::Many(many) => {
                    many.insert(session);
                }
            }
        }
        subject
    }

    /// Removes a session, and its subject with the last one.
    pub fn remove(&mut self, subject: &Arc<str>, session: Dated) {
        let Entry::Occupied(mut sessions) = self.0.entry(Arc::clone(subject)) else {
            return;
        };
        if let SubjectSessions::Many(many) = sessions.get_mut() {
            many.remove(&session);
            if !many.is_empty() {
                return;
            }
        }
        sessions.remove();
    }

    /// Lists a subject's sessions, the oldest first.
    pub fn of(&self, subject: &str) -> Vec<Dated> {
        match self.0.get(subject) {
            None => Vec::new(),
            Some(SubjectSessions::One(one)) => vec![*one],
            Some(SubjectSessions::Many(many)) => many.iter().copied().collect(),
        }
    }
}
