//! What was asked for and where it was found.

use crate::output::visible;
use serde::Serialize;

/// A target as an engine, or the operator by a PID, named it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Target {
    /// The name for the prompt and for messages: `web`, `pid 4711`.
    pub label: String,
    /// The name that means this target and no other: `docker://<full id>`, `pid://4711`.
    pub uri: String,
    /// Its main process in this machine's PID namespace; `None` when it does not run.
    pub pid: Option<i32>,
    /// What the engine says, when there is one.
    pub container: Option<Container>,
}

impl Target {
    /// The state in a sentence, safe to show: `web is exited (exit code 137, OOM-killed)`.
    pub fn state_text(&self) -> String {
        let label = visible(self.label.as_bytes());
        let Some(container) = &self.container else {
            let runs = if self.pid.is_some() { "runs" } else { "does not run" };
            return format!("{label} {runs}");
        };
        let state = match container.state.as_str() {
            "" => "in no known state".into(),
            state => visible(state.as_bytes()),
        };
        let code = container.exit_code.map(|code| format!("exit code {code}"));
        let killed = container.oom_killed.then(|| "OOM-killed".to_owned());
        let details: Vec<String> = code.into_iter().chain(killed).collect();
        if details.is_empty() {
            return format!("{label} is {state}");
        }
        format!("{label} is {state} ({})", details.join(", "))
    }
}

/// A container as its engine describes it. The engine is trusted, the strings in it come from people and images.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Container {
    /// `docker`.
    pub engine: String,
    /// Where that engine listens: `unix:///run/docker.sock`.
    pub endpoint: String,
    /// The full id.
    pub id: String,
    /// The name, without the slash that Docker puts in front.
    pub name: String,
    /// The image as it was named when the container was made.
    pub image: String,
    /// `running`, `paused`, `exited` …
    pub state: String,
    /// Exit code of the last run, when it ended.
    pub exit_code: Option<i64>,
    /// Whether the kernel's OOM killer ended the last run.
    pub oom_killed: bool,
    /// When the main process started: seconds since 1970.
    pub started: Option<i64>,
    /// The user of the image or of `--user`, as configured: `65532:65532`; empty for root.
    pub user: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_says_why_a_container_ended() {
        let state = |state: &str, exit_code, oom_killed| {
            let state = state.to_owned();
            let container = Container { state, exit_code, oom_killed, ..Container::default() };
            let container = Some(container);
            Target { label: "web".into(), container, ..Target::default() }.state_text()
        };
        assert_eq!(state("exited", Some(137), true), "web is exited (exit code 137, OOM-killed)");
        assert_eq!(state("exited", Some(0), false), "web is exited (exit code 0)");
        assert_eq!(state("created", None, false), "web is created");
        assert_eq!(state("\u{1b}[2J", None, false), "web is \\x1b[2J");
    }
}
