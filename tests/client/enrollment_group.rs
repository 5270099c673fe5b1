//! Groups, registrations, keys, and the changes that only this library can make: the same operations, the second noun.

use crate::common::Bench;
use aziotdps::error::Code;
use aziotdps::model::EnrollmentKind::{Group, Individual};
use aziotdps::operation::Call;
use reqwest::Method;
use serde_json::{Value, json};

const KEYS: (&str, &str) = ("QUJDREVGR0hJSktMTU5PUFFSU1Q=", "VFNSUVBPTk1MS0pJSEdGRURDQkE=");

fn stored(bench: &Bench, kind: aziotdps::model::EnrollmentKind, id: &str) -> Value {
    serde_json::from_str(&bench.emulator.stored(kind, id).expect("a stored record")).unwrap()
}

fn symmetric(bench: &Bench, more: Value) -> Value {
    let mut request =
        json!({"name": "g1", "attestationType": "SymmetricKey", "primaryKey": KEYS.0, "secondaryKey": KEYS.1});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bench.run(Call::New(Group), request).item()
}

#[test]
fn a_group_lives_from_new_to_remove() {
    let bench = Bench::connected();
    let created = symmetric(&bench, json!({"tag": {"count": 1}}));
    assert_eq!(created["enrollmentGroupId"], "g1");
    let shown = bench.run(Call::Get(Group), json!({"enrollmentGroupId": "G1", "showKey": true})).item();
    assert_eq!(shown["attestation"]["symmetricKey"], json!({"primaryKey": KEYS.0, "secondaryKey": KEYS.1}));
    bench.run(Call::Set(Group), json!({"name": "g1", "provisioningStatus": "disabled"})).item();
    let kept = stored(&bench, Group, "g1");
    assert_eq!(
        (&kept["provisioningStatus"], &kept["attestation"], &kept["initialTwin"]),
        (&json!("disabled"), &created["attestation"], &created["initialTwin"])
    );
    assert_eq!(bench.run(Call::List(Group), json!({})).items().len(), 1);
    let shaped = bench.run(Call::Get(Group), json!({"name": "g1", "shape": "powershell"})).item();
    assert_eq!(shaped.as_object().unwrap().keys().next().unwrap(), "EnrollmentGroupId");
    assert_eq!(bench.run(Call::Remove(Group), json!({"name": "g1", "passThru": true})).items(), [json!(true)]);
    let gone = bench.run(Call::Get(Group), json!({"name": "g1"})).error();
    assert_eq!((gone.code(), gone.target()), (Code::NotFound, Some("enrollmentGroup/g1")));
}

#[test]
fn a_group_is_attested_by_signers_whatever_the_switch_says() {
    let bench = Bench::connected();
    let pem = include_str!("../data/device.pem");
    let request =
        json!({"name": "signed", "attestationType": "X509", "primaryCertificate": pem, "rootCertificate": false});
    let created = bench.run(Call::New(Group), request);
    assert!(created.warnings.is_empty(), "a signer's name is nobody's id: {created:?}");
    assert_eq!(
        created.item()["attestation"]["x509"]["signingCertificates"]["primary"]["info"]["subjectName"],
        "CN=device-01"
    );
    let tpm = json!({"name": "t", "attestationType": "Tpm", "endorsementKey": "QUJD"});
    let refused = bench.run(Call::New(Group), tpm).error();
    assert!(
        refused.message().contains("\"TPM\" is not a valid attestation mechanism for an enrollment group"),
        "{refused}"
    );
}

#[test]
fn what_only_a_device_has_is_not_known_for_a_group() {
    let bench = Bench::connected();
    let refused = bench.run(Call::Set(Group), json!({"name": "g1", "deviceId": "d"})).error();
    assert_eq!((refused.code(), refused.parameter()), (Code::InvalidRequest, Some("deviceId")));
    let twice = bench.run(Call::Get(Group), json!({"name": "a", "enrollmentGroupId": "a"})).error();
    assert_eq!(twice.parameter(), Some("name"));
    assert_eq!(bench.run(Call::Remove(Group), json!({})).error().parameter(), Some("enrollmentGroupId"));
}

