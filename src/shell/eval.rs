//! Lists, and-or lists, pipelines, and the compound commands.

use super::expand::pattern::Pattern;
use super::parse::Place;
use super::{Flow, Run, Shell};
use crate::exit::Exit;
use brush_parser::ast::{
    AndOr, AndOrList, ArithmeticForClauseCommand, CaseClauseCommand, CaseItemPostAction, Command,
    CompoundCommand, CompoundList, CompoundListItem, ForClauseCommand, FunctionDefinition,
    IfClauseCommand, Pipeline, PipelineTimed, Program, RedirectList, SeparatorOperator,
    WhileOrUntilClauseCommand,
};
use std::rc::Rc;
use std::time::Instant;

impl Shell {
    pub(super) fn program(&mut self, program: &Program) -> Run {
        for list in &program.complete_commands {
            self.list(list)?;
        }
        Ok(self.status)
    }

    pub(super) fn list(&mut self, list: &CompoundList) -> Run {
        for CompoundListItem(and_or, separator) in &list.0 {
            if self.options.noexec && !self.is_interactive {
                continue;
            }
            self.status = match separator {
                SeparatorOperator::Sequence => self.and_or(and_or)?,
                SeparatorOperator::Async => self.background(and_or)?,
            };
        }
        Ok(self.status)
    }

    fn and_or(&mut self, list: &AndOrList) -> Run {
        let last = list.additional.len();
        let mut exit = self.pipeline_in_list(&list.first, last == 0)?;
        for (i, item) in list.additional.iter().enumerate() {
            let (wanted, pipeline) = match item {
                AndOr::And(pipeline) => (true, pipeline),
                AndOr::Or(pipeline) => (false, pipeline),
            };
            if exit.is_ok() == wanted {
                exit = self.pipeline_in_list(pipeline, i + 1 == last)?;
            }
        }
        Ok(exit)
    }

