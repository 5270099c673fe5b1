//! What a client has to know of an emulator on the same machine: its address, its folder, its CA certificate.

use crate::error::Code;
use crate::model::DEVELOPMENT;
use etcetera::base_strategy::{BaseStrategy, choose_native_strategy};
use std::path::PathBuf;

/// Where the emulator listens unless it is started with another port.
pub const ADDRESS: &str = "https://localhost:8443";

/// The folder that holds what the emulator keeps for this user: `AZIOTDPS_HOME`, or the platform's folder for
/// application data. `None` if the user has no home folder.
pub fn home() -> Option<PathBuf> {
    match std::env::var_os("AZIOTDPS_HOME") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => Some(choose_native_strategy().ok()?.data_dir().join("aziotdps")),
    }
}

/// The file with the CA certificate of this user's emulator, in PEM. The first start of an emulator writes it.
pub fn ca_certificate() -> Option<PathBuf> {
    Some(home()?.join(DEVELOPMENT.ca_certificate_file))
}

/// What to try when a request to this machine failed with `code`.
pub fn hint(code: Code) -> Option<&'static str> {
    match code {
        Code::UntrustedCertificate => Some(
            "The CA certificate of an emulator is in the data folder (AZIOTDPS_HOME) that it was started with; give that file by ⟨caCertificate⟩ to trust it.",
        ),
        Code::ConnectionFailed => Some("Is the emulator running (aziotdps emulator start)?"),
        _ => None,
    }
}
