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
    /// Destroys one.
    Destroy,
    /// Notes until when it is indexed.
    Note,
    /// Enters it into an index.
    Admit,
    /// Drops entries of an index.
    Prune,
    /// Merges nothing, which moves the expiry.
    Touch,
}

/// In the order of [`Script`].
const SOURCES: [&str; 10] = [
    include_str!("create.lua"),
    include_str!("merge.lua"),
    include_str!("take.lua"),
    include_str!("untake.lua"),
    include_str!("finish.lua"),
    include_str!("destroy.lua"),
    include_str!("note.lua"),
    include_str!("admit.lua"),
    include_str!("prune.lua"),
    include_str!("merge.lua"),
];

static HASHES: LazyLock<[String; 10]> = LazyLock::new(|| {
    SOURCES.map(|source| {
        Sha1::digest(source)
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(u32::from(digit), 16))
            .collect()
    })
});

impl Script {
    /// Gives its text.
    #[must_use]
    pub fn source(self) -> &'static str {
        SOURCES.get(self as usize).copied().unwrap_or_default()
    }

    /// Gives the SHA-1 of its text, in hexadecimal: by which a server knows it.
    #[must_use]
    pub fn hash(self) -> &'static str {
        HASHES.get(self as usize).map_or("", String::as_str)
    }

    /// Tells whether it may run once more when nobody knows whether it has run.
    ///
    /// A session that was created would be in its own way, and what was merged would be merged again, over what others wrote
    /// in between; a session that was taken would be missing.
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        !matches!(self, Self::Create | Self::Merge | Self::Take)
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
        assert!(Script::Prune.source().starts_with("-- Drops"));
    }

    #[test]
    fn hashes_are_told_apart() {
        assert_eq!(Script::Create.hash().len(), 40);
        assert_ne!(Script::Create.hash(), Script::Merge.hash());
    }
}
