use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use dbg::output::Text;
use dbg::view::Identity;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn programs_are_found_in_the_targets_path_and_tools_are_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    for folder in ["bin", "app", "app/folder"] {
        std::fs::create_dir(path(folder)).unwrap();
    }
    for (name, mode) in
        [("bin/server", 0o755), ("app/server", 0o755), ("bin/ls", 0o755), ("app/data", 0o644)]
    {
        std::fs::write(path(name), "").unwrap();
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("/bin/server", path("app/link")).unwrap();
    let mut view = view_of(dir.path());
    assert_eq!(run(&view, &["which", "server"]).text(), "/bin/server\n");
    let environ = Some(vec![Text::from("PATH=/app::/bin")]);
    view.who = Ok(Identity { environ, ..Identity::default() });
    for (words, exit, text) in [
        (&["which", "server"][..], Exit::OK, "/app/server\n"),
        (&["which", "-a", "server"], Exit::OK, "/app/server\n/bin/server\n"),
        (&["which", "link"], Exit::OK, "/app/link\n"),
        (&["which", "ls"], Exit::OK, "ls: tool of dbg\n"),
        (&["which", "-a", "ls"], Exit::OK, "ls: tool of dbg\n/bin/ls\n"),
        (&["which", "/bin/ls"], Exit::OK, "/bin/ls\n"),
        (&["which", "data"], Exit::FAILURE, ""),
        (&["which", "folder", "server"], Exit::FAILURE, "/app/server\n"),
    ] {
        let ran = run(&view, words);
        assert_eq!((ran.exit, ran.text()), (exit, text), "{words:?}");
    }
    let rows = run(&view, &["which", "-a", "ls", "--json"]).json();
    assert_eq!((&rows[0]["kind"], &rows[1]["path"]), (&"tool".into(), &"/bin/ls".into()));
}
