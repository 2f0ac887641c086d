//! `$x`, `${x…}`: which values a parameter has, and what the operators make of them.

use super::fields::Fields;
use super::pattern::Pattern;
use super::transform;
use crate::shell::parse::Place;
use crate::shell::vars::{Bytes, Key, Value};
use crate::shell::{Run, Shell};
use brush_parser::ParserOptions;
use brush_parser::word::{
    Parameter, ParameterExpr as Expr, ParameterTestType, SpecialParameter, parse_parameter,
};
use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What an operator with a pattern does to a value.
#[derive(Clone, Copy)]
enum Change {
    Cut(transform::Cut),
    Case { upper: bool, all: bool },
}

/// What a parameter holds.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Unset,
    One(Bytes),
    /// `@`, or `*` where `joined`.
    Many {
        items: Vec<Bytes>,
        joined: bool,
    },
}

impl Values {
    pub(super) fn map(self, change: impl Fn(&[u8]) -> Bytes) -> Values {
        match self {
            Values::Unset => Values::Unset,
            Values::One(value) => Values::One(change(&value)),
            Values::Many { items, joined } => {
                Values::Many { items: items.iter().map(|item| change(item)).collect(), joined }
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Values::Unset => true,
            Values::One(value) => value.is_empty(),
            Values::Many { items, .. } => items.iter().all(Vec::is_empty),
        }
    }

    fn is_missing(&self, test: &ParameterTestType) -> bool {
        match (test, self) {
            (ParameterTestType::UnsetOrNull, values) => values.is_empty(),
            (ParameterTestType::Unset, Values::Many { items, .. }) => items.is_empty(),
            (ParameterTestType::Unset, values) => matches!(values, Values::Unset),
        }
    }
}

impl Shell {
    /// Expands one `$…` into `fields`.
    pub(super) fn parameter(&mut self, e: &Expr, quoted: bool, fields: &mut Fields) -> Run<()> {
        let values = match e {
            Expr::Parameter { parameter, indirect } => self.strict(parameter, *indirect)?,
            Expr::UseDefaultValues { parameter, indirect, test_type, default_value } => {
                let values = self.values(parameter, *indirect)?;
                if values.is_missing(test_type) {
                    return self.nested(or_empty(default_value), quoted, fields);
                }
                values
            }
            Expr::UseAlternativeValue { parameter, indirect, test_type, alternative_value } => {
                if !self.values(parameter, *indirect)?.is_missing(test_type) {
                    return self.nested(or_empty(alternative_value), quoted, fields);
                }
                // `"${@+x}"` without arguments is no word, `"${x+y}"` is an empty one.
                match parameter {
                    Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => {
                        Values::Many { items: Vec::new(), joined: false }
                    }
                    _ => Values::One(Vec::new()),
                }
            }
            Expr::AssignDefaultValues { parameter, indirect, test_type, default_value } => {
                let values = self.values(parameter, *indirect)?;
                if values.is_missing(test_type) {
                    self.assign_default(parameter, or_empty(default_value))?
                } else {
                    values
                }
            }
            Expr::IndicateErrorIfNullOrUnset { parameter, indirect, test_type, error_message } => {
                let values = self.values(parameter, *indirect)?;
                if values.is_missing(test_type) {
                    let text = self.value(or_empty(error_message), Place::Value)?;
                    let why = match (text.as_slice(), test_type) {
                        (b"", ParameterTestType::Unset) => "parameter not set".into(),
                        (b"", ParameterTestType::UnsetOrNull) => "parameter null or not set".into(),
                        (text, _) => crate::output::visible(text),
                    };
                    return self.missing(&format!("{}: {why}", name_of(parameter)));
                }
                values
            }
            Expr::ParameterLength { parameter, indirect } => {
                let length = match self.strict(parameter, *indirect)? {
                    Values::Unset => 0,
                    Values::One(value) => transform::length(&value),
                    Values::Many { items, .. } => items.len(),
                };
                Values::One(length.to_string().into_bytes())
            }
            Expr::Substring { parameter, indirect, offset, length } => {
                let offset = self.arithmetic(&offset.value)?;
                let length = match length {
                    Some(length) => Some(self.arithmetic(&length.value)?),
                    None => None,
                };
                let values = self.strict(parameter, *indirect)?;
                self.substring(parameter, values, offset, length)?
            }
            Expr::VariableNames { prefix, concatenate } => {
                let names = self.vars.names().into_iter().filter(|n| n.starts_with(prefix));
                let items = names.map(|name| name.as_bytes().to_vec()).collect();
                Values::Many { items, joined: *concatenate }
            }
            Expr::MemberKeys { variable_name, concatenate } => {
                let items = self.variable(variable_name).map_or_else(Vec::new, |v| v.keys());
                Values::Many { items, joined: *concatenate }
            }
            changed => self.changed(changed)?,
        };
        self.emit(values, quoted, fields);
        Ok(())
    }

