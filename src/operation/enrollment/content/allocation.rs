//! The hub to which devices are assigned: the rules between policy, hubs and webhook. The texts are the Az module's, which
//! scripts match. What the Az module silently ignores is refused here.

use super::change::Change;
use crate::credential::is_host_name;
use crate::error::{Code, Error, Result, quote};
use crate::model::{AllocationPolicy, ClearableMember, Record, WireEnum};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

const CUSTOM: &[&str] = &["customAllocationDefinition"];
const WEBHOOK_URL: &[&str] = &["customAllocationDefinition", "webhookUrl"];
const API_VERSION: &[&str] = &["customAllocationDefinition", "apiVersion"];

const NO_POLICY: &str = "Please provide allocation policy.";

/// The members of the allocation that a request gives.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Allocation {
    allocation_policy: Option<AllocationPolicy>,
    iot_hub: Option<Vec<String>>,
    iot_hub_host_name: Option<String>,
    webhook_url: Option<String>,
    api_version: Option<String>,
}

impl Allocation {
    /// Checks what can be checked without the record.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`].
    pub fn check(&self) -> Result<()> {
        if self.iot_hub_host_name.is_some() && self.allocation_policy.is_some() {
            return Err(host_name_not_required("allocation-policy is"));
        }
        if self.iot_hub_host_name.is_some() && self.iot_hub.is_some() {
            return Err(host_name_not_required("IotHub is"));
        }
        if self.iot_hub_host_name.is_some() && (self.webhook_url.is_some() || self.api_version.is_some()) {
            return Err(host_name_not_required("a webhook is"));
        }
        for (hub, parameter) in self
            .iot_hub
            .iter()
            .flatten()
            .map(|hub| (hub, "iotHub"))
            .chain(self.iot_hub_host_name.iter().map(|hub| (hub, "iotHubHostName")))
        {
            let given = quote(hub);
            if !is_host_name(hub) {
                let message = format!("{given} is not the host name of a hub, such as 'myhub.azure-devices.net'.");
                return Err(Error::argument(parameter, message));
            }
            // A hub is linked by its whole host name, and only linked ones can be named.
            if !hub.contains('.') {
                let message = format!("{given} is not the whole host name of a hub; is it '{hub}.azure-devices.net'?");
                return Err(Error::argument(parameter, message));
            }
        }
        if let Some(text) = &self.webhook_url
            && !Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host())
        {
            // Its query may have a key, so it is not shown.
            let form = "an https URL with a host, such as 'https://myfunctions.azurewebsites.net/api/allocate?code=…'";
            return Err(Error::argument("webhookUrl", format!("The URL of the webhook is not {form}.")));
        }
        match self.allocation_policy {
            Some(AllocationPolicy::Static) if self.iot_hub.as_ref().is_some_and(|hubs| hubs.len() != 1) => {
                Err(static_wants_one_hub(self.iot_hub.as_ref().map_or(0, Vec::len)))
            }
            Some(AllocationPolicy::Custom) | None => Ok(()),
            Some(policy) if self.webhook_url.is_some() || self.api_version.is_some() => {
                Err(webhook_without_custom(policy.powershell()))
            }
            Some(_) => Ok(()),
        }
    }

    /// Checks that the request gives enough for a new record.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`].
    pub fn check_new(&self) -> Result<()> {
        self.check()?;
        if self.allocation_policy.is_none() && self.iot_hub.is_some() {
            return Err(Error::argument("allocationPolicy", NO_POLICY));
        }
        self.apply(&Change::default(), &mut Record::default()).map_err(|error| error.with_code(Code::InvalidArgument))
    }

    /// Sets what the request gives in `record`, and removes what contradicts it. A request that gives nothing changes
    /// nothing.
    ///
    /// # Errors
    /// [`Code::InvalidChange`] if it does not fit what the record has.
    pub fn apply(&self, change: &Change, record: &mut Record) -> Result<()> {
        if let Some(host_name) = &self.iot_hub_host_name {
            record.set(&["iotHubHostName"], host_name.as_str());
            for replaced in [&["allocationPolicy"], &["iotHubs"], CUSTOM] {
                record.remove(replaced);
            }
            return Ok(());
        }
        let given = self.allocation_policy.is_some()
            || self.iot_hub.is_some()
            || self.webhook_url.is_some()
            || self.api_version.is_some();
        if !given && !change.clears(ClearableMember::IotHub) && !change.clears(ClearableMember::WebhookUrl) {
            return Ok(());
        }
        let policy =
            self.allocation_policy.or_else(|| record.text(&["allocationPolicy"]).and_then(AllocationPolicy::parse));
        let Some(policy) = policy else {
            if self.webhook_url.is_some() || self.api_version.is_some() {
                return Err(unfit("allocationPolicy", NO_POLICY));
            }
            // The service's own policy chooses among them.
            if let Some(hubs) = &self.iot_hub {
                record.set(&["iotHubs"], json!(hubs));
            }
            return Ok(());
        };
        record.set(&["allocationPolicy"], policy.wire());
        if given {
            record.remove(&["iotHubHostName"]);
        }
        if let Some(hubs) = &self.iot_hub {
            record.set(&["iotHubs"], json!(hubs));
        }
        let hubs_matter =
            self.allocation_policy.is_some() || self.iot_hub.is_some() || change.clears(ClearableMember::IotHub);
        if policy == AllocationPolicy::Static && hubs_matter {
            let hubs = record.get(&["iotHubs"]).and_then(serde_json::Value::as_array).map_or(0, Vec::len);
            if hubs != 1 {
                return Err(static_wants_one_hub(hubs).with_code(Code::InvalidChange));
            }
        }
        if policy == AllocationPolicy::Custom {
            self.apply_webhook(record)
        } else if self.webhook_url.is_some() || self.api_version.is_some() {
            Err(webhook_without_custom(policy.powershell()).with_code(Code::InvalidChange))
        } else {
            // The service keeps the definition with another policy. Setting the policy again removes it.
            if self.allocation_policy.is_some() {
                record.remove(CUSTOM);
            }
            Ok(())
        }
    }

    fn apply_webhook(&self, record: &mut Record) -> Result<()> {
        for (given, path, parameter, what) in [
            (&self.webhook_url, WEBHOOK_URL, "webhookUrl", "url"),
            (&self.api_version, API_VERSION, "apiVersion", "api-version"),
        ] {
            match given {
                Some(text) => record.set(path, text.as_str()),
                None if record.text(path).is_some() => {}
                None => {
                    let message =
                        format!("Please provide an Azure function {what} when allocation-policy is defined as Custom.");
                    return Err(unfit(parameter, message));
                }
            }
        }
        Ok(())
    }
}

