//! The module as it ships: one script, its manifest, views, types and help.
//!
//! One psm1 is loaded in a third of the time that its files take. Its comments of help are in `en-US` instead, where
//! `Get-Help` finds values, defaults and types that it cannot read from a comment.

use crate::maml;
use crate::source::{Cmdlet, Script, cmdlets, module, scripts};
use std::fs;
use std::io;
use std::path::Path;

const NAME: &str = "AzIoTDps";
const BEGIN: &str = "#region files";
const END: &str = "#endregion\n";

/// The address of the project, where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project(String);

impl Project {
    /// Takes an `https` address such as `https://github.com/OWNER/NAME`; its files are below `blob/HEAD`.
    pub fn new(address: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:".contains(c);
        let host = address.strip_prefix("https://")?;
        let known = !host.is_empty() && host.chars().all(is_plain);
        known.then(|| Self(address.trim_end_matches('/').to_owned()))
    }

    /// The address itself.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// The address of the licence.
    pub fn licence(&self) -> String {
        format!("{}/blob/HEAD/LICENSE", self.0)
    }

    /// The address of a cmdlet's page.
    pub fn page(&self, cmdlet: &str) -> String {
        format!("{}/blob/HEAD/docs/cmdlets/{cmdlet}.md", self.0)
    }
}

/// The version in the module's manifest, which PowerShell wants the folder to be named by.
pub fn version() -> String {
    let manifest = Script::read(&module().join(format!("{NAME}.psd1")));
    manifest.strings(manifest.member("ModuleVersion")).concat()
}

/// Writes the module to the folder `to`, without what is built for a platform.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(to: &Path, project: Option<&Project>) -> io::Result<()> {
    let from = module();
    let help = to.join("en-US");
    fs::create_dir_all(&help)?;
    let cmdlets = cmdlets();
    fs::write(to.join(format!("{NAME}.psm1")), script(&cmdlets, project))?;
    fs::write(to.join(format!("{NAME}.psd1")), manifest(project))?;
    fs::write(help.join(format!("{NAME}-Help.xml")), maml::write(&cmdlets, project)?)?;
    let views = ["Format", "Types"].map(|kind| format!("{NAME}.{kind}.ps1xml"));
    for file in views.iter().map(String::as_str).chain(["LICENSE"]) {
        fs::copy(from.join(file), to.join(file))?;
    }
    for topic in fs::read_dir(from.join("en-US"))? {
        let topic = topic?;
        fs::copy(topic.path(), help.join(topic.file_name()))?;
    }
    Ok(())
}

/// The one psm1: where the source tree's loads the files, it has their text.
pub fn script(cmdlets: &[Cmdlet], project: Option<&Project>) -> String {
    let whole = read(&module().join(format!("{NAME}.psm1")));
    let (before, rest) = whole.split_once(BEGIN).expect("the psm1 has a region where the files go");
    let (_, after) = rest.split_once(END).expect("the region ends");
    assert!(!after.contains(BEGIN), "the psm1 has several regions where the files go");
    let mut private = Vec::new();
    scripts(&module().join("Private"), &mut private);
    let private = private.iter().map(|file| read(file));
    let public = cmdlets.iter().map(|cmdlet| {
        let page = project.map(|project| project.page(&cmdlet.name));
        tidy(&cmdlet.without_help(page.as_deref()))
    });
    let files: Vec<String> = private.chain(public).collect();
    format!("{before}{}{after}", files.join("\n"))
}

/// The manifest, with the project's addresses in the place of the comment about them.
pub fn manifest(project: Option<&Project>) -> String {
    let text = read(&module().join(format!("{NAME}.psd1")));
    let mut lines = Vec::new();
    let mut places = 0;
    for line in text.lines() {
        if !line.trim_start().starts_with("# ProjectUri") {
            lines.push(line.to_owned());
            continue;
        }
        places += 1;
        if let Some(project) = project {
            let indent = &line[..line.len() - line.trim_start().len()];
            lines.push(format!("{indent}ProjectUri   = '{}'", project.address()));
            lines.push(format!("{indent}LicenseUri   = '{}'", project.licence()));
        }
    }
    assert_eq!(places, 1, "the manifest has one comment where the addresses go");
    lines.join("\n") + "\n"
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    tidy(&text.replace("\r\n", "\n"))
}

fn tidy(text: &str) -> String {
    format!("{}\n", text.trim_end())
}
