//! Manual pages.

use clap::{Args, Command};
use clap_mangen::Man as Page;

/// Which page.
#[derive(Args)]
pub struct Man {
    /// A command; without one, the program itself.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Man {
    /// The page in roff, or `None` where there is no such command.
    pub fn page(&self, mut program: Command) -> Option<Vec<u8>> {
        program.build();
        let mut command = &program;
        let mut name = program.get_name().to_owned();
        for word in &self.command {
            command = command.find_subcommand(word)?;
            name = format!("{name}-{}", command.get_name());
        }
        let mut page = Vec::new();
        let title = name.to_uppercase();
        let version = concat!("aziotdps ", env!("CARGO_PKG_VERSION"));
        // A vector takes all that is written to it.
        let written = Page::new(command.clone().display_name(name)).title(title).source(version).render(&mut page);
        written.ok().map(|()| page)
    }
}
