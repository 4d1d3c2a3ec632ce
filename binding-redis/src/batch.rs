//! Operations as they cross: some numbers each, and one text for all of them.

use koa_session_rs::record::{Limit, MaxAge, Overflow};
use koa_session_rs::store::redis::command::Failure;
use koa_session_rs::store::redis::{
    Changes, Format, NewRecord, Outcome, Request, SessionId, Subject,
};
use koa_session_rs::store::{Clock, Written};
use koa_session_rs_crossing::Numbers;

/// Numbers of an operation, before the lengths of its texts; lib/stores/redis/batch.js has them too.
const ASKED: usize = 9;

/// The memory of operations' numbers.
pub type Memory<'call> = Numbers<'call, ASKED>;

/// Numbers of a result.
const ANSWERED: usize = 6;

/// `maxAge: 'session'`.
const BROWSER: f64 = -1.0;

const HAS_SUBJECT: u32 = 1;
const HAS_NO_SUBJECT: u32 = 2;
const HAS_LABEL: u32 = 4;
const HAS_HASH: u32 = 8;

/// An operation's number in JavaScript, and what it asks; nothing where that cannot be read.
pub type Asked = (f64, Option<Request>);

/// Reads operations. Each has the lengths of its texts behind its numbers, in JavaScript's units.
pub fn read(mut numbers: &[f64], text: &str, format: &Format) -> Vec<Asked> {
    let mut texts = Texts::of(text);
    let mut asked = Vec::with_capacity(numbers.len() / ASKED);
    while let Some((&[slot, kind, flags, now, ttl, base, max_age, limit, count], rest)) =
        numbers.split_first_chunk::<ASKED>()
    {
        let Some((lengths, rest)) = rest.split_at_checked(size(count)) else {
            break;
        };
        let own: Option<Vec<&str>> = lengths
            .iter()
            .map(|length| texts.take(size(*length)))
            .collect();
        let clock = Clock {
            now_ms: whole(now),
            ttl_ms: whole(ttl),
        };
        let request = own.and_then(|own| {
            let mut reader = Reader {
                texts: own.into_iter(),
                flags: u32::try_from(whole(flags)).unwrap_or_default(),
                format,
            };
            reader.request(whole(kind), clock, base, max_age, limit)
        });
        asked.push((slot, request));
        numbers = rest;
    }
    asked
}

/// Texts that stand one behind the other.
struct Texts<'a> {
    rest: &'a str,
    is_ascii: bool,
}

impl<'a> Texts<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            rest: text,
            is_ascii: text.is_ascii(),
        }
    }

    /// Takes the next one, of so many units of UTF-16.
    fn take(&mut self, units: usize) -> Option<&'a str> {
        let mut end = units;
        if !self.is_ascii {
            let mut seen = 0;
            let chars = self.rest.char_indices();
            let inside = chars.take_while(|(_, char)| {
                seen += char.len_utf16();
                seen <= units
            });
            end = inside.last().map_or(0, |(at, char)| at + char.len_utf8());
        }
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(text)
    }
}

struct Reader<'a, 'b> {
    texts: std::vec::IntoIter<&'a str>,
    flags: u32,
    format: &'b Format,
}

impl Reader<'_, '_> {
    fn request(
        &mut self,
        kind: u64,
        clock: Clock,
        base: f64,
        max_age: f64,
        limit: f64,
    ) -> Option<Request> {
        let now_ms = clock.now_ms;
        Some(match kind {
            0 => {
                let (id, data) = (self.id()?, self.text()?);
                let max_age = read_max_age(max_age).unwrap_or(MaxAge::Browser);
                let (subject, label) = (self.optional(HAS_SUBJECT)?, self.optional(HAS_LABEL)?);
                let limit = read_limit(limit);
                Request::Create(
                    id,
                    NewRecord {
                        data,
                        max_age,
                        subject,
                        label,
                        limit,
                    },
                    clock,
                )
            }
            1 => Request::Load(self.id()?, now_ms),
            2 => Request::Merge(self.id()?, self.changes(base, max_age, limit)?, clock),
            3 => Request::Touch(self.id()?, clock),
            4 => {
                let (old, new) = (self.id()?, self.id()?);
                Request::Regenerate(old, new, self.changes(base, max_age, limit)?, clock)
            }
            5 => Request::Destroy(self.id()?, now_ms),
            6 => Request::List(self.text()?, now_ms),
            7 => {
                let subject = self.text()?;
                Request::DestroyExcept(subject, self.optional(HAS_HASH)?, now_ms)
            }
            8 => Request::DestroyOnly(self.text()?, self.text()?, now_ms),
            9 => Request::Clear,
            10 => Request::GetPlain(self.text()?),
            11 => Request::SetPlain(
                self.text()?,
                self.text()?,
                (clock.ttl_ms > 0).then_some(clock.ttl_ms),
            ),
            12 => Request::DestroyPlain(self.text()?),
            13 => Request::ClearPlain,
            _ => return None,
        })
    }

    fn text(&mut self) -> Option<String> {
        self.texts.next().map(str::to_owned)
    }

