//! The cmdlets take what the Az module's take. What they take besides is listed here, and nothing else may be added.

use crate::class::Types;
use crate::source::{Cmdlet, Place, cmdlets, root};
use aziotdps::model::{Clear, Word};
use serde_json::Value;
use std::collections::BTreeSet;

const FIVE: [&str; 5] = ["ResourceSet", "InputObjectSet", "ResourceIdSet", "ConnectionStringSet", "HostNameSet"];

/// The two ways to name a service that every cmdlet on a service's records has besides the Az module's.
const TARGETS: [&str; 2] = ["ConnectionString", "HostName"];

/// What the newer version of the service's interface adds to a record.
const REGISTRY: [&str; 3] = ["CertificateAuthorityName", "CertificatePolicyName", "NamespaceName"];

/// What a Set can do to a record besides giving new values.
const CHANGE: [&str; 7] = ["Clear", "DesiredMerge", "ETag", "Force", "RegenerateKey", "SwapKey", "TagMerge"];

/// What each cmdlet takes besides the Az module's and [`TARGETS`].
const ADDITIONS: [(&str, &[&[&str]]); 10] = [
    ("New-AzIoTDeviceProvisioningServiceEnrollment", &[&REGISTRY, &["DeviceInformation"]]),
    ("Get-AzIoTDeviceProvisioningServiceEnrollment", &[&["ShowKey", "Top"]]),
    ("Set-AzIoTDeviceProvisioningServiceEnrollment", &[&REGISTRY, &CHANGE, &["DeviceInformation", "Enrollment"]]),
    ("Remove-AzIoTDeviceProvisioningServiceEnrollment", &[&["All", "ETag", "Enrollment", "Force"]]),
    ("New-AzIoTDeviceProvisioningServiceEnrollmentGroup", &[&REGISTRY]),
    ("Get-AzIoTDeviceProvisioningServiceEnrollmentGroup", &[&["ShowKey", "Top"]]),
    ("Set-AzIoTDeviceProvisioningServiceEnrollmentGroup", &[&REGISTRY, &CHANGE, &["EnrollmentGroup"]]),
    ("Remove-AzIoTDeviceProvisioningServiceEnrollmentGroup", &[&["All", "ETag", "EnrollmentGroup", "Force"]]),
    ("Get-AzIoTDeviceProvisioningServiceRegistration", &[&["Top"]]),
    ("Remove-AzIoTDeviceProvisioningServiceRegistration", &[&["ETag", "Force", "Registration"]]),
];

/// Cmdlets whose id also comes from the pipeline, which the Az module's does not.
const PIPED_ID: [&str; 3] = [
    "New-AzIoTDeviceProvisioningServiceEnrollment",
    "Set-AzIoTDeviceProvisioningServiceEnrollment",
    "Remove-AzIoTDeviceProvisioningServiceRegistration",
];

/// Parameters that take a record, each in a set of its own, with the parameter for an id alone.
const RECORDS: [(&str, &str, &str); 3] = [
    ("Enrollment", "EnrollmentSet", "RegistrationId"),
    ("EnrollmentGroup", "EnrollmentGroupSet", "Name"),
    ("Registration", "RegistrationSet", "RegistrationId"),
];

/// A cmdlet of ours and the Az module's.
struct Pair {
    ours: Cmdlet,
    theirs: Value,
    parameters: BTreeSet<&'static str>,
    sets: BTreeSet<&'static str>,
    piped_id: bool,
}

