//! `dbg inspect`: what the target is, and what this view of it holds and lacks.

use super::target;
use crate::cli;
use crate::error::{Error, Result};
use crate::exit::Exit;
#[cfg(feature = "schema")]
use crate::output::Shape;
use crate::output::{Io, Text, time, visible};
use crate::view::{Access, Caps, Clause, Container, Identity, Mount, Namespace, View};
use serde::Serialize;
use std::io::Write;

/// What `--json` prints.
#[cfg(feature = "schema")]
pub(super) const SHAPE: Shape = Shape::of::<Report>();

/// The report. Ids are as this machine numbers them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Report {
    /// The name for messages.
    target: String,
    /// The name that means this target and no other.
    uri: String,
    /// On this machine; `None` when it does not run.
    pid: Option<i32>,
    /// What the engine says, if there is one.
    container: Option<Container>,
    /// What dbg has of the target.
    handles: Vec<HandleState>,
    /// The kernel's ptrace access check: all but the last hold, or the last does.
    access: Vec<Clause>,
    identity: Option<IdentityReport>,
    /// Empty where they can't be read, as the mounts.
    limits: Vec<LimitReport>,
    mounts: Vec<Mount>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct HandleState {
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["files", "processes", "network", "who"])))]
    name: &'static str,
    present: bool,
    /// How it was got, or why it is missing.
    note: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct IdentityReport {
    /// The executable's path in the target.
    program: Option<Text>,
    /// Real, effective, saved, file system; as this machine numbers them.
    uids: [u32; 4],
    gids: [u32; 4],
    /// The same as the target numbers them.
    target_uids: [u32; 4],
    target_gids: [u32; 4],
    groups: Vec<u32>,
    capabilities: CapabilityReport,
    no_new_privs: bool,
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["none", "strict", "filter"])))]
    seccomp: &'static str,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-7]{4}$")))]
    umask: Option<String>,
    /// Of AppArmor or SELinux.
    label: Option<Text>,
    hostname: Option<Text>,
    cwd: Option<Text>,
    threads: u32,
    /// From this machine's PID namespace inwards.
    pids: Vec<i32>,
    namespaces: Vec<Namespace>,
    /// Lines of `/proc/PID/cgroup`.
    cgroup: Vec<Text>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct CapabilityReport {
    effective: Vec<String>,
    permitted: Vec<String>,
    bounding: Vec<String>,
    inheritable: Vec<String>,
    ambient: Vec<String>,
}

/// A line of `/proc/PID/limits`; `None` is unlimited.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct LimitReport {
    name: String,
    soft: Option<u64>,
    hard: Option<u64>,
    unit: String,
}

pub(super) fn run(args: cli::Inspect) -> Result<Exit> {
    let view = target::open(&args.target, Access::default())?;
    let report = Report::of(&view);
    let mut io = Io::of_process("dbg")?;
    if args.json {
        serde_json::to_writer_pretty(&mut io.stdout, &report).map_err(std::io::Error::from)?;
        writeln!(io.stdout)?;
    } else {
        report.print(&mut io)?;
    }
    io.stdout.flush()?;
    Ok(Exit::OK)
}

impl Report {
    fn of(view: &View) -> Report {
        let main = view.proc.as_ref().ok().and_then(|proc| proc.main().ok());
        let read = |name: &str| main.as_ref().and_then(|main| main.read(name).ok());
        let access = view.preflight.as_ref().map(|preflight| {
            preflight.identity.iter().chain([&preflight.privilege]).cloned().collect()
        });
        let program = main.as_ref().and_then(|main| main.readlink("exe").ok()).map(Text);
        Report {
            target: view.target.label.clone(),
            uri: view.target.uri.clone(),
            pid: view.target.pid,
            container: view.target.container.clone(),
            handles: handles(view),
            access: access.unwrap_or_default(),
            identity: view.who.as_ref().ok().map(|who| IdentityReport::of(who, program)),
            limits: read("limits").map(|text| limits(&text)).unwrap_or_default(),
            mounts: read("mountinfo").map(|text| Mount::parse_all(&text)).unwrap_or_default(),
        }
    }

