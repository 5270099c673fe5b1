//! Enrollments from the operations' side: what a call does to the service's records, and to nothing else.

use crate::common::{Bench, finish};
use aziotdps::emulator::Fault;
use aziotdps::error::{Code, Outcome};
use aziotdps::model::EnrollmentKind::Individual;
use aziotdps::operation::{Call, Event};
use serde_json::{Value, json};
use std::time::Duration;

const KEYS: (&str, &str) = ("QUJDREVGR0hJSktMTU5PUFFSU1Q=", "VFNSUVBPTk1MS0pJSEdGRURDQkE=");

/// A record with all that a careless change would break.
fn precious(bench: &Bench) -> Value {
    let created = bench.run(
        Call::New(Individual),
        json!({
            "registrationId": "dev-01", "attestationType": "SymmetricKey", "primaryKey": KEYS.0, "secondaryKey": KEYS.1,
            "deviceId": "device@1", "iotHub": ["a.example"], "allocationPolicy": "Static",
            "tag": {"version": "3.2.0", "count": null, "metadata": {"lastUpdated": [1.50, 12345678901234567890123u128.to_string()]}},
            "desired": r#"{"version":1.10,"count":"x","metadata":7,"big":123456789012345678901234567890}"#,
            "deviceInformation": {"model": "m"}
        }),
    );
    created.item()
}

fn stored(bench: &Bench, id: &str) -> Value {
    serde_json::from_str(&bench.emulator.stored(Individual, id).expect("a stored record")).unwrap()
}

#[test]
fn a_record_lives_from_new_to_remove() {
    let bench = Bench::connected();
    let created = precious(&bench);
    assert_eq!(created["attestation"]["symmetricKey"], json!({"primaryKey": KEYS.0, "secondaryKey": KEYS.1}));
    assert_eq!(created["reprovisionPolicy"], json!({"updateHubAssignment": true, "migrateDeviceData": true}));

    let read = bench.run(Call::Get(Individual), json!({"registrationId": "DEV-01"})).item();
    assert_eq!(read["registrationId"], "dev-01");
    assert_eq!(read["attestation"], json!({"type": "symmetricKey"}));
    let shown = bench.run(Call::Get(Individual), json!({"registrationId": "dev-01", "showKey": true})).item();
    assert_eq!(shown["attestation"]["symmetricKey"]["secondaryKey"], KEYS.1);

    let changed = bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "edgeEnabled": true})).item();
    assert_eq!((&changed["capabilities"]["iotEdge"], &changed["deviceId"]), (&json!(true), &json!("device@1")));

    let removed = bench.run(Call::Remove(Individual), json!({"registrationId": "dev-01", "passThru": true}));
    assert_eq!(removed.items(), [json!(true)]);
    let gone = bench.run(Call::Get(Individual), json!({"registrationId": "dev-01"})).error();
    assert_eq!((gone.code(), gone.target()), (Code::NotFound, Some("enrollment/dev-01")));
    assert!(gone.message().contains("Not Found") && gone.http().unwrap().tracking_id.is_some(), "{gone:?}");
}