fn pairs() -> Vec<Pair> {
    let parity: Value = serde_json::from_str(include_str!("../parity/cmdlets.json")).unwrap();
    let service: Value = serde_json::from_str(include_str!("../parity/service.json")).unwrap();
    let mut ours = cmdlets();
    let mut take = |name: &str| {
        let index = ours.iter().position(|cmdlet| cmdlet.name == name);
        ours.remove(index.unwrap_or_else(|| panic!("{name} is missing")))
    };
    assert_eq!(parity.as_object().unwrap().len(), ADDITIONS.len());
    let mut pairs = Vec::new();
    for (name, additions) in ADDITIONS {
        // The Az module has no New: its Add is our New, and its name our alias.
        let theirs = &parity[name.replace("New-", "Add-")];
        assert!(theirs.is_object(), "{name} has no parity record");
        let parameters: BTreeSet<_> = additions.iter().copied().flatten().copied().chain(TARGETS).collect();
        let mut sets = BTreeSet::from(["ConnectionStringSet", "HostNameSet"]);
        sets.extend(RECORDS.iter().filter(|(record, ..)| parameters.contains(record)).map(|(_, set, _)| *set));
        let piped_id = PIPED_ID.contains(&name);
        pairs.push(Pair { ours: take(name), theirs: theirs.clone(), parameters, sets, piped_id });
    }
    for (name, theirs) in service.as_object().unwrap() {
        let (parameters, sets) = (BTreeSet::new(), BTreeSet::new());
        pairs.push(Pair { ours: take(name), theirs: theirs.clone(), parameters, sets, piped_id: false });
    }
    pairs
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn powershell_type(dotnet: &str) -> &str {
    match dotnet {
        "System.String" => "string",
        "System.String[]" => "string[]",
        "System.Boolean" => "bool",
        "System.Collections.Hashtable" => "hashtable",
        "System.Management.Automation.SwitchParameter" => "switch",
        // Accepted and not used, so that the Az module need not be there.
        "Microsoft.Azure.Commands.Common.Authentication.Abstractions.Core.IAzureContextContainer" => "object",
        model => model.strip_prefix("Microsoft.Azure.Commands.Management.DeviceProvisioningServices.Models.").unwrap(),
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
fn cmdlets_have_azs_aliases_default_sets_and_output() {
    for Pair { ours, theirs, .. } in pairs() {
        let mut wanted = texts(&theirs["aliases"]);
        if ours.name.starts_with("New-") {
            wanted.extend(wanted.iter().map(|alias| alias.replace("Add-", "New-")).collect::<Vec<_>>());
            wanted.push(ours.name.replace("New-", "Add-"));
        }
        assert_eq!(BTreeSet::from_iter(ours.aliases), BTreeSet::from_iter(wanted), "{}", ours.name);
        assert_eq!(ours.default_set.as_deref(), theirs["default_parameter_set"].as_str(), "{}", ours.name);
        assert_eq!(Some(ours.should_process), theirs["supports_should_process"].as_bool(), "{}", ours.name);
        let first = theirs["output_types"][0].as_str().unwrap();
        let wanted = if first == "System.Boolean" { first } else { powershell_type(first) };
        assert_eq!(ours.output_types, [wanted], "{}", ours.name);
    }
}

#[test]
fn every_parameter_of_az_is_there_and_stands_as_it_does() {
    let types = Types::read();
    for Pair { ours, theirs, piped_id, .. } in pairs() {
        let az_sets: BTreeSet<_> = theirs["parameters"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|p| p["sets"].as_object().unwrap().keys())
            .collect();
        for (name, wanted) in theirs["parameters"].as_object().unwrap() {
            if ["Confirm", "WhatIf"].contains(&name.as_str()) {
                continue; // what SupportsShouldProcess adds
            }
            let label = format!("{} -{name}", ours.name);
            let found = ours.parameter(name).unwrap_or_else(|| panic!("{label} is missing"));
            assert_eq!(found.type_name, powershell_type(wanted["type"].as_str().unwrap()), "{label}");
            assert_eq!(found.aliases, texts(&wanted["aliases"]), "{label}");
            let accepted = found.accepted.as_ref();
            assert_eq!(
                accepted,
                wanted["accepted_values"].as_array().map(|_| texts(&wanted["accepted_values"])).as_ref(),
                "{label}"
            );
            for set in &az_sets {
                let mut place_wanted = wanted["sets"].get(set.as_str()).map(place);
                if piped_id && name == "RegistrationId" {
                    place_wanted.as_mut().unwrap().by_property_name = true;
                }
                assert_eq!(found.place(set), place_wanted, "{label} in {set}");
            }
        }
    }
}

#[test]
fn what_az_does_not_have_is_listed() {
    for Pair { ours, theirs, parameters, sets, .. } in pairs() {
        let az = theirs["parameters"].as_object().unwrap();
        let added: BTreeSet<_> = ours
            .parameters
            .iter()
            .map(|parameter| parameter.name.as_str())
            .filter(|name| !az.contains_key(*name))
            .collect();
        assert_eq!(added, parameters, "{}", ours.name);
        let az_sets: BTreeSet<_> =
            az.values().flat_map(|parameter| parameter["sets"].as_object().unwrap().keys()).collect();
        let ours_sets = ours.sets();
        let added: BTreeSet<_> = ours_sets.iter().filter(|set| !az_sets.contains(set)).map(String::as_str).collect();
        assert_eq!(added, sets, "{}", ours.name);
    }
}

/// Which declarations bind was measured: an optional parameter that takes a property of the pipeline's object, or an id
/// that stands in every set, makes the binder choose another set than the caller meant. A name never comes from the
/// pipeline: every service has one too.
#[test]
fn only_what_is_known_to_bind_comes_from_the_pipeline() {
    let records = RECORDS.map(|(record, ..)| record);
    for cmdlet in cmdlets() {
        let is_piped = |place: &Place| place.by_value || place.by_property_name;
        let piped = cmdlet.parameters.iter().filter(|parameter| parameter.places().any(|(_, place)| is_piped(place)));
        let alone = piped.count() == 1;
        for parameter in &cmdlet.parameters {
            let name = parameter.name.as_str();
            for (set, place) in parameter.places() {
                let label = format!("{} -{name} in {set}", cmdlet.name);
                if place.by_property_name {
                    assert!(["ResourceId", "RegistrationId"].contains(&name), "{label}");
                    assert!(place.mandatory, "{label} is optional");
                }
                if place.by_value {
                    let is_object = records.contains(&name) || ["DpsObject", "Emulator"].contains(&name);
                    assert!(is_object || alone, "{label}");
                }
            }
        }
    }
}

#[test]
fn an_id_stands_in_the_five_sets_that_name_a_service_and_not_beside_a_record() {
    for Pair { ours, piped_id, theirs, .. } in pairs() {
        let id = if ours.name.ends_with("Group") { "Name" } else { "RegistrationId" };
        let (Some(id), Some(wanted)) = (ours.parameter(id), theirs["parameters"].get(id)) else { continue };
        let mandatory = place(&wanted["sets"]["ResourceSet"]).mandatory;
        for set in FIVE {
            let found = id.place(set).unwrap_or_else(|| panic!("{} -{} is not in {set}", ours.name, id.name));
            let wanted = Place { mandatory, by_property_name: piped_id, ..Place::default() };
            assert_eq!(found, wanted, "{} -{} in {set}", ours.name, id.name);
        }
        for (record, set, id) in RECORDS {
            let Some(record) = ours.parameter(record) else { continue };
            assert_eq!(ours.parameter(id).unwrap().place(set), None, "{} -{id}", ours.name);
            let wanted = Place { mandatory: true, by_value: true, ..Place::default() };
            assert_eq!(record.place(set), Some(wanted), "{}", ours.name);
        }
    }
}

#[test]
fn what_can_be_cleared_is_what_the_library_clears() {
    let every: Vec<_> = Clear::ALL.iter().map(|word| word.powershell().to_owned()).collect();
    let set = |noun: &str| {
        let cmdlet = cmdlets().into_iter().find(|cmdlet| cmdlet.name == format!("Set-{noun}")).unwrap();
        let accepted = cmdlet.parameter("Clear").unwrap().accepted.clone().unwrap();
        assert!(accepted.iter().all(|word| cmdlet.parameter(word).is_some()), "{noun}: a word is no parameter");
        accepted
    };
    assert_eq!(set("AzIoTDeviceProvisioningServiceEnrollment"), every);
    let table = std::fs::read_to_string(root().join("docs/powershell.md")).unwrap();
    for word in Clear::ALL {
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
    assert_eq!(names("PSReprovisionPolicy"), ["UpdateHubAssignment", "MigrateDeviceData"]);
    assert_eq!(names("PSCustomAllocationDefinition"), ["WebhookUrl", "ApiVersion"]);
    assert_eq!(names("PSTwinState"), ["Tags", "DesiredProperties"]);
}
