//! More sessions: history's events, aliases, job control, and what the Tab key offers.

use super::session::Session;

#[test]
fn a_line_typed_before_is_recalled_by_its_event() {
    let mut session = Session::new();
    session.line("echo a$((40+2))", "a42");
    // The expanded line is shown before it runs.
    let answer = session.line("!! more", "a42 more");
    assert!(answer.contains("echo a$((40+2)) more"), "{answer:?}");
    session.line("!ec; echo $((50+1))", "51");
    session.line("!1", "a42");
    session.line("echo '!!' $! wow\\!", "!! wow!");
    session.line("!nosuch", "!nosuch: event not found");
    session.line("history 2", "echo '!!'");
    session.line("history -c; history; echo e$((1+1))", "e2");
}

#[test]
fn an_alias_may_hold_any_part_of_a_command() {
    let mut session = Session::new();
    session.line("alias up='tr a-z A-Z' say='echo said ' word='a b'", "");
    session.line("say word | up", "SAID A B");
    session.line("alias twice='for i in 1 2; do'", "");
    session.line("twice echo n$i; done", "n1\r\nn2");
    session.line("alias echo='echo again'; unalias up", "");
    session.line("echo x", "again x");
    session.line("echo $(say q)", "said q");
}

#[test]
fn exit_warns_once_of_stopped_jobs() {
    let mut session = Session::new();
    session.send("( echo go; while :; do :; done )\r");
    session.expect("\ngo");
    session.send("\x1a");
    session.expect("Stopped");
    session.expect("$ ");
    session.line("exit", "there are stopped jobs");
    session.line("echo still$((1+1))", "still2");
    session.line("exit 3", "there are stopped jobs");
    session.send("exit 3\r");
    assert_eq!(session.end().code(), Some(3));
}

#[test]
fn jobs_are_shown_found_and_disowned() {
    let mut session = Session::new();
    session.line("sleep 1001 & sleep 1002 &", "[2] ");
    let answer = session.line("jobs -l", "sleep 1002 &");
    assert!(answer.contains("[1]- ") && answer.contains("[2]+ "), "{answer:?}");
    session.line("kill %?1001; wait %1; echo code=$?", "code=143");
    session.line("disown %sleep; jobs; echo none$((1+1))", "none2");
    session.line("kill $!; echo sent$?", "sent0");
}

#[test]
fn a_job_goes_on_in_the_background() {
    let mut session = Session::new();
    session.send("( echo go; read x < <(:); while :; do :; done )\r");
    session.expect("\ngo");
    session.send("\x1a");
    session.expect("Stopped");
    session.expect("$ ");
    session.line("bg %1", "&");
    session.line("jobs", "Running");
    session.line("kill %; wait %1; echo code=$?", "code=143");
}

#[test]
fn a_trap_runs_at_ctrl_c_and_at_a_signal_to_the_shell() {
    let mut session = Session::new();
    session.line("trap 'echo got$((1+1))' INT", "");
    session.line("kill -INT $$; echo after$((2+2))", "got2\r\nafter4");
    session.send("echo go; while :; do :; done\r");
    session.expect("\ngo");
    session.send("\x03");
    session.expect("got2");
}

#[test]
fn flags_variables_and_jobs_are_completed() {
    let mut session = Session::new();
    session.line("cd $D", "");
    session.send("head --li\t1 lines");
    session.expect("--lines=");
    session.expect("1 lines");
    session.line("", "one");
    session.send("echo ${HOM\t");
    session.expect("${HOME}");
    session.line("", "/root");
    session.line("sleep 1003 &", "[1] ");
    session.send("kill %\t");
    session.expect("%1");
    session.line("; wait %1; echo code=$?", "code=143");
}

#[test]
fn a_process_substitution_is_no_job_that_is_told_of() {
    let mut session = Session::new();
    let answer = session.line("cat <(echo a$((1+1)))", "a2");
    assert!(!answer.contains("[1]") && !answer.contains("[0]"), "{answer:?}");
    let answer = session.line("jobs; echo none$((1+1))", "none2");
    assert!(!answer.contains("Done"), "{answer:?}");
}

#[test]
fn a_stopped_pipeline_is_a_job_until_all_of_it_has_ended() {
    let mut session = Session::new();
    session.send("( echo go >&2; while :; do :; done ) | true\r");
    session.expect("\ngo");
    session.send("\x1a");
    session.expect("Stopped");
    session.expect("$ ");
    session.line("jobs", "Stopped");
    session.line("kill %; wait %1; echo code=$?", "code=0");
    session.line("jobs; echo none$((1+1))", "none2");
}
