//! New, Get, Set and Remove on a real service, a local one: told by PowerShell's cmdlets, or by the program.

use crate::emulator::Emulator;
use crate::package::{Package, package};
use crate::powershell;
use crate::process::{root, run};
use anyhow::Result;
use std::path::Path;

/// Builds everything and tells the story. Ends by itself; the emulator ends with it.
pub fn demo() -> Result<()> {
    println!("Building the library, the program and the module (the first time takes a few minutes)");
    let package = package(None)?;
    let emulator = Emulator::start(&package.program)?;
    println!("A local provisioning service is at {}\n", emulator.ready("endpoint")?);
    let pwsh = powershell::find().map_or_else(
        || {
            println!("There is no PowerShell here; fetching the official release");
            powershell::download()
        },
        Ok,
    );
    match pwsh {
        Ok(pwsh) => by_cmdlets(&pwsh, &package, &emulator)?,
        Err(error) => {
            println!("PowerShell cannot be had: {error:#}");
            println!("The program tells the same story as the cmdlets would.");
            by_program(&package.program, &emulator)?;
        }
    }
    println!("\nThat was it; the local service has ended.");
    Ok(())
}

fn by_cmdlets(pwsh: &Path, package: &Package, emulator: &Emulator) -> Result<()> {
    let mut command = emulator.command(pwsh);
    command.args(["-NoProfile", "-NonInteractive", "-File"]).arg(root().join("powershell/demo.ps1"));
    for (parameter, member) in
        [("-Endpoint", "endpoint"), ("-CaCertificate", "caCertificate"), ("-ResourceId", "resourceId")]
    {
        command.arg(parameter).arg(emulator.ready(member)?);
    }
    command.arg("-ModulePath").arg(package.module.join("AzIoTDps.psd1"));
    // Without it a machine that has no ICU, as many containers, cannot run PowerShell.
    command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1").env("POWERSHELL_TELEMETRY_OPTOUT", "1");
    run(&mut command)
}

fn by_program(program: &Path, emulator: &Emulator) -> Result<()> {
    let option = format!("--emulator={}", emulator.ready("endpoint")?);
    println!("Each command has {option} besides what is shown.");
    for (text, command) in [
        (
            "Two devices may provision themselves; the service makes their keys",
            "create --enrollment-id pump-1 --attestation-type symmetricKey --initial-twin-tags '{\"site\":\"north\"}'",
        ),
        ("", "create --enrollment-id pump-2 --attestation-type symmetricKey --output table"),
        ("One of them, as it stands; its keys are shown only when asked for", "show --enrollment-id pump-1"),
        (
            "It is barred: only the status changes, the rest stays as it was",
            "update --enrollment-id pump-1 --provisioning-status disabled --output table",
        ),
        ("All of them", "list --output table"),
        ("And removed", "delete --enrollment-id pump-1"),
        ("", "delete --enrollment-id pump-2"),
        ("None is left", "list"),
    ] {
        if !text.is_empty() {
            println!("\n# {text}");
        }
        println!("$ aziotdps enrollment {command}");
        // Only a shell needs the quotes.
        let words = command.split(' ').map(|word| word.trim_matches('\''));
        run(emulator.command(program).arg("enrollment").args(words).arg(&option))?;
    }
    Ok(())
}
