//! What depends on the api-version of a request.

use crate::emulator::errors::Result;
use crate::emulator::record::text;
use crate::model::{DEVICE_REGISTRY_API_VERSION, Record};

/// The members of device registries, which older versions do not know.
const REGISTRY_MEMBERS: [&str; 3] = ["namespaceName", "certificateAuthorityName", "certificatePolicyName"];

/// The api-version of a request.
#[derive(Clone, Copy)]
pub(super) struct ApiVersion<'a>(pub(super) &'a str);

impl ApiVersion<'_> {
    /// The part of `record` that this version knows, in a request as in a response: a whole record that is written with
    /// an older version loses the newer members.
    pub(super) fn known(self, mut record: Record) -> Record {
        if !self.has_registries() {
            for name in REGISTRY_MEMBERS {
                record.remove(&[name]);
            }
        }
        record
    }

    /// The part of `record`, a JSON text, that this version knows.
    pub(super) fn known_text(self, record: String) -> Result<String> {
        if self.has_registries() || !REGISTRY_MEMBERS.iter().any(|name| record.contains(name)) {
            return Ok(record);
        }
        text::without(&record, &REGISTRY_MEMBERS.each_ref().map(std::slice::from_ref))
    }

    /// Versions are dates, perhaps with `-preview` behind.
    fn has_registries(self) -> bool {
        self.0.get(..DEVICE_REGISTRY_API_VERSION.len()).is_some_and(|date| date >= DEVICE_REGISTRY_API_VERSION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_by_its_date() {
        for (version, has) in [
            ("2021-10-01", false),
            ("2025-07-01-preview", false),
            ("2026-11-01", true),
            ("2026-11-02-preview", true),
            ("x", false),
        ] {
            assert_eq!(ApiVersion(version).has_registries(), has, "{version}");
        }
    }
}
