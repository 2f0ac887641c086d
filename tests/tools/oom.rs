use crate::common::process::Namespaced;
use crate::common::tool::{run, view_of_process};
use std::process::Command;

#[test]
fn the_process_that_gave_itself_up_ranks_first() {
    let script = "sleep 1000 & echo 900 > /proc/$$/oom_score_adj; exec sleep 1001";
    let target = Namespaced::new(&["--map-root-user", "--mount-proc"], &["sh", "-c", script]);
    let view = view_of_process(target.pid);
    crate::common::process::until("both sleep", || {
        run(&view, &["pgrep", "-c", "sleep"]).text() == "2\n"
    });
    let report = &run(&view, &["oom", "--json"]).json()[0];
    let first = &report["processes"][0];
    assert_eq!((&first["pid"], &first["adjustment"]), (&1.into(), &900.into()));
    let theirs = std::fs::read_to_string(format!("/proc/{}/oom_score", target.pid)).unwrap();
    assert_eq!(first["score"].to_string(), theirs.trim());
    assert!(first["score"].as_i64() > report["processes"][1]["score"].as_i64());
    let choom = Command::new("choom").args(["-p", &target.pid.to_string()]).output();
    let choom = String::from_utf8(choom.expect("util-linux is there").stdout).unwrap();
    assert!(choom.contains(&format!("score: {}\n", first["score"])), "{choom}");
    let table = run(&view, &["oom"]);
    let line = table.text().lines().nth(1).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((words[1], words[3], words[4]), ("900", "1", "sleep"));
}
