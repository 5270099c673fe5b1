//! What ships: the module, and beside it the library and the program of this platform.

use crate::process::{cargo, program, root, run, target};
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The most that the library may weigh.
const LIBRARY_LIMIT: u64 = 10 << 20;

/// Where things are.
pub struct Package {
    /// The module's folder.
    pub module: PathBuf,
    /// The program of this platform.
    pub program: PathBuf,
}

/// Builds everything and puts it together.
pub fn package() -> Result<Package> {
    let library = library()?;
    run(&mut cargo(&["build", "--quiet", "--release", "--bin", "aziotdps"]))?;
    let built = program("release");

    let source = root().join("powershell/AzIoTDps");
    let module = target().join("package/AzIoTDps").join(version(&source.join("AzIoTDps.psd1"))?);
    if module.exists() {
        fs::remove_dir_all(&module)?;
    }
    copy_folder(&source, &module)?;
    let native = module.join("runtimes").join(platform()?).join("native");
    fs::create_dir_all(&native)?;
    for file in [&library, &built] {
        let name = file.file_name().context("a file has a name")?;
        fs::copy(file, native.join(name)).with_context(|| file.display().to_string())?;
    }
    let program = native.join(built.file_name().context("a file has a name")?);
    Ok(Package { module, program })
}

/// Builds the library as it ships, without what only the program needs, and weighs it.
pub fn library() -> Result<PathBuf> {
    // A folder of its own: the program's build has a library of the same name that can do more.
    let folder = target().join("shipped");
    let mut build = cargo(&["build", "--quiet", "--release", "--lib", "--no-default-features"]);
    run(build.arg("--target-dir").arg(&folder))?;
    let name = format!("{}aziotdps{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let library = folder.join("release").join(name);
    let size = fs::metadata(&library).with_context(|| library.display().to_string())?.len();
    if size > LIBRARY_LIMIT {
        bail!("{} has {size} bytes, more than {LIBRARY_LIMIT}", library.display());
    }
    Ok(library)
}

/// The version in the module's manifest, which PowerShell wants the folder to be named by.
fn version(manifest: &Path) -> Result<String> {
    let text = fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("ModuleVersion"));
    let version = line.and_then(|line| line.split('\'').nth(1)).context("the manifest has no ModuleVersion")?;
    Ok(version.to_owned())
}

/// .NET's name for this platform.
fn platform() -> Result<String> {
    let system = match env::consts::OS {
        "linux" => "linux",
        "windows" => "win",
        "macos" => "osx",
        other => bail!("PowerShell does not run on {other}"),
    };
    let processor = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("PowerShell does not run on {other}"),
    };
    Ok(format!("{system}-{processor}"))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}
