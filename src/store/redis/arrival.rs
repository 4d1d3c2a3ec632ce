//! What has become of a session that is arriving: where it comes from, that is known, and nowhere else.

use super::command::{Command, Failure};
use super::format::Format;
use super::layout::number;
use super::sans_io::Io;
use super::script::Script;

/// What has become of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is the session.
    Arrived,
    /// Somebody is moving it at the moment.
    UnderWay,
    /// It does not arrive any more: whoever moved it has failed, or the old one was destroyed.
    Never,
}

/// Asks the old one about a session that is arriving from there.
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
    // Whoever moves it may only be slow: without the mark, it does not arrive.
    let untaken = io.run(Script::Untake, &old, &[hash]).await?.int()?;
    Ok(if untaken == 2 {
        Arrival::Arrived
    } else {
        Arrival::Never
    })
}
