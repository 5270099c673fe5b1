//! The words that the service knows for a member, with the spelling of each front.

use serde::{Deserialize, Deserializer, de};

/// A closed set of words. Input is taken without regard to case, since the wire, resource manager, `az` and the Az
/// module each spell them in their own.
pub trait WireEnum: Copy + Sized + 'static {
    /// Every word, in the order in which it is shown to people.
    const ALL: &'static [Self];
    /// The word on the wire.
    fn wire(self) -> &'static str;
    /// The word in the PowerShell module's enums.
    fn powershell(self) -> &'static str;

    /// The word that `text` spells, in any case and either spelling.
    fn parse(text: &str) -> Option<Self> {
        let same = |word: &Self| word.wire().eq_ignore_ascii_case(text) || word.powershell().eq_ignore_ascii_case(text);
        Self::ALL.iter().copied().find(same)
    }
}

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $wire:literal / $powershell:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$word_doc])* $word),+ }

        impl WireEnum for $name {
            const ALL: &'static [Self] = &[$(Self::$word),+];
            fn wire(self) -> &'static str { match self { $(Self::$word => $wire),+ } }
            fn powershell(self) -> &'static str { match self { $(Self::$word => $powershell),+ } }
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
    /// `attestation.type`: how a device proves who it is.
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
        /// The hub that a webhook answers with.
        Custom = "custom" / "Custom",
    }
}

wire_enum! {
    /// `provisioningStatus`: whether the record lets a device in.
    ProvisioningStatus {
        /// Devices may provision.
        Enabled = "enabled" / "Enabled",
        /// Devices are refused.
        Disabled = "disabled" / "Disabled",
    }
}

wire_enum! {
    /// `reprovisionPolicy`, by the names that the Az module and `az` give to its two switches.
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
    /// Which cloud an account is in.
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
    /// How the data plane is signed in to when a service is named through resource manager.
    AuthType {
        /// With a key of a shared access policy, looked up in resource manager.
        Key = "key" / "Key",
        /// With an Entra token.
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
    /// What can be taken out of a record, by the name of the parameter that puts it in.
    ClearableMember {
        /// The device id; the device will be called by its registration id.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case() {
        assert_eq!(AllocationPolicy::parse("GEOLATENCY"), Some(AllocationPolicy::GeoLatency));
        assert_eq!(AttestationType::parse("symmetrickey"), Some(AttestationType::SymmetricKey));
        assert_eq!(ProvisioningStatus::parse("on"), None);
    }

    #[test]
    fn an_unknown_word_names_what_is_accepted() {
        let refused = serde_json::from_str::<AllocationPolicy>(r#""random""#).unwrap_err().to_string();
        assert!(refused.contains("`random`") && refused.contains("`GeoLatency`"), "{refused}");
    }
}
