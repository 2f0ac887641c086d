//! A container's seccomp profile, as its runtime recorded it, made into a filter.
//!
//! The profile is the `linux.seccomp` object of the OCI runtime specification 1.0. Only the machine's own
//! architecture is let through to the rules. Calls of any other (i386 and x32 on x86-64) get the default action, and
//! ENOSYS where that would let them pass: at least as tight as what the runtime installed.

use crate::error::{Error, Result};
use crate::output::order;
use crate::sys::seccomp::Instruction;
use serde::Deserialize;
use std::collections::HashMap;
use syscalls::Sysno;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    default_action: String,
    default_errno_ret: Option<u32>,
    #[serde(default)]
    syscalls: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    names: Vec<String>,
    action: String,
    errno_ret: Option<u32>,
    #[serde(default)]
    args: Vec<Arg>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arg {
    index: u32,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

/// Conditions that must all hold, and what is then answered.
type Case<'a> = (&'a [Arg], u32);

// linux/audit.h and linux/bpf_common.h
#[cfg(target_arch = "x86_64")]
const AUDIT_ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const AUDIT_ARCH: u32 = 0xc000_00b7;
/// From here on numbers are those of x32 on x86-64, and nobody's elsewhere.
const X32: u32 = 0x4000_0000;
const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_EQ: u16 = 0x15;
const JUMP_GT: u16 = 0x25;
const JUMP_GE: u16 = 0x35;
const AND: u16 = 0x54;
const RETURN: u16 = 0x06;
// Offsets in struct seccomp_data.
const NR: u32 = 0;
const ARCH: u32 = 4;
const ARGS: u32 = 16;

