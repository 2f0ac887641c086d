//! The shape of what `--json` prints, as JSON Schema (2020-12), from the same types that are printed.
//!
//! Only `dbg` describes shapes: the helper has neither the generator nor the descriptions.

#[cfg(feature = "schema")]
pub use schemars::JsonSchema as Described;

/// A type whose JSON has a known shape.
#[cfg(not(feature = "schema"))]
pub trait Described {}
#[cfg(not(feature = "schema"))]
impl<T: ?Sized> Described for T {}

/// The shape of the JSON that a tool prints.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    #[cfg(feature = "schema")]
    describe: fn() -> schemars::Schema,
}

impl Shape {
    /// One value of `T`. For an array of objects, `Shape::of::<Vec<Row>>()`.
    #[must_use]
    pub const fn of<T: Described>() -> Shape {
        Shape {
            #[cfg(feature = "schema")]
            describe: root::<T>,
        }
    }

    /// The schema.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn describe(&self) -> schemars::Schema {
        (self.describe)()
    }
}

/// Of what is printed, not of what would be read back: a field that may be left out is not required.
#[cfg(feature = "schema")]
fn root<T: Described>() -> schemars::Schema {
    use schemars::{generate::SchemaSettings, transform::RecursiveTransform};
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(closed))
        .into_generator()
        .into_root_schema_for::<T>()
}

/// An object has no other fields than those described, and JSON calls `None` by another name.
#[cfg(feature = "schema")]
fn closed(schema: &mut schemars::Schema) {
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema.insert("additionalProperties".into(), false.into());
    }
    let description = schema.get("description").and_then(|text| text.as_str());
    if let Some(text) = description.map(|text| text.replace("`None`", "`null`")) {
        schema.insert("description".into(), text.into());
    }
}