    /// Reads a text, if the flag says that it is there.
    #[allow(
        clippy::option_option,
        reason = "of these, the outer one tells that it cannot be read"
    )]
    fn optional(&mut self, flag: u32) -> Option<Option<String>> {
        if self.flags & flag == 0 {
            return Some(None);
        }
        self.text().map(Some)
    }

    fn id(&mut self) -> Option<SessionId> {
        let id = self.texts.next()?;
        Some(SessionId::of(id, self.format))
    }

    fn changes(&mut self, base: f64, max_age: f64, limit: f64) -> Option<Changes> {
        let (set, delete) = (self.text()?, self.text()?);
        let subject = match self.optional(HAS_SUBJECT)? {
            Some(subject) => Subject::Is(subject),
            None if self.flags & HAS_NO_SUBJECT != 0 => Subject::None,
            None => Subject::Unchanged,
        };
        let (max_age, limit) = (read_max_age(max_age), read_limit(limit));
        Some(Changes {
            base: whole(base),
            set,
            delete,
            max_age,
            subject,
            label: self.optional(HAS_LABEL)?,
            limit,
        })
    }
}

fn read_max_age(max_age: f64) -> Option<MaxAge> {
    if max_age.is_nan() {
        return None;
    }
    Some(if max_age < 0.0 {
        MaxAge::Browser
    } else {
        MaxAge::Timed(whole(max_age))
    })
}

/// The inverse of [`read_max_age`], of one that there is.
fn write_max_age(max_age: MaxAge) -> f64 {
    match max_age {
        MaxAge::Timed(max_age_ms) => number(max_age_ms),
        MaxAge::Browser => BROWSER,
    }
}

/// So many; below zero, those beyond are refused.
fn read_limit(limit: f64) -> Option<Limit> {
    let overflow = if limit < 0.0 {
        Overflow::Refuse
    } else {
        Overflow::Oldest
    };
    let max = u32::try_from(whole(limit.abs())).unwrap_or(u32::MAX);
    (max > 0).then_some(Limit { max, overflow })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is no whole number that fits becomes the nearest one"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

fn size(number: f64) -> usize {
    usize::try_from(whole(number)).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers came in")]
fn number(number: u64) -> f64 {
    number as f64
}

/// Results on their way to JavaScript.
#[derive(Default)]
pub struct Answers {
    pub numbers: Vec<f64>,
    /// Those of the results that have one, in their order.
    pub texts: Vec<String>,
}

/// What a result is; lib/stores/redis/answers.js has the same.
#[derive(Clone, Copy)]
enum Status {
    Done,
    Written,
    Conflicting,
    Touched,
    Missing,
    Taken,
    Refused,
    Nothing,
    Loaded,
    Known,
    Listed,
    Count,
    Text,
    Failed,
    Skew,
}

impl Answers {
    pub fn with_capacity(count: usize) -> Self {
        Self {
            numbers: Vec::with_capacity(count * ANSWERED),
            texts: Vec::with_capacity(count),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Appends a result; of a failure, details as JSON, if there are any.
    pub fn push(&mut self, slot: f64, result: Result<Outcome, Failure>, details: &str) {
        match result {
            Ok(outcome) => self.push_outcome(slot, outcome),
            Err(failure) => {
                let text = format!("{failure}\n{details}");
                self.row(slot, Status::Failed, [0.0; 4], Some(text));
            }
        }
    }

    /// Appends how far the server's clock is ahead, which is nobody's result.
    pub fn push_skew(&mut self, skew_s: f64) {
        self.row(-1.0, Status::Skew, [skew_s, 0.0, 0.0, 0.0], None);
    }

    fn push_outcome(&mut self, slot: f64, outcome: Outcome) {
        let plain = [0.0; 4];
        match outcome {
            Outcome::Written(Written::Done {
                rev,
                conflicts,
                max_age,
            }) => {
                let status = if conflicts.is_some() {
                    Status::Conflicting
                } else {
                    Status::Written
                };
                let numbers = [number(rev), write_max_age(max_age), 0.0, 0.0];
                self.row(slot, status, numbers, conflicts);
            }
            Outcome::Touched(Some(max_age)) => {
                let numbers = [write_max_age(max_age), 0.0, 0.0, 0.0];
                self.row(slot, Status::Touched, numbers, None);
            }
            Outcome::Written(Written::Missing) | Outcome::Touched(None) => {
                self.row(slot, Status::Missing, plain, None);
            }
            Outcome::Written(Written::Taken) => self.row(slot, Status::Taken, plain, None),
            Outcome::Written(Written::Refused) => self.row(slot, Status::Refused, plain, None),
            Outcome::Loaded(None) | Outcome::Text(None) => {
                self.row(slot, Status::Nothing, plain, None);
            }
            Outcome::Loaded(Some(found)) => {
                let has_subject = f64::from(u8::from(found.has_subject));
                let numbers = [
                    number(found.rev),
                    number(found.expire_ms),
                    write_max_age(found.max_age),
                    has_subject,
                ];
                self.row(slot, Status::Loaded, numbers, Some(found.data));
            }
            Outcome::Known(is) => self.row(
                slot,
                Status::Known,
                [f64::from(u8::from(is)), 0.0, 0.0, 0.0],
                None,
            ),
            Outcome::Listed(listed) => self.row(
                slot,
                Status::Listed,
                plain,
                serde_json::to_string(&listed).ok(),
            ),
            Outcome::Count(count) => {
                self.row(slot, Status::Count, [number(count), 0.0, 0.0, 0.0], None);
            }
            Outcome::Text(text) => self.row(slot, Status::Text, plain, text),
            Outcome::Done => self.row(slot, Status::Done, plain, None),
        }
    }

    fn row(&mut self, slot: f64, status: Status, numbers: [f64; 4], text: Option<String>) {
        self.numbers.extend([slot, f64::from(status as u8)]);
        self.numbers.extend(numbers);
        self.texts.extend(text);
    }
}