    fn print(&self, io: &mut Io) -> Result<()> {
        let mut page = Page { io };
        page.head("target")?;
        page.line("name", visible(self.target.as_bytes()))?;
        page.line("uri", visible(self.uri.as_bytes()))?;
        if let Some(pid) = self.pid {
            page.line("pid here", pid)?;
        }
        if let Some(container) = &self.container {
            page.line("engine", format!("{} at {}", container.engine, container.endpoint))?;
            let oom = if container.oom_killed { " (OOM-killed)" } else { "" };
            page.line("state", format!("{}{oom}", visible(container.state.as_bytes())))?;
            page.line("image", visible(container.image.as_bytes()))?;
            page.line(
                "configured user",
                match container.user.as_str() {
                    "" => "root".into(),
                    user => visible(user.as_bytes()),
                },
            )?;
            if let Some(started) = container.started {
                page.line("started", time::shown(started))?;
            }
        }
        page.head("view")?;
        for handle in &self.handles {
            page.line(handle.name, &handle.note)?;
        }
        if let Some((privilege, identity)) = self.access.split_last() {
            let allowed = privilege.holds || identity.iter().all(|clause| clause.holds);
            let verdict = if allowed { "allowed: by" } else { "refused: it takes" };
            page.line("access", format!("{verdict} all of the first four, or by the last"))?;
            for clause in &self.access {
                page.line("", access_text(clause))?;
            }
        }
        if let Some(identity) = &self.identity {
            identity.print(&mut page)?;
        }
        page.head("limits")?;
        for limit in &self.limits {
            let value = |n: Option<u64>| n.map_or("unlimited".into(), |n| n.to_string());
            let (soft, hard) = (value(limit.soft), value(limit.hard));
            let values = if soft == hard { soft } else { format!("{soft} (hard {hard})") };
            page.line(&limit.name.to_lowercase(), format!("{values} {}", limit.unit).trim_end())?;
        }
        page.head("mounts")?;
        for mount in &self.mounts {
            let (kind, source) = (mount.fs_type.visible(), mount.source.visible());
            let value = format!("{kind} {} from {source}", mount.options.visible());
            page.line(&mount.target.visible(), value)?;
        }
        Ok(())
    }
}

impl IdentityReport {
    fn of(who: &Identity, program: Option<Text>) -> IdentityReport {
        IdentityReport {
            program,
            uids: who.uids,
            gids: who.gids,
            target_uids: who.uids.map(|id| who.uid_map.inside(id)),
            target_gids: who.gids.map(|id| who.gid_map.inside(id)),
            groups: who.groups.clone(),
            capabilities: CapabilityReport {
                effective: Caps::names(who.caps.effective),
                permitted: Caps::names(who.caps.permitted),
                bounding: Caps::names(who.caps.bounding),
                inheritable: Caps::names(who.caps.inheritable),
                ambient: Caps::names(who.caps.ambient),
            },
            no_new_privs: who.no_new_privs,
            seccomp: match who.seccomp {
                0 => "none",
                1 => "strict",
                _ => "filter",
            },
            umask: who.umask.map(|mask| format!("{mask:04o}")),
            label: who.label.clone(),
            hostname: who.hostname.clone(),
            cwd: who.cwd.clone(),
            threads: who.threads,
            pids: who.ns_pids.clone(),
            namespaces: who.namespaces.clone(),
            cgroup: who.cgroup.clone(),
        }
    }

