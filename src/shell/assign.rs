//! Assignment: `x=1`, `x+=1`, `a[1]=2`, `a=(1 2)`.

use super::parse::Place;
use super::vars::{Bytes, Case, Key, Value, is_name};
use super::{Run, Shell};
use brush_parser::ast::{Assignment, AssignmentName, AssignmentValue, Word};
use std::collections::BTreeMap;
use std::time::Instant;

impl Shell {
    /// Sets a variable, or one element of it, by the attributes it has.
    pub(super) fn assign(
        &mut self,
        name: &str,
        key: Option<Key>,
        value: Bytes,
        append: bool,
    ) -> Run<()> {
        self.may_assign(name)?;
        let var = self.vars.get(name);
        let (integer, case) = var.map_or((false, None), |v| (v.integer, v.case));
        let value =
            if append { self.appended(name, key.as_ref(), &value, integer)? } else { value };
        let value = match (integer, case) {
            (true, _) => {
                let text = String::from_utf8_lossy(&value).into_owned();
                self.arithmetic(&text)?.to_string().into_bytes()
            }
            (_, None) => value,
            (_, Some(case)) => {
                let text = String::from_utf8_lossy(&value);
                let upper = case == Case::Upper;
                if upper { text.to_uppercase() } else { text.to_lowercase() }.into_bytes()
            }
        };
        if self.assign_special(name, &value) {
            return Ok(());
        }
        let allexport = self.options.allexport;
        let var = self.vars.entry(name);
        var.exported |= allexport;
        let is_set = match (&mut var.value, key) {
            (Some(array @ (Value::Indexed(_) | Value::Assoc(_))), None) => {
                array.set(Key::Number(0), value)
            }
            (slot, None) => {
                *slot = Some(Value::Scalar(value));
                true
            }
            (Some(old), Some(key)) => old.set(key, value),
            (slot @ None, Some(key)) => {
                slot.insert(Value::Indexed(BTreeMap::new())).set(key, value)
            }
        };
        if is_set { Ok(()) } else { self.fail(format!("{name}: bad array subscript")) }
    }

    /// The variables that the shell makes up: these two take a start, and no more than that.
    fn assign_special(&mut self, name: &str, value: &[u8]) -> bool {
        if !matches!(name, "RANDOM" | "SECONDS") || self.vars.get(name).is_some() {
            return false;
        }
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok());
        let number = number.unwrap_or(0);
        if name == "RANDOM" {
            self.random = number as u32;
        } else {
            self.started = Instant::now();
            self.seconds = number;
        }
        true
    }

    /// Sets what is written as `name` or `name[index]`; false when it is neither.
    pub(super) fn assign_written(&mut self, target: &str, value: Bytes) -> Run<bool> {
        let (name, index) = match target.strip_suffix(']').and_then(|t| t.split_once('[')) {
            Some((name, index)) => (name, Some(index)),
            None => (target, None),
        };
        if !is_name(name.as_bytes()) {
            return Ok(false);
        }
        let key = match index {
            Some(index) => Some(self.key(name, index)?),
            None => None,
        };
        self.assign(name, key, value, false)?;
        Ok(true)
    }

    pub(super) fn may_assign(&self, name: &str) -> Run<()> {
        if self.vars.get(name).is_some_and(|var| var.readonly) {
            return self.fail(format!("{name}: readonly variable"));
        }
        Ok(())
    }

    fn appended(
        &mut self,
        name: &str,
        key: Option<&Key>,
        value: &[u8],
        integer: bool,
    ) -> Run<Bytes> {
        let old = self.vars.value(name).and_then(|old| match key {
            Some(key) => old.element(key),
            None => old.scalar(),
        });
        let old = old.cloned().unwrap_or_default();
        if !integer {
            return Ok([old.as_slice(), value].concat());
        }
        let old = if old.is_empty() { b"0".to_vec() } else { old };
        Ok([b"(", old.as_slice(), b")+(", value, b")"].concat())
    }

    /// Carries out an assignment of the script.
    pub(super) fn assignment(&mut self, assignment: &Assignment) -> Run<()> {
        let (name, index) = match &assignment.name {
            AssignmentName::VariableName(name) => (name, None),
            AssignmentName::ArrayElementName(name, index) => (name, Some(index)),
        };
        let text = match &assignment.value {
            AssignmentValue::Scalar(word) => word,
            AssignmentValue::Array(items) => {
                return self.assign_array(name, items, assignment.append);
            }
        };
        let value = self.value(&text.value, Place::Assignment)?;
        let key = match index {
            Some(index) => Some(self.key(name, index)?),
            None => None,
        };
        self.trace_assignment(assignment, &value)?;
        self.assign(name, key, value, assignment.append)
    }

    fn assign_array(
        &mut self,
        name: &str,
        items: &[(Option<Word>, Word)],
        append: bool,
    ) -> Run<()> {
        self.may_assign(name)?;
        let old = self.vars.value(name);
        let is_assoc = matches!(old, Some(Value::Assoc(_)));
        let mut array = match old {
            Some(old) if append => old.clone(),
            _ if is_assoc => Value::Assoc(BTreeMap::new()),
            _ => Value::Indexed(BTreeMap::new()),
        };
        let mut next = if append { array.next_index() } else { 0 };
        for (key, word) in items {
            match key {
                Some(key) if is_assoc => {
                    let key = Key::Text(self.value(&key.value, Place::Value)?);
                    array.set(key, self.value(&word.value, Place::Value)?);
                }
                Some(key) => {
                    next = self.arithmetic(&key.value)?;
                    let value = self.value(&word.value, Place::Value)?;
                    if !array.set(Key::Number(next), value) {
                        return self.fail(format!("{name}[{next}]: bad array subscript"));
                    }
                    next += 1;
                }
                None => {
                    for value in self.words([word])? {
                        array.set(Key::Number(next), value);
                        next += 1;
                    }
                }
            }
        }
        let allexport = self.options.allexport;
        let var = self.vars.entry(name);
        var.exported |= allexport;
        var.value = Some(array);
        Ok(())
    }
}