fn host_name_not_required(defined: &str) -> Error {
    Error::argument("iotHubHostName", format!("\"IotHubHostName\" is not required when {defined} defined."))
}

fn static_wants_one_hub(hubs: usize) -> Error {
    let message = if hubs == 0 {
        "Please provide a hub to be assigned with device."
    } else {
        "Please provide only one hub when allocation-policy is defined as Static."
    };
    Error::argument("iotHub", message)
}

fn webhook_without_custom(policy: &str) -> Error {
    let message = format!("A webhook is used only when allocation-policy is defined as Custom; it is {policy}.");
    Error::argument("webhookUrl", message)
}

fn unfit(parameter: &str, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidChange, message).with_parameter(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn given(value: Value) -> Allocation {
        serde_json::from_value(value).unwrap()
    }

    fn applied(record: Value, allocation: Value) -> std::result::Result<Value, String> {
        let mut record: Record = serde_json::from_value(record).unwrap();
        let allocation = given(allocation);
        allocation
            .check()
            .and_then(|()| allocation.apply(&Change::default(), &mut record))
            .map_err(|error| error.message().to_owned())?;
        Ok(serde_json::to_value(record).unwrap())
    }

    #[test]
    fn new_records_are_refused_with_the_texts_that_scripts_match() {
        for (allocation, parameter, text) in [
            (
                json!({"allocationPolicy": "Static", "iotHubHostName": "h.example"}),
                "iotHubHostName",
                "\"IotHubHostName\" is not required when allocation-policy is defined.",
            ),
            (
                json!({"iotHub": ["h.example"], "iotHubHostName": "h.example"}),
                "iotHubHostName",
                "\"IotHubHostName\" is not required when IotHub is defined.",
            ),
            (
                json!({"allocationPolicy": "Static", "iotHub": ["a.example", "b.example"]}),
                "iotHub",
                "Please provide only one hub when allocation-policy is defined as Static.",
            ),
            (
                json!({"allocationPolicy": "Static", "iotHub": []}),
                "iotHub",
                "Please provide a hub to be assigned with device.",
            ),
            (json!({"allocationPolicy": "Static"}), "iotHub", "Please provide a hub to be assigned with device."),
            (
                json!({"allocationPolicy": "Custom", "apiVersion": "2021-10-01"}),
                "webhookUrl",
                "Please provide an Azure function url when allocation-policy is defined as Custom.",
            ),
            (
                json!({"allocationPolicy": "Custom", "webhookUrl": "https://a/b"}),
                "apiVersion",
                "Please provide an Azure function api-version when allocation-policy is defined as Custom.",
            ),
            (json!({"iotHub": ["a.example"]}), "allocationPolicy", "Please provide allocation policy."),
            (
                json!({"allocationPolicy": "Hashed", "webhookUrl": "https://a/b"}),
                "webhookUrl",
                "A webhook is used only when allocation-policy is defined as Custom; it is Hashed.",
            ),
            (
                json!({"allocationPolicy": "Custom", "webhookUrl": "http://a", "apiVersion": "1"}),
                "webhookUrl",
                "The URL of the webhook is not an https URL with a host, such as 'https://myfunctions.azurewebsites.net/api/allocate?code=…'.",
            ),
            (
                json!({"allocationPolicy": "Hashed", "iotHub": ["https://h"]}),
                "iotHub",
                "'https://h' is not the host name of a hub, such as 'myhub.azure-devices.net'.",
            ),
            (
                json!({"allocationPolicy": "Hashed", "iotHub": ["short"]}),
                "iotHub",
                "'short' is not the whole host name of a hub; is it 'short.azure-devices.net'?",
            ),
        ] {
            let refused = given(allocation.clone()).check_new().unwrap_err();
            assert_eq!(
                (refused.code(), refused.parameter(), refused.message()),
                (Code::InvalidArgument, Some(parameter), text),
                "{allocation}"
            );
        }
        for allocation in [json!({}), json!({"allocationPolicy": "geolatency"}), json!({"iotHubHostName": "h.example"})]
        {
            given(allocation).check_new().unwrap();
        }
    }

    #[test]
    fn a_record_is_left_alone_where_nothing_was_given() {
        let record =
            json!({"iotHubHostName": "h", "allocationPolicy": "static", "customAllocationDefinition": {"x": 1}});
        assert_eq!(applied(record.clone(), json!({})), Ok(record));
    }

    #[test]
    fn a_named_policy_takes_out_what_contradicts_it() {
        let record = json!({"iotHubHostName": "h", "allocationPolicy": "custom", "iotHubs": ["a", "b"], "customAllocationDefinition": {"x": 1}});
        assert_eq!(
            applied(record.clone(), json!({"allocationPolicy": "Hashed"})),
            Ok(json!({"allocationPolicy": "hashed", "iotHubs": ["a", "b"]}))
        );
        assert_eq!(
            applied(record.clone(), json!({"iotHubHostName": "z.example"})),
            Ok(json!({"iotHubHostName": "z.example"}))
        );
        assert_eq!(
            applied(record, json!({"allocationPolicy": "Static"})),
            Err("Please provide only one hub when allocation-policy is defined as Static.".to_owned())
        );
    }

    #[test]
    fn half_a_webhook_is_changed_alone() {
        let record = json!({"allocationPolicy": "custom", "customAllocationDefinition": {"webhookUrl": "https://a/", "apiVersion": "1", "new": true}});
        assert_eq!(
            applied(record, json!({"apiVersion": "2"})),
            Ok(
                json!({"allocationPolicy": "custom", "customAllocationDefinition": {"webhookUrl": "https://a/", "apiVersion": "2", "new": true}})
            )
        );
        assert!(
            applied(json!({"allocationPolicy": "hashed"}), json!({"apiVersion": "2"}))
                .unwrap_err()
                .contains("it is Hashed")
        );
    }

    #[test]
    fn what_is_cleared_must_not_be_needed() {
        let cleared = |record: Value, word: &str| {
            let mut record: Record = serde_json::from_value(record).unwrap();
            let change: Change = serde_json::from_value(json!({"clear": [word]})).unwrap();
            change.apply(crate::model::EnrollmentKind::Individual, &mut record).unwrap();
            Allocation::default().apply(&change, &mut record).map_err(|error| error.parameter().unwrap().to_owned())
        };
        assert_eq!(
            cleared(json!({"allocationPolicy": "static", "iotHubs": ["a"]}), "IotHub"),
            Err("iotHub".to_owned())
        );
        assert_eq!(
            cleared(
                json!({"allocationPolicy": "custom", "customAllocationDefinition": {"webhookUrl": "u", "apiVersion": "1"}}),
                "WebhookUrl"
            ),
            Err("webhookUrl".to_owned())
        );
        for record in [json!({"allocationPolicy": "hashed", "iotHubs": ["a"]}), json!({"iotHubs": ["a"]})] {
            assert_eq!(cleared(record, "IotHub"), Ok(()));
        }
        assert_eq!(cleared(json!({"allocationPolicy": "static", "iotHubs": ["a"]}), "AllocationPolicy"), Ok(()));
    }

    #[test]
    fn hubs_alone_leave_a_webhook_that_is_not_used() {
        let record = json!({"allocationPolicy": "hashed", "customAllocationDefinition": {"webhookUrl": "u"}});
        let after = json!({"allocationPolicy": "hashed", "customAllocationDefinition": {"webhookUrl": "u"}, "iotHubs": ["b.example"]});
        assert_eq!(applied(record, json!({"iotHub": ["b.example"]})), Ok(after));
    }

    #[test]
    fn hubs_follow_the_policy_that_the_record_has() {
        let record = json!({"allocationPolicy": "static", "iotHubs": ["a"]});
        assert_eq!(
            applied(record.clone(), json!({"iotHub": ["b.example"]})),
            Ok(json!({"allocationPolicy": "static", "iotHubs": ["b.example"]}))
        );
        assert!(applied(record, json!({"iotHub": ["b.example", "c.example"]})).unwrap_err().contains("only one hub"));
        // The service's own policy chooses among them.
        assert_eq!(applied(json!({}), json!({"iotHub": ["b.example"]})), Ok(json!({"iotHubs": ["b.example"]})));
        let webhook = json!({"webhookUrl": "https://a/"});
        assert_eq!(applied(json!({}), webhook), Err("Please provide allocation policy.".to_owned()));
    }
}
