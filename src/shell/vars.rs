//! Variables: values, attributes, and the scopes that `local` makes.

use crate::output::order;
use std::collections::{BTreeMap, HashMap};

/// Text of the shell: any bytes.
pub(super) type Bytes = Vec<u8>;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Scalar(Bytes),
    Indexed(BTreeMap<i64, Bytes>),
    Assoc(BTreeMap<Bytes, Bytes>),
}

/// How `declare -l` and `-u` change what is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
}

/// A variable. One without a value is declared and counts as unset.
#[derive(Clone, Debug, Default)]
pub(super) struct Var {
    pub value: Option<Value>,
    pub exported: bool,
    pub readonly: bool,
    pub integer: bool,
    pub case: Option<Case>,
}

/// Which element of a variable is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Number(i64),
    Text(Bytes),
}

/// All variables, and what `local` and `NAME=VALUE command` will put back.
#[derive(Debug, Default)]
pub(super) struct Vars {
    map: HashMap<String, Var>,
    frames: Vec<Vec<(String, Option<Var>)>>,
}

impl Value {
    /// What `$name` gives: of an array, the element 0.
    pub(super) fn scalar(&self) -> Option<&Bytes> {
        match self {
            Value::Scalar(text) => Some(text),
            Value::Indexed(items) => items.get(&0),
            Value::Assoc(items) => items.get(b"0".as_slice()),
        }
    }

    pub(super) fn element(&self, key: &Key) -> Option<&Bytes> {
        match (self, key) {
            (Value::Scalar(text), Key::Number(0 | -1)) => Some(text),
            (Value::Indexed(items), Key::Number(n)) => items.get(&from_end(items, *n)?),
            (Value::Assoc(items), Key::Text(text)) => items.get(text),
            (Value::Assoc(items), Key::Number(n)) => items.get(n.to_string().as_bytes()),
            _ => None,
        }
    }

    /// The elements in order; a scalar is an array of one.
    pub(super) fn elements(&self) -> Vec<Bytes> {
        match self {
            Value::Scalar(text) => vec![text.clone()],
            Value::Indexed(items) => items.values().cloned().collect(),
            Value::Assoc(items) => items.values().cloned().collect(),
        }
    }

    pub(super) fn keys(&self) -> Vec<Bytes> {
        match self {
            Value::Scalar(_) => vec![b"0".to_vec()],
            Value::Indexed(items) => items.keys().map(|k| k.to_string().into_bytes()).collect(),
            Value::Assoc(items) => items.keys().cloned().collect(),
        }
    }

    /// Sets one element; false when a negative index leads before the start.
    pub(super) fn set(&mut self, key: Key, text: Bytes) -> bool {
        if let Value::Scalar(old) = self {
            *self = Value::Indexed(BTreeMap::from([(0, std::mem::take(old))]));
        }
        match (self, key) {
            (Value::Indexed(items), Key::Number(n)) => match from_end(items, n) {
                Some(n) => drop(items.insert(n, text)),
                None => return false,
            },
            (Value::Assoc(items), Key::Text(key)) => drop(items.insert(key, text)),
            (Value::Assoc(items), Key::Number(n)) => {
                items.insert(n.to_string().into_bytes(), text);
            }
            _ => return false,
        }
        true
    }

    pub(super) fn remove(&mut self, key: &Key) {
        match (self, key) {
            (Value::Indexed(items), Key::Number(n)) => {
                if let Some(n) = from_end(items, *n) {
                    items.remove(&n);
                }
            }
            (Value::Assoc(items), Key::Text(key)) => drop(items.remove(key)),
            _ => {}
        }
    }

    /// The index that `+=(…)` starts at.
    pub(super) fn next_index(&self) -> i64 {
        match self {
            Value::Indexed(items) => items.keys().next_back().map_or(0, |last| last + 1),
            Value::Scalar(_) => 1,
            Value::Assoc(_) => 0,
        }
    }
}

/// A negative index counts from the end of an array.
fn from_end(items: &BTreeMap<i64, Bytes>, n: i64) -> Option<i64> {
    if n >= 0 {
        return Some(n);
    }
    let end = items.keys().next_back().map_or(0, |last| last + 1);
    (end + n >= 0).then_some(end + n)
}

impl Var {
    pub(super) fn scalar(text: impl Into<Bytes>) -> Var {
        Var { value: Some(Value::Scalar(text.into())), ..Var::default() }
    }
}

impl Vars {
    pub(super) fn get(&self, name: &str) -> Option<&Var> {
        self.map.get(name)
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.map.get(name)?.value.as_ref()
    }

    /// The variable `name`, made when it is missing.
    pub(super) fn entry(&mut self, name: &str) -> &mut Var {
        self.map.entry(name.to_owned()).or_default()
    }

    pub(super) fn set(&mut self, name: &str, text: impl Into<Bytes>) {
        self.entry(name).value = Some(Value::Scalar(text.into()));
    }

    /// The variable `name`, to change it, if it is there.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Var> {
        self.map.get_mut(name)
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.map.remove(name);
    }

    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.map.keys().map(String::as_str).collect();
        order::sort(&mut names);
        names
    }

    /// From here to [`Vars::leave`], what [`Vars::shadow`] covers comes back.
    pub(super) fn enter(&mut self) {
        self.frames.push(Vec::new());
    }

    pub(super) fn leave(&mut self) {
        for (name, old) in self.frames.pop().unwrap_or_default().into_iter().rev() {
            match old {
                Some(var) => drop(self.map.insert(name, var)),
                None => drop(self.map.remove(&name)),
            }
        }
    }

    /// Puts a fresh variable in front of the one called `name`, once a frame. It is exported if that one was.
    pub(super) fn shadow(&mut self, name: &str) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.iter().any(|(shadowed, _)| shadowed == name) {
            return;
        }
        let old = self.map.remove(name);
        let exported = old.as_ref().is_some_and(|var| var.exported);
        frame.push((name.to_owned(), old));
        self.map.insert(name.to_owned(), Var { exported, ..Var::default() });
    }

    /// Exported variables that have a value, by name.
    pub(super) fn exported(&self) -> Vec<(String, Bytes)> {
        let mut all: Vec<(String, Bytes)> = self
            .map
            .iter()
            .filter(|(_, var)| var.exported)
            .filter_map(|(name, var)| Some((name.clone(), var.value.as_ref()?.scalar()?.clone())))
            .collect();
        order::sort(&mut all);
        all
    }
}

/// Whether `name` can be a variable.
pub(super) fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}
