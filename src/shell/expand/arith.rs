//! Arithmetic: 64 bits, wrapping, as `$((…))`, `((…))`, indices and `let` have it.

use crate::error::Error;
use crate::exit::Exit;
use crate::shell::parse::{self, Place};
use crate::shell::vars::{Key, Value};
use crate::shell::{Flow, Run, Shell};
use brush_parser::ast::{
    ArithmeticExpr as Expr, ArithmeticTarget, BinaryOperator as Op, UnaryAssignmentOperator,
    UnaryOperator,
};

/// How deep variables may hold expressions that name variables.
const DEEPEST: u32 = 64;

impl Shell {
    /// The value of an expression as it is written.
    pub(in crate::shell) fn arithmetic(&mut self, text: &str) -> Run<i64> {
        if !text.contains(['$', '`', '"', '\'', '\\']) {
            return match self.cache.arithmetic(text) {
                Ok(expression) => self.evaluate(&expression),
                Err(why) => self.fail(why),
            };
        }
        let expanded = self.value(text, Place::Quoted)?;
        let text = String::from_utf8_lossy(&expanded).replace('"', "");
        match parse::arithmetic(&text) {
            Ok(expression) => self.evaluate(&expression),
            Err(why) => self.fail(why),
        }
    }

    fn evaluate(&mut self, expression: &Expr) -> Run<i64> {
        match expression {
            Expr::Literal(number) => Ok(*number),
            Expr::Reference(target) => self.read_target(target),
            Expr::UnaryOp(op, operand) => {
                let x = self.evaluate(operand)?;
                Ok(match op {
                    UnaryOperator::UnaryPlus => x,
                    UnaryOperator::UnaryMinus => x.wrapping_neg(),
                    UnaryOperator::BitwiseNot => !x,
                    UnaryOperator::LogicalNot => i64::from(x == 0),
                })
            }
            Expr::BinaryOp(Op::LogicalAnd, left, right) => {
                Ok(i64::from(self.evaluate(left)? != 0 && self.evaluate(right)? != 0))
            }
            Expr::BinaryOp(Op::LogicalOr, left, right) => {
                Ok(i64::from(self.evaluate(left)? != 0 || self.evaluate(right)? != 0))
            }
            Expr::BinaryOp(op, left, right) => {
                let x = self.evaluate(left)?;
                let y = self.evaluate(right)?;
                self.operate(*op, x, y)
            }
            Expr::Conditional(condition, yes, no) => {
                let branch = if self.evaluate(condition)? != 0 { yes } else { no };
                self.evaluate(branch)
            }
            Expr::Assignment(target, value) => {
                let value = self.evaluate(value)?;
                self.write_target(target, value)
            }
            Expr::BinaryAssignment(op, target, operand) => {
                let old = self.read_target(target)?;
                let operand = self.evaluate(operand)?;
                let value = self.operate(*op, old, operand)?;
                self.write_target(target, value)
            }
            Expr::UnaryAssignment(op, target) => {
                use UnaryAssignmentOperator as Step;
                let old = self.read_target(target)?;
                let new = match op {
                    Step::PrefixIncrement | Step::PostfixIncrement => old.wrapping_add(1),
                    Step::PrefixDecrement | Step::PostfixDecrement => old.wrapping_sub(1),
                };
                self.write_target(target, new)?;
                let is_prefix = matches!(op, Step::PrefixIncrement | Step::PrefixDecrement);
                Ok(if is_prefix { new } else { old })
            }
        }
    }

    fn operate(&mut self, op: Op, x: i64, y: i64) -> Run<i64> {
        Ok(match op {
            Op::Add => x.wrapping_add(y),
            Op::Subtract => x.wrapping_sub(y),
            Op::Multiply => x.wrapping_mul(y),
            Op::Divide | Op::Modulo if y == 0 => {
                return self.fail(format!("{x}{op}0: division by 0"));
            }
            Op::Divide => x.wrapping_div(y),
            Op::Modulo => x.wrapping_rem(y),
            Op::Power => match u32::try_from(y) {
                Ok(exponent) => x.wrapping_pow(exponent),
                Err(_) if y < 0 => return self.fail(format!("{x}**{y}: exponent less than 0")),
                Err(_) => return self.fail(format!("{x}**{y}: exponent too large")),
            },
            Op::Comma => y,
            Op::ShiftLeft => x.wrapping_shl(y as u32),
            Op::ShiftRight => x.wrapping_shr(y as u32),
            Op::LessThan => i64::from(x < y),
            Op::LessThanOrEqualTo => i64::from(x <= y),
            Op::GreaterThan => i64::from(x > y),
            Op::GreaterThanOrEqualTo => i64::from(x >= y),
            Op::Equals => i64::from(x == y),
            Op::NotEquals => i64::from(x != y),
            Op::BitwiseAnd => x & y,
            Op::BitwiseXor => x ^ y,
            Op::BitwiseOr => x | y,
            Op::LogicalAnd => i64::from(x != 0 && y != 0),
            Op::LogicalOr => i64::from(x != 0 || y != 0),
        })
    }

    fn read_target(&mut self, target: &ArithmeticTarget) -> Run<i64> {
        let (name, key) = self.resolve_target(target)?;
        let value = match (&key, self.variable(name)) {
            (_, None) => None,
            (Some(key), Some(value)) => value.element(key).cloned(),
            (None, Some(value)) => value.scalar().cloned(),
        };
        let Some(value) = value else {
            return if self.options.nounset { self.unbound(name) } else { Ok(0) };
        };
        let text = String::from_utf8_lossy(&value);
        if !text.starts_with('0')
            && let Ok(number) = text.parse()
        {
            return Ok(number);
        }
        if self.depth.arithmetic >= DEEPEST {
            return self.fail(format!("{name}: expression recursion level exceeded"));
        }
        self.depth.arithmetic += 1;
        let result = match self.cache.arithmetic(&text) {
            Ok(expression) => self.evaluate(&expression),
            Err(why) => self.fail(why),
        };
        self.depth.arithmetic -= 1;
        result
    }

    fn write_target(&mut self, target: &ArithmeticTarget, value: i64) -> Run<i64> {
        let (name, key) = self.resolve_target(target)?;
        self.assign(name, key, value.to_string().into_bytes(), false)?;
        Ok(value)
    }

    fn resolve_target<'a>(&mut self, target: &'a ArithmeticTarget) -> Run<(&'a str, Option<Key>)> {
        match target {
            ArithmeticTarget::Variable(name) => Ok((name, None)),
            ArithmeticTarget::ArrayElement(name, index) => {
                let key = match self.vars.value(name) {
                    Some(Value::Assoc(_)) => Key::Text(index.to_string().into_bytes()),
                    _ => Key::Number(self.evaluate(index)?),
                };
                Ok((name, Some(key)))
            }
        }
    }

    /// A variable that `set -u` missed.
    pub(in crate::shell) fn unbound<T>(&mut self, name: &str) -> Run<T> {
        self.missing(&format!("{name}: unbound variable"))
    }

    /// A value that must be there and is not: a script ends (with 127 if it came by `-c`, as bash has it), the command
    /// typed is over.
    pub(in crate::shell) fn missing<T>(&mut self, text: &str) -> Run<T> {
        self.complain(&Error::new(text));
        Err(match (self.is_interactive, self.is_string && self.level == 0) {
            (true, _) => Flow::Fail(Exit::FAILURE),
            (false, true) => Flow::Exit(Exit::NOT_FOUND),
            (false, false) => Flow::Exit(Exit::FAILURE),
        })
    }
}
