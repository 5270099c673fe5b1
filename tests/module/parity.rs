//! The cmdlets take what the Az module's take. What differs on purpose stands in `tests/parity/differences.json`, each
//! with its reason, and nothing else may differ.

use crate::class::Types;
use crate::source::{Cmdlet, Place, cmdlets, root};
use aziotdps::model::{ClearableMember, WireEnum};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const NOUN: &str = "AzIoTDeviceProvisioningService";

/// One thing that is not as in the Az module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    /// Without the common part of the noun: `Get-Enrollment`.
    cmdlet: String,
    parameter: String,
    set: String,
    what: String,
    /// As JSON, so that there is an order.
    az: String,
    here: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { cmdlet, parameter, set, what, az, here } = self;
        write!(f, "{cmdlet} -{parameter} [{set}] {what}: {az} in Az, {here} here")
    }
}

/// An entry of the list: every one of the cmdlets, with every one of the parameters, in every one of the sets.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    /// Names, in which one `*` stands for any text.
    cmdlets: Vec<String>,
    #[serde(default)]
    parameters: Vec<String>,
    #[serde(default)]
    sets: Vec<String>,
    what: String,
    #[serde(default)]
    az: Value,
    #[serde(default)]
    here: Value,
    reason: String,
}

impl Entry {
    fn differences(&self, cmdlets: &[String]) -> Vec<Difference> {
        let or_none = |names: &[String]| if names.is_empty() { vec![String::new()] } else { names.to_vec() };
        let mut found = Vec::new();
        for pattern in &self.cmdlets {
            let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
            let is_it = |name: &&String| match pattern.contains('*') {
                true => name.starts_with(start) && name.ends_with(end) && name.len() >= start.len() + end.len(),
                false => *name == pattern,
            };
            for cmdlet in cmdlets.iter().filter(is_it) {
                for parameter in or_none(&self.parameters) {
                    for set in or_none(&self.sets) {
                        found.push(Difference {
                            cmdlet: cmdlet.clone(),
                            parameter: parameter.clone(),
                            set,
                            what: self.what.clone(),
                            az: self.az.to_string(),
                            here: self.here.to_string(),
                        });
                    }
                }
            }
        }
        found
    }
}

/// A cmdlet of ours and the Az module's.
struct Pair {
    name: String,
    ours: Cmdlet,
    theirs: Value,
    found: Vec<Difference>,
}

fn pairs() -> Vec<Pair> {
    let parity: Value = serde_json::from_str(include_str!("../parity/cmdlets.json")).unwrap();
    let service: Value = serde_json::from_str(include_str!("../parity/service.json")).unwrap();
    let mut ours: BTreeMap<_, _> = cmdlets().into_iter().map(|cmdlet| (cmdlet.name.clone(), cmdlet)).collect();
    let theirs = [parity, service].into_iter().flat_map(|file| file.as_object().unwrap().clone());
    theirs
        .map(|(az_name, theirs)| {
            // The Az module has no New: its Add is our New.
            let full = az_name.replace("Add-", "New-");
            let ours = ours.remove(&full).unwrap_or_else(|| panic!("{full} is missing"));
            let name = full.replace(NOUN, "");
            let mut pair = Pair { name, ours, theirs, found: Vec::new() };
            pair.compare_cmdlet(&az_name);
            pair.compare_parameters();
            pair
        })
        .collect()
}

impl Pair {
    fn differ(&mut self, parameter: &str, set: &str, what: &str, az: &Value, here: &Value) {
        if az != here {
            self.found.push(Difference {
                cmdlet: self.name.clone(),
                parameter: parameter.to_owned(),
                set: set.to_owned(),
                what: what.to_owned(),
                az: az.to_string(),
                here: here.to_string(),
            });
        }
    }

