//! The cmdlets take what the Az module's take. What they take besides is listed here, and nothing else may be added.

use crate::source::{Cmdlet, Place, Types, cmdlets};
use serde_json::Value;
use std::collections::BTreeSet;

const ENROLLMENT: &str = "AzIoTDeviceProvisioningServiceEnrollment";
const FIVE: [&str; 5] = ["ResourceSet", "InputObjectSet", "ResourceIdSet", "ConnectionStringSet", "HostNameSet"];

/// What each cmdlet takes besides the Az module's, and the sets that it has besides.
const ADDITIONS: [(&str, &[&str], &[&str]); 5] = [
    ("New", &["ConnectionString", "HostName"], &["ConnectionStringSet", "HostNameSet"]),
    ("Get", &["ConnectionString", "HostName", "ShowKey", "Top"], &["ConnectionStringSet", "HostNameSet"]),
    (
        "Set",
        &["ConnectionString", "ETag", "Enrollment", "Force", "HostName"],
        &["ConnectionStringSet", "EnrollmentSet", "HostNameSet"],
    ),
    (
        "Remove",
        &["All", "ConnectionString", "ETag", "Enrollment", "Force", "HostName"],
        &["ConnectionStringSet", "EnrollmentSet", "HostNameSet"],
    ),
    ("Get-AzIoTDeviceProvisioningService", &[], &[]),
];

/// Cmdlets whose id also comes from the pipeline, which the Az module's does not.
const PIPED_ID: [&str; 2] = ["New", "Set"];

struct Pair {
    ours: Cmdlet,
    theirs: Value,
    parameters: &'static [&'static str],
    sets: &'static [&'static str],
    piped_id: bool,
}

fn pairs() -> Vec<Pair> {
    let mut parity: Value = serde_json::from_str(include_str!("../parity/cmdlets.json")).unwrap();
    let service: Value = serde_json::from_str(include_str!("../parity/service.json")).unwrap();
    parity.as_object_mut().unwrap().extend(service.as_object().unwrap().clone());
    let mut ours = cmdlets();
    let mut pairs = Vec::new();
    for (name, parameters, sets) in ADDITIONS {
        let whole = if name.contains('-') { name.to_owned() } else { format!("{name}-{ENROLLMENT}") };
        // The Az module has no New: its Add is our New, and its name our alias.
        let theirs = &parity[whole.replace("New-", "Add-")];
        assert!(theirs.is_object(), "{whole} has no parity record");
        let index = ours.iter().position(|cmdlet| cmdlet.name == whole).unwrap();
        pairs.push(Pair {
            ours: ours.remove(index),
            theirs: theirs.clone(),
            parameters,
            sets,
            piped_id: PIPED_ID.contains(&name),
        });
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
            wanted.extend([format!("Add-{ENROLLMENT}"), "New-AzIoTDpsEnrollment".to_owned()]);
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
            let accepted = found.accepted.as_ref().or_else(|| types.accepted(&found.type_name));
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
        assert_eq!(added, BTreeSet::from_iter(parameters.iter().copied()), "{}", ours.name);
        let az_sets: BTreeSet<_> =
            az.values().flat_map(|parameter| parameter["sets"].as_object().unwrap().keys()).collect();
        let added: BTreeSet<_> = ours.sets().into_iter().filter(|set| !az_sets.contains(set)).collect();
        assert_eq!(added, sets.iter().map(|set| (*set).to_owned()).collect(), "{}", ours.name);
    }
}

/// Which declarations bind was measured: an optional parameter that takes a property of the pipeline's object, or an id
/// that stands in every set, makes the binder choose another set than the caller meant.
#[test]
fn only_what_is_known_to_bind_comes_from_the_pipeline() {
    for cmdlet in cmdlets() {
        for parameter in &cmdlet.parameters {
            for (set, place) in parameter.places() {
                let label = format!("{} -{} in {set}", cmdlet.name, parameter.name);
                if place.by_property_name {
                    assert!(["ResourceId", "RegistrationId"].contains(&parameter.name.as_str()), "{label}");
                    assert!(place.mandatory, "{label} is optional");
                }
                if place.by_value {
                    assert!(["DpsObject", "Enrollment", "Emulator"].contains(&parameter.name.as_str()), "{label}");
                }
            }
        }
    }
}

#[test]
fn an_id_stands_in_the_five_sets_that_name_a_service_and_not_beside_a_record() {
    for Pair { ours, piped_id, .. } in pairs() {
        let Some(id) = ours.parameter("RegistrationId") else { continue };
        for set in FIVE {
            let place = id.place(set).unwrap_or_else(|| panic!("{} -RegistrationId is not in {set}", ours.name));
            let wanted = Place { mandatory: piped_id, by_property_name: piped_id, ..Place::default() };
            assert_eq!(place, wanted, "{} -RegistrationId in {set}", ours.name);
        }
        if ours.parameter("Enrollment").is_some() {
            assert_eq!(id.place("EnrollmentSet"), None, "{} -RegistrationId", ours.name);
            let record = ours.parameter("Enrollment").unwrap().place("EnrollmentSet");
            assert_eq!(record, Some(Place { mandatory: true, by_value: true, ..Place::default() }), "{}", ours.name);
        }
    }
}

#[test]
fn records_have_azs_members_in_its_order() {
    let types = Types::read();
    let names = |class: &str| types.properties(class).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let enrollment = [
        "RegistrationId",
        "DeviceId",
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
    ];
    assert_eq!(names("PSIndividualEnrollment"), enrollment);
    assert_eq!(names("PSIndividualEnrollments"), enrollment);
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
            "ETag"
        ]
    );
    assert_eq!(names("PSReprovisionPolicy"), ["UpdateHubAssignment", "MigrateDeviceData"]);
    assert_eq!(names("PSCustomAllocationDefinition"), ["WebhookUrl", "ApiVersion"]);
    assert_eq!(names("PSTwinState"), ["Tags", "DesiredProperties"]);
}
