//! The emulator's account: constant and published, like the development storage account of Azurite. These values give
//! access to nothing but an emulator on the same machine.

use super::ResourceId;
use std::net::IpAddr;

/// A shared access policy of the emulator.
#[derive(Clone, Copy, Debug)]
pub struct DevelopmentPolicy {
    /// The policy's name, `skn` in a token.
    pub name: &'static str,
    /// The rights, as Azure Resource Manager has them.
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
    /// The ID scope by which devices address the service.
    pub id_scope: &'static str,
    /// The name of the file with the emulator's CA certificate in its data folder: PEM. Clients trust it for loopback
    /// addresses only.
    pub ca_certificate_file: &'static str,
    /// The shared access policies; the first is the service's default one, with every right.
    pub policies: [DevelopmentPolicy; 5],
}

impl Development {
    /// The service's resource id.
    pub fn resource(&self) -> ResourceId {
        ResourceId {
            subscription_id: self.subscription_id.to_owned(),
            resource_group_name: self.resource_group_name.to_owned(),
            name: self.name.to_owned(),
        }
    }

    /// The resource id as text.
    pub fn resource_id(&self) -> String {
        self.resource().to_string()
    }
}

/// The values.
pub const DEVELOPMENT: Development = Development {
    tenant_id: "d0e5d0e5-0000-4000-8000-000000000001",
    client_id: "d0e5d0e5-0000-4000-8000-000000000002",
    client_secret: "aziotdps-emulator-development-secret",
    subscription_id: "d0e5d0e5-0000-4000-8000-000000000003",
    resource_group_name: "emulator",
    name: "emulator",
    id_scope: "0ne0EMULATOR",
    ca_certificate_file: "emulator-ca.pem",
    policies: [
        DevelopmentPolicy {
            name: "provisioningserviceowner",
            rights: "ServiceConfig, DeviceConnect, EnrollmentWrite",
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

/// Whether `host`, as it stands in a URL, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    address == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, expected) in [
            ("localhost", true),
            ("127.0.0.2", true),
            ("[::1]", true),
            ("localhost.example", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
