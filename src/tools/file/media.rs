//! Images, documents and databases.

use super::Found;
use super::magic::{big, little};
use crate::output::visible;

pub(super) fn image(head: &[u8]) -> Option<Found> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") && head.get(12..16)? == b"IHDR" {
        let depth = head.get(24)?;
        let colour = match head.get(25)? {
            0 => " grayscale",
            2 => "/color RGB",
            3 => " colormap",
            4 => " gray+alpha",
            6 => "/color RGBA",
            _ => "",
        };
        let interlaced = if *head.get(28)? == 0 { "non-interlaced" } else { "interlaced" };
        let (width, height) = (big(head, 16, 4)?, big(head, 20, 4)?);
        let text = format!("PNG image data, {width} x {height}, {depth}-bit{colour}, {interlaced}");
        return Some(Found::new(text, "image/png"));
    }
    if head.starts_with(b"GIF8") {
        let (width, height) = (little(head, 6, 2)?, little(head, 8, 2)?);
        let version = visible(head.get(3..6)?);
        let text = format!("GIF image data, version {version}, {width} x {height}");
        return Some(Found::new(text, "image/gif"));
    }
    if head.starts_with(b"\xff\xd8\xff") {
        return Some(Found::new(jpeg(head), "image/jpeg"));
    }
    if head.starts_with(b"RIFF") && head.get(8..12)? == b"WEBP" {
        return Some(Found::new("RIFF (little-endian) data, Web/P image", "image/webp"));
    }
    head.starts_with(b"\0\0\x01\0\x01\0")
        .then(|| Found::new("MS Windows icon resource - 1 icon", "image/vnd.microsoft.icon"))
}

/// The segments of a JPEG file up to the frame, which has its size.
fn jpeg(head: &[u8]) -> String {
    let (mut text, mut at) = (String::from("JPEG image data"), 2);
    while let (Some(0xff), Some(&marker), Some(length)) =
        (head.get(at), head.get(at + 1), big(head, at + 2, 2))
    {
        let body = head.get(at + 4..).unwrap_or_default();
        match (marker, body) {
            (0xe0, [b'J', b'F', b'I', b'F', 0, major, minor, unit, x1, x2, y1, y2, ..]) => {
                let unit = ["aspect ratio", "resolution (DPI)", "resolution (DPCM)"]
                    .get(usize::from(*unit))
                    .unwrap_or(&"aspect ratio");
                let (x, y) = (u16::from_be_bytes([*x1, *x2]), u16::from_be_bytes([*y1, *y2]));
                text.push_str(&format!(
                    ", JFIF standard {major}.{minor:02}, {unit}, density {x}x{y}, segment length {length}"
                ));
            }
            (0xc0..=0xc2, [precision, h1, h2, w1, w2, components, ..]) => {
                let kind = ["baseline", "extended sequential", "progressive"]
                    .get(usize::from(marker - 0xc0))
                    .unwrap_or(&"baseline");
                let (w, h) = (u16::from_be_bytes([*w1, *w2]), u16::from_be_bytes([*h1, *h2]));
                text.push_str(&format!(
                    ", {kind}, precision {precision}, {w}x{h}, components {components}"
                ));
                break;
            }
            _ => {}
        }
        at += 2 + (length as usize).max(2);
    }
    text
}

pub(super) fn document(head: &[u8]) -> Option<Found> {
    if let Some(rest) = head.strip_prefix(b"%PDF-") {
        let version = rest.get(..3)?;
        return Some(Found::new(
            format!("PDF document, version {}", visible(version)),
            "application/pdf",
        ));
    }
    let rest = head.strip_prefix(b"SQLite format 3\0")?;
    let at = |at: usize| big(rest, at - 16, 4);
    let mut text = String::from("SQLite 3.x database");
    match (at(68)?, at(60)?) {
        (0, 0) => {}
        (0, user) => text.push_str(&format!(", user version {user}")),
        (id, user) => {
            text.push_str(&format!(", application id {id}"));
            if user != 0 {
                text.push_str(&format!(", user version {user}"));
            }
        }
    }
    text.push_str(&format!(", last written using SQLite version {}", at(96)?));
    if rest.get(2) == Some(&2) || rest.get(3) == Some(&2) {
        let (write, read) = (rest.get(2)?, rest.get(3)?);
        text.push_str(&format!(", writer version {write}, read version {read}"));
    }
    let encoding = match at(56)? {
        1 => ", UTF-8",
        2 => ", UTF-16 little endian",
        3 => ", UTF-16 big endian",
        _ => "",
    };
    text.push_str(&format!(", file counter {}, database pages {}", at(24)?, at(28)?));
    text.push_str(&format!(", cookie 0x{:x}, schema {}{encoding}", at(40)?, at(44)?));
    text.push_str(&format!(", version-valid-for {}", at(92)?));
    Some(Found::new(text, "application/vnd.sqlite3"))
}
