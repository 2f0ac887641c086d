//! What people and programs read: escaping, tables, JSON, units. Facts come in as typed rows; both languages of
//! output are made from the same rows.

pub mod escape;
pub mod io;
pub mod json;
pub mod order;
pub mod schema;
pub mod table;
pub mod time;
pub mod units;

pub use escape::{quote, visible};
pub use io::{Io, Output};
pub use json::Text;
pub use schema::Shape;
pub use table::{Align, Column, Row, print_lines, print_rows};