#[test]
fn a_set_of_the_status_changes_nothing_else() {
    let bench = Bench::connected();
    precious(&bench);
    let mut before = stored(&bench, "dev-01");
    // A member from a newer api-version, deep in the record too.
    before["novelty"] = json!({"a": 1.0});
    before["attestation"]["symmetricKey"]["novelty"] = json!(["x"]);
    bench.put_raw("/enrollments/dev-01", before.to_string());
    let before = bench.emulator.stored(Individual, "dev-01").unwrap();

    bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "provisioningStatus": "Disabled"})).item();

    let after = bench.emulator.stored(Individual, "dev-01").unwrap();
    let (before, after): (Value, Value) =
        (serde_json::from_str(&before).unwrap(), serde_json::from_str(&after).unwrap());
    assert_eq!(after["provisioningStatus"], "disabled");
    let rest = |record: &Value| {
        let mut rest = record.as_object().unwrap().clone();
        for changed in ["provisioningStatus", "etag", "lastUpdatedDateTimeUtc"] {
            rest.shift_remove(changed);
        }
        Value::Object(rest).to_string()
    };
    assert_eq!(rest(&after), rest(&before));
    assert!(rest(&after).contains(r#""version":1.10"#) && rest(&after).contains("123456789012345678901234567890"));
}

#[test]
fn two_concurrent_sets_are_both_in_the_record() {
    let bench = Bench::connected();
    precious(&bench);
    let mut merged_anew = false;
    for round in 0..20 {
        let start = |request: Value| bench.session.start(Call::Set(Individual), request.to_string().as_bytes());
        let first = start(json!({"registrationId": "dev-01", "tag": {"round": round}}));
        let second = start(json!({"registrationId": "dev-01", "desired": {"round": round}}));
        for operation in [first, second] {
            let outcome = finish(&operation);
            merged_anew |= outcome.log.iter().any(|line| line.starts_with("412: "));
            outcome.item();
        }
        let twin = &stored(&bench, "dev-01")["initialTwin"];
        assert_eq!((&twin["tags"]["round"], &twin["properties"]["desired"]["round"]), (&json!(round), &json!(round)));
        if merged_anew && round > 2 {
            break;
        }
    }
    assert!(merged_anew, "the two never met");
    assert!(bench.calls().iter().any(|call| call.starts_with("PUT") && call.ends_with("412")));
}

#[test]
fn a_stale_etag_is_refused_and_force_is_not() {
    let bench = Bench::connected();
    let stale = precious(&bench)["etag"].clone();
    let fresh = bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "tag": {}, "etag": stale})).item();
    for (call, request) in [
        (Call::Set(Individual), json!({"registrationId": "dev-01", "etag": stale, "deviceId": "y"})),
        (Call::Remove(Individual), json!({"registrationId": "dev-01", "etag": stale})),
    ] {
        let refused = bench.run(call, request).error();
        assert_eq!((refused.code(), refused.outcome()), (Code::PreconditionFailed, Outcome::NotApplied));
    }
    assert_eq!(stored(&bench, "dev-01")["etag"], fresh["etag"]);
    bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "deviceId": "z", "force": true})).item();
    assert!(bench.emulator.requests().iter().any(|call| call.if_match.as_deref() == Some("*")));
}

#[test]
fn new_never_overwrites() {
    let bench = Bench::connected();
    precious(&bench);
    let before = bench.emulator.stored(Individual, "dev-01");
    let refused = bench
        .run(Call::New(Individual), json!({"registrationId": "Dev-01", "attestationType": "SymmetricKey"}))
        .error();
    assert_eq!((refused.code(), refused.http().unwrap().error_code.as_deref()), (Code::AlreadyExists, Some("409201")));
    assert_eq!(bench.emulator.stored(Individual, "dev-01"), before);
}

#[test]
fn a_certificate_is_replaced_alone_and_its_neighbour_stays() {
    let bench = Bench::connected();
    let pem = include_str!("../data/device.pem");
    let created = bench
        .run(
            Call::New(Individual),
            json!({"registrationId": "device-01", "attestationType": "X509", "primaryCertificate": pem}),
        )
        .item();
    let info = created["attestation"]["x509"]["clientCertificates"]["primary"]["info"].clone();
    assert_eq!(info["subjectName"], "CN=device-01");
    let other = include_str!("../data/other.pem");
    let request = json!({"registrationId": "device-01", "secondaryCertificate": other});
    let changed = bench.run(Call::Set(Individual), request);
    assert!(changed.warnings.iter().any(|line| line.contains("common name is 'other'")), "{changed:?}");
    let slots = changed.item()["attestation"]["x509"]["clientCertificates"].clone();
    assert_eq!((&slots["primary"]["info"], &slots["secondary"]["info"]["subjectName"]), (&info, &json!("CN=other")));
    // A change of something else keeps both.
    bench.run(Call::Set(Individual), json!({"registrationId": "device-01", "tag": {"a": 1}})).item();
    let kept = bench.run(Call::Get(Individual), json!({"registrationId": "device-01"})).item();
    assert_eq!(kept["attestation"]["x509"]["clientCertificates"], slots);
}

