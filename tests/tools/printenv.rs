use crate::common::process::{Spawned, comm, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use std::process::Command;

#[test]
fn values_are_printed_in_the_order_asked_for_and_a_missing_one_is_a_failure() {
    let child =
        Spawned::new(Command::new("sleep").arg("1000").env_clear().env("A", "1").env("B", "x=y"));
    until("it is executed", || comm(child.pid()) == b"sleep\n");
    let view = view_of_process(child.pid());
    let ran = run(&view, &["printenv", "B", "A"]);
    assert_eq!((ran.exit, ran.text()), (Exit::OK, "x=y\n1\n"));
    let ran = run(&view, &["printenv", "-0", "A", "NONE"]);
    assert_eq!((ran.exit, ran.text(), ran.stderr.as_str()), (Exit::FAILURE, "1\0", ""));
    let all = run(&view, &["printenv"]);
    assert_eq!(all.text(), run(&view, &["env"]).text());
    assert_eq!(
        run(&view, &["printenv", "A", "--json"]).json(),
        serde_json::json!([{"name": "A", "value": "1"}])
    );
}
