//! The verdict on a loaded session (valid, missed, invalid or expired), and its event.

/// The verdict on the session of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// The session may be used.
    Valid = 0,
    /// There is no data: the store has none, or the cookie holds an empty value such as `null`.
    Missed = 1,
    /// It is no object, or the app's own `valid` hook refused it.
    Invalid = 2,
    /// Its `_expire` lies before now.
    Expired = 3,
}

/// The kind of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Data {
    /// Nothing, or an empty value such as `null`, `0` or `""`.
    Absent = 0,
    /// An object with keys: what a session is.
    Object = 1,
    /// A string, a number or an array, which has no keys of its own.
    Other = 2,
}

impl From<u8> for Data {
    /// Decodes a kind's number; an unknown one is [`Data::Other`].
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Absent,
            1 => Self::Object,
            _ => Self::Other,
        }
    }
}

impl Verdict {
    /// Judges data by its kind and its expiry (`_expire`, where that is a number), in milliseconds.
    ///
    /// A session is expired from the first millisecond after `expire` on.
    ///
    /// ```
    /// use koa_session_rs::verdict::{Data, Verdict};
    ///
    /// assert_eq!(Verdict::judge(Data::Absent, None, 1000.0), Verdict::Missed);
    /// assert_eq!(Verdict::judge(Data::Other, None, 1000.0), Verdict::Invalid);
    /// assert_eq!(Verdict::judge(Data::Object, None, 1000.0), Verdict::Valid);
    /// assert_eq!(Verdict::judge(Data::Object, Some(1000.0), 1000.0), Verdict::Valid);
    /// assert_eq!(Verdict::judge(Data::Object, Some(999.0), 1000.0), Verdict::Expired);
    /// ```
    #[must_use]
    pub fn judge(data: Data, expire_ms: Option<f64>, now_ms: f64) -> Self {
        match (data, expire_ms) {
            (Data::Absent, _) => Self::Missed,
            (Data::Other, _) => Self::Invalid,
            (Data::Object, Some(expire)) if expire < now_ms => Self::Expired,
            (Data::Object, _) => Self::Valid,
        }
    }

    /// Names the event that the app emits, or nothing for a valid session.
    #[must_use]
    pub fn event(self) -> Option<&'static str> {
        match self {
            Self::Valid => None,
            Self::Missed => Some("session:missed"),
            Self::Invalid => Some("session:invalid"),
            Self::Expired => Some("session:expired"),
        }
    }
}

impl TryFrom<u8> for Verdict {
    type Error = u8;

    fn try_from(code: u8) -> Result<Self, u8> {
        [Self::Valid, Self::Missed, Self::Invalid, Self::Expired]
            .into_iter()
            .find(|verdict| *verdict as u8 == code)
            .ok_or(code)
    }
}