#[test]
fn keys_are_rolled_one_side_at_a_time() {
    let bench = Bench::connected();
    symmetric(&bench, json!({}));
    let keys = |change: Value| {
        let mut request = json!({"name": "g1"});
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        bench.run(Call::Set(Group), request).item()["attestation"]["symmetricKey"].clone()
    };
    assert_eq!(keys(json!({"swapKey": true})), json!({"primaryKey": KEYS.1, "secondaryKey": KEYS.0}));
    let renewed = keys(json!({"regenerateKey": "Secondary"}));
    assert!(renewed["primaryKey"] == KEYS.1 && renewed["secondaryKey"] != KEYS.0);
    let replaced = keys(json!({"primaryKey": KEYS.0}));
    assert_eq!((&replaced["primaryKey"], &replaced["secondaryKey"]), (&json!(KEYS.0), &renewed["secondaryKey"]));
    let refused = bench.run(Call::Set(Group), json!({"name": "g1", "primaryKey": KEYS.0, "swapKey": true})).error();
    assert_eq!(refused.parameter(), Some("swapKey"));
}

#[test]
fn what_the_peers_cannot_clear_is_cleared() {
    let bench = Bench::connected();
    let request = json!({
        "registrationId": "d", "attestationType": "X509", "primaryCertificate": include_str!("../data/device.pem"),
        "secondaryCertificate": include_str!("../data/other.pem"), "deviceId": "x", "tag": {"a": 1}, "desired": {"b": {"c": 1, "d": 2}},
        "allocationPolicy": "Hashed", "iotHub": ["a.example"]
    });
    bench.run(Call::New(Individual), request).item();
    let set = |change: Value| {
        let mut request = json!({"registrationId": "d"});
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        bench.run(Call::Set(Individual), request)
    };
    set(json!({"clear": ["DeviceId", "Tag", "IotHub", "PrimaryCertificate"], "desiredMerge": {"b": {"c": null}}}))
        .item();
    let kept = stored(&bench, Individual, "d");
    assert_eq!((kept.get("deviceId"), kept.get("iotHubs")), (None, None));
    assert_eq!(kept["initialTwin"], json!({"tags": {}, "properties": {"desired": {"b": {"d": 2}}}}));
    assert_eq!(kept["allocationPolicy"], "hashed");
    let read = bench.run(Call::Get(Individual), json!({"registrationId": "d"})).item();
    assert_eq!(read["attestation"]["x509"]["clientCertificates"]["primary"]["info"]["subjectName"], "CN=other");
    // The last certificate stays.
    let last = set(json!({"clear": ["SecondaryCertificate", "PrimaryCertificate"]})).error();
    assert_eq!((last.code(), last.parameter()), (Code::InvalidChange, Some("primaryCertificate")));
    let unknown = set(json!({"clear": ["Everything"]})).error();
    assert!(unknown.message().contains("`DeviceId`") && unknown.parameter() == Some("clear"), "{unknown:?}");
}

#[test]
fn registrations_are_read_by_id_and_by_group_over_all_pages() {
    let bench = Bench::connected();
    symmetric(&bench, json!({}));
    let seed =
        json!({"collection": "registrations", "count": 1500, "prefix": "r", "enrollmentGroupId": "g1"}).to_string();
    bench.http(Method::POST, "/_emulator/seed", seed);
    let all =
        bench.run(Call::RegistrationGet, json!({"enrollmentId": "g1", "query": "select * from enrollments"})).items();
    assert_eq!(all.len(), 1500);
    assert_eq!(bench.run(Call::RegistrationGet, json!({"enrollmentId": "g1", "top": 7})).items().len(), 7);
    let one = bench.run(Call::RegistrationGet, json!({"registrationId": "r7", "shape": "powershell"})).item();
    assert_eq!(one["RegistrationId"], "r7");
    for neither in [json!({}), json!({"registrationId": "r7", "enrollmentId": "g1"})] {
        let refused = bench.run(Call::RegistrationGet, neither).error();
        assert_eq!(refused.message(), "Please provide either RegistrationId or EnrollmentId.");
    }
    let stale = bench.run(Call::RegistrationRemove, json!({"registrationId": "r7", "etag": "InN0YWxlIg=="})).error();
    assert_eq!(stale.code(), Code::PreconditionFailed);
    assert_eq!(
        bench.run(Call::RegistrationRemove, json!({"registrationId": "r7", "passThru": true})).items(),
        [json!(true)]
    );
    let gone = bench.run(Call::RegistrationGet, json!({"registrationId": "r7"})).error();
    assert!(gone.code() == Code::NotFound && gone.message().contains("Not Found"), "{gone}");
    let policies: Vec<_> = bench
        .emulator
        .requests()
        .into_iter()
        .filter(|call| call.path.starts_with("/registrations"))
        .filter_map(|call| call.policy)
        .collect();
    assert!(
        policies.contains(&"registrationread".to_owned()) && policies.contains(&"registrationwrite".to_owned()),
        "{policies:?}"
    );
}

