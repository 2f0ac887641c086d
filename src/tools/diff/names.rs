//! Names of files and words as they stand in the lines above changes.

/// `name` as it is above changes: in double quotes, with the escapes of C, where blanks or odd bytes are in it.
pub(super) fn quoted(name: &[u8]) -> Vec<u8> {
    if name.iter().all(|byte| matches!(byte, b'!'..=b'~') && !b"\"\\".contains(byte)) {
        return name.to_vec();
    }
    let mut out = vec![b'"'];
    for byte in name {
        match byte {
            7..=13 => out.extend([b'\\', b"abtnvfr"[usize::from(*byte - 7)]]),
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b' '..=0x7f => out.push(*byte),
            other => out.extend(format!("\\{other:03o}").as_bytes()),
        }
    }
    out.push(b'"');
    out
}

/// `word` as a shell reads it back, in single quotes where that takes any.
pub(super) fn shell_quoted(word: &[u8]) -> Vec<u8> {
    if word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"%+,-./:@_".contains(byte)) {
        return word.to_vec();
    }
    let mut out = vec![b'\''];
    for byte in word {
        match byte {
            b'\'' => out.extend(b"'\\''"),
            other => out.push(*other),
        }
    }
    out.push(b'\'');
    out
}

/// `name` in the folder `folder`.
pub(super) fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if folder.ends_with(b"/") { b"" } else { b"/" };
    [folder, slash, name].concat()
}
