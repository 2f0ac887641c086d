use crate::common::gnu::gnu;
use crate::common::skip::skip;
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use dbg::output::Text;
use dbg::view::{Identity, View};
use std::path::Path;

const MOMENTS: [i64; 12] = [
    0,
    -1,
    951_782_400,
    1_774_745_999,
    1_774_746_000,
    1_792_890_000,
    1_798_761_599,
    1_782_864_000,
    2_147_483_648,
    4_107_542_399,
    -3_000_000_000,
    32_503_680_000,
];

/// A target whose `/etc/localtime` is that of `zone`.
fn target(zone: &str) -> Option<(tempfile::TempDir, View)> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    let file = Path::new("/usr/share/zoneinfo").join(zone);
    std::fs::copy(file, dir.path().join("etc/localtime")).ok()?;
    let view = view_of(dir.path());
    Some((dir, view))
}

#[test]
fn every_letter_is_what_gnu_makes_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    let format = "+%Y %C %y %m %d %e %-d %-m %H %k %I %l %-H %M %S %-S %N %s %p %P %a %A %b %h %B %j %-j %u %w %z %:z %Z %F %T %X %R %D %x %r %c %n%t%% %";
    for seconds in MOMENTS {
        let at = format!("@{seconds}");
        for words in [
            &["date", "-d", &at, format][..],
            &["date", "-u", "-d", &at],
            &["date", "-u", "-R", "-d", &at],
            &["date", "-u", "-I", "-d", &at],
        ] {
            let ran = run(&view, words);
            assert_eq!(ran.text().as_bytes(), gnu(dir.path(), words), "{words:?} {}", ran.stderr);
        }
    }
}

#[test]
fn the_targets_zone_holds_before_between_and_after_its_changes() {
    for zone in [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Sydney",
        "Asia/Kolkata",
        "Africa/Casablanca",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Etc/GMT+5",
    ] {
        let Some((dir, view)) = target(zone) else {
            return skip("there are no zones to compare with");
        };
        for seconds in MOMENTS {
            let at = format!("@{seconds}");
            let ours = run(&view, &["date", "-d", &at, "+%F %T %Z %z"]);
            let with_zone = format!("TZ={zone}");
            let theirs = gnu(dir.path(), &["env", &with_zone, "date", "-d", &at, "+%F %T %Z %z"]);
            assert_eq!(ours.text(), String::from_utf8(theirs).unwrap(), "{zone} {seconds}");
        }
    }
}

#[test]
fn the_variable_of_the_main_process_comes_before_the_file() {
    let Some((_dir, mut view)) = target("Europe/Berlin") else {
        return skip("there are no zones to compare with");
    };
    let row = |view: &View| run(view, &["date", "-d", "@0", "--json"]).json()[0].clone();
    assert_eq!(
        (&row(&view)["zone"], &row(&view)["zone_source"]),
        (&"CET".into(), &"/etc/localtime".into())
    );
    assert_eq!(row(&view)["local"], "1970-01-01T01:00:00+01:00");
    let with = |tz: &str| Identity {
        environ: Some(vec![Text::from(format!("TZ={tz}"))]),
        ..Identity::default()
    };
    view.who = Ok(with("XYZ-5:30"));
    assert_eq!(
        (&row(&view)["zone"], &row(&view)["offset_seconds"]),
        (&"XYZ".into(), &19_800.into())
    );
    view.who = Ok(with("No/Such"));
    assert_eq!((&row(&view)["zone"], &row(&view)["zone_source"]), (&"UTC".into(), &"TZ".into()));
}

#[test]
fn a_broken_file_is_utc_and_wrong_words_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    let view = view_of(dir.path());
    for bytes in [&b"TZif2"[..], b"", &[b"TZif2".as_slice(), &[0xff; 200]].concat()] {
        std::fs::write(dir.path().join("etc/localtime"), bytes).unwrap();
        assert_eq!(
            run(&view, &["date", "-d", "@0", "+%F %T %Z"]).text(),
            "1970-01-01 00:00:00 UTC\n"
        );
    }
    for words in [&["date", "12"][..], &["date", "-d", "someday"], &["date", "+%Q"]] {
        assert_eq!(run(&view, words).exit, Exit::USAGE, "{words:?}");
    }
}

#[test]
fn moments_in_words_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let mut view = view_of(dir.path());
    for tz in ["UTC0", "XYZ-5:30", "CET-1CEST,M3.5.0,M10.5.0/3"] {
        let environ = Some(vec![Text::from(format!("TZ={tz}"))]);
        view.who = Ok(Identity { environ, ..Identity::default() });
        for when in [
            "@1700000000.25",
            "@-1.5",
            "2026-11-21",
            "2026-07-01 12:34",
            "2026-07-01T12:34:56Z",
            "2026-07-01T12:34:56.789+02:00",
            "2026-07-01 12:34:56 +0530",
            "2026-07-01 12:34:56 -05",
            "20240229 23:59:59",
            "2024/02/29",
            "2026-11-21 06:27 UTC",
            "2026-01-31 + 1 month",
            "2024-02-29 1 year",
            "2026-03-28 02:30 1 day",
            "2026-11-21 10:00 2 hours ago",
            "2026-11-21 10:00 UTC + 90 min",
            "2026-11-21 -3 weeks",
            "2026-11-21 3 days ago",
        ] {
            let format = "+%F %T.%N %z";
            let ours = run(&view, &["date", "-d", when, format]);
            let zone = format!("TZ={tz}");
            let theirs = gnu(dir.path(), &["env", &zone, "date", "-d", when, format]);
            assert_eq!(
                ours.text(),
                String::from_utf8(theirs).unwrap(),
                "{tz} {when} {}",
                ours.stderr
            );
        }
        // The day may change between the two.
        for when in ["today", "yesterday", "tomorrow", "1 week ago", "next month", "2 days"] {
            let zone = format!("TZ={tz}");
            let words = ["env", &zone, "date", "-d", when, "+%F"];
            let before = gnu(dir.path(), &words);
            let ours = run(&view, &["date", "-d", when, "+%F"]).stdout;
            assert!(ours == before || ours == gnu(dir.path(), &words), "{when}");
        }
    }
    for when in [
        "2026-02-30",
        "25:00",
        "12:60",
        "12:00:60",
        "2026-11-21 2026-11-22",
        "@x",
        "99999999999 years",
        "5",
        "é",
    ] {
        assert_eq!(run(&view, &["date", "-d", when]).exit, Exit::USAGE, "{when}");
    }
}

#[test]
fn a_files_time_and_the_forms_of_standards_are_those_of_gnu() {
    let dir = crate::common::gnu::fixture();
    let view = view_of(dir.path());
    for words in [
        "-r b.log",
        "-r b.log --rfc-3339=date",
        "-r b.log --rfc-3339=seconds",
        "-r b.log --rfc-3339=ns",
        "-r b.log -I",
        "-r b.log -Ihours",
        "-r b.log -Iminutes",
        "-r b.log -Iseconds",
        "-r b.log --iso-8601=ns",
        "-r b.log -R",
    ] {
        let words: Vec<&str> = std::iter::once("date").chain(words.split(' ')).collect();
        let ours = run(&view, &words);
        let theirs = String::from_utf8(gnu(dir.path(), &words)).unwrap();
        assert_eq!(ours.text(), theirs, "{words:?} {}", ours.stderr);
    }
    assert_eq!(run(&view, &["date", "-r", "nosuch"]).exit, Exit::FAILURE);
    assert_eq!(run(&view, &["date", "--rfc-3339=hours"]).exit, Exit::USAGE);
}
