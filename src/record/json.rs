//! Splits JSON text at its top level; the tokens stay as they are.

use std::fmt;

use memchr::memchr2;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// An invalid text from a caller: a bug there, or a record of another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson(
    /// What was expected: `"a JSON object"`.
    pub &'static str,
);

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text is not {}", self.0)
    }
}

impl std::error::Error for NotJson {}

/// The top-level keys (as JSON tokens) and values of a JSON object, as they stand in its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a>(
    /// In the order of the text.
    pub Vec<(&'a str, &'a str)>,
);

impl<'a> Fields<'a> {
    /// Splits a JSON object into its keys and values.
    ///
    /// # Errors
    ///
    /// If the text is no JSON object.
    pub fn parse(text: &'a str) -> Result<Self, NotJson> {
        serde_json::from_str(text).map_err(|_| NotJson("a JSON object"))
    }

    /// Splits a stored record, which was valid when it was written: several times as fast as [`parse`](Self::parse), since it looks
    /// for the ends of the values alone.
    ///
    /// # Errors
    ///
    /// If the text does not have the brackets, quotes, colons and commas of a JSON object.
    pub fn split(text: &'a str) -> Result<Self, NotJson> {
        let mut splitter = Splitter { text, at: 0 };
        splitter.object().ok_or(NotJson("a JSON object"))
    }

    /// Splits as [`parse`](Self::parse) does; an empty text is an object without keys.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_or_none(text: &'a str) -> Result<Self, NotJson> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, json)) = map.next_entry::<&RawValue, &RawValue>()? {
                    fields.push((key.get(), json.get()));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// Where [`Fields::split`] is in its text. Each method moves behind what it finds, or returns `None`.
struct Splitter<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Splitter<'a> {
    fn object(&mut self) -> Option<Fields<'a>> {
        let mut fields = Vec::new();
        self.expect(b'{')?;
        if self.next()? != b'}' {
            loop {
                let key = self.token(Self::string)?;
                self.expect(b':')?;
                fields.push((key, self.token(Self::value)?));
                if self.next()? != b',' {
                    break;
                }
                self.at += 1;
            }
        }
        self.expect(b'}')?;
        self.skip_space();
        (self.at == self.text.len()).then_some(Fields(fields))
    }

    /// Returns the text of what a method finds.
    fn token(&mut self, find: impl Fn(&mut Self) -> Option<()>) -> Option<&'a str> {
        self.skip_space();
        let start = self.at;
        find(self)?;
        self.text.get(start..self.at)
    }

    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let found = memchr2(b'"', b'\\', rest)?;
            let is_end = rest.get(found) == Some(&b'"');
            // A backslash and the character that it escapes.
            self.at += found + if is_end { 1 } else { 2 };
            if is_end {
                return Some(());
            }
        }
    }

    fn value(&mut self) -> Option<()> {
        match self.next()? {
            b'"' => self.string(),
            b'{' | b'[' => self.nested(),
            _ => self.scalar(),
        }
    }

    fn nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn scalar(&mut self) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let is_end = |byte: &u8| matches!(byte, b',' | b'}') || byte.is_ascii_whitespace();
        let length = rest.iter().position(is_end)?;
        self.at += length;
        (length > 0).then_some(())
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let is_there = self.next()? == byte;
        self.at += 1;
        is_there.then_some(())
    }

    /// Returns the next byte that is no white space, and stays before it.
    fn next(&mut self) -> Option<u8> {
        self.skip_space();
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}

/// The strings of a JSON array, as they stand in its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens<'a>(
    /// In the order of the text.
    pub Vec<&'a str>,
);

impl<'a> Tokens<'a> {
    /// Splits a JSON array into its elements; an empty text is an empty array.
    ///
    /// # Errors
    ///
    /// If the text is no JSON array.
    pub fn parse_or_none(text: &'a str) -> Result<Self, NotJson> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let tokens: Vec<&RawValue> =
            serde_json::from_str(text).map_err(|_| NotJson("a JSON array"))?;
        Ok(Self(tokens.into_iter().map(RawValue::get).collect()))
    }
}

/// Writes a JSON object of tokens and values, which takes about `capacity` bytes.
pub fn write_object<'a>(
    fields: impl Iterator<Item = (&'a str, &'a str)>,
    capacity: usize,
) -> String {
    let mut text = String::with_capacity(capacity);
    text.push('{');
    for (key, json) in fields {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(key);
        text.push(':');
        text.push_str(json);
    }
    text.push('}');
    text
}

/// Writes a JSON array of tokens.
#[must_use]
pub fn write_array(tokens: &[&str]) -> String {
    ["[", &tokens.join(","), "]"].concat()
}
