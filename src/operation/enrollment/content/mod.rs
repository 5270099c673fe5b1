//! The content of a record, part by part: what a request may give, how it is checked, how it is put into a record.

mod allocation;
mod attestation;
mod certificate;
mod change;
mod settings;
mod symmetric_key;

pub use attestation::{Attestation, is_symmetric};
pub use change::Change;
pub use settings::Settings;
pub use symmetric_key::check_key;

use crate::error::Result;
use crate::model::{DEVICE_REGISTRY_API_VERSION, EnrollmentKind, Record, Slot, WireEnum};
use crate::operation::request::Request;
use allocation::Allocation;
use attestation::CA_REFERENCES;
use change::identity;
use settings::DeviceSettings;

/// All that a request may give of a record's content.
#[derive(Debug)]
pub struct Content {
    pub attestation: Attestation,
    pub allocation: Allocation,
    pub settings: Settings,
    pub device: DeviceSettings,
}

impl Content {
    /// Takes the members from a request about a record of `kind`.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`].
    pub fn take(kind: EnrollmentKind, request: &mut Request) -> Result<Self> {
        let device = match kind {
            EnrollmentKind::Individual => request.take()?,
            EnrollmentKind::Group => DeviceSettings::default(),
        };
        Ok(Self { attestation: request.take()?, allocation: request.take()?, settings: request.take()?, device })
    }

    /// The api-version that the content and `change` need, if it is not the usual one.
    pub fn api_version(&self, change: &Change) -> Option<&'static str> {
        let needed = self.settings.needs_device_registry() || change.needs_device_registry();
        needed.then_some(DEVICE_REGISTRY_API_VERSION)
    }

    /// Checks what can be checked without the record, attestation excepted.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`].
    pub fn check(&mut self) -> Result<()> {
        self.allocation.check()?;
        self.settings.check()?;
        self.device.check()
    }

    /// Removes a secondary certificate or CA name that is the same as the primary one, if the request replaces that alone: the
    /// service copies a lone certificate, and one that is replaced must not stay trusted. Returns whether there was one.
    pub fn remove_copy_of_replaced(&self, kind: EnrollmentKind, record: &mut Record) -> bool {
        let certificates: Vec<_> = self.attestation.certificates().collect();
        let certificate = match certificates[..] {
            [(Slot::Primary, certificate)] => Some(certificate.sha256_thumbprint.as_str()),
            _ => None,
        };
        let name = match self.attestation.ca_names() {
            [name, None] => name,
            _ => None,
        };
        for (member, new) in [(kind.certificates_member(), certificate), (CA_REFERENCES, name)] {
            let path = |slot: Slot| ["attestation", "x509", member, slot.wire()];
            let identity = |slot| record.get(&path(slot)).and_then(|slot| identity(slot).as_str());
            if let (Some(new), Some(old)) = (new, identity(Slot::Primary))
                && !old.eq_ignore_ascii_case(new)
                && identity(Slot::Secondary).is_some_and(|copy| copy.eq_ignore_ascii_case(old))
            {
                record.remove(&path(Slot::Secondary));
                return true;
            }
        }
        false
    }

    /// Applies `change` and the content to an existing record.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidChange`] if they do not fit the record.
    pub fn apply(&self, kind: EnrollmentKind, change: &Change, record: &mut Record) -> Result<()> {
        change.apply(kind, record)?;
        self.attestation.apply(kind, change, record)?;
        self.allocation.apply(change, record)?;
        self.settings.apply(record);
        self.device.apply(record);
        Ok(())
    }
}
