//! Decodes batches of operations from JavaScript: some numbers each, and one text for all.

use koa_session_rs::record::Changes;
use koa_session_rs::store::redis::command::Failure;
use koa_session_rs::store::redis::{Format, Outcome, Request, SessionId};
use koa_session_rs_binding_common::{Answer, CALL_NUMBERS, Call, Numbers, whole};

/// The numbers of an operation, as in `lib/stores/redis/batch.js`: its id, its kind, those of a call, and the number of its
/// texts, whose lengths follow.
const ASKED: usize = 2 + CALL_NUMBERS + 1;

/// The memory of the operations' numbers.
pub type Memory<'call> = Numbers<'call, ASKED>;

/// An operation's id in JavaScript, and its request; `None` if that cannot be decoded.
pub type Asked = (f64, Option<Request>);

/// Decodes operations. The lengths of their texts are in UTF-16 units.
pub fn read(mut numbers: &[f64], text: &str, format: &Format) -> Vec<Asked> {
    let mut texts = Texts::of(text);
    let mut asked = Vec::with_capacity(numbers.len() / ASKED);
    while let Some(([call_id, kind, call @ .., count], rest)) = numbers.split_first_chunk::<ASKED>()
    {
        let Some((lengths, rest)) = rest.split_at_checked(size(*count)) else {
            break;
        };
        let own: Option<Vec<_>> = lengths.iter().map(|length| texts.take(*length)).collect();
        let request = own.and_then(|own| {
            let texts = own.into_iter();
            Operands { texts, format }.request(whole(*kind), Call::from(*call))
        });
        asked.push((*call_id, request));
        numbers = rest;
    }
    asked
}

/// Concatenated texts.
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

    /// Takes the next text by its length in UTF-16 units; below zero, it is left out. Fails if the remaining text is shorter.
    #[expect(
        clippy::option_option,
        reason = "the outer one is None if the text cannot be read, the inner one if it is left out"
    )]
    fn take(&mut self, units: f64) -> Option<Option<&'a str>> {
        if units < 0.0 {
            return Some(None);
        }
        let units = size(units);
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
        Some(Some(text))
    }
}

/// The texts of an operation.
struct Operands<'a, 'b> {
    texts: std::vec::IntoIter<Option<&'a str>>,
    format: &'b Format,
}

impl Operands<'_, '_> {
    fn request(&mut self, kind: u64, call: Call) -> Option<Request> {
        let (clock, now_ms) = (call.clock, call.clock.now_ms);
        Some(match kind {
            0 => {
                let id = self.id()?;
                let new = call.record(self.text()?, self.optional()?, self.optional()?);
                Request::Create(id, new, clock)
            }
            1 => Request::Load(self.id()?, now_ms),
            2 => Request::Merge(self.id()?, self.changes(call)?, clock),
            3 => Request::Touch(self.id()?, clock),
            4 => Request::Regenerate(self.id()?, self.id()?, self.changes(call)?, clock),
            5 => Request::Destroy(self.id()?, now_ms),
            6 => Request::List(self.text()?, now_ms),
            7 => Request::DestroyExcept(self.text()?, self.optional()?, now_ms),
            8 => Request::DestroyOnly(self.text()?, self.text()?, now_ms),
            9 => Request::Clear,
            10 => Request::GetPlain(self.text()?),
            11 => {
                let ttl_ms = (clock.ttl_ms > 0).then_some(clock.ttl_ms);
                Request::SetPlain(self.text()?, self.text()?, ttl_ms)
            }
            12 => Request::DestroyPlain(self.text()?),
            13 => Request::ClearPlain,
            _ => return None,
        })
    }

    fn text(&mut self) -> Option<String> {
        self.texts.next()?.map(str::to_owned)
    }

    /// Reads a text that may be left out.
    #[expect(
        clippy::option_option,
        reason = "the outer one is None if the text cannot be read, the inner one if it is left out"
    )]
    fn optional(&mut self) -> Option<Option<String>> {
        self.texts.next().map(|text| text.map(str::to_owned))
    }

    fn id(&mut self) -> Option<SessionId> {
        let id = self.texts.next()??;
        Some(SessionId::of(id, self.format))
    }

    fn changes(&mut self, call: Call) -> Option<Changes<String>> {
        let texts = [self.text()?, self.text()?];
        Some(call.changes(texts, self.optional()?, self.optional()?))
    }
}

fn size(number: f64) -> usize {
    usize::try_from(whole(number)).unwrap_or(usize::MAX)
}

/// Makes the answer for a result; `details` are those of a failure, as JSON.
pub fn answer(result: Result<Outcome, Failure>, details: &str) -> Answer {
    match result {
        Ok(Outcome::Written(written)) => Answer::written(written),
        Ok(Outcome::Loaded(loaded)) => Answer::loaded(loaded),
        Ok(Outcome::Touched(max_age)) => Answer::touched(max_age),
        Ok(Outcome::Known(is_known)) => Answer::known(is_known),
        Ok(Outcome::Listed(lists)) => Answer::lists(lists),
        Ok(Outcome::Count(count)) => Answer::count(count),
        Ok(Outcome::Text(text)) => Answer::text(text),
        Ok(Outcome::Done) => Answer::done(),
        Err(failure) => Answer::failed(format!("{failure}\n{details}")),
    }
}
