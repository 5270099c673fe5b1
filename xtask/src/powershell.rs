//! PowerShell: the one that is there, or the official release.

use crate::process::{command, output, run, target};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The release that is fetched where none is there.
const RELEASE: &str = "7.4.6";

/// The `pwsh` of `AZIOTDPS_PWSH`, of PATH, or of an earlier download.
pub fn find() -> Option<PathBuf> {
    let named = env::var_os("AZIOTDPS_PWSH").map(PathBuf::from);
    let candidates = [named, Some(PathBuf::from("pwsh")), Some(downloaded())];
    candidates.into_iter().flatten().find(|pwsh| works(pwsh))
}

/// Whether Pester 5 is there too.
pub fn has_pester(pwsh: &Path) -> bool {
    let ask = "exit [int] -not (Get-Module -ListAvailable Pester | Where-Object { $_.Version.Major -eq 5 })";
    output(command(pwsh).args(["-NoProfile", "-NonInteractive", "-Command", ask])).is_ok()
}

/// Fetches the release, and checks it against the hashes that the release publishes.
pub fn download() -> Result<PathBuf> {
    let system = match env::consts::OS {
        "macos" => "osx",
        "windows" => "win",
        other => other,
    };
    let processor = if env::consts::ARCH == "aarch64" { "arm64" } else { "x64" };
    let kind = if cfg!(windows) { "zip" } else { "tar.gz" };
    // The releases' names capitalise Windows's.
    let name = if cfg!(windows) { "PowerShell" } else { "powershell" };
    let archive = format!("{name}-{RELEASE}-{system}-{processor}.{kind}");
    let address = format!("https://github.com/PowerShell/PowerShell/releases/download/v{RELEASE}");

    let hashes = output(curl("20").arg(format!("{address}/hashes.sha256")))?;
    let published = published(&hashes, &archive).with_context(|| format!("the release has no hash of {archive}"))?;
    let tools = target().join("tools");
    fs::create_dir_all(&tools)?;
    let folder = tempfile::tempdir_in(&tools)?;
    let file = folder.path().join(&archive);
    run(curl("600").arg(format!("{address}/{archive}")).arg("--output").arg(&file))?;
    let found: String = Sha256::digest(fs::read(&file)?).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != published {
        bail!("{archive} has the hash {found}; the release says {published}");
    }
    let unpacked = folder.path().join("powershell");
    fs::create_dir(&unpacked)?;
    run(command("tar").arg("-xf").arg(&file).arg("-C").arg(&unpacked))?;
    make_runnable(&unpacked.join("pwsh"))?;
    let home = downloaded();
    let home = home.parent().context("a program is in a folder")?;
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    fs::rename(&unpacked, home)?;
    let pwsh = downloaded();
    if !works(&pwsh) {
        bail!("{} does not start on this machine", pwsh.display());
    }
    Ok(pwsh)
}

fn works(pwsh: &Path) -> bool {
    output(command(pwsh).arg("--version")).is_ok()
}

fn downloaded() -> PathBuf {
    let name = format!("pwsh{}", env::consts::EXE_SUFFIX);
    target().join("tools").join(format!("powershell-{RELEASE}")).join(name)
}

fn curl(seconds: &str) -> std::process::Command {
    let mut curl = command("curl");
    curl.args(["--fail", "--silent", "--show-error", "--location", "--proto", "=https"]);
    curl.args(["--connect-timeout", "5", "--max-time", seconds]);
    curl
}

/// The hash of `file` in a list of lines such as `HASH *FILE`.
fn published(hashes: &str, file: &str) -> Option<String> {
    hashes.trim_start_matches('\u{feff}').lines().find_map(|line| {
        let (hash, name) = line.trim().split_once(char::is_whitespace)?;
        (name.trim().trim_start_matches('*') == file && hash.len() == 64).then(|| hash.to_ascii_lowercase())
    })
}

/// The archives do not say that the program is one.
#[cfg(unix)]
fn make_runnable(program: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(program, fs::Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn make_runnable(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_by_the_whole_name() {
        let hash = "AB".repeat(32);
        let list = format!("\u{feff}{hash} *x-1.tar.gz\r\n{} *1.tar.gz\r\nshort *y\r\n", "cd".repeat(32));
        assert_eq!(published(&list, "1.tar.gz"), Some("cd".repeat(32)));
        assert_eq!(published(&list, "x-1.tar.gz"), Some("ab".repeat(32)));
        assert_eq!(published(&list, "y"), None);
    }
}
