//! The Azure clouds.

use crate::credential::Authority;
use crate::http::Url;
use crate::model::Environment;

/// The endpoints of a cloud.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Where tokens are issued.
    pub authority: Authority,
    /// Azure Resource Manager.
    pub resource_manager: Url,
    /// The host that devices register with, whichever service is theirs; with a port if it has one.
    pub device_host: String,
}

impl Cloud {
    /// The endpoints of `environment`.
    pub fn new(environment: Environment) -> Self {
        let (authority, manager, domain) = match environment {
            Environment::Public => ("https://login.microsoftonline.com/", "https://management.azure.com/", "net"),
            Environment::UsGovernment => {
                ("https://login.microsoftonline.us/", "https://management.usgovcloudapi.net/", "us")
            }
            Environment::China => ("https://login.chinacloudapi.cn/", "https://management.chinacloudapi.cn/", "cn"),
        };
        let fixed = |text| match Url::parse(text) {
            Ok(url) => url,
            Err(_) => unreachable!("a constant"),
        };
        Self {
            authority: Authority {
                host: fixed(authority),
                // The documentation names two audiences for China; dataPlaneScope chooses another.
                data_plane_scope: "https://azure-devices-provisioning.net/.default".to_owned(),
                resource_manager_scope: format!("{manager}.default"),
            },
            resource_manager: fixed(manager),
            device_host: format!("global.azure-devices-provisioning.{domain}"),
        }
    }
}
