//! Where lines begin and end.

use memchr::{memchr, memrchr};

/// Where the line begins that `at` is in or at the end of.
pub(super) fn line_start(data: &[u8], at: usize) -> usize {
    memrchr(b'\n', &data[..at]).map_or(0, |nl| nl + 1)
}

/// Where the line ends that `at` is in: behind its newline.
pub(super) fn line_end(data: &[u8], at: usize) -> usize {
    memchr(b'\n', &data[at..]).map_or(data.len(), |nl| at + nl + 1)
}

/// Makes a newline of every NUL, eight bytes at once: archives and libraries are full of them.
pub(super) fn nuls_to_newlines(bytes: &mut [u8]) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        let all = u64::from_ne_bytes(*word);
        // The eighth bit of each byte is set where the byte is not 0.
        let zeros = !(((all & LOW) + LOW) | all | LOW) >> 7;
        *word = (all | (zeros * u64::from(b'\n'))).to_ne_bytes();
    }
    rest.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b'\n');
}

#[cfg(test)]
mod tests {
    use super::nuls_to_newlines;

    #[test]
    fn every_nul_and_nothing_else_becomes_a_newline() {
        let mut bytes: Vec<u8> = (0..2000u32).map(|n| (n * n % 7 * n % 256) as u8).collect();
        bytes.extend([0, 1, 0x80, 0, 0xff, 0]);
        for from in 0..9 {
            let mut changed = bytes[from..].to_vec();
            nuls_to_newlines(&mut changed);
            let expected = bytes[from..].iter().map(|b| if *b == 0 { b'\n' } else { *b });
            assert!(changed.into_iter().eq(expected));
        }
    }
}
