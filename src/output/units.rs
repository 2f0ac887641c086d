//! Sizes for people.

/// `bytes` as `ls -h`, `du -h` and `df -h` show it: powers of 1024, rounded up, one decimal below ten: `1.5K`, `23M`.
pub fn human(bytes: u64) -> String {
    by(bytes, 1024, 'K')
}

/// Likewise by powers of 1000: `1.6k`, `24M`.
pub fn human_si(bytes: u64) -> String {
    by(bytes, 1000, 'k')
}

fn by(bytes: u64, step: u128, kilo: char) -> String {
    if u128::from(bytes) < step {
        return bytes.to_string();
    }
    let mut unit = 1u128;
    for letter in [kilo, 'M', 'G', 'T', 'P', 'E'] {
        unit *= step;
        let tenths = (u128::from(bytes) * 10).div_ceil(unit);
        if tenths < 100 {
            return format!("{}.{}{letter}", tenths / 10, tenths % 10);
        }
        let whole = u128::from(bytes).div_ceil(unit);
        if whole < step || letter == 'E' {
            return format!("{whole}{letter}");
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_as_gnu_does() {
        // Each by `numfmt --to=iec --round=up` (coreutils), which rounds as `ls -h` does.
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (10_188, "10K"),
            (10_241, "11K"),
            (1_047_553, "1.0M"),
            (1_048_575, "1.0M"),
            (1_048_577, "1.1M"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(human(bytes), text, "{bytes}");
        }
    }
}
