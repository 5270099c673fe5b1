//! The emulator's account: fixed and published, as development storage accounts are. None of these values opens
//! anything but an emulator on the same machine.

use super::ResourceId;
use etcetera::base_strategy::{BaseStrategy, choose_native_strategy};
use std::path::{Path, PathBuf};

/// A shared access policy of the emulator.
#[derive(Clone, Copy, Debug)]
pub struct DevelopmentPolicy {
    /// The policy's name, `skn` in a token.
    pub name: &'static str,
    /// The rights as resource manager spells them.
    pub rights: &'static str,
    /// base64, 64 bytes.
    pub primary_key: &'static str,
    /// base64, 64 bytes.
    pub secondary_key: &'static str,
}

/// The one provisioning service that an emulator serves, and the account that may manage it.
#[derive(Clone, Copy, Debug)]
pub struct Development {
    /// The Entra tenant.
    pub tenant_id: &'static str,
    /// The application that signs in.
    pub client_id: &'static str,
    /// Its secret.
    pub client_secret: &'static str,
    /// The subscription that holds the service.
    pub subscription_id: &'static str,
    /// The resource group that holds the service.
    pub resource_group_name: &'static str,
    /// The service's name.
    pub name: &'static str,
    /// What devices call the service by.
    pub id_scope: &'static str,
    /// The shared access policies; the first is the service's default one, with every right.
    pub policies: [DevelopmentPolicy; 5],
}

impl Development {
    /// The service in resource manager.
    pub fn resource(&self) -> ResourceId {
        ResourceId {
            subscription_id: self.subscription_id.to_owned(),
            resource_group_name: self.resource_group_name.to_owned(),
            name: self.name.to_owned(),
        }
    }

    /// The text of its id.
    pub fn resource_id(&self) -> String {
        self.resource().to_string()
    }
}

/// The values themselves.
pub const DEVELOPMENT: Development = Development {
    tenant_id: "d0e5d0e5-0000-4000-8000-000000000001",
    client_id: "d0e5d0e5-0000-4000-8000-000000000002",
    client_secret: "aziotdps-emulator-development-secret",
    subscription_id: "d0e5d0e5-0000-4000-8000-000000000003",
    resource_group_name: "emulator",
    name: "emulator",
    id_scope: "0ne0EMULATOR",
    policies: [
        DevelopmentPolicy {
            name: "provisioningserviceowner",
            rights: "ServiceConfig, DeviceConnect, EnrollmentWrite, RegistrationStatusWrite",
            primary_key: "YXppb3RkcHMgZW11bGF0b3Igb3duZXIxIGRldmVsb3BtZW50IGtleSwgb3BlbnMgbm90aGluZyBhdCBhbGwuIA==",
            secondary_key: "YXppb3RkcHMgZW11bGF0b3Igb3duZXIyIGRldmVsb3BtZW50IGtleSwgb3BlbnMgbm90aGluZyBhdCBhbGwuIA==",
        },
        DevelopmentPolicy {
            name: "enrollmentread",
            rights: "EnrollmentRead",
            primary_key: "YXppb3RkcHMgZW11bGF0b3IgZXJlYWQxIGRldmVsb3BtZW50IGtleSwgb3BlbnMgbm90aGluZyBhdCBhbGwuIA==",
            secondary_key: "YXppb3RkcHMgZW11bGF0b3IgZXJlYWQyIGRldmVsb3BtZW50IGtleSwgb3BlbnMgbm90aGluZyBhdCBhbGwuIA==",
        },
        DevelopmentPolicy {
            name: "enrollmentwrite",
            rights: "EnrollmentWrite",
            primary_key: "YXppb3RkcHMgZW11bGF0b3IgZXdyaXRlMSBkZXZlbG9wbWVudCBrZXksIG9wZW5zIG5vdGhpbmcgYXQgYWxsLg==",
            secondary_key: "YXppb3RkcHMgZW11bGF0b3IgZXdyaXRlMiBkZXZlbG9wbWVudCBrZXksIG9wZW5zIG5vdGhpbmcgYXQgYWxsLg==",
        },
        DevelopmentPolicy {
            name: "registrationread",
            rights: "RegistrationStatusRead",
            primary_key: "YXppb3RkcHMgZW11bGF0b3IgcnJlYWQxIGRldmVsb3BtZW50IGtleSwgb3BlbnMgbm90aGluZyBhdCBhbGwuIA==",
            secondary_key: "YXppb3RkcHMgZW11bGF0b3IgcnJlYWQyIGRldmVsb3BtZW50IGtleSwgb3BlbnMgbm90aGluZyBhdCBhbGwuIA==",
        },
        DevelopmentPolicy {
            name: "registrationwrite",
            rights: "RegistrationStatusWrite",
            primary_key: "YXppb3RkcHMgZW11bGF0b3IgcndyaXRlMSBkZXZlbG9wbWVudCBrZXksIG9wZW5zIG5vdGhpbmcgYXQgYWxsLg==",
            secondary_key: "YXppb3RkcHMgZW11bGF0b3IgcndyaXRlMiBkZXZlbG9wbWVudCBrZXksIG9wZW5zIG5vdGhpbmcgYXQgYWxsLg==",
        },
    ],
};

/// The folder that holds what the emulator keeps for this user: `AZIOTDPS_HOME`, or the platform's place for
/// application data. `None` where the user has no home folder.
pub fn home() -> Option<PathBuf> {
    match std::env::var_os("AZIOTDPS_HOME") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => Some(choose_native_strategy().ok()?.data_dir().join("aziotdps")),
    }
}

/// The emulator's certificate authority in `home`: PEM, made by the first start. A client trusts it for loopback
/// addresses and for nothing else.
pub fn certificate_authority(home: &Path) -> PathBuf {
    home.join("emulator-ca.pem")
}