#[test]
fn a_device_key_is_derived_offline_and_from_the_group() {
    let bench = Bench::connected();
    let key = "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==";
    let (id, expected) = ("sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6", "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=");
    let before = bench.emulator.requests().len();
    assert_eq!(bench.run(Call::DeviceKeyDerive, json!({"registrationId": id, "symmetricKey": key})).item(), expected);
    assert_eq!(bench.emulator.requests().len(), before, "a given key needs no call");
    symmetric(&bench, json!({"primaryKey": key, "secondaryKey": key}));
    assert_eq!(bench.run(Call::DeviceKeyDerive, json!({"registrationId": id, "name": "g1"})).item(), expected);
    for (request, parameter) in [
        (json!({"registrationId": id}), "symmetricKey"),
        (json!({"registrationId": id, "symmetricKey": "no!"}), "symmetricKey"),
        (json!({"symmetricKey": key}), "registrationId"),
    ] {
        let refused = bench.run(Call::DeviceKeyDerive, request).error();
        assert!(refused.parameter() == Some(parameter) && !refused.message().contains(key), "{refused:?}");
    }
    bench
        .run(
            Call::New(Group),
            json!({"name": "x", "attestationType": "X509", "primaryCertificate": include_str!("../data/device.pem")}),
        )
        .item();
    assert_eq!(
        bench.run(Call::DeviceKeyDerive, json!({"registrationId": id, "name": "x"})).error().code(),
        Code::InvalidChange
    );
}

#[test]
fn an_attestation_is_read_with_its_keys() {
    let bench = Bench::connected();
    symmetric(&bench, json!({}));
    let read = bench.run(Call::AttestationGet, json!({"enrollmentGroupId": "g1"})).item();
    assert_eq!(read, json!({"type": "symmetricKey", "symmetricKey": {"primaryKey": KEYS.0, "secondaryKey": KEYS.1}}));
    let shaped = bench.run(Call::AttestationGet, json!({"enrollmentGroupId": "g1", "shape": "powershell"})).item();
    assert_eq!(shaped["SymmetricKey"]["PrimaryKey"], KEYS.0);
    assert_eq!(bench.run(Call::AttestationGet, json!({})).error().parameter(), Some("registrationId"));
}

#[test]
fn connection_strings_are_shown_for_one_service_and_for_all() {
    let bench = Bench::connected();
    let show = |request: Value| bench.run(Call::ServiceConnectionString, request);
    let named = |more: Value| {
        let mut request = json!({"target": {"dpsName": "emulator"}});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let own = bench.connection_string();
    assert_eq!(show(named(json!({}))).item(), json!({"connectionString": own}));
    assert_ne!(show(named(json!({"keyType": "secondary"}))).item(), json!({"connectionString": own}));
    let all = show(named(json!({"showAll": true}))).item();
    assert_eq!(all["connectionString"].as_array().unwrap().len(), 5);
    assert_eq!(show(json!({})).items(), [json!({"name": "emulator", "connectionString": own})]);
    let missing = show(named(json!({"policyName": "nobody"}))).error();
    assert_eq!(missing.code(), Code::NotFound);
    let left_out = show(json!({"policyName": "nobody"}));
    assert!(left_out.warnings.iter().any(|line| line.contains("emulator is omitted")), "{left_out:?}");
}
