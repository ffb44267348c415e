//! `outcrop engines`: every endpoint tried, its answer, the remedy.

use std::fmt::Write as _;

use outcrop_workbench::output::{self, document::EnginesDocument};
use outcrop_workbench::wire::{EngineState, EngineStatus};
use owo_colors::{OwoColorize as _, Style};

use super::{Context, Outcome};
use crate::exit::Exit;
use crate::terminal;
use crate::text::{counted, harmless};

pub(super) async fn run(context: &Context, json: bool) -> Outcome {
    context
        .with_workbench(async |workbench| {
            let engines = workbench.engines().await;
            if json {
                terminal::print_verbatim(output::json(&EnginesDocument::new(engines)))?;
            } else {
                terminal::print(&render(&engines))?;
            }
            Ok(Exit::Done)
        })
        .await
}

fn render(engines: &[EngineStatus]) -> String {
    let mut text = String::new();
    for engine in engines {
        let connected = engine.state == EngineState::Connected;
        let name = if connected {
            &engine.name
        } else {
            &engine.kind
        };
        let style = if connected {
            Style::new().green().bold()
        } else {
            Style::new().bold()
        };
        let _ = writeln!(
            text,
            "{}  {}\n  {}",
            harmless(name).style(style),
            harmless(&engine.address),
            harmless(&engine.answer)
        );
        for origin in &engine.found_by {
            let _ = writeln!(
                text,
                "  {} {}",
                "found by".dimmed(),
                harmless(origin).dimmed()
            );
        }
        if let Some(remedy) = &engine.remedy {
            let _ = writeln!(text, "  {} {}", "remedy:".cyan(), harmless(&remedy.text));
            if let Some(command) = &remedy.command {
                let _ = writeln!(text, "    {}", harmless(command));
            }
        }
        text.push('\n');
    }
    let connected = engines
        .iter()
        .filter(|engine| engine.state == EngineState::Connected)
        .count();
    let _ = writeln!(
        text,
        "{} answered of {} tried",
        counted(connected as u64, "engine"),
        counted(engines.len() as u64, "endpoint")
    );
    text
}

#[cfg(test)]
mod tests {
    use outcrop_workbench::wire::Remedy;

    use super::*;

    #[test]
    fn answers_and_remedies_are_shown() {
        let text = render(&[
            EngineStatus {
                name: "docker".into(),
                kind: "docker".into(),
                address: "unix:///run/docker.sock".into(),
                found_by: vec!["Docker context `default`".into()],
                state: EngineState::Connected,
                version: Some("20.10".into()),
                answer: "Docker 20.10 answered".into(),
                remedy: None,
            },
            EngineStatus {
                name: String::new(),
                kind: "podman".into(),
                address: "unix:///run/podman/podman.sock".into(),
                found_by: vec!["known socket".into()],
                state: EngineState::NotFound,
                version: None,
                answer: "there is no socket".into(),
                remedy: Some(Remedy {
                    text: "start the service".into(),
                    command: Some("systemctl start podman.socket".into()),
                }),
            },
        ]);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r#"
        docker  unix:///run/docker.sock
          Docker 20.10 answered
          found by Docker context `default`

        podman  unix:///run/podman/podman.sock
          there is no socket
          found by known socket
          remedy: start the service
            systemctl start podman.socket

        1 engine answered of 2 endpoints tried
        "#);
    }
}
