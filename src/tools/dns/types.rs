//! Types and classes of DNS records, by their numbers and names (the registry of IANA, RFC 3597).

pub(in crate::tools) const A: u16 = 1;
pub(in crate::tools) const AAAA: u16 = 28;
pub(in crate::tools) const CNAME: u16 = 5;
pub(in crate::tools) const NS: u16 = 2;
pub(in crate::tools) const SOA: u16 = 6;
pub(in crate::tools) const PTR: u16 = 12;
pub(in crate::tools) const MX: u16 = 15;
pub(in crate::tools) const TXT: u16 = 16;
pub(in crate::tools) const SRV: u16 = 33;
pub(in crate::tools) const ANY: u16 = 255;
pub(super) const DNAME: u16 = 39;
pub(super) const OPT: u16 = 41;
pub(super) const CAA: u16 = 257;

/// Class Internet.
pub(in crate::tools) const IN: u16 = 1;

const TYPES: &[(u16, &str)] = &[
    (A, "A"),
    (NS, "NS"),
    (CNAME, "CNAME"),
    (SOA, "SOA"),
    (PTR, "PTR"),
    (13, "HINFO"),
    (MX, "MX"),
    (TXT, "TXT"),
    (AAAA, "AAAA"),
    (SRV, "SRV"),
    (35, "NAPTR"),
    (DNAME, "DNAME"),
    (OPT, "OPT"),
    (43, "DS"),
    (44, "SSHFP"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (52, "TLSA"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (99, "SPF"),
    (ANY, "ANY"),
    (CAA, "CAA"),
];

/// The name of a type: `A`, `TYPE123`.
pub(in crate::tools) fn type_name(kind: u16) -> String {
    let known = TYPES.iter().find(|(number, _)| *number == kind);
    known.map_or_else(|| format!("TYPE{kind}"), |(_, name)| (*name).to_owned())
}

/// The type that a word names, in any case.
pub(in crate::tools) fn type_number(word: &str) -> Option<u16> {
    if word == "*" {
        return Some(ANY);
    }
    let known = TYPES.iter().find(|(_, name)| name.eq_ignore_ascii_case(word));
    match known {
        Some((number, _)) => Some(*number),
        None => number_after("TYPE", word),
    }
}

/// The name of a class: `IN`, `CLASS254`.
pub(in crate::tools) fn class_name(class: u16) -> String {
    match class {
        1 => "IN".to_owned(),
        3 => "CH".to_owned(),
        4 => "HS".to_owned(),
        class => format!("CLASS{class}"),
    }
}

/// The class that a word names, in any case.
pub(in crate::tools) fn class_number(word: &str) -> Option<u16> {
    let known = [("IN", 1), ("CH", 3), ("CHAOS", 3), ("HS", 4)];
    let known = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    known.map(|(_, number)| *number).or_else(|| number_after("CLASS", word))
}

fn number_after(prefix: &str, word: &str) -> Option<u16> {
    let (head, number) = word.split_at_checked(prefix.len())?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    if head.eq_ignore_ascii_case(prefix) && is_number { number.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_names_and_numbers() {
        assert_eq!(type_number("aaaa"), Some(28));
        assert_eq!(type_number("TYPE65280"), Some(65280));
        assert_eq!(type_number("type+1"), None);
        assert_eq!(type_number("é"), None);
        assert_eq!(type_name(65280), "TYPE65280");
        assert_eq!(class_number("class255"), Some(255));
    }
}
