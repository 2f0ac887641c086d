//! The papers agree with the program: the README's table of tools, the scripts it names, the JSON that is described.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use dbg::tools::REGISTRY;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_table_of_tools_is_the_registry() {
    let readme = read("README.md");
    let start = readme.find("<!-- tools: held by tests/readme.rs -->\n").unwrap();
    let end = readme.find("<!-- end of tools -->").unwrap();
    let written = &readme[start..end];
    let mut table =
        String::from("<!-- tools: held by tests/readme.rs -->\n| tool | does |\n|---|---|\n");
    for tool in REGISTRY {
        let names: Vec<String> = std::iter::once(&tool.name)
            .chain(tool.aliases)
            .map(|name| format!("`{name}`"))
            .collect();
        table.push_str(&format!("| {} | {} |\n", names.join(", "), tool.summary));
    }
    assert_eq!(written, table, "the table of README.md should be:\n{table}");
}

#[test]
fn the_scripts_that_are_named_are_there() {
    let text = read("README.md") + &read("CONTRIBUTING.md");
    let mut found = 0;
    for (at, _) in text.match_indices("scripts/") {
        let name: String =
            text[at..].chars().take_while(|c| c.is_alphanumeric() || "/-_.".contains(*c)).collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name.trim_end_matches('.'));
        let mode = path.metadata().unwrap_or_else(|e| panic!("{name}: {e}")).permissions().mode();
        assert_ne!(mode & 0o111, 0, "{name} can't be executed");
        found += 1;
    }
    assert!(found > 3);
}

#[test]
fn every_tool_that_prints_json_is_described() {
    let described = read("docs/json.md");
    for tool in REGISTRY {
        let prints = (tool.command)().get_arguments().any(|arg| arg.get_long() == Some("json"));
        let has = described.contains(&format!("## {}\n", tool.name));
        assert_eq!(prints, has, "{}: --json and a heading in docs/json.md go together", tool.name);
    }
}

#[test]
fn the_changelog_names_every_tool() {
    let changelog = read("CHANGELOG.md");
    for tool in REGISTRY {
        assert!(changelog.contains(&format!("`{}`", tool.name)), "{}", tool.name);
    }
}
