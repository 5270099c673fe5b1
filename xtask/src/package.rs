//! What ships: the module, and beside it the library and the program of this platform.

use crate::process::{cargo, program, run, target};
use anyhow::{Context, Result, bail};
use aziotdps_module::package::{Project, version, write};
use std::env;
use std::fs;
use std::path::PathBuf;

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
pub fn package(project: Option<&Project>) -> Result<Package> {
    let library = library()?;
    run(&mut cargo(&["build", "--quiet", "--release", "--bin", "aziotdps"]))?;
    let built = program("release");
    let module = module("package", project)?;
    let native = module.join("runtimes").join(platform()?).join("native");
    fs::create_dir_all(&native)?;
    for file in [&library, &built] {
        let name = file.file_name().context("a file has a name")?;
        fs::copy(file, native.join(name)).with_context(|| file.display().to_string())?;
    }
    let program = native.join(built.file_name().context("a file has a name")?);
    Ok(Package { module, program })
}

/// Puts the module together in `folder` of the target folder, without what is built for a platform.
pub fn module(folder: &str, project: Option<&Project>) -> Result<PathBuf> {
    let module = target().join(folder).join("AzIoTDps").join(version());
    if module.exists() {
        fs::remove_dir_all(&module)?;
    }
    write(&module, project).with_context(|| module.display().to_string())?;
    Ok(module)
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
