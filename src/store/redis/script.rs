//! The scripts: each is one step on one key.

use std::sync::LazyLock;

use sha1::{Digest, Sha1};

/// A step on one key that no other comes between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Stores a session.
    Create,
    /// Merges into one, or touches it.
    Merge,
    /// Marks one as moving.
    Take,
    /// Takes the mark off.
    Untake,
    /// Leaves where one has moved to.
    Finish,
    /// Has one arrived.
    Arrive,
    /// Destroys one.
    Destroy,
    /// Enters it into an index.
    Admit,
    /// Returns entries of an index.
    Range,
    /// Marks an index before sessions are looked at.
    Open,
    /// Enters sessions that it lacks.
    Enter,
    /// Notes that it lacks none.
    Close,
    /// Merges nothing, which moves the expiry.
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

    /// Returns the SHA-1 of its text, in hexadecimal: by which a server knows it.
    #[must_use]
    pub fn hash(self) -> &'static str {
        HASHES.get(self as usize).map_or("", String::as_str)
    }

    /// Returns whether it may run once more when nobody knows whether it has run.
    ///
    /// A session that was created would be in its own way, and what was merged would be merged again, over what others wrote
    /// in between.
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
