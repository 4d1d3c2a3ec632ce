//! The Lua scripts, each on one key.

use std::sync::LazyLock;

use sha1::{Digest, Sha1};

/// A script, which the server runs atomically on one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Stores a session.
    Create,
    /// Merges into a session, or touches it.
    Merge,
    /// Marks a session as moving.
    Take,
    /// Takes that mark off.
    Untake,
    /// Ends a move, and stores the session's new place under the old id.
    Finish,
    /// Ends the arrival of a session.
    Arrive,
    /// Destroys a session.
    Destroy,
    /// Enters a session into an index.
    Admit,
    /// Returns entries of an index.
    Range,
    /// Marks an index before a scan of all sessions.
    Open,
    /// Enters sessions that an index lacks.
    Enter,
    /// Notes that an index is complete.
    Close,
    /// Sets a new expiry, by a merge without changes.
    Touch,
}

/// In the order of [`Script`].
const SOURCES: [&str; 13] = [
    include_str!("create.lua"),
    include_str!("merge.lua"),
    include_str!("take.lua"),
    include_str!("untake.lua"),
    include_str!("finish.lua"),
    include_str!("arrive.lua"),
    include_str!("destroy.lua"),
    concat!(include_str!("complete.lua"), include_str!("admit.lua")),
    concat!(include_str!("complete.lua"), include_str!("range.lua")),
    concat!(include_str!("complete.lua"), include_str!("open.lua")),
    include_str!("enter.lua"),
    concat!(include_str!("complete.lua"), include_str!("close.lua")),
    include_str!("merge.lua"),
];

static HASHES: LazyLock<[String; 13]> = LazyLock::new(|| {
    SOURCES.map(|source| {
        Sha1::digest(source)
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(u32::from(digit), 16))
            .collect()
    })
});

impl Script {
    /// Returns its text.
    #[must_use]
    pub fn source(self) -> &'static str {
        SOURCES.get(self as usize).copied().unwrap_or_default()
    }

    /// Returns the SHA-1 of its text in hexadecimal, its name on a server (EVALSHA).
    #[must_use]
    pub fn hash(self) -> &'static str {
        HASHES.get(self as usize).map_or("", String::as_str)
    }

    /// Returns whether it may be repeated if it is unknown whether it has run.
    ///
    /// A repeated create would find its own session, and a repeated merge would overwrite what others wrote in between.
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        !matches!(self, Self::Create | Self::Merge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_in_the_order_of_their_names() {
        assert!(Script::Create.source().starts_with("-- Stores"));
        assert!(Script::Untake.source().starts_with("-- Takes the mark"));
        assert!(Script::Finish.source().starts_with("-- Ends a move"));
        assert!(Script::Arrive.source().starts_with("-- Ends the arrival"));
        assert!(Script::Enter.source().starts_with("-- Enters"));
        assert!(Script::Close.source().contains("-- Notes that an index"));
    }

    #[test]
    fn hashes_are_told_apart() {
        assert_eq!(Script::Create.hash().len(), 40);
        assert_ne!(Script::Create.hash(), Script::Merge.hash());
    }
}
