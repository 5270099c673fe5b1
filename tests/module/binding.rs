//! What comes from the pipeline. Which declarations bind was measured on PowerShell: an optional parameter that takes a
//! property of the pipeline's object, or an id in a set too many, makes the binder choose another set than the caller
//! meant. So nothing is piped but what stands here.

use crate::source::{EVERY_SET, Place, cmdlets};

const FIVE: [&str; 5] = ["ResourceSet", "InputObjectSet", "ResourceIdSet", "ConnectionStringSet", "HostNameSet"];

/// Parameters that take a record, each in a set of its own, with the parameter for an id alone.
const RECORDS: [(&str, &str, &str); 3] = [
    ("Enrollment", "EnrollmentSet", "RegistrationId"),
    ("EnrollmentGroup", "EnrollmentGroupSet", "Name"),
    ("Registration", "RegistrationSet", "RegistrationId"),
];

/// Whether a property of the pipeline's object may give this parameter its value.
fn may_be_a_property(cmdlet: &str, parameter: &str, set: &str) -> bool {
    match parameter {
        "ResourceId" => ["ResourceIdSet", "ResourceSet"].contains(&set),
        "RegistrationId" => FIVE.contains(&set) || cmdlet == "New-AzIoTDpsDeviceKey" && set == EVERY_SET,
        // Every service has a Name too: not beside one that is piped, and never of what is to be removed.
        "Name" => {
            let is_read_or_set = cmdlet.starts_with("Get-") || cmdlet.starts_with("Set-");
            is_read_or_set && ["ResourceSet", "ConnectionStringSet", "HostNameSet"].contains(&set)
        }
        _ => false,
    }
}

/// Whether the pipeline's object itself may be this parameter's value.
fn may_be_the_object(cmdlet: &str, parameter: &str, set: &str) -> bool {
    match parameter {
        "DpsObject" => set == "InputObjectSet",
        "Emulator" => cmdlet == "Stop-AzIoTDpsEmulator",
        "RegistrationId" => cmdlet == "New-AzIoTDpsDeviceKey",
        record => RECORDS.iter().any(|(name, of, _)| (*name, *of) == (record, set)),
    }
}

#[test]
fn only_what_is_known_to_bind_comes_from_the_pipeline() {
    let mut piped = 0;
    for cmdlet in cmdlets() {
        for parameter in &cmdlet.parameters {
            for (set, place) in parameter.places() {
                let label = format!("{} -{} in {set}", cmdlet.name, parameter.name);
                assert!(!place.by_property_name || may_be_a_property(&cmdlet.name, &parameter.name, set), "{label}");
                assert!(!place.by_value || may_be_the_object(&cmdlet.name, &parameter.name, set), "{label}");
                piped += usize::from(place.by_value || place.by_property_name);
            }
        }
    }
    assert!(piped > 50, "only {piped} places found");
}

/// In ResourceSet too: an object with a resource id and a registration id would lose its resource id.
#[test]
fn a_piped_resource_id_binds_in_each_set_that_the_binder_may_choose() {
    for cmdlet in cmdlets() {
        let Some(resource_id) = cmdlet.parameter("ResourceId") else { continue };
        let Some(place) = resource_id.place("ResourceIdSet").filter(|place| place.by_property_name) else { continue };
        assert!(place.mandatory, "{}", cmdlet.name);
        let in_resource_set =
            cmdlet.parameter("ResourceGroupName").and_then(|group| group.place("ResourceSet")).unwrap();
        if in_resource_set.mandatory {
            continue; // the binder cannot choose it without one
        }
        let wanted = Place { by_property_name: true, ..Place::default() };
        assert_eq!(resource_id.place("ResourceSet"), Some(wanted), "{}", cmdlet.name);
    }
}

#[test]
fn an_id_stands_in_the_five_sets_that_name_a_service_and_not_beside_a_record() {
    let mut checked = 0;
    for cmdlet in cmdlets().into_iter().filter(|cmdlet| cmdlet.parameter("HostName").is_some()) {
        let id = if cmdlet.name.ends_with("Group") { "Name" } else { "RegistrationId" };
        let Some(id) = cmdlet.parameter(id).filter(|id| id.place("ResourceSet").is_some()) else { continue };
        let mandatory = id.place("ResourceSet").unwrap().mandatory;
        assert!(mandatory || cmdlet.name.starts_with("Get-") || cmdlet.name.starts_with("Remove-"), "{}", cmdlet.name);
        for set in FIVE {
            let found = id.place(set).unwrap_or_else(|| panic!("{} -{} is not in {set}", cmdlet.name, id.name));
            // Without it the binder would give up the set, and take what else is piped for the id.
            assert_eq!(found.mandatory, mandatory, "{} -{} in {set}", cmdlet.name, id.name);
            assert_eq!(found.position, None, "{} -{} in {set}", cmdlet.name, id.name);
        }
        for (record, set, id) in RECORDS {
            let Some(record) = cmdlet.parameter(record) else { continue };
            assert_eq!(cmdlet.parameter(id).unwrap().place(set), None, "{} -{id}", cmdlet.name);
            let wanted = Place { mandatory: true, by_value: true, ..Place::default() };
            assert_eq!(record.place(set), Some(wanted), "{}", cmdlet.name);
        }
        checked += 1;
    }
    assert_eq!(checked, 11, "cmdlets with an id");
}
