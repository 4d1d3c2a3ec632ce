//! Splits JSON text at its top level; the tokens stay as they are.

use std::fmt;

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

    /// The same; an empty text is an object without keys.
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

/// Writes a JSON object of tokens and values.
pub fn write_object<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::from("{");
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
