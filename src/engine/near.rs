//! Names that somebody may have meant.

use crate::output::order;
use strsim::damerau_levenshtein;

/// A name longer than this is compared with nothing: the work grows with the product of the lengths.
const LONGEST: usize = 128;

/// Up to three of `names` that are like `wanted`, the nearest first.
pub(super) fn near<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .filter_map(|name| Some((distance(&wanted, &name.to_lowercase())?, name)))
        .collect();
    order::sort(&mut near);
    near.dedup();
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

/// How far two names are apart; `None` when nobody would take one for the other.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    // `web` for `shop-web-1` is no slip of the finger; it is the part that one remembers.
    let part = wanted.len() >= 3 && name.contains(wanted);
    let allowed = (wanted.chars().count() / 3).max(1);
    let slips = damerau_levenshtein(wanted, name);
    if part { Some(slips.min(1)) } else { Some(slips).filter(|slips| *slips <= allowed) }
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn slips_and_parts_of_a_name_are_near_and_the_nearest_is_first() {
        let names = ["db", "web", "shop-web-1", "Web2", "cache"];
        assert_eq!(near("wbe", names), ["web"]);
        assert_eq!(near("weeb", names), ["web"]);
        assert_eq!(near("WEB", names), ["web", "Web2", "shop-web-1"]);
        assert_eq!(near("cash", names), [""; 0]);
    }

    #[test]
    fn never_more_than_three_and_nothing_twice() {
        let names = ["web1", "web2", "web3", "web4", "web1"];
        assert_eq!(near("web", names), ["web1", "web2", "web3"]);
    }

    #[test]
    fn endless_names_are_left_out() {
        let long = "w".repeat(1 << 20);
        assert_eq!(near(&long, [long.as_str()]), [""; 0]);
        assert_eq!(near("www", [long.as_str()]), [""; 0]);
    }
}