#[test]
fn a_listing_streams_and_stops_when_nobody_looks() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..10_000);
    let queries = || bench.calls().iter().filter(|call| call.contains("/query")).count();

    let operation = bench.session.start(Call::List(Individual), b"{}");
    let first = loop {
        match operation.next(Some(Duration::from_secs(10))) {
            Event::Items(items) => break items.len(),
            Event::Message(_) | Event::Origin(_) | Event::Progress(_) => {}
            other => panic!("{other:?}"),
        }
    };
    // Time enough to ask for all ten pages, if it did not wait for its reader.
    std::thread::sleep(Duration::from_millis(300));
    let asked = queries();
    assert!(first == 1000 && asked < 5, "{asked} pages were asked for while one was looked at");
    drop(operation);
    std::thread::sleep(Duration::from_millis(300));
    assert!(queries() <= asked + 1, "the calls go on without a reader");

    let all = bench.run(Call::List(Individual), json!({})).items();
    let ids: std::collections::HashSet<_> =
        all.iter().map(|record| record["registrationId"].as_str().unwrap()).collect();
    assert_eq!((all.len(), ids.len()), (10_000, 10_000));
}

#[test]
fn top_and_page_size_bound_what_is_asked_for() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..25);
    assert_eq!(bench.run(Call::List(Individual), json!({"top": 12, "pageSize": 5})).items().len(), 12);
    let sizes: Vec<_> = bench.emulator.requests().into_iter().filter_map(|call| call.max_item_count).collect();
    assert_eq!(sizes, ["5", "5", "2"]);
    assert_eq!(bench.run(Call::List(Individual), json!({"top": 0})).error().parameter(), Some("top"));
}

#[test]
fn remove_all_misses_none_and_reports_each_failure() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..2_500);
    bench.fault(Fault::status(409).on("DELETE", "/enrollments/").times(2));
    let outcome = bench.run(Call::Remove(Individual), json!({"all": true, "passThru": true}));
    assert_eq!((outcome.items.len(), outcome.errors.len()), (2_498, 2));
    assert!(
        outcome
            .errors
            .iter()
            .all(|error| error.code() == Code::Conflict && error.target().unwrap().starts_with("enrollment/dev-"))
    );
    assert_eq!(bench.run(Call::List(Individual), json!({})).items().len(), 2);
}

#[test]
fn remove_needs_an_id_or_all() {
    let bench = Bench::connected();
    for (request, parameter) in [
        (json!({}), "registrationId"),
        (json!({"all": true, "registrationId": "a"}), "all"),
        (json!({"all": true, "etag": "ImUi"}), "etag"),
    ] {
        assert_eq!(bench.run(Call::Remove(Individual), request).error().parameter(), Some(parameter));
    }
    assert_eq!(bench.calls(), [] as [String; 0]);
}

#[test]
fn powershell_records_have_the_az_names_and_words() {
    let bench = Bench::connected();
    precious(&bench);
    let record = bench.run(Call::Get(Individual), json!({"registrationId": "dev-01", "shape": "powershell"})).item();
    let names: Vec<_> = record.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "RegistrationId",
            "DeviceId",
            "RegistrationState",
            "Attestation",
            "InitialTwinState",
            "ProvisioningStatus",
            "CreatedDateTimeUtc",
            "LastUpdatedDateTimeUtc",
            "ETag",
            "Capabilities",
            "ReprovisionPolicy",
            "AllocationPolicy",
            "IotHubs"
        ]
    );
    assert_eq!(record["Attestation"], json!({"Type": "SymmetricKey"}));
    assert_eq!((&record["ProvisioningStatus"], &record["AllocationPolicy"]), (&json!("Enabled"), &json!("Static")));
    assert_eq!(record["RegistrationState"]["Status"], "Unassigned");
    assert!(record["InitialTwinState"]["DesiredProperties"].to_string().starts_with(r#"{"version":1.10,"#));

    bench.run(
        Call::New(Individual),
        json!({"registrationId": "bare", "attestationType": "SymmetricKey", "shape": "powershell"}),
    );
    let bare = bench.run(Call::Get(Individual), json!({"registrationId": "bare", "shape": "powershell"})).item();
    assert_eq!((&bare["ProvisioningStatus"], &bare["AllocationPolicy"]), (&json!("Enabled"), &json!("Hashed")));
}
