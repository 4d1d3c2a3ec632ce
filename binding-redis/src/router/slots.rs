//! The hash slots of a cluster, and their masters.

use crc::{CRC_16_XMODEM, Crc};
use koa_session_rs::store::redis::command::Reply;

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

const SLOTS: u16 = 16384;

/// Addresses (`host:port`) of the masters, by slot.
#[derive(Default)]
pub struct Slots(Vec<(u16, u16, String)>);

impl Slots {
    /// Parses the reply to CLUSTER SLOTS. A node without a host is the one that was asked.
    pub fn read(reply: Reply, asked: &str) -> Option<Self> {
        let mut slots = Vec::new();
        for range in reply.list().ok()? {
            let mut range = range.list().ok()?.into_iter();
            let (first, last) = (slot(&range.next()?)?, slot(&range.next()?)?);
            let mut master = range.next()?.list().ok()?.into_iter();
            let (host, port) = (
                master.next()?.optional_text().ok()?,
                master.next()?.int().ok()?,
            );
            let host = match host.as_deref() {
                None | Some("" | "?") => asked.rsplit_once(':').map_or(asked, |(host, _)| host),
                Some(host) => host,
            };
            slots.push((first, last, format!("{host}:{port}")));
        }
        (!slots.is_empty()).then_some(Self(slots))
    }

    /// Returns the node that has a key.
    pub fn master_of(&self, key: &[u8]) -> Option<&str> {
        let slot = slot_of(key);
        self.0
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&slot))
            .map(|(_, _, address)| address.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the masters, without repetitions.
    pub fn masters(&self) -> Vec<&str> {
        let mut masters: Vec<&str> = self
            .0
            .iter()
            .map(|(_, _, address)| address.as_str())
            .collect();
        masters.sort_unstable();
        masters.dedup();
        masters
    }
}

fn slot(reply: &Reply) -> Option<u16> {
    u16::try_from(reply.int().ok()?)
        .ok()
        .filter(|slot| *slot < SLOTS)
}

/// Returns a key's slot: of its hash tag (between the first braces), if it has one.
fn slot_of(key: &[u8]) -> u16 {
    let open = key.iter().position(|byte| *byte == b'{');
    let rest = open
        .and_then(|open| key.get(open + 1..))
        .unwrap_or_default();
    let tag = rest
        .iter()
        .position(|byte| *byte == b'}')
        .and_then(|close| rest.get(..close));
    let hashed = tag.filter(|tag| !tag.is_empty()).unwrap_or(key);
    CRC.checksum(hashed) % SLOTS
}
