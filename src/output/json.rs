//! JSON from the same rows as the tables.

use serde::{Serialize, Serializer, ser::SerializeMap};
use std::fmt::Write;
use std::io;

/// Bytes that are usually text: a file name, an argument, a variable.
///
/// In JSON they are a string when they are UTF-8; otherwise an object `{"hex": "…"}` of the bytes in
/// hexadecimal, so that nothing is lost and a reader can tell the two apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(pub Vec<u8>);

impl Text {
    /// The bytes as they can be shown on a terminal.
    pub fn visible(&self) -> std::borrow::Cow<'_, str> {
        super::escape::visible(&self.0)
    }
}

impl<T: Into<Vec<u8>>> From<T> for Text {
    fn from(bytes: T) -> Text {
        Text(bytes.into())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                let mut hex = String::with_capacity(self.0.len() * 2);
                for byte in &self.0 {
                    let _ = write!(hex, "{byte:02x}");
                }
                map.serialize_entry("hex", &hex)?;
                map.end()
            }
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Bytes that are usually text: a string when they are UTF-8, else in hexadecimal.",
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"hex": {"type": "string", "pattern": "^([0-9a-f]{2})*$"}},
                    "required": ["hex"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// A JSON array that is printed while its objects are found, one a line.
#[derive(Debug, Default)]
pub struct Array {
    started: bool,
}

impl Array {
    /// Prints one more object.
    pub fn push(&mut self, out: &mut impl io::Write, row: &impl Serialize) -> io::Result<()> {
        out.write_all(if self.started { b",\n" } else { b"[\n" })?;
        self.started = true;
        Ok(serde_json::to_writer(out, row)?)
    }

    /// Prints the end; an array without objects is one, too.
    pub fn end(self, out: &mut impl io::Write) -> io::Result<()> {
        out.write_all(if self.started { b"\n]\n" } else { b"[]\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_kept_whole() {
        let json = serde_json::to_string(&[Text::from("a\u{1b}"), Text::from(vec![0xff, b'a'])]);
        assert_eq!(json.unwrap(), r#"["a\u001b",{"hex":"ff61"}]"#);
    }
}
