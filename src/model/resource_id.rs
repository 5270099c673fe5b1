//! Resource ids of provisioning services.

use std::fmt;

/// The path segments of the resource type, below a subscription or a resource group.
pub const PROVIDER: [&str; 3] = ["providers", "Microsoft.Devices", "provisioningServices"];

/// `/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Devices/provisioningServices/{n}`, its parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceId {
    /// The subscription, a GUID.
    pub subscription_id: String,
    /// The resource group.
    pub resource_group_name: String,
    /// The provisioning service.
    pub name: String,
}

impl ResourceId {
    /// Parses a resource id; the constant segments are compared without case. `None` if it is not the id of a
    /// provisioning service.
    pub fn parse(text: &str) -> Option<Self> {
        let fixed = |part: &str, word: &str| part.eq_ignore_ascii_case(word);
        match text.trim_end_matches('/').split('/').collect::<Vec<_>>()[..] {
            ["", subscriptions, s, groups, g, providers, devices, services, n]
                if fixed(subscriptions, "subscriptions")
                    && fixed(groups, "resourceGroups")
                    && fixed(providers, PROVIDER[0])
                    && fixed(devices, PROVIDER[1])
                    && fixed(services, PROVIDER[2])
                    && ![s, g, n].iter().any(|part| part.chars().all(|character| character == '.')) =>
            {
                Some(Self { subscription_id: s.to_owned(), resource_group_name: g.to_owned(), name: n.to_owned() })
            }
            _ => None,
        }
    }

    /// What an error about the service names as its target.
    pub fn target(&self) -> String {
        format!("provisioning service/{}", self.name)
    }

    /// The segments of its path.
    pub fn segments(&self) -> Vec<&str> {
        let mut segments = vec!["subscriptions", &self.subscription_id, "resourceGroups", &self.resource_group_name];
        segments.extend(PROVIDER);
        segments.push(&self.name);
        segments
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "/{}", self.segments().join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_id_is_read_without_case() {
        let text = "/SUBSCRIPTIONS/s/resourcegroups/G/providers/microsoft.devices/ProvisioningServices/n/";
        let id = ResourceId::parse(text).unwrap();
        assert_eq!((id.subscription_id.as_str(), id.resource_group_name.as_str(), id.name.as_str()), ("s", "G", "n"));
        assert_eq!(ResourceId::parse(&id.to_string()).unwrap(), id);
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "d",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/IotHubs/h",
            "/subscriptions/s/resourceGroups//providers/Microsoft.Devices/provisioningServices/n",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/provisioningServices/n/certificates/c",
        ] {
            assert_eq!(ResourceId::parse(text), None, "{text}");
        }
    }
}
