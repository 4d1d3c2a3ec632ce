//! An entry of the index: `<tag of the subject><created><hash of the id><added>`, with times in hexadecimal, in ASCII fields of
//! fixed lengths. So the entries of a subject are adjacent, the oldest sessions first.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha256};

use crate::store::redis::command::{Failure, Reply};

/// The number of shards of the index, each a sorted set.
pub const SHARDS: u8 = 128;

const TAG: usize = 22;
const TIME: usize = 14;
const HASH: usize = 43;

/// A subject in the index: a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    text: String,
    /// The shard with its entries.
    pub shard: u8,
}

impl Tag {
    pub fn of(subject: &str) -> Self {
        let digest = Sha256::digest(subject);
        let (text, rest) = digest.split_at(16);
        Self {
            text: BASE64_URL_SAFE_NO_PAD.encode(text),
            shard: rest.first().copied().unwrap_or_default() % SHARDS,
        }
    }

    /// Names a session's entry, without the time when it was added.
    pub fn name(&self, created_ms: u64, hash: &str) -> String {
        [&self.text, &time(created_ms), hash].concat()
    }

    /// Returns the range of the subject's entries.
    pub fn range(&self) -> (String, String) {
        let from = ["[", &self.text].concat();
        let to = [&from, "~"].concat();
        (from, to)
    }
}

/// Writes a time.
pub fn time(ms: u64) -> String {
    format!("{ms:014x}")
}

/// Returns a number that differs from session to session.
pub fn number_of(hash: &str) -> u32 {
    let bytes = hash.bytes().take(5);
    bytes.fold(0, |number, byte| number << 6 | u32::from(byte & 63))
}

/// An entry of an index, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry(String);

impl Entry {
    /// Reads entries, and ignores other members of the set.
    pub fn read_all(reply: Reply) -> Result<Vec<Self>, Failure> {
        let texts = reply.list()?.into_iter().map(Reply::text);
        let is_entry = |text: &String| text.len() == TAG + TIME + HASH + TIME && text.is_ascii();
        let entries = texts.filter(|text| text.as_ref().map_or(true, is_entry));
        entries.map(|text| text.map(Self)).collect()
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn tag(&self) -> &str {
        self.0.get(..TAG).unwrap_or_default()
    }

    /// Returns its name: all but the time when it was added.
    pub fn name(&self) -> &str {
        self.0.get(..TAG + TIME + HASH).unwrap_or_default()
    }

    /// Returns the hash of the session's id.
    pub fn hash(&self) -> &str {
        self.0
            .get(TAG + TIME..TAG + TIME + HASH)
            .unwrap_or_default()
    }

    /// Returns the time when it was added.
    pub fn added_ms(&self) -> u64 {
        let added = self.0.get(TAG + TIME + HASH..).unwrap_or_default();
        u64::from_str_radix(added, 16).unwrap_or(u64::MAX)
    }
}

impl PartialEq<&str> for Tag {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_is_written() {
        let tag = Tag::of("alice");
        let hash = "h".repeat(HASH);
        let text = tag.name(1_700_000_000_000, &hash) + &time(1_700_000_000_001);
        let mark = Reply::Text(b"!run".to_vec());
        let read = Entry::read_all(Reply::List(vec![mark, Reply::Text(text.into())]));
        let Ok([entry]) = read.as_deref() else {
            unreachable!("it is one entry: {read:?}");
        };
        assert_eq!(
            (entry.hash(), entry.added_ms()),
            (hash.as_str(), 1_700_000_000_001)
        );
        assert_eq!(entry.name(), tag.name(1_700_000_000_000, &hash));
        assert!(tag == entry.tag());
        let (from, to) = tag.range();
        assert!(from.as_str() < ["[", entry.text()].concat().as_str());
        assert!(to.as_str() > ["[", entry.text()].concat().as_str());
    }

    #[test]
    fn subjects_are_spread() {
        let mut shards: Vec<u8> = (0..10_000).map(|i| Tag::of(&i.to_string()).shard).collect();
        shards.sort_unstable();
        let counts: Vec<_> = shards.chunk_by(|a, b| a == b).map(<[u8]>::len).collect();
        assert_eq!(counts.len(), usize::from(SHARDS));
        assert!(counts.iter().all(|count| (30..150).contains(count)));
    }
}