    fn compare_cmdlet(&mut self, az_name: &str) {
        let (theirs, ours) = (self.theirs.clone(), &self.ours);
        let names = sorted(ours.aliases.iter().chain([&ours.name]));
        let outputs = sorted(ours.output_types.iter().map(|name| last(name)));
        let (default_set, asks) = (json!(ours.default_set), json!(ours.should_process));
        let mut az_names = texts(&theirs["aliases"]);
        az_names.push(az_name.to_owned());
        self.differ("", "", "names", &sorted(az_names), &names);
        self.differ("", "", "output", &sorted(texts(&theirs["output_types"]).iter().map(|name| last(name))), &outputs);
        self.differ("", "", "default set", &theirs["default_parameter_set"], &default_set);
        self.differ("", "", "asks", &theirs["supports_should_process"], &asks);
        let (az, here) = (az_sets(&theirs), self.ours.sets().into_iter().collect());
        for set in az.symmetric_difference(&here) {
            self.differ("", set, "a set", &json!(az.contains(set)), &json!(here.contains(set)));
        }
    }

    fn compare_parameters(&mut self) {
        let theirs = self.theirs["parameters"].as_object().unwrap().clone();
        let sets = az_sets(&self.theirs);
        // What SupportsShouldProcess adds.
        let common = ["Confirm", "WhatIf"];
        let wanted: BTreeSet<_> = theirs.keys().filter(|name| !common.contains(&name.as_str())).cloned().collect();
        let here = self.ours.parameters.iter().map(|parameter| parameter.name.clone()).collect();
        for name in wanted.symmetric_difference(&here) {
            self.differ(name, "", "a parameter", &json!(wanted.contains(name)), &json!(here.contains(name)));
        }
        for name in wanted.intersection(&here) {
            let theirs = &theirs[name];
            let ours = self.ours.parameter(name).unwrap();
            let (accepted, type_name) = (json!(ours.accepted), json!(ours.type_name));
            let aliases = sorted(&ours.aliases);
            let places: Vec<_> =
                sets.iter().map(|set| (set, theirs["sets"].get(set).map(place), ours.place(set))).collect();
            self.differ(name, "", "type", &json!(powershell_type(theirs["type"].as_str().unwrap())), &type_name);
            self.differ(name, "", "accepted values", &theirs["accepted_values"], &accepted);
            self.differ(name, "", "aliases", &sorted(texts(&theirs["aliases"])), &aliases);
            for (set, az, here) in places {
                self.differ(name, set, "in the set", &json!(az.is_some()), &json!(here.is_some()));
                let (az, here) = (az.unwrap_or_default(), here.unwrap_or_default());
                self.differ(name, set, "mandatory", &json!(az.mandatory), &json!(here.mandatory));
                self.differ(name, set, "position", &json!(az.position), &json!(here.position));
                self.differ(name, set, "piped by value", &json!(az.by_value), &json!(here.by_value));
                self.differ(name, set, "piped by name", &json!(az.by_property_name), &json!(here.by_property_name));
            }
        }
    }
}

/// The sets in which any parameter of the Az module's cmdlet stands.
fn az_sets(cmdlet: &Value) -> BTreeSet<String> {
    let parameters = cmdlet["parameters"].as_object().unwrap().values();
    parameters.flat_map(|parameter| parameter["sets"].as_object().unwrap().keys().cloned()).collect()
}

