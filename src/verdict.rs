//! What is said of a session that came in: valid, missed, invalid or expired, and the event of each.

/// The outcome of looking at a session that a request refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// The session may be used.
    Valid = 0,
    /// There is no data: the store has none, or the cookie holds an empty value such as `null`.
    Missed = 1,
    /// The app's own `valid` hook refused it.
    Invalid = 2,
    /// Its `_expire` lies before now.
    Expired = 3,
}

impl Verdict {
    /// Judges data by its presence and its expiry (`_expire`, where that is a number), both in milliseconds.
    ///
    /// A session is expired from the first millisecond after `expire` on.
    ///
    /// ```
    /// use koa_session_rs::verdict::Verdict;
    ///
    /// assert_eq!(Verdict::judge(false, None, 1000.0), Verdict::Missed);
    /// assert_eq!(Verdict::judge(true, None, 1000.0), Verdict::Valid);
    /// assert_eq!(Verdict::judge(true, Some(1000.0), 1000.0), Verdict::Valid);
    /// assert_eq!(Verdict::judge(true, Some(999.0), 1000.0), Verdict::Expired);
    /// ```
    #[must_use]
    pub fn judge(present: bool, expire_ms: Option<f64>, now_ms: f64) -> Self {
        if !present {
            return Self::Missed;
        }
        match expire_ms {
            Some(expire) if expire < now_ms => Self::Expired,
            _ => Self::Valid,
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