    /// Only the failure of the last pipeline of a list is nobody's business but `set -e`'s.
    fn pipeline_in_list(&mut self, pipeline: &Pipeline, is_last: bool) -> Run {
        let is_tested = !is_last || pipeline.bang;
        self.depth.tested += u32::from(is_tested);
        let result = self.pipeline(pipeline);
        self.depth.tested -= u32::from(is_tested);
        let exit = result?;
        self.status = exit;
        if !exit.is_ok() && self.depth.tested == 0 && !is_tested && counts(pipeline) {
            self.run_err_trap()?;
            if self.options.errexit {
                return Err(Flow::Exit(exit));
            }
        }
        Ok(exit)
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Run {
        self.poll_signals()?;
        let started = pipeline.timed.as_ref().map(|_| Instant::now());
        let exit = match pipeline.seq.as_slice() {
            [] => Exit::OK,
            [command] => {
                let exit = self.command(command)?;
                self.pipe_status = vec![exit];
                exit
            }
            commands => self.pipe(commands)?,
        };
        if let (Some(started), Some(timed)) = (started, &pipeline.timed) {
            self.print_times(started, matches!(timed, PipelineTimed::TimedWithPosixOutput(_)));
        }
        Ok(match (pipeline.bang, exit.is_ok()) {
            (false, _) => exit,
            (true, true) => Exit::FAILURE,
            (true, false) => Exit::OK,
        })
    }

    /// Runs one command in this process, or as far as it goes in it.
    pub(super) fn command(&mut self, command: &Command) -> Run {
        match command {
            Command::Simple(simple) => self.simple(simple, super::simple::Host::Shell),
            Command::Compound(compound, redirects) => {
                self.redirected(redirects.as_ref(), |shell| shell.compound(compound))
            }
            Command::Function(definition) => self.define(definition),
            Command::ExtendedTest(test, redirects) => {
                self.redirected(redirects.as_ref(), |shell| shell.extended_test(&test.expr))
            }
        }
    }

    fn define(&mut self, definition: &FunctionDefinition) -> Run {
        let name = definition.fname.value.clone();
        let function = self.function(definition.body.clone());
        self.functions.insert(name, Rc::new(function));
        Ok(Exit::OK)
    }

    /// Runs `body` with its redirections, and takes them back.
    pub(super) fn redirected(
        &mut self,
        redirects: Option<&RedirectList>,
        body: impl FnOnce(&mut Shell) -> Run,
    ) -> Run {
        let Some(redirects) = redirects else { return body(self) };
        let mark = self.saved.len();
        let result = match self.redirect(&redirects.0) {
            Ok(true) => body(self),
            Ok(false) => Ok(Exit::FAILURE),
            Err(flow) => Err(flow),
        };
        self.restore(mark);
        result
    }

    pub(super) fn compound(&mut self, compound: &CompoundCommand) -> Run {
        match compound {
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(subshell) => {
                self.foreground(&|| compound.to_string(), |shell| shell.list(&subshell.list))
            }
            CompoundCommand::IfClause(clause) => self.if_clause(clause),
            CompoundCommand::WhileClause(clause) => self.while_clause(clause, true),
            CompoundCommand::UntilClause(clause) => self.while_clause(clause, false),
            CompoundCommand::ForClause(clause) => self.for_clause(clause),
            CompoundCommand::ArithmeticForClause(clause) => self.arithmetic_for(clause),
            CompoundCommand::CaseClause(clause) => self.case_clause(clause),
            CompoundCommand::Arithmetic(command) => {
                self.frames.line = self.frames.base + command.loc.start.line;
                // A failure in here is the command's, not the script's.
                let value = match self.arithmetic(&command.expr.value) {
                    Err(Flow::Fail(exit)) => return Ok(exit),
                    value => value?,
                };
                Ok(if value != 0 { Exit::OK } else { Exit::FAILURE })
            }
            CompoundCommand::Coprocess(_) => self.refuse(Exit::USAGE, "coproc is not supported"),
        }
    }

    /// Runs a list whose exit code somebody looks at, so that `set -e` does not.
    fn tested(&mut self, list: &CompoundList) -> Run<bool> {
        self.depth.tested += 1;
        let result = self.list(list);
        self.depth.tested -= 1;
        Ok(result?.is_ok())
    }

    fn if_clause(&mut self, clause: &IfClauseCommand) -> Run {
        if self.tested(&clause.condition)? {
            return self.list(&clause.then);
        }
        for branch in clause.elses.iter().flatten() {
            let is_taken = match &branch.condition {
                Some(condition) => self.tested(condition)?,
                None => true,
            };
            if is_taken {
                return self.list(&branch.body);
            }
        }
        Ok(Exit::OK)
    }

    fn while_clause(&mut self, clause: &WhileOrUntilClauseCommand, wanted: bool) -> Run {
        let WhileOrUntilClauseCommand(condition, body, _) = clause;
        let mut exit = Exit::OK;
        loop {
            let turn = self.turn(|shell| {
                let goes_on = shell.tested(condition)? == wanted;
                Ok(if goes_on { Some(shell.list(&body.list)?) } else { None })
            })?;
            match turn {
                Turn::Done(Some(code)) => exit = code,
                Turn::Next => exit = Exit::OK,
                Turn::Done(None) => return Ok(exit),
                Turn::Leave => return Ok(Exit::OK),
            }
        }
    }

    fn for_clause(&mut self, clause: &ForClauseCommand) -> Run {
        if let Some(name) = clause.variable_name.strip_prefix(super::rewrite::SELECT) {
            return self.select(name, clause);
        }
        let values = match &clause.values {
            Some(words) => self.words(words)?,
            None => self.args.clone(),
        };
        if !super::vars::is_name(clause.variable_name.as_bytes()) {
            return self.refuse(
                Exit::FAILURE,
                format!("'{}': not a valid identifier", clause.variable_name),
            );
        }
        let mut exit = Exit::OK;
        for value in values {
            self.assign(&clause.variable_name, None, value, false)?;
            match self.turn(|shell| shell.list(&clause.body.list).map(Some))? {
                Turn::Done(code) => exit = code.unwrap_or(Exit::OK),
                Turn::Next => exit = Exit::OK,
                Turn::Leave => return Ok(Exit::OK),
            }
        }
        Ok(exit)
    }

    fn arithmetic_for(&mut self, clause: &ArithmeticForClauseCommand) -> Run {
        let evaluate = |shell: &mut Shell, text: Option<&String>, empty: i64| match text {
            Some(text) if !text.trim().is_empty() => shell.arithmetic(text),
            _ => Ok(empty),
        };
        evaluate(self, clause.initializer.as_ref().map(|e| &e.value), 0)?;
        let mut exit = Exit::OK;
        while evaluate(self, clause.condition.as_ref().map(|e| &e.value), 1)? != 0 {
            match self.turn(|shell| shell.list(&clause.body.list).map(Some))? {
                Turn::Done(code) => exit = code.unwrap_or(Exit::OK),
                Turn::Next => exit = Exit::OK,
                Turn::Leave => return Ok(Exit::OK),
            }
            evaluate(self, clause.updater.as_ref().map(|e| &e.value), 0)?;
        }
        Ok(exit)
    }

    /// One turn of a loop, with what `break` and `continue` mean for it.
    pub(super) fn turn(&mut self, body: impl FnOnce(&mut Shell) -> Run<Option<Exit>>) -> Run<Turn> {
        self.poll_signals()?;
        self.depth.loops += 1;
        let result = body(self);
        self.depth.loops -= 1;
        match result {
            Ok(exit) => Ok(Turn::Done(exit)),
            Err(Flow::Break(1)) => Ok(Turn::Leave),
            Err(Flow::Continue(1)) => Ok(Turn::Next),
            Err(Flow::Break(n)) => Err(Flow::Break(n - 1)),
            Err(Flow::Continue(n)) => Err(Flow::Continue(n - 1)),
            Err(other) => Err(other),
        }
    }

    fn case_clause(&mut self, clause: &CaseClauseCommand) -> Run {
        let value = self.value(&clause.value.value, Place::Value)?;
        let mut exit = Exit::OK;
        let mut falls_through = false;
        for item in &clause.cases {
            let mut is_match = falls_through;
            for pattern in &item.patterns {
                is_match = is_match || self.matches(&pattern.value, &value)?;
            }
            if !is_match {
                continue;
            }
            exit = match &item.cmd {
                Some(list) => self.list(list)?,
                None => Exit::OK,
            };
            match item.post_action {
                CaseItemPostAction::ExitCase => return Ok(exit),
                CaseItemPostAction::UnconditionallyExecuteNextCaseItem => falls_through = true,
                CaseItemPostAction::ContinueEvaluatingCases => falls_through = false,
            }
        }
        Ok(exit)
    }

    /// Whether `value` matches the pattern written as `text`.
    pub(super) fn matches(&mut self, text: &str, value: &[u8]) -> Run<bool> {
        let pattern = self.pattern(text)?;
        if self.options.nocasematch {
            return Ok(Pattern::new(&lower(&pattern)).matches(&lower(value)));
        }
        Ok(Pattern::new(&pattern).matches(value))
    }
}

/// How one turn of a loop ended.
pub(super) enum Turn {
    /// The body ran; `None`: the condition said no.
    Done(Option<Exit>),
    Next,
    Leave,
}

/// Whether the pipeline's own exit code is one that `set -e` looks at: that of a compound command is the business of
/// the commands in it.
fn counts(pipeline: &Pipeline) -> bool {
    match pipeline.seq.as_slice() {
        [Command::Compound(compound, _)] => {
            matches!(compound, CompoundCommand::Subshell(_) | CompoundCommand::Arithmetic(_))
        }
        _ => true,
    }
}

fn lower(text: &[u8]) -> Vec<u8> {
    text.to_ascii_lowercase()
}
