//! The service's enums, with their values on the wire and in PowerShell.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// An enum of the service. Input is accepted in any case, since the wire, Azure Resource Manager, `az` and the Az module
/// have different spellings.
pub trait WireEnum: Copy + Sized + 'static {
    /// Every value, in the order in which they are shown.
    const ALL: &'static [Self];
    /// The value on the wire.
    fn wire(self) -> &'static str;
    /// The value in the PowerShell module's enums.
    fn powershell(self) -> &'static str;

    /// The value that `text` names, in any case and either spelling.
    fn parse(text: &str) -> Option<Self> {
        let same =
            |value: &Self| value.wire().eq_ignore_ascii_case(text) || value.powershell().eq_ignore_ascii_case(text);
        Self::ALL.iter().copied().find(same)
    }
}

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $wire:literal / $powershell:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$value_doc])* $value),+ }

        impl WireEnum for $name {
            const ALL: &'static [Self] = &[$(Self::$value),+];
            fn wire(self) -> &'static str { match self { $(Self::$value => $wire),+ } }
            fn powershell(self) -> &'static str { match self { $(Self::$value => $powershell),+ } }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| de::Error::unknown_variant(&text, &[$($powershell),+]))
            }
        }
    };
}

wire_enum! {
    /// `attestation.type`: how a device proves its identity.
    AttestationType {
        /// No attestation; the service refuses it for new records.
        None = "none" / "None",
        /// A trusted platform module's endorsement key.
        Tpm = "tpm" / "Tpm",
        /// A client certificate, or the signer of one.
        X509 = "x509" / "X509",
        /// A symmetric key, or one derived from a group's.
        SymmetricKey = "symmetricKey" / "SymmetricKey",
    }
}

wire_enum! {
    /// `allocationPolicy`: how the service chooses the hub.
    AllocationPolicy {
        /// Evenly over the linked hubs.
        Hashed = "hashed" / "Hashed",
        /// The hub with the lowest latency to the device.
        GeoLatency = "geoLatency" / "GeoLatency",
        /// The one hub that the record names.
        Static = "static" / "Static",
        /// The hub that a webhook returns.
        Custom = "custom" / "Custom",
    }
}

wire_enum! {
    /// `provisioningStatus`: whether devices may provision.
    ProvisioningStatus {
        /// Devices may provision.
        Enabled = "enabled" / "Enabled",
        /// Devices are refused.
        Disabled = "disabled" / "Disabled",
    }
}

wire_enum! {
    /// `reprovisionPolicy`, by the names that the Az module and `az` have for its two switches.
    ReprovisionPolicy {
        /// `updateHubAssignment` true, `migrateDeviceData` true.
        Migrate = "reprovisionandmigratedata" / "reprovisionandmigratedata",
        /// `updateHubAssignment` true, `migrateDeviceData` false.
        Reset = "reprovisionandresetdata" / "reprovisionandresetdata",
        /// Both false.
        Never = "never" / "never",
    }
}

wire_enum! {
    /// The Azure cloud of an account.
    Environment {
        /// The public one.
        Public = "AzureCloud" / "AzureCloud",
        /// That of the US government.
        UsGovernment = "AzureUSGovernment" / "AzureUSGovernment",
        /// That of 21Vianet in China.
        China = "AzureChinaCloud" / "AzureChinaCloud",
    }
}

wire_enum! {
    /// How requests to the data plane are authorized if the service is not named by a connection string.
    AuthType {
        /// By a key of a shared access policy, looked up in Azure Resource Manager.
        Key = "key" / "Key",
        /// By a Microsoft Entra token.
        Login = "login" / "Login",
    }
}

wire_enum! {
    /// One of the two keys or certificates that a record has, so that one can be replaced while the other is in use.
    Slot {
        /// The first.
        Primary = "primary" / "Primary",
        /// The second.
        Secondary = "secondary" / "Secondary",
    }
}

wire_enum! {
    /// A member of a record that can be cleared, by the name of the parameter that sets it.
    ClearableMember {
        /// The device id; the registration id becomes the device id.
        DeviceId = "deviceId" / "DeviceId",
        /// All twin tags.
        Tag = "tag" / "Tag",
        /// All desired properties.
        Desired = "desired" / "Desired",
        /// The optional device information.
        DeviceInformation = "deviceInformation" / "DeviceInformation",
        /// The re-provision policy; the service's default applies.
        ReprovisionPolicy = "reprovisionPolicy" / "ReprovisionPolicy",
        /// The allocation policy with its hubs and webhook; the service's own policy applies.
        AllocationPolicy = "allocationPolicy" / "AllocationPolicy",
        /// The hubs; all linked hubs apply.
        IotHub = "iotHub" / "IotHub",
        /// The hub of the legacy form.
        IotHubHostName = "iotHubHostName" / "IotHubHostName",
        /// The webhook, address and api-version.
        WebhookUrl = "webhookUrl" / "WebhookUrl",
        /// The TPM's storage root key.
        StorageRootKey = "storageRootKey" / "StorageRootKey",
        /// The first certificate; the second takes its place.
        PrimaryCertificate = "primaryCertificate" / "PrimaryCertificate",
        /// The second certificate.
        SecondaryCertificate = "secondaryCertificate" / "SecondaryCertificate",
        /// The first CA reference; the second takes its place.
        PrimaryCaName = "primaryCAName" / "PrimaryCAName",
        /// The second CA reference.
        SecondaryCaName = "secondaryCAName" / "SecondaryCAName",
        /// The device registry's namespace.
        NamespaceName = "namespaceName" / "NamespaceName",
        /// The device registry's certificate authority.
        CertificateAuthorityName = "certificateAuthorityName" / "CertificateAuthorityName",
        /// The device registry's certificate policy.
        CertificatePolicyName = "certificatePolicyName" / "CertificatePolicyName",
    }
}

impl ReprovisionPolicy {
    /// The wire's `updateHubAssignment` and `migrateDeviceData`.
    pub fn switches(self) -> (bool, bool) {
        match self {
            Self::Migrate => (true, true),
            Self::Reset => (true, false),
            Self::Never => (false, false),
        }
    }

    /// The policy that a record's `reprovisionPolicy` says. A switch that is missing is off.
    pub fn of(policy: &Value) -> Option<Self> {
        let switch = |member: &str| policy.get(member).and_then(Value::as_bool).unwrap_or_default();
        let switches = (switch("updateHubAssignment"), switch("migrateDeviceData"));
        Self::ALL.iter().copied().find(|policy| policy.switches() == switches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parsed_in_any_case() {
        assert_eq!(AllocationPolicy::parse("GEOLATENCY"), Some(AllocationPolicy::GeoLatency));
        assert_eq!(AttestationType::parse("symmetrickey"), Some(AttestationType::SymmetricKey));
        assert_eq!(ProvisioningStatus::parse("on"), None);
    }

    #[test]
    fn an_unknown_value_names_what_is_accepted() {
        let refused = serde_json::from_str::<AllocationPolicy>(r#""random""#).unwrap_err().to_string();
        assert!(refused.contains("`random`") && refused.contains("`GeoLatency`"), "{refused}");
    }
}
