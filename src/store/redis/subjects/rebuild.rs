//! Rebuilding an index that may be incomplete, by a scan of all sessions.
//!
//! Each set that is not known to be complete is marked; then each session gets its entry; then a set that still has its mark is
//! complete, since new sessions have entered it meanwhile. One process at a time does this, in one operation; the others wait.
//! This only spares the servers: two rebuilds at once do no harm.

use std::collections::BTreeMap;

use super::entry::{SHARDS, Tag, time};
use crate::id::new_id;
use crate::store::IdHash;
use crate::store::redis::command::{Command, Failure, Reply};
use crate::store::redis::format::Format;
use crate::store::redis::layout::read_meta;
use crate::store::redis::sans_io::Io;
use crate::store::redis::script::Script;

/// The COUNT of one SCAN.
const SCANNED: &str = "256";

/// The TTL of the lock: how long other processes wait for one that has died.
const LOCK_MS: &str = "10000";

/// How often the scan is tried while nodes are added or removed.
const ATTEMPTS: u32 = 3;

/// Rebuilds the index, or waits for another operation that does. The caller has to check again whether it is complete.
pub async fn run(io: &Io, format: &Format, now_ms: u64) -> Result<(), Failure> {
    let Some(_under_way) = format.rebuilding.begin() else {
        while format.rebuilding.is_under_way() {
            io.pause().await;
        }
        return Ok(());
    };
    let rebuild = Rebuild {
        io,
        format,
        token: new_id(""),
        lock: [&format.index_prefix(), "lock"].concat(),
        now_ms,
    };
    let args = ["set", &rebuild.lock, &rebuild.token, "nx", "px", LOCK_MS];
    match io.ask(Command::about_key(1, &args)).await {
        Ok(Reply::Nil) => return rebuild.wait().await,
        // A full server refuses the lock. Without it, several may scan at once.
        Err(Failure::Server(code)) if code == "OOM" => {}
        locked => _ = locked?,
    }
    let result = rebuild.complete().await;
    let _ = io.ask(Command::about_key(1, &["del", &rebuild.lock])).await;
    result
}

struct Rebuild<'a> {
    io: &'a Io,
    format: &'a Format,
    token: String,
    lock: String,
    now_ms: u64,
}

impl Rebuild<'_> {
    /// Waits for another process.
    async fn wait(&self) -> Result<(), Failure> {
        loop {
            self.io.pause().await;
            let exists = Command::about_key(1, &["exists", &self.lock]);
            if self.io.ask(exists).await?.int()? == 0 {
                return Ok(());
            }
        }
    }

    async fn complete(&self) -> Result<(), Failure> {
        let incomplete = self.on_each((0..SHARDS).collect(), Script::Open).await?;
        let mut nodes = self.nodes().await?;
        for _ in 0..ATTEMPTS {
            for node in &nodes {
                self.look_through(node, &incomplete).await?;
            }
            let now = self.nodes().await?;
            if now == nodes {
                self.on_each(incomplete, Script::Close).await?;
                return Ok(());
            }
            nodes = now;
        }
        Err(Failure::Index)
    }

    /// Runs a script on some of the sets. Returns those for which it replies with zero.
    async fn on_each(&self, shards: Vec<u8>, script: Script) -> Result<Vec<u8>, Failure> {
        let keys = shards.iter().map(|shard| self.format.index_key(*shard));
        let keys: Vec<String> = keys.collect();
        let args: [&str; 1] = [&self.token];
        let on = keys.iter().map(|key| (key.as_str(), args.as_slice()));
        let replies = self.io.run_all(script, &on.collect::<Vec<_>>()).await?;
        let zero = shards.into_iter().zip(replies);
        let zero = zero.filter(|(_, reply)| *reply == Reply::Int(0));
        Ok(zero.map(|(shard, _)| shard).collect())
    }

    async fn nodes(&self) -> Result<Vec<String>, Failure> {
        let nodes = self.io.ask(Command::masters()).await?.list()?;
        let mut nodes = nodes
            .into_iter()
            .map(Reply::text)
            .collect::<Result<Vec<_>, _>>()?;
        nodes.sort_unstable();
        Ok(nodes)
    }

    async fn look_through(&self, node: &str, incomplete: &[u8]) -> Result<(), Failure> {
        let mut cursor = "0".to_owned();
        loop {
            let pattern = self.format.session_pattern();
            let scan = ["scan", &cursor, "match", &pattern, "count", SCANNED];
            let scan = Command::to_node(node, &scan);
            let lock = Command::about_key(1, &["pexpire", &self.lock, LOCK_MS]);
            let found = self.io.ask_all(vec![scan, lock]).await?;
            let found = found.into_iter().next().ok_or(Failure::Unreadable)?;
            let [next, keys] =
                <[Reply; 2]>::try_from(found.list()?).map_err(|_| Failure::Unreadable)?;
            let keys = keys.list()?.into_iter().filter_map(|key| key.text().ok());
            self.enter(&keys.collect::<Vec<_>>(), incomplete).await?;
            cursor = next.text()?;
            if cursor == "0" {
                return Ok(());
            }
        }
    }

    /// Adds the missing entries of sessions.
    async fn enter(&self, keys: &[String], incomplete: &[u8]) -> Result<(), Failure> {
        let commands = keys
            .iter()
            .map(|key| Command::about_key(1, &["hmget", key, "m", "s"]));
        let replies = self.io.send(commands.collect()).await;
        if replies.len() != keys.len() {
            return Err(Failure::Unreadable);
        }
        let mut entries: BTreeMap<u8, Vec<String>> = BTreeMap::new();
        for (key, reply) in keys.iter().zip(replies) {
            if let Some((shard, entry)) = self.entry_of(key, reply)?
                && incomplete.contains(&shard)
            {
                entries.entry(shard).or_default().push(entry);
            }
        }
        let now = time(self.now_ms);
        let runs = entries.iter().map(|(shard, entries)| {
            let args = std::iter::once(&now).chain(entries).map(String::as_str);
            (self.format.index_key(*shard), args.collect::<Vec<_>>())
        });
        let runs: Vec<_> = runs.collect();
        let on = runs
            .iter()
            .map(|(key, args)| (key.as_str(), args.as_slice()));
        let on: Vec<_> = on.collect();
        self.io.run_all(Script::Enter, &on).await.map(|_| ())
    }

    /// Returns a session's entry and its shard; `None` if it has no subject. A key with such a name that is no hash, or cannot
    /// be read, is no session.
    fn entry_of(&self, key: &str, reply: Reply) -> Result<Option<(u8, String)>, Failure> {
        if matches!(&reply, Reply::Error(code) if code == "WRONGTYPE") {
            return Ok(None);
        }
        let [Some(meta), Some(subject)] = reply.checked()?.texts()? else {
            return Ok(None);
        };
        let hash = key.strip_prefix(&self.format.session_key(""));
        let hash = hash.filter(|hash| IdHash::from_base64(hash).is_some());
        let (Some(hash), Ok((_, _, _, created_ms, _))) = (hash, read_meta(&meta)) else {
            return Ok(None);
        };
        let tag = Tag::of(&subject);
        Ok(Some((tag.shard, tag.name(created_ms, hash))))
    }
}