/// A list whose order says nothing.
fn sorted<T: Into<String> + Ord>(texts: impl IntoIterator<Item = T>) -> Value {
    texts.into_iter().map(Into::into).collect::<BTreeSet<String>>().into_iter().collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// A type's name without its namespace.
fn last(name: &str) -> String {
    name.rsplit('.').next().unwrap().to_owned()
}

/// A type of .NET as PowerShell names it; others without their namespace.
fn powershell_type(dotnet: &str) -> String {
    match dotnet {
        "System.String" => "string".to_owned(),
        "System.String[]" => "string[]".to_owned(),
        "System.Boolean" => "bool".to_owned(),
        "System.Collections.Hashtable" => "hashtable".to_owned(),
        "System.Management.Automation.SwitchParameter" => "switch".to_owned(),
        other => last(other),
    }
}

fn place(value: &Value) -> Place {
    Place {
        mandatory: value["mandatory"].as_bool().unwrap(),
        position: value["position"].as_i64(),
        by_value: value["pipeline_by_value"].as_bool().unwrap(),
        by_property_name: value["pipeline_by_property_name"].as_bool().unwrap(),
    }
}

#[test]
fn every_parameter_of_az_is_there_and_stands_as_it_does() {
    let entries: Vec<Entry> = serde_json::from_str(include_str!("../parity/differences.json")).unwrap();
    let pairs = pairs();
    let names: Vec<String> = pairs.iter().map(|pair| pair.name.clone()).collect();
    let mut listed = BTreeSet::new();
    for entry in &entries {
        assert!(entry.reason.len() > 20, "no reason: {}: {}", entry.cmdlets.join(", "), entry.what);
        let expanded = entry.differences(&names);
        assert!(!expanded.is_empty(), "no such cmdlet: {}", entry.cmdlets.join(", "));
        for difference in expanded {
            assert!(listed.insert(difference.clone()), "listed twice: {difference}");
        }
    }
    let found: BTreeSet<Difference> = pairs.into_iter().flat_map(|pair| pair.found).collect();
    let lines =
        |differences: Vec<&Difference>| differences.into_iter().map(|one| format!("\n{one}")).collect::<String>();
    let unlisted = lines(found.difference(&listed).collect());
    assert!(unlisted.is_empty(), "tests/parity/differences.json does not say why:{unlisted}");
    let gone = lines(listed.difference(&found).collect());
    assert!(gone.is_empty(), "only tests/parity/differences.json says so:{gone}");
}

#[test]
fn what_can_be_cleared_is_what_the_library_clears() {
    let every: Vec<_> = ClearableMember::ALL.iter().map(|word| word.powershell().to_owned()).collect();
    let set = |noun: &str| {
        let cmdlet = cmdlets().into_iter().find(|cmdlet| cmdlet.name == format!("Set-{noun}")).unwrap();
        let accepted = cmdlet.parameter("Clear").unwrap().accepted.clone().unwrap();
        assert!(accepted.iter().all(|word| cmdlet.parameter(word).is_some()), "{noun}: a word is no parameter");
        accepted
    };
    assert_eq!(set("AzIoTDeviceProvisioningServiceEnrollment"), every);
    let table = std::fs::read_to_string(root().join("docs/powershell.md")).unwrap();
    for word in ClearableMember::ALL {
        let row = format!("\n| `{}` | `{}` | `", word.powershell(), word.wire());
        assert!(table.contains(&row), "docs/powershell.md lacks{row}");
    }
    let of_groups: Vec<_> = every
        .into_iter()
        .filter(|word| !["DeviceId", "DeviceInformation", "StorageRootKey"].contains(&word.as_str()))
        .collect();
    assert_eq!(set("AzIoTDeviceProvisioningServiceEnrollmentGroup"), of_groups);
}

#[test]
fn records_have_azs_members_in_its_order() {
    let types = Types::read();
    let names = |class: &str| types.properties(class).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let shared = [
        "RegistrationState",
        "Attestation",
        "IotHubHostName",
        "InitialTwinState",
        "ProvisioningStatus",
        "CreatedDateTimeUtc",
        "LastUpdatedDateTimeUtc",
        "ETag",
        "Capabilities",
        "ReprovisionPolicy",
        "CustomAllocationDefinition",
        "AllocationPolicy",
        "IotHubs",
        // Ours, after Az's own.
        "NamespaceName",
        "CertificateAuthorityName",
        "CertificatePolicyName",
    ];
    for (class, ids) in
        [("PSIndividualEnrollment", &["RegistrationId", "DeviceId"][..]), ("PSEnrollmentGroup", &["EnrollmentGroupId"])]
    {
        assert_eq!(names(class), [ids, &shared].concat());
        assert_eq!(names(&format!("{class}s")), names(class));
    }
    assert_eq!(names("PSAttestation"), ["Type", "Tpm", "X509", "SymmetricKey"]);
    assert_eq!(
        names("PSDeviceRegistrationState"),
        [
            "RegistrationId",
            "CreatedDateTimeUtc",
            "LastUpdatedDateTimeUtc",
            "AssignedHub",
            "DeviceId",
            "Status",
            "ErrorCode",
            "ErrorMessage",
            "ETag",
            "Substatus",
            "Payload"
        ]
    );
    assert_eq!(names("PSDeviceRegistrationStates"), names("PSDeviceRegistrationState"));
    assert_eq!(names("PSReprovisionPolicy"), ["UpdateHubAssignment", "MigrateDeviceData", "Policy"]);
    assert_eq!(names("PSCustomAllocationDefinition"), ["WebhookUrl", "ApiVersion"]);
    assert_eq!(names("PSTwinState"), ["Tags", "DesiredProperties"]);
}