/// Makes the filter program of a profile.
pub(super) fn compile(profile: &Profile) -> Result<Vec<Instruction>> {
    let default = action(&profile.default_action, profile.default_errno_ret)?;
    let numbers: HashMap<&str, u32> = (0..=u32::try_from(Sysno::last().id()).unwrap_or(0))
        .filter_map(|nr| Some((Sysno::new(nr as usize)?.name(), nr)))
        .collect();
    let mut rules: Vec<(u32, Vec<Case<'_>>)> = Vec::new();
    for rule in &profile.syscalls {
        let action = action(&rule.action, rule.errno_ret)?;
        // Names of other architectures, and of calls newer than our table, are not ours to filter.
        for nr in rule.names.iter().filter_map(|name| numbers.get(name.as_str())) {
            let cases = alternatives(&rule.args).map(|args| (args, action));
            match rules.iter_mut().find(|(other, _)| other == nr) {
                Some((_, known)) => known.extend(cases),
                None => rules.push((*nr, cases.collect())),
            }
        }
    }
    let foreign = match default {
        libc::SECCOMP_RET_ALLOW | libc::SECCOMP_RET_LOG => {
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32
        }
        tight => tight,
    };
    let mut program = vec![
        (LOAD, 0, 0, ARCH),
        (JUMP_EQ, 1, 0, AUDIT_ARCH),
        (RETURN, 0, 0, foreign),
        (LOAD, 0, 0, NR),
        (JUMP_GE, 0, 1, X32),
        (RETURN, 0, 0, foreign),
    ];
    for (nr, mut cases) in rules {
        // A case without conditions is the last word on its call.
        order::sort_by_key(&mut cases, |(args, _)| args.is_empty());
        let body = body(&cases, default)?;
        let skip = u8::try_from(body.len())
            .map_err(|_| Error::new(format!("seccomp profile: too many rules for call {nr}")))?;
        program.push((JUMP_EQ, 0, skip, nr));
        program.extend(body);
    }
    program.push((RETURN, 0, 0, default));
    Ok(program)
}

/// The sets of conditions that each suffice. Runtimes take several conditions on one argument for alternatives, and
/// all others together.
fn alternatives(args: &[Arg]) -> impl Iterator<Item = &[Arg]> {
    let repeats =
        |(at, arg): (usize, &Arg)| args[..at].iter().any(|other| other.index == arg.index);
    let size = if args.iter().enumerate().any(repeats) { 1 } else { args.len() };
    let whole = args.is_empty().then_some(args);
    whole.into_iter().chain(args.chunks(size.max(1)))
}

/// The cases of one call: the first whose conditions all hold decides.
fn body(cases: &[Case<'_>], default: u32) -> Result<Vec<Instruction>> {
    let mut body = Vec::new();
    for (args, action) in cases {
        let mut tests = Vec::new();
        for arg in *args {
            tests.extend(test(arg)?);
        }
        let end = tests.len();
        for (at, instruction) in tests.into_iter().enumerate() {
            body.push(resolve(instruction, at, end));
        }
        body.push((RETURN, 0, 0, *action));
    }
    if !cases.last().is_some_and(|(args, _)| args.is_empty()) {
        body.push((RETURN, 0, 0, default));
    }
    Ok(body)
}

/// Where a jump of a condition goes.
#[derive(Clone, Copy)]
enum To {
    Next,
    /// Past the rest of this condition, which holds.
    Holds(u8),
    Fails,
}

struct Test(u16, To, To, u32);

/// One condition on a 64-bit argument: its high half, then its low half (little-endian).
fn test(arg: &Arg) -> Result<Vec<Test>> {
    let (low, high) = (ARGS + 8 * arg.index, ARGS + 8 * arg.index + 4);
    let halves = |value: u64| ((value >> 32) as u32, value as u32);
    let (h, l) = halves(arg.value);
    let load = |offset| Test(LOAD, To::Next, To::Next, offset);
    use To::{Fails, Holds, Next};
    Ok(match arg.op.as_str() {
        "SCMP_CMP_EQ" => {
            vec![
                load(high),
                Test(JUMP_EQ, Next, Fails, h),
                load(low),
                Test(JUMP_EQ, Next, Fails, l),
            ]
        }
        "SCMP_CMP_NE" => vec![
            load(high),
            Test(JUMP_EQ, Next, Holds(2), h),
            load(low),
            Test(JUMP_EQ, Fails, Next, l),
        ],
        "SCMP_CMP_MASKED_EQ" => {
            let (mh, ml) = (h, l);
            let (h, l) = halves(arg.value_two);
            vec![
                load(high),
                Test(AND, Next, Next, mh),
                Test(JUMP_EQ, Next, Fails, h),
                load(low),
                Test(AND, Next, Next, ml),
                Test(JUMP_EQ, Next, Fails, l),
            ]
        }
        "SCMP_CMP_GT" | "SCMP_CMP_GE" => {
            let code = if arg.op == "SCMP_CMP_GT" { JUMP_GT } else { JUMP_GE };
            vec![
                load(high),
                Test(JUMP_GT, Holds(3), Next, h),
                Test(JUMP_EQ, Next, Fails, h),
                load(low),
                Test(code, Next, Fails, l),
            ]
        }
        "SCMP_CMP_LT" | "SCMP_CMP_LE" => {
            let code = if arg.op == "SCMP_CMP_LT" { JUMP_GE } else { JUMP_GT };
            vec![
                load(high),
                Test(JUMP_GT, Fails, Next, h),
                Test(JUMP_EQ, Next, Holds(2), h),
                load(low),
                Test(code, Fails, Next, l),
            ]
        }
        op => return Err(Error::new(format!("seccomp profile: unknown comparison {op}"))),
    })
}

/// Turns the jumps of the test at `at` into distances; a failure goes past `end` and the action behind it.
fn resolve(Test(code, yes, no, operand): Test, at: usize, end: usize) -> Instruction {
    let distance = |to: To| match to {
        To::Next => 0,
        To::Holds(n) => n,
        To::Fails => (end - at) as u8,
    };
    (code, distance(yes), distance(no), operand)
}

fn action(name: &str, errno: Option<u32>) -> Result<u32> {
    let data = errno.unwrap_or(libc::EPERM as u32) & libc::SECCOMP_RET_DATA;
    Ok(match name {
        "SCMP_ACT_ALLOW" => libc::SECCOMP_RET_ALLOW,
        "SCMP_ACT_ERRNO" => libc::SECCOMP_RET_ERRNO | data,
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => libc::SECCOMP_RET_KILL_THREAD,
        "SCMP_ACT_KILL_PROCESS" => libc::SECCOMP_RET_KILL_PROCESS,
        "SCMP_ACT_TRAP" => libc::SECCOMP_RET_TRAP,
        "SCMP_ACT_LOG" => libc::SECCOMP_RET_LOG,
        // Nobody traces or is notified in a session of ours: the kernel answers ENOSYS, and so do we.
        "SCMP_ACT_TRACE" | "SCMP_ACT_NOTIFY" => libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32,
        name => return Err(Error::new(format!("seccomp profile: unknown action {name}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel's interpreter would answer: classic BPF over struct seccomp_data.
    fn run(program: &[Instruction], arch: u32, nr: u32, args: [u64; 6]) -> u32 {
        let mut data = [0u8; 64];
        data[0..4].copy_from_slice(&nr.to_le_bytes());
        data[4..8].copy_from_slice(&arch.to_le_bytes());
        for (i, arg) in args.iter().enumerate() {
            data[16 + 8 * i..24 + 8 * i].copy_from_slice(&arg.to_le_bytes());
        }
        let (mut pc, mut a) = (0usize, 0u32);
        loop {
            let (code, jt, jf, k) = program[pc];
            pc += 1;
            let jump = |yes: bool| usize::from(if yes { jt } else { jf });
            match code {
                LOAD => {
                    let at = k as usize;
                    a = u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
                }
                AND => a &= k,
                JUMP_EQ => pc += jump(a == k),
                JUMP_GT => pc += jump(a > k),
                JUMP_GE => pc += jump(a >= k),
                RETURN => return k,
                other => panic!("code {other:#x}"),
            }
        }
    }

    fn profile(syscalls: &str) -> Vec<Instruction> {
        let text = format!(r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":{syscalls}}}"#);
        compile(&serde_json::from_str(&text).unwrap()).unwrap()
    }

    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
    const DENY: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

    #[test]
    fn named_calls_are_allowed_and_others_get_the_default() {
        let program = profile(r#"[{"names":["read","nosuchcall"],"action":"SCMP_ACT_ALLOW"}]"#);
        let call = |nr: Sysno| run(&program, AUDIT_ARCH, nr.id() as u32, [0; 6]);
        assert_eq!(call(Sysno::read), ALLOW);
        assert_eq!(call(Sysno::write), DENY);
    }

    #[test]
    fn other_architectures_get_the_default() {
        let program = profile(r#"[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]"#);
        assert_eq!(run(&program, 0x4000_0003, Sysno::read.id() as u32, [0; 6]), DENY);
    }

    #[test]
    fn a_profile_that_allows_by_default_lets_no_other_architecture_past_its_rules() {
        let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
            {"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}"#;
        let program = compile(&serde_json::from_str(text).unwrap()).unwrap();
        let enosys = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
        assert_eq!(run(&program, AUDIT_ARCH, Sysno::mkdirat.id() as u32, [0; 6]), ALLOW);
        assert_eq!(run(&program, 0x4000_0003, 39, [0; 6]), enosys);
        assert_eq!(run(&program, AUDIT_ARCH, X32 + 83, [0; 6]), enosys);
    }

    #[test]
    fn conditions_on_one_argument_are_alternatives() {
        let program = profile(
            r#"[{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[
                {"index":0,"value":8,"op":"SCMP_CMP_EQ"},{"index":0,"value":0,"op":"SCMP_CMP_EQ"}]}]"#,
        );
        let call =
            |arg| run(&program, AUDIT_ARCH, Sysno::personality.id() as u32, [arg, 0, 0, 0, 0, 0]);
        assert_eq!((call(8), call(0), call(9)), (ALLOW, ALLOW, DENY));
    }

    #[test]
    fn every_comparison_looks_at_all_64_bits() {
        let big = 0x1_0000_0005u64;
        let cases: [(&str, &[(u64, bool)]); 7] = [
            ("SCMP_CMP_EQ", &[(big, true), (5, false), (big + 1, false)]),
            ("SCMP_CMP_NE", &[(big, false), (5, true), (big + 1, true)]),
            ("SCMP_CMP_GT", &[(big, false), (big + 1, true), (5, false), (big << 1, true)]),
            ("SCMP_CMP_GE", &[(big, true), (big - 1, false), (6, false)]),
            ("SCMP_CMP_LT", &[(big, false), (big - 1, true), (u64::MAX, false), (6, true)]),
            ("SCMP_CMP_LE", &[(big, true), (big + 1, false), (6, true)]),
            ("SCMP_CMP_MASKED_EQ", &[(0xffff_0000_0000_0000, true), (big, false)]),
        ];
        for (op, answers) in cases {
            let program = profile(&format!(
                r#"[{{"names":["clone"],"action":"SCMP_ACT_ALLOW",
                    "args":[{{"index":2,"value":{big},"valueTwo":0,"op":"{op}"}}]}}]"#
            ));
            for (value, allowed) in answers {
                let args = [0, 0, *value, 0, 0, 0];
                let answer = run(&program, AUDIT_ARCH, Sysno::clone.id() as u32, args);
                assert_eq!(answer == ALLOW, *allowed, "{op} {value:#x}");
            }
        }
    }

    #[test]
    fn the_first_case_that_holds_decides_and_one_without_conditions_comes_last() {
        let program = profile(
            r#"[{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]},
                {"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":0,"op":"SCMP_CMP_EQ"}]},
                {"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38}]"#,
        );
        let call = |nr: Sysno, arg| run(&program, AUDIT_ARCH, nr.id() as u32, [arg, 0, 0, 0, 0, 0]);
        assert_eq!(call(Sysno::personality, 8), ALLOW);
        assert_eq!(call(Sysno::personality, 0), ALLOW);
        assert_eq!(call(Sysno::personality, 9), DENY);
        assert_eq!(call(Sysno::clone3, 0), libc::SECCOMP_RET_ERRNO | 38);
    }
}
