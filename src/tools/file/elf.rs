//! ELF files: the words of file(1), and what a container's are looked at for.

use super::Found;
use crate::output::{Text, visible};
use crate::tools::elf::{ET_CORE, ET_DYN, ET_EXEC, ET_REL, Elf, PT_NOTE, SHT_NOTE, SHT_SYMTAB};
use crate::tools::elf::{Note, Section, Segment};
use crate::view::Root;
use serde::Serialize;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What an ELF file says of itself.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Facts {
    /// 32 or 64.
    bits: u8,
    /// `little` or `big`.
    endianness: &'static str,
    machine: String,
    /// `executable`, `pie executable`, `shared object`, `relocatable` or `core file`.
    kind: &'static str,
    /// Which system's rules it follows: `SYSV`, `GNU/Linux` and so on.
    os_abi: String,
    /// `dynamically`, `statically` or `static-pie`; null for what is not linked.
    linked: Option<&'static str>,
    /// The loader that the kernel starts in its place.
    interpreter: Option<Text>,
    /// Whether that loader is a file of the target.
    interpreter_is_present: Option<bool>,
    /// How many libraries it names; `ldd` shows them.
    needed: usize,
    /// In hexadecimal.
    build_id: Option<String>,
    /// Of the linker of Go.
    go_build_id: Option<Text>,
    /// The oldest system that it runs on: `GNU/Linux 3.2.0`.
    for_system: Option<String>,
    /// Whether that note stands in front of the build's.
    #[serde(skip)]
    system_is_first: bool,
    /// Whether the table of symbols is gone; null where there are no sections at all.
    is_stripped: Option<bool>,
    has_debug_info: bool,
}

/// Describes `file`; `None` when it is no ELF file.
pub(super) fn look(file: &File, size: u64, root: Option<&Root>) -> Option<(Found, Facts)> {
    let elf = Elf::read(file)?;
    let (segments, sections) = (elf.segments(), elf.sections());
    let facts = facts(&elf, &segments, &sections, root);
    let mut text = format!(
        "ELF {}-bit {} {}, {}, version {} ({})",
        facts.bits,
        if elf.is_big { "MSB" } else { "LSB" },
        facts.kind,
        facts.machine,
        elf.version,
        facts.os_abi,
    );
    if elf.kind == ET_CORE {
        text.push_str(&core(&elf, &segments));
    }
    if let Some(linked) = facts.linked {
        text.push_str(&format!(", {linked} linked"));
    }
    if let Some(interpreter) = &facts.interpreter {
        text.push_str(&format!(", interpreter {}", interpreter.visible()));
    }
    if facts.interpreter_is_present == Some(false) {
        text.push_str(" (missing in this root)");
    }
    if let (Some(id), None) = (&facts.go_build_id, &facts.build_id) {
        text.push_str(&format!(", Go BuildID={}", id.visible()));
    }
    let (id, system) = (facts.build_id(), facts.for_system());
    text.push_str(&if facts.system_is_first { system + &id } else { id + &system });
    text.push_str(match (elf.has_sections(), sections.is_empty(), facts.is_stripped) {
        (false, _, _) if elf.kind != ET_CORE => ", no section header",
        (true, true, _) => ", missing section headers",
        (_, _, Some(true)) => ", stripped",
        (_, _, Some(false)) if facts.has_debug_info => ", with debug_info, not stripped",
        (_, _, Some(false)) => ", not stripped",
        _ => "",
    });
    if segments.iter().any(|segment| segment.offset.saturating_add(segment.size) > size) {
        text.push_str(", cut off");
    }
    let mime = match (elf.kind, facts.kind) {
        (_, "pie executable") => "application/x-pie-executable",
        (ET_REL, _) => "application/x-object",
        (ET_EXEC, _) => "application/x-executable",
        (ET_DYN, _) => "application/x-sharedlib",
        (ET_CORE, _) => "application/x-coredump",
        _ => "application/octet-stream",
    };
    Some((Found::new(text, mime), facts))
}

fn facts(elf: &Elf<'_>, segments: &[Segment], sections: &[Section], root: Option<&Root>) -> Facts {
    let dynamic = elf.dynamic(segments);
    let interpreter = elf.interpreter(segments);
    let linked = match &dynamic {
        _ if !matches!(elf.kind, ET_EXEC | ET_DYN) || segments.is_empty() => None,
        Some(dynamic) if interpreter.is_some() || !dynamic.needed.is_empty() => Some("dynamically"),
        Some(dynamic) if elf.kind == ET_DYN && dynamic.is_pie => Some("static-pie"),
        Some(_) if elf.kind == ET_DYN => Some("dynamically"),
        _ => Some("statically"),
    };
    let is_pie = dynamic.as_ref().is_some_and(|dynamic| dynamic.is_pie);
    let mut facts = Facts {
        bits: if elf.is_64 { 64 } else { 32 },
        endianness: if elf.is_big { "big" } else { "little" },
        machine: machine(elf),
        kind: match elf.kind {
            ET_REL => "relocatable",
            ET_EXEC => "executable",
            ET_DYN if is_pie => "pie executable",
            ET_DYN => "shared object",
            ET_CORE => "core file",
            _ => "no file type",
        },
        os_abi: os_abi(elf.os_abi),
        linked,
        interpreter_is_present: None,
        needed: dynamic.map_or(0, |dynamic| dynamic.needed.len()),
        interpreter,
        build_id: None,
        go_build_id: None,
        for_system: None,
        system_is_first: false,
        is_stripped: (!sections.is_empty() && elf.kind != ET_CORE)
            .then(|| !sections.iter().any(|section| section.kind == SHT_SYMTAB)),
        has_debug_info: elf.has_section(sections, b".debug_info"),
    };
    if let (Some(root), Some(path)) = (root, &facts.interpreter) {
        let path = Path::new(std::ffi::OsStr::from_bytes(&path.0));
        facts.interpreter_is_present = Some(root.stat(path).is_ok());
    }
    // Those of core files are about the process.
    if elf.kind != ET_CORE {
        let of_sections = sections.iter().filter(|s| s.kind == SHT_NOTE);
        let of_segments = segments.iter().filter(|s| s.kind == PT_NOTE);
        let places = of_segments.map(|s| (s.offset, s.size, s.align));
        let places = places.chain(of_sections.map(|s| (s.offset, s.size, s.align))).take(64);
        for (offset, size, align) in places {
            elf.notes(offset, size, align).iter().for_each(|note| facts.note(note, elf.is_big));
        }
    }
    facts
}