    fn print(&self, page: &mut Page<'_>) -> Result<()> {
        let list = |items: &[String]| {
            if items.is_empty() { "none".to_owned() } else { items.join(" ") }
        };
        let ids = |ids: &[u32; 4]| {
            if ids.iter().all(|id| *id == ids[0]) {
                ids[0].to_string()
            } else {
                format!("real {}, effective {}, saved {}, fs {}", ids[0], ids[1], ids[2], ids[3])
            }
        };
        let both = |here: &[u32; 4], inside: &[u32; 4]| {
            if here == inside { ids(here) } else { format!("{} ({} here)", ids(inside), ids(here)) }
        };
        let text = |text: &Option<Text>| {
            text.as_ref().map_or("not known".into(), |text| text.visible().into_owned())
        };
        page.head("identity")?;
        page.line("program", text(&self.program))?;
        page.line("uid", both(&self.uids, &self.target_uids))?;
        page.line("gid", both(&self.gids, &self.target_gids))?;
        let groups: Vec<String> = self.groups.iter().map(ToString::to_string).collect();
        page.line("groups", list(&groups))?;
        page.line("capabilities", list(&self.capabilities.effective))?;
        page.line("bounding set", list(&self.capabilities.bounding))?;
        page.line("no new privileges", if self.no_new_privs { "yes" } else { "no" })?;
        page.line("seccomp", self.seccomp)?;
        page.line("umask", self.umask.as_deref().unwrap_or("not known"))?;
        page.line("security label", self.label.as_ref().map_or("none".into(), Text::visible))?;
        page.line("hostname", text(&self.hostname))?;
        page.line("working directory", text(&self.cwd))?;
        page.line("threads", self.threads)?;
        let pids: Vec<String> = self.pids.iter().map(ToString::to_string).collect();
        page.line("pid by namespace", pids.join(" > "))?;
        page.head("namespaces")?;
        if self.namespaces.is_empty() {
            page.line("", "not known: the links may not be read")?;
        }
        for ns in &self.namespaces {
            page.line(ns.kind, format!("{}{}", ns.inode, if ns.is_host { " (ours)" } else { "" }))?;
        }
        page.head("cgroup")?;
        for line in &self.cgroup {
            page.line("", line.visible())?;
        }
        Ok(())
    }
}

fn handles(view: &View) -> Vec<HandleState> {
    let state = |name, missing: Option<&crate::view::Missing>, present: &str| HandleState {
        name,
        present: missing.is_none(),
        note: missing.map_or(present.to_owned(), |missing| format!("missing: {}", missing.why)),
    };
    let net = match view.net {
        Ok(net) if net.is_host => "the machine's own network namespace",
        _ => "joined",
    };
    vec![
        state("files", view.root.as_ref().err(), "by its root directory"),
        state("processes", view.proc.as_ref().err(), "by this machine's procfs"),
        state("network", view.net.as_ref().err(), net),
        state("who", view.who.as_ref().err(), "from the live process"),
    ]
}

fn access_text(clause: &Clause) -> String {
    let holds = if clause.holds { "holds" } else { "fails" };
    match (clause.ours.as_str(), clause.theirs.as_str()) {
        (ours, "") => format!("{}: {holds} ({ours})", clause.rule),
        ("", theirs) => format!("{}: {holds} ({theirs})", clause.rule),
        (ours, theirs) => format!("{}: {holds} (ours {ours}, its {theirs})", clause.rule),
    }
}

/// The lines of `/proc/PID/limits`: a name of 26 columns, soft and hard limit, unit.
fn limits(text: &[u8]) -> Vec<LimitReport> {
    let text = String::from_utf8_lossy(text);
    let line = |line: &str| {
        let (name, rest) = (line.get(..26)?, line.get(26..)?);
        let mut words = rest.split_whitespace();
        let mut number = || words.next().map(|word| word.parse().ok());
        let (soft, hard) = (number()?, number()?);
        let unit = words.next().unwrap_or_default().to_owned();
        Some(LimitReport {
            name: name.trim_end().trim_start_matches("Max ").into(),
            soft,
            hard,
            unit,
        })
    };
    text.lines().skip(1).filter_map(line).collect()
}

/// Headed blocks of `name  value` lines.
struct Page<'a> {
    io: &'a mut Io,
}

impl Page<'_> {
    fn head(&mut self, title: &str) -> Result<()> {
        if self.io.colour {
            writeln!(self.io.stdout, "\x1b[1m{title}\x1b[0m").map_err(Error::from)
        } else {
            writeln!(self.io.stdout, "{title}").map_err(Error::from)
        }
    }

    fn line(&mut self, name: &str, value: impl std::fmt::Display) -> Result<()> {
        writeln!(self.io.stdout, "  {name:<18} {value}").map_err(Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_keep_their_names_and_unlimited_is_null() {
        let text = b"Limit                     Soft Limit           Hard Limit           Units     \n\
                     Max open files            1024                 4096                 files     \n\
                     Max cpu time              unlimited            unlimited            seconds   \n";
        let limits = limits(text);
        assert_eq!(
            (limits[0].name.as_str(), limits[0].soft, limits[0].hard),
            ("open files", Some(1024), Some(4096))
        );
        assert_eq!((limits[1].name.as_str(), limits[1].soft), ("cpu time", None));
    }
}
