//! While `regenerate` moves a session, its record under the new id is an arriving session. Whether it has arrived is stored only in the
//! hash of the old id.

use super::command::{Command, Failure};
use super::format::Format;
use super::layout::number;
use super::sans_io::Io;
use super::script::Script;

/// The state of an arriving session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It has arrived: it is the session.
    Arrived,
    /// It is being moved.
    UnderWay,
    /// It will not arrive, since the move failed, or the old session was destroyed.
    Never,
}

/// Reads the state of an arriving session from the hash from which it comes.
pub(super) async fn ask(
    io: &Io,
    format: &Format,
    hash: &str,
    from: &str,
    now_ms: u64,
) -> Result<Arrival, Failure> {
    let old = format.session_key(from);
    let peek = Command::about_key(1, &["hmget", &old, "m", "x", "y"]);
    let [meta, moving, until] = io.ask(peek).await?.texts()?;
    if moving.as_deref() != Some(hash) {
        return Ok(Arrival::Never);
    }
    if meta.is_none() {
        return Ok(Arrival::Arrived);
    }
    if until.map_or(Ok(0), |until| number(&until))? >= now_ms {
        return Ok(Arrival::UnderWay);
    }
    // The move may only be slow. Removing the mark prevents it from completing later.
    let untaken = io.run(Script::Untake, &old, &[hash]).await?.int()?;
    Ok(if untaken == 2 {
        Arrival::Arrived
    } else {
        Arrival::Never
    })
}