impl Facts {
    fn build_id(&self) -> String {
        let Some(id) = &self.build_id else { return String::new() };
        let kind = match id.len() {
            16 => "xxHash",
            32 => "md5/uuid",
            40 => "sha1",
            _ => "unknown",
        };
        format!(", BuildID[{kind}]={id}")
    }

    fn for_system(&self) -> String {
        self.for_system.as_ref().map_or_else(String::new, |system| format!(", for {system}"))
    }

    fn note(&mut self, note: &Note, is_big: bool) {
        let word = |at: usize| crate::tools::elf::number(note.content.get(at..at + 4)?, is_big);
        match (note.name.as_slice(), note.kind) {
            (b"GNU\0", 1) if self.for_system.is_none() => {
                let (Some(os), Some(a), Some(b), Some(c)) = (word(0), word(4), word(8), word(12))
                else {
                    return;
                };
                let os = match os {
                    0 => "GNU/Linux",
                    1 => "GNU/Hurd",
                    2 => "Solaris",
                    3 => "kFreeBSD",
                    _ => "unknown system",
                };
                self.for_system = Some(format!("{os} {a}.{b}.{c}"));
                self.system_is_first = self.build_id.is_none();
            }
            (b"GNU\0", 3) if self.build_id.is_none() && (4..=20).contains(&note.content.len()) => {
                let hex = note.content.iter().map(|byte| format!("{byte:02x}"));
                self.build_id = Some(hex.collect());
            }
            (b"Go\0\0", 4) if self.go_build_id.is_none() => {
                let id = note.content.get(..note.content.len().min(128));
                self.go_build_id = id.map(Text::from);
            }
            _ => {}
        }
    }
}

/// The command line in the notes of a core file (elf.h: NT_PRPSINFO).
fn core(elf: &Elf<'_>, segments: &[Segment]) -> String {
    let mut text = String::from(", SVR4-style");
    let notes = segments.iter().filter(|segment| segment.kind == PT_NOTE).take(4);
    let mut notes = notes.flat_map(|s| elf.notes(s.offset, s.size, s.align));
    let info = notes.find(|note| note.name == b"CORE\0" && note.kind == 3);
    let at = if elf.is_64 { 56 } else { 44 };
    if let Some(args) = info.as_ref().and_then(|note| note.content.get(at..at + 80)) {
        let args = args.split(|b| *b == 0).next().unwrap_or_default().trim_ascii_end();
        text.push_str(&format!(", from '{}'", visible(args)));
    }
    text
}

fn machine(elf: &Elf<'_>) -> String {
    let name = match elf.machine {
        2 => "SPARC",
        3 => "Intel 80386",
        8 => "MIPS",
        20 => "PowerPC or cisco 4500",
        21 => "64-bit PowerPC or cisco 7500",
        22 => "IBM S/390",
        40 => {
            // The version of the ABI is the last byte of the flags.
            let version = elf.flags >> 24;
            return if version == 0 { "ARM".into() } else { format!("ARM, EABI{version}") };
        }
        43 => "SPARC V9",
        50 => "IA-64",
        62 => "x86-64",
        183 => "ARM aarch64",
        243 => {
            let compressed = if elf.flags & 1 != 0 { "RVC, " } else { "" };
            let float = match elf.flags >> 1 & 3 {
                0 => "soft-float ABI",
                1 => "single-float ABI",
                2 => "double-float ABI",
                _ => "quad-float ABI",
            };
            return format!("UCB RISC-V, {compressed}{float}");
        }
        247 => "eBPF",
        258 => "LoongArch",
        n => return format!("*unknown arch {n:#x}*"),
    };
    name.to_owned()
}

fn os_abi(number: u8) -> String {
    let name = match number {
        0 => "SYSV",
        1 => "HP-UX",
        2 => "NetBSD",
        3 => "GNU/Linux",
        6 => "Solaris",
        9 => "FreeBSD",
        12 => "OpenBSD",
        97 => "ARM",
        255 => "embedded",
        n => return n.to_string(),
    };
    name.to_owned()
}