    /// The operators that change each value by itself.
    fn changed(&mut self, e: &Expr) -> Run<Values> {
        use transform::Cut::{LongestPrefix, LongestSuffix, ShortestPrefix, ShortestSuffix};
        let (parameter, indirect, pattern, change) = match e {
            Expr::RemoveSmallestPrefixPattern { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Cut(ShortestPrefix))
            }
            Expr::RemoveLargestPrefixPattern { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Cut(LongestPrefix))
            }
            Expr::RemoveSmallestSuffixPattern { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Cut(ShortestSuffix))
            }
            Expr::RemoveLargestSuffixPattern { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Cut(LongestSuffix))
            }
            Expr::UppercaseFirstChar { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Case { upper: true, all: false })
            }
            Expr::UppercasePattern { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Case { upper: true, all: true })
            }
            Expr::LowercaseFirstChar { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Case { upper: false, all: false })
            }
            Expr::LowercasePattern { parameter, indirect, pattern } => {
                (parameter, indirect, pattern, Change::Case { upper: false, all: true })
            }
            Expr::ReplaceSubstring { parameter, indirect, pattern, replacement, match_kind } => {
                let values = self.strict(parameter, *indirect)?;
                let pattern = Pattern::new(&self.pattern(pattern)?);
                let by = self.field(or_empty(replacement), Place::Value)?;
                return Ok(values.map(|value| transform::replace(value, &pattern, &by, match_kind)));
            }
            Expr::Transform { parameter, indirect, op } => {
                return self.transform(parameter, *indirect, op);
            }
            _ => return self.fail("this expansion is not supported"),
        };
        let values = self.strict(parameter, *indirect)?;
        let text = match (or_empty(pattern), change) {
            // Every character.
            ("", Change::Case { .. }) => "?",
            (text, _) => text,
        };
        let pattern = Pattern::new(&self.pattern(text)?);
        Ok(values.map(|value| match change {
            Change::Cut(kind) => transform::cut(value, &pattern, kind),
            Change::Case { upper, all } => transform::case(value, &pattern, upper, all),
        }))
    }

    fn emit(&mut self, values: Values, quoted: bool, fields: &mut Fields) {
        match values {
            Values::Unset if quoted => fields.quoted(b""),
            Values::Unset => {}
            Values::One(value) if quoted => fields.quoted(&value),
            Values::One(value) => fields.value(&value),
            Values::Many { items, joined: true } if quoted || !fields.splits() => {
                let joined = items.join(self.ifs().joiner());
                if quoted { fields.quoted(&joined) } else { fields.value(&joined) }
            }
            // An empty one among them survives where IFS starts with more than a blank.
            Values::Many { items, .. } if !quoted && fields.splits() && self.ifs().joins_hard() => {
                fields.value(&items.join(self.ifs().joiner()));
            }
            Values::Many { items, .. } => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        fields.separate();
                    }
                    if quoted { fields.quoted(item) } else { fields.value(item) }
                }
            }
        }
    }

    /// The values of a parameter; none is an error under `set -u`.
    pub(super) fn strict(&mut self, parameter: &Parameter, indirect: bool) -> Run<Values> {
        let values = self.values(parameter, indirect)?;
        if self.options.nounset && matches!(values, Values::Unset) {
            return self.unbound(&name_of(parameter));
        }
        Ok(values)
    }

    fn values(&mut self, parameter: &Parameter, indirect: bool) -> Run<Values> {
        if !indirect {
            return self.direct(parameter);
        }
        let name = match self.direct(parameter)? {
            Values::One(name) if !name.is_empty() => name,
            _ => return self.fail(format!("{}: invalid indirect expansion", name_of(parameter))),
        };
        let text = String::from_utf8_lossy(&name);
        match parse_parameter(&text, &ParserOptions::default()) {
            Ok(parameter) => self.direct(&parameter),
            Err(_) => {
                self.fail(format!("{}: invalid variable name", crate::output::visible(&name)))
            }
        }
    }

    fn direct(&mut self, parameter: &Parameter) -> Run<Values> {
        let one = |value: Option<Bytes>| value.map_or(Values::Unset, Values::One);
        Ok(match parameter {
            Parameter::Positional(n) => one(self.args.get(*n as usize - 1).cloned()),
            Parameter::Special(special) => return Ok(self.special(special)),
            Parameter::Named(name) => one(self.variable(name).and_then(|v| v.scalar().cloned())),
            Parameter::NamedWithIndex { name, index } => {
                let key = self.key(name, index)?;
                one(self.variable(name).and_then(|value| value.element(&key).cloned()))
            }
            Parameter::NamedWithAllIndices { name, concatenate } => Values::Many {
                items: self.variable(name).map_or_else(Vec::new, |value| value.elements()),
                joined: *concatenate,
            },
        })
    }

    fn special(&mut self, special: &SpecialParameter) -> Values {
        let text = match special {
            SpecialParameter::AllPositionalParameters { concatenate } => {
                return Values::Many { items: self.args.clone(), joined: *concatenate };
            }
            SpecialParameter::PositionalParameterCount => self.args.len().to_string(),
            SpecialParameter::LastExitStatus => self.status.number().to_string(),
            SpecialParameter::CurrentOptionFlags => {
                self.options.flags() + if self.is_interactive { "i" } else { "" }
            }
            SpecialParameter::ProcessId => self.pid.to_string(),
            SpecialParameter::LastBackgroundProcessId => match self.last_background {
                Some(pid) => pid.to_string(),
                None => return Values::Unset,
            },
            SpecialParameter::ShellName => return Values::One(self.name.clone()),
        };
        Values::One(text.into_bytes())
    }

    /// A variable's value, or that of one that the shell makes up.
    pub(in crate::shell) fn variable(&mut self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some(value) = self.whereabouts(name) {
            return Some(Cow::Owned(value));
        }
        if self.vars.get(name).is_some() {
            return self.vars.value(name).map(Cow::Borrowed);
        }
        let number = match name {
            "RANDOM" => {
                // A linear congruential generator: dice for scripts, not secrets.
                self.random = self.random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                i64::from(self.random >> 16 & 0x7fff)
            }
            "SECONDS" => self.seconds.wrapping_add(self.started.elapsed().as_secs() as i64),
            "BASH_SUBSHELL" => self.level.into(),
            "EPOCHSECONDS" => now().as_secs() as i64,
            "EPOCHREALTIME" => {
                let text = format!("{}.{:06}", now().as_secs(), now().subsec_micros());
                return Some(Cow::Owned(Value::Scalar(text.into_bytes())));
            }
            "PPID" => self.parent.as_raw().into(),
            "_" => return Some(Cow::Owned(Value::Scalar(self.last_word.clone()))),
            "DIRSTACK" => {
                let items = (0..).zip(self.directories().ok()?).collect();
                return Some(Cow::Owned(Value::Indexed(items)));
            }
            "BASHPID" => nix::unistd::getpid().as_raw().into(),
            "UID" => self.view.who.as_ref().ok()?.uids[0].into(),
            "EUID" => self.view.who.as_ref().ok()?.uids[1].into(),
            "PIPESTATUS" => {
                let all = self.pipe_status.iter().enumerate();
                let items = all.map(|(i, e)| (i as i64, e.number().to_string().into_bytes()));
                return Some(Cow::Owned(Value::Indexed(items.collect())));
            }
            _ => return None,
        };
        Some(Cow::Owned(Value::Scalar(number.to_string().into_bytes())))
    }

    /// Which element `index` means in the variable `name`.
    pub(in crate::shell) fn key(&mut self, name: &str, index: &str) -> Run<Key> {
        match self.vars.value(name) {
            Some(Value::Assoc(_)) => Ok(Key::Text(self.value(index, Place::Value)?)),
            _ => Ok(Key::Number(self.arithmetic(index)?)),
        }
    }

    fn assign_default(&mut self, parameter: &Parameter, text: &str) -> Run<Values> {
        let value = self.value(text, Place::Value)?;
        match parameter {
            Parameter::Named(name) => self.assign(name, None, value.clone(), false)?,
            Parameter::NamedWithIndex { name, index } => {
                let key = self.key(name, index)?;
                self.assign(name, Some(key), value.clone(), false)?;
            }
            _ => return self.fail(format!("{}: can't assign in this way", name_of(parameter))),
        }
        Ok(Values::One(value))
    }

    fn substring(
        &mut self,
        parameter: &Parameter,
        values: Values,
        offset: i64,
        length: Option<i64>,
    ) -> Run<Values> {
        match values {
            Values::Unset => Ok(Values::Unset),
            Values::One(value) => match transform::substring(&value, offset, length) {
                Some(part) => Ok(Values::One(part.to_vec())),
                None => self.fail(format!("{}: substring expression < 0", length.unwrap_or(0))),
            },
            Values::Many { mut items, joined } => {
                if matches!(parameter, Parameter::Special(_)) {
                    items.insert(0, self.name.clone());
                }
                if length.is_some_and(|length| length < 0) {
                    return self.fail(format!("{}: substring expression < 0", length.unwrap_or(0)));
                }
                let range = transform::range(items.len(), offset, length).unwrap_or(0..0);
                Ok(Values::Many { items: items[range].to_vec(), joined })
            }
        }
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn or_empty(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// The name of a parameter in an error message: `x`, `1`, `a[1]`.
pub(super) fn name_of(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Named(name) => name.clone(),
        Parameter::NamedWithIndex { name, index } => format!("{name}[{index}]"),
        other => other.to_string().trim_start_matches(['$', '{']).trim_end_matches('}').to_owned(),
    }
}
