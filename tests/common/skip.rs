//! A test that finds out only when it runs that this machine can't run it.

use std::io::Write;

/// Tells `scripts/test` that the running test is skipped, and why. The test then returns.
///
/// There the run fails when it is strict, unless the reason starts with `optional: `.
pub fn skip(reason: &str) {
    let name = std::thread::current().name().unwrap_or("test").to_owned();
    match std::env::var_os("DBG_TEST_SKIPS") {
        Some(file) => {
            let mut file =
                std::fs::File::options().append(true).open(file).expect("the file of skips");
            file.write_all(format!("{name}: {reason}\n").as_bytes()).expect("the reason is told");
        }
        None => {
            let _ = writeln!(std::io::stderr(), "skipped: {name}: {reason}");
        }
    }
}
