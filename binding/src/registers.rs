//! Numbers that an opened cookie gives beside its text, left where JavaScript reads them without an object being made.

use koa_session_rs::envelope::{Envelope, Lifetime};
use koa_session_rs::session::{Opened, Repair};
use koa_session_rs_crossing::Numbers;

/// The places of the registers; `lib/native/registers.js` has the same.
#[derive(Clone, Copy)]
enum Place {
    /// What is to be done about the signature. 0: nothing. 1: send one by the first key. 2: have the browser drop it.
    Repair,
    /// A verdict.
    Verdict,
    /// A [`Shape`].
    Shape,
    /// `_expire`, where the shape is timed.
    ExpireMs,
    /// `_maxAge`, where the shape is timed.
    MaxAgeMs,
}

/// What the text is: the user's keys alone, of a session that lives for a time or as long as the browser; or a foreign
/// text whole.
#[derive(Clone, Copy)]
enum Shape {
    Timed,
    Browser,
    Foreign,
}

/// So many places there are.
const COUNT: usize = 5;

/// The memory of the array that JavaScript reads.
pub type Places<'call> = Numbers<'call, COUNT>;

/// What a call leaves there.
pub struct Registers<'call>(pub Places<'call>);

impl Registers<'_> {
    /// Leaves what is to be done about the signature.
    pub fn set_repair(&self, repair: Repair) {
        let number = match repair {
            Repair::None => 0.0,
            Repair::Reissue(_) => 1.0,
            Repair::Clear => 2.0,
        };
        self.set(Place::Repair, number);
    }

    /// Leaves what an opened cookie tells beside its text, and gives the text.
    pub fn set_opened(&self, opened: Opened) -> String {
        self.set(Place::Verdict, f64::from(opened.verdict as u8));
        let (shape, text) = match opened.envelope {
            Envelope::Plain { user, lifetime } => (self.set_lifetime(lifetime), user),
            Envelope::Foreign { text, .. } => (Shape::Foreign, text),
        };
        self.set(Place::Shape, f64::from(shape as u8));
        text
    }

    #[allow(clippy::cast_precision_loss, reason = "fifteen digits at most")]
    fn set_lifetime(&self, lifetime: Lifetime) -> Shape {
        match lifetime {
            Lifetime::Timed {
                expire_ms,
                max_age_ms,
            } => {
                self.set(Place::ExpireMs, expire_ms as f64);
                self.set(Place::MaxAgeMs, max_age_ms as f64);
                Shape::Timed
            }
            Lifetime::Browser => Shape::Browser,
        }
    }

    fn set(&self, place: Place, value: f64) {
        self.0.set(place as usize, value);
    }
}
