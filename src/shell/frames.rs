//! Where the script is: its line, and the functions and files that are being run inside of each other.

use super::Shell;
use super::vars::{Bytes, Value};
use brush_parser::ast::{CommandPrefixOrSuffixItem as Item, FunctionBody, SimpleCommand};
use std::collections::BTreeMap;

/// A function, and where it was written.
#[derive(Debug)]
pub(super) struct Function {
    pub body: FunctionBody,
    base: usize,
    source: String,
}

impl Function {
    /// As it could be typed.
    pub(super) fn text(&self, name: &str) -> String {
        let body = self
            .body
            .to_string()
            .replace(&format!("for {}", super::rewrite::SELECT), super::rewrite::SELECT);
        format!("{name} () \n{body}\n")
    }
}

/// A call of a function, or a sourced file.
#[derive(Debug)]
struct Frame {
    name: String,
    source: String,
    /// The line that called.
    line: usize,
    /// That was true outside.
    base: usize,
}

/// What `LINENO`, `FUNCNAME` and their kin tell of.
#[derive(Debug, Default)]
pub(super) struct Frames {
    list: Vec<Frame>,
    pub line: usize,
    /// How many lines stand before the text that is being run.
    pub base: usize,
}

impl Shell {
    pub(super) fn function(&self, body: FunctionBody) -> Function {
        let outside = if self.is_string { "environment" } else { "main" };
        let source = self.frames.list.last().map_or(outside, |frame| frame.source.as_str());
        Function { body, base: self.frames.base, source: source.to_owned() }
    }

    pub(super) fn enter_function(&mut self, name: &[u8], function: &Function) {
        let name = String::from_utf8_lossy(name).into_owned();
        self.enter_frame(name, function.source.clone(), function.base);
    }

    pub(super) fn enter_frame(&mut self, name: String, source: String, base: usize) {
        let old = std::mem::replace(&mut self.frames.base, base);
        self.frames.list.push(Frame { name, source, line: self.frames.line, base: old });
    }

    pub(super) fn leave_frame(&mut self) {
        if let Some(frame) = self.frames.list.pop() {
            self.frames.line = frame.line;
            self.frames.base = frame.base;
        }
    }

    /// Notes the line of a command that is about to run.
    pub(super) fn note_line(&mut self, command: &SimpleCommand) {
        let assigned =
            command.prefix.iter().flat_map(|prefix| &prefix.0).find_map(|item| match item {
                Item::AssignmentWord(assignment, _) => Some(assignment.loc.start.line),
                _ => None,
            });
        let word = command.word_or_name.as_ref().and_then(|word| word.loc.as_ref());
        if let Some(line) = word.map(|span| span.start.line).or(assigned) {
            self.frames.line = self.frames.base + line;
        }
    }

    /// The variables that tell where the script is.
    pub(super) fn whereabouts(&self, name: &str) -> Option<Value> {
        let inside_out = || self.frames.list.iter().rev();
        let all: Vec<Bytes> = match name {
            "LINENO" => return Some(Value::Scalar(self.frames.line.to_string().into_bytes())),
            "FUNCNAME" => inside_out().map(|frame| frame.name.clone().into_bytes()).collect(),
            "BASH_SOURCE" => inside_out().map(|frame| frame.source.clone().into_bytes()).collect(),
            "BASH_LINENO" => {
                inside_out().map(|frame| frame.line.to_string().into_bytes()).collect()
            }
            _ => return None,
        };
        let items: BTreeMap<i64, Bytes> = (0..).zip(all).collect();
        (!items.is_empty()).then_some(Value::Indexed(items))
    }

    /// What `caller N` prints: line, function and file of the call; the line and the file only without a number.
    pub(super) fn caller(&self, number: Option<usize>) -> Option<String> {
        let mut inside_out = self.frames.list.iter().rev();
        let frame = inside_out.nth(number.unwrap_or(0))?;
        let outside = inside_out.next();
        let source = outside.map_or("NULL", |frame| frame.source.as_str());
        match (number, outside) {
            (None, _) => Some(format!("{} {source}\n", frame.line)),
            (Some(_), Some(outside)) => Some(format!("{} {} {source}\n", frame.line, outside.name)),
            (Some(_), None) => None,
        }
    }
}
