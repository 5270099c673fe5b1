//! What an operation says it changed is what it changed, whoever else writes and whatever answers.

use crate::common::{Bench, finish};
use aziotdps::emulator::{Fault, FaultStatus};
use aziotdps::error::{Code, Outcome};
use aziotdps::model::DEVELOPMENT;
use aziotdps::model::EnrollmentKind::{Group, Individual};
use aziotdps::operation::{Call, Event};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PEM: &str = include_str!("../data/device.pem");
const OTHER: &str = include_str!("../data/other.pem");

/// Longer than the margin within which a record may have been created anew.
const SETTLED: Duration = Duration::from_secs(4);

/// A bench whose session gives up at the second attempt.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.connect(json!({"maximumAttempts": 2}));
    bench
}

fn new(bench: &Bench, id: &str) -> Value {
    bench.run(Call::New(Individual), json!({"registrationId": id, "attestationType": "SymmetricKey"})).item()
}

fn stored(bench: &Bench, id: &str) -> Value {
    serde_json::from_str(&bench.emulator.stored(Individual, id).expect("a stored record")).unwrap()
}

fn answer(status: u16, body: &Value) -> Fault {
    Fault::answer(FaultStatus { status, body: Some(body.to_string()), ..FaultStatus::default() })
}

/// The requests of `method` to the data plane that the emulator got.
fn sent(bench: &Bench, method: &str) -> usize {
    bench.calls().iter().filter(|call| call.starts_with(&format!("{method} /"))).count()
}

#[test]
fn the_rights_of_a_real_default_policy_read_and_remove_registrations() {
    let bench = bench();
    bench.http(Method::PUT, "/_emulator/registrations/r", "{}".to_owned());
    // All that a real service has until somebody adds a policy.
    let owner = DEVELOPMENT.policies[0];
    let rights = "ServiceConfig, DeviceConnect, EnrollmentWrite";
    let policy = json!({"keyName": owner.name, "primaryKey": owner.primary_key, "secondaryKey": owner.secondary_key, "rights": rights});
    bench.fault(answer(200, &json!({"value": [policy]})).on("POST", "/listkeys"));
    assert_eq!(bench.run(Call::RegistrationGet, json!({"registrationId": "r"})).item()["registrationId"], "r");
    let removed = bench.run(Call::RegistrationRemove, json!({"registrationId": "r", "passThru": true}));
    assert_eq!(removed.items(), [json!(true)]);
}

#[test]
fn where_a_lesser_policy_is_refused_the_most_privileged_one_is_tried_once() {
    let bench = bench();
    bench.seed("enrollments", 0..1_500);
    bench.fault(Fault::status(403).on("POST", "/enrollments/query"));
    assert_eq!(bench.run(Call::List(Individual), json!({"pageSize": 500})).items().len(), 1_500);
    let policies = || {
        let calls = bench.emulator.requests().into_iter().filter(|call| call.path.starts_with("/enrollments/query"));
        calls.map(|call| call.policy.unwrap()).collect::<Vec<_>>()
    };
    let owner = DEVELOPMENT.policies[0].name;
    // One refusal is enough for the whole operation.
    assert_eq!(policies(), ["enrollmentread", owner, owner, owner]);
    bench.fault(Fault::status(403).on("POST", "/enrollments/query").times(9));
    assert_eq!(bench.run(Call::List(Individual), json!({})).error().code(), Code::Forbidden);
    assert_eq!(policies().len(), 6);
}

#[test]
fn a_replaced_certificate_is_no_longer_trusted_by_its_copy() {
    let bench = bench();
    let slots = |call, request: Value| {
        let outcome = bench.run(call, request);
        let says = outcome.log.iter().any(|line| line.contains("secondary certificate was the same"));
        let x509 = outcome.item()["attestation"]["x509"].clone();
        let name = |pair: &Value, slot: &str| pair[slot]["info"]["subjectName"].as_str().unwrap_or("none").to_owned();
        let pair = x509.get("clientCertificates").or(x509.get("signingCertificates")).unwrap().clone();
        (name(&pair, "primary"), name(&pair, "secondary"), says)
    };
    let names = |primary: &str, secondary: &str, says| (format!("CN={primary}"), format!("CN={secondary}"), says);
    for (kind, id) in [(Individual, "registrationId"), (Group, "name")] {
        let alone = json!({(id): "x", "attestationType": "X509", "primaryCertificate": PEM});
        // The service copies a certificate that comes alone.
        assert_eq!(slots(Call::New(kind), alone), names("device-01", "device-01", false));
        // The same one again replaces nothing.
        let same = slots(Call::Set(kind), json!({(id): "x", "primaryCertificate": PEM}));
        assert_eq!(same, names("device-01", "device-01", false));
        let replaced = slots(Call::Set(kind), json!({(id): "x", "primaryCertificate": OTHER}));
        assert_eq!(replaced, names("other", "other", true));
        // A different secondary certificate stays, and so does the primary one when the secondary one is replaced.
        let second = slots(Call::Set(kind), json!({(id): "x", "secondaryCertificate": PEM}));
        assert_eq!(second, names("other", "device-01", false));
        let cleared =
            slots(Call::Set(kind), json!({(id): "x", "primaryCertificate": PEM, "clear": ["SecondaryCertificate"]}));
        assert_eq!(cleared, names("device-01", "device-01", false));
        let request = json!({(id): "x", "primaryCertificate": OTHER, "clear": ["PrimaryCertificate"]});
        assert_eq!(slots(Call::Set(kind), request), names("other", "other", true));
    }
    let ca = json!({"name": "ca", "attestationType": "X509", "primaryCAName": "a", "secondaryCAName": "a"});
    bench.run(Call::New(Group), ca).item();
    let replaced = bench.run(Call::Set(Group), json!({"name": "ca", "primaryCAName": "b"})).item();
    assert_eq!(replaced["attestation"]["x509"]["caReferences"], json!({"primary": "b"}));
}

/// The refusal of an api-version as the service words it.
fn unknown_version() -> Fault {
    let error = json!({"errorCode": 400004, "trackingId": "t", "message": "Unsupported API version 2026-11-01."});
    answer(400, &error).times(99)
}

fn versions(bench: &Bench) -> Vec<String> {
    let calls = bench.emulator.requests().into_iter().filter(|call| call.path.starts_with("/enrollments"));
    calls.map(|call| call.path.split_once("api-version=").unwrap().1.to_owned()).collect()
}

#[test]
fn the_newest_contract_is_spoken_so_that_no_member_is_hidden() {
    let bench = bench();
    let registry = json!({"namespaceName": "n", "certificateAuthorityName": "c", "certificatePolicyName": "p"});
    let mut request = json!({"registrationId": "a", "attestationType": "SymmetricKey"});
    request.as_object_mut().unwrap().extend(registry.as_object().unwrap().clone());
    bench.run(Call::New(Individual), request).item();
    bench.run(Call::Set(Individual), json!({"registrationId": "a", "tag": {"x": 1}})).item();
    let kept = bench.run(Call::Get(Individual), json!({"registrationId": "a", "shape": "powershell"})).item();
    assert_eq!((&kept["NamespaceName"], &kept["CertificatePolicyName"]), (&json!("n"), &json!("p")));
    bench.run(Call::Set(Individual), json!({"registrationId": "a", "clear": ["CertificatePolicyName"]})).item();
    assert_eq!(stored(&bench, "a")["certificatePolicyName"], Value::Null);
    bench.run(Call::List(Individual), json!({})).items();
    assert!(versions(&bench).iter().all(|version| version == "2026-11-01"), "{:?}", versions(&bench));
    let ready = bench.emulator.ready();
    let bad = json!({"emulator": ready.endpoint, "dataPlaneApiVersion": "latest"});
    assert_eq!(bench.run(Call::SessionConnect, bad).error().parameter(), Some("dataPlaneApiVersion"));
}

#[test]
fn a_service_that_does_not_know_the_newest_contract_gets_the_older_one() {
    let bench = bench();
    bench.fault(unknown_version().on("POST", "api-version=2026-11-01"));
    bench.fault(unknown_version().on("PUT", "api-version=2026-11-01"));
    bench.fault(unknown_version().on("GET", "api-version=2026-11-01"));
    new(&bench, "a");
    bench.run(Call::Set(Individual), json!({"registrationId": "a", "tag": {"x": 1}})).item();
    bench.run(Call::List(Individual), json!({})).items();
    // The session asks once.
    let spoken = versions(&bench);
    assert_eq!(spoken.iter().filter(|version| *version == "2026-11-01").count(), 1, "{spoken:?}");
    // What only the newest one has is not sent with an older one, which would ignore it.
    let request = json!({"registrationId": "a", "namespaceName": "n"});
    assert_eq!(bench.run(Call::Set(Individual), request.clone()).error().code(), Code::BadRequest);
    bench.connect(json!({"maximumAttempts": 2, "dataPlaneApiVersion": "2021-10-01"}));
    let ignored = bench.run(Call::Set(Individual), request).error();
    assert_eq!((ignored.code(), ignored.parameter()), (Code::InvalidArgument, Some("dataPlaneApiVersion")));
}

#[test]
fn a_chosen_version_is_used_and_no_other_refusal_is_taken_for_one_of_the_version() {
    let bench = Bench::new();
    bench.connect(json!({"dataPlaneApiVersion": "2026-11-01"}));
    bench.fault(unknown_version().on("GET", "/enrollments/"));
    assert_eq!(bench.run(Call::Get(Individual), json!({"registrationId": "a"})).error().code(), Code::BadRequest);
    assert_eq!(versions(&bench), ["2026-11-01"]);
    bench.emulator.faults().clear();

    bench.connect(json!({}));
    bench.fault(answer(400, &json!({"errorCode": 400000, "message": "No."})).on("GET", "/enrollments/"));
    assert_eq!(bench.run(Call::Get(Individual), json!({"registrationId": "a"})).error().attempts(), 1);
    // A message that names the version by chance: the older one is refused too, and the first refusal is told.
    let says = |text: &str| answer(400, &json!({"errorCode": 400000, "message": text})).on("GET", "/enrollments/");
    bench.fault(says("api-version of the webhook"));
    bench.fault(says("another reason"));
    let refused = bench.run(Call::Get(Individual), json!({"registrationId": "a"})).error();
    assert!(refused.message().contains("of the webhook") && refused.attempts() == 2, "{refused:?}");
    new(&bench, "a");
    assert_eq!(versions(&bench).last().unwrap(), "2026-11-01");
}

#[test]
fn a_change_is_not_merged_into_another_version_than_the_one_that_was_meant() {
    let bench = bench();
    let old = new(&bench, "a");
    let current = bench.run(Call::Set(Individual), json!({"registrationId": "a", "tag": {"by": "other"}})).item();
    let request = json!({"registrationId": "a", "deviceId": "d", "etag": current["etag"]});
    let puts = sent(&bench, "PUT");
    // A replica that is behind for longer.
    bench.fault(answer(200, &old).on("GET", "/enrollments/a").times(2));
    let stale = bench.run(Call::Set(Individual), request.clone()).error();
    assert_eq!((stale.code(), stale.outcome()), (Code::PreconditionFailed, Outcome::NotApplied));
    assert!(stale.message().contains("Precondition Failed") && sent(&bench, "PUT") == puts, "{stale}");
    // One that catches up.
    bench.fault(answer(200, &old).on("GET", "/enrollments/a"));
    let changed = bench.run(Call::Set(Individual), request).item();
    assert_eq!(changed["initialTwin"]["tags"], json!({"by": "other"}));
    // An etag in quotes is the same one.
    let quoted = format!("\"{}\"", changed["etag"].as_str().unwrap());
    bench.run(Call::Set(Individual), json!({"registrationId": "a", "tag": {}, "etag": quoted})).item();
}

#[test]
fn a_precondition_is_not_met_by_a_record_that_looks_the_same() {
    let bench = bench();
    let etag = new(&bench, "a")["etag"].clone();
    // The first attempt does nothing, and somebody else makes the very same change before the second.
    bench.fault(Fault::status(503).on("PUT", "/enrollments/a").retry_after("2"));
    let request = json!({"registrationId": "a", "tag": {"x": 1}, "etag": etag});
    let operation = bench.session.start(Call::Set(Individual), request.to_string().as_bytes());
    bench.until_played();
    bench.run(Call::Set(Individual), json!({"registrationId": "a", "tag": {"x": 1}})).item();
    let error = finish(&operation).error();
    assert_eq!((error.code(), error.outcome()), (Code::PreconditionFailed, Outcome::Unknown), "{error}");
}

#[test]
fn a_record_that_was_created_anew_is_not_removed_by_a_repetition() {
    let bench = bench();
    let group = json!({"name": "g", "attestationType": "SymmetricKey"});
    let device = json!({"registrationId": "d", "attestationType": "SymmetricKey"});
    for force in [false, true] {
        for (kind, id, path, create) in
            [(Individual, "registrationId", "/enrollments/d", &device), (Group, "name", "/enrollmentGroups/g", &group)]
        {
            bench.run(Call::New(kind), create.clone()).item();
            bench.fault(Fault::status(503).on("DELETE", path).applied().retry_after("1"));
            let request = json!({(id): create[id], "force": force});
            let operation = bench.session.start(Call::Remove(kind), request.to_string().as_bytes());
            bench.until_played();
            bench.run(Call::New(kind), create.clone()).item();
            let error = finish(&operation).error();
            assert_eq!((error.code(), error.outcome()), (Code::ServiceFailure, Outcome::Unknown), "{error}");
            bench.run(
                Call::Remove(kind),
                json!({(id): create[id], "etag": bench.run(Call::Get(kind), json!({(id): create[id]})).item()["etag"]}),
            );
        }
    }
    let registration = || bench.http(Method::PUT, "/_emulator/registrations/r", "{}".to_owned());
    registration();
    bench.fault(Fault::status(503).on("DELETE", "/registrations/r").applied().retry_after("1"));
    let operation = bench.session.start(Call::RegistrationRemove, br#"{"registrationId":"r"}"#);
    bench.until_played();
    registration();
    assert_eq!(finish(&operation).error().outcome(), Outcome::Unknown);
    bench.run(Call::RegistrationGet, json!({"registrationId": "r"})).item();
}

#[test]
fn a_record_that_is_still_the_same_is_removed_by_a_repetition() {
    let bench = bench();
    new(&bench, "d");
    std::thread::sleep(SETTLED);
    bench.fault(Fault::status(503).on("DELETE", "/enrollments/d").retry_after("1"));
    let operation = bench.session.start(Call::Remove(Individual), br#"{"registrationId":"d","passThru":true}"#);
    bench.until_played();
    // A change in between does not make it another record.
    bench.run(Call::Set(Individual), json!({"registrationId": "d", "tag": {"x": 1}})).item();
    assert_eq!(finish(&operation).items(), [json!(true)]);
    assert_eq!(bench.emulator.stored(Individual, "d"), None);
}

#[test]
fn a_forced_change_is_not_repeated_over_somebody_elses() {
    let bench = bench();
    new(&bench, "d");
    bench.fault(Fault::status(503).on("PUT", "/enrollments/d").applied().retry_after("1"));
    let operation =
        bench.session.start(Call::Set(Individual), br#"{"registrationId":"d","deviceId":"x","force":true}"#);
    bench.until_played();
    bench.run(Call::Set(Individual), json!({"registrationId": "d", "tag": {"by": "other"}})).item();
    let changed = finish(&operation).item();
    assert_eq!((&changed["deviceId"], &changed["initialTwin"]["tags"]), (&json!("x"), &json!({"by": "other"})));
}

#[test]
fn hubs_replace_the_hub_of_older_records() {
    let bench = bench();
    let legacy = json!({
        "registrationId": "d", "attestation": {"type": "symmetricKey"}, "allocationPolicy": "hashed",
        "iotHubHostName": "old.azure-devices.net"
    });
    new(&bench, "d");
    for change in [json!({"iotHub": ["a.azure-devices.net"]}), json!({"allocationPolicy": "Hashed"})] {
        bench.put_raw("/enrollments/d", legacy.to_string());
        let mut request = json!({"registrationId": "d"});
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let changed = bench.run(Call::Set(Individual), request).item();
        assert_eq!(changed.get("iotHubHostName"), None, "{change}");
    }
}

#[test]
fn only_what_the_contract_has_is_the_services_word() {
    let bench = bench();
    let device = new(&bench, "d");
    let group = bench.run(Call::New(Group), json!({"name": "d", "attestationType": "SymmetricKey"})).item();
    bench.http(Method::PUT, "/_emulator/registrations/d", "{}".to_owned());
    let html =
        |status| Fault::answer(FaultStatus { status, html: Some("<p>Sign in".to_owned()), ..FaultStatus::default() });
    let other = |record: &Value, id: &str| {
        let mut other = record.clone();
        other[id] = json!("somebody-else");
        other
    };
    let symmetric = |id: &str| json!({(id): "n", "attestationType": "SymmetricKey"});
    let writes = [
        (Call::New(Individual), symmetric("registrationId"), "PUT", "/enrollments/n", &device, "registrationId"),
        (
            Call::Set(Individual),
            json!({"registrationId": "d", "tag": {"a": 1}}),
            "PUT",
            "/enrollments/d",
            &device,
            "registrationId",
        ),
        (Call::New(Group), symmetric("name"), "PUT", "/enrollmentGroups/n", &group, "enrollmentGroupId"),
        (
            Call::Set(Group),
            json!({"name": "d", "tag": {"a": 1}}),
            "PUT",
            "/enrollmentGroups/d",
            &group,
            "enrollmentGroupId",
        ),
        (
            Call::Remove(Individual),
            json!({"registrationId": "d"}),
            "DELETE",
            "/enrollments/d",
            &device,
            "registrationId",
        ),
        (
            Call::Remove(Group),
            json!({"name": "d", "force": true}),
            "DELETE",
            "/enrollmentGroups/d",
            &group,
            "enrollmentGroupId",
        ),
        (
            Call::RegistrationRemove,
            json!({"registrationId": "d"}),
            "DELETE",
            "/registrations/d",
            &device,
            "registrationId",
        ),
    ];
    for (call, request, method, path, record, id) in writes {
        let mut foreign =
            vec![html(200), answer(200, &json!({})), answer(200, &json!(null)), answer(206, record), html(302)];
        foreign.push(answer(202, record));
        if method == "PUT" {
            foreign.extend([Fault::answer(FaultStatus {
                status: 204,
                body: Some(String::new()),
                ..FaultStatus::default()
            })]);
            foreign.extend([answer(200, &other(record, id)), answer(200, &json!([record]))]);
            let typed = FaultStatus { status: 200, body: Some(record.to_string()), ..FaultStatus::default() };
            foreign.push(Fault::answer(FaultStatus { html: Some(record.to_string()), ..typed }));
        } else {
            foreign.push(answer(200, record));
        }
        for fault in foreign {
            let shown = format!("{call:?} {:?}", fault.kind);
            bench.fault(fault.on(method, path));
            let error = bench.run(call, request.clone()).error();
            assert_eq!(
                (error.code(), error.outcome()),
                (Code::UnexpectedResponse, Outcome::Unknown),
                "{shown}: {error:?}"
            );
        }
    }
    // What a read has to be: nothing is written from a record that is not the one that was asked for.
    let puts = sent(&bench, "PUT");
    for body in [json!({}), other(&device, "registrationId"), json!([device])] {
        bench.fault(answer(200, &body).on("GET", "/enrollments/d").times(2));
        for (call, request) in [
            (Call::Get(Individual), json!({"registrationId": "d"})),
            (Call::Set(Individual), json!({"registrationId": "d", "tag": {"a": 1}})),
        ] {
            let error = bench.run(call, request).error();
            assert_eq!((error.code(), error.outcome()), (Code::UnexpectedResponse, Outcome::NotApplied), "{body}");
        }
    }
    bench.fault(answer(200, &json!({})).on("POST", "/attestationmechanism"));
    assert_eq!(
        bench.run(Call::Set(Individual), json!({"registrationId": "d", "tag": {"a": 1}})).error().code(),
        Code::UnexpectedResponse
    );
    assert_eq!(sent(&bench, "PUT"), puts);
    // Records without ids would be left out of what is to be removed, and "all are removed" be said.
    bench.fault(answer(200, &json!([{"a": 1}])).on("POST", "/enrollments/query"));
    assert_eq!(bench.run(Call::Remove(Individual), json!({"all": true})).error().code(), Code::UnexpectedResponse);
}

#[test]
fn a_write_that_the_service_gave_up_waiting_for_may_have_been_made() {
    let bench = bench();
    new(&bench, "d");
    bench.fault(Fault::status(408).on("PUT", "/enrollments/d").times(2).retry_after("0"));
    let error = bench.run(Call::Set(Individual), json!({"registrationId": "d", "tag": {"x": 1}})).error();
    assert_eq!((error.code(), error.outcome()), (Code::Timeout, Outcome::Unknown));
    assert_eq!(serde_json::to_value(&error).unwrap()["retryable"], true);
}

#[test]
fn what_was_changed_before_a_cancellation_is_not_forgotten() {
    for later in [409, 404] {
        let bench = bench();
        bench.seed("enrollments", 0..20);
        bench.fault(Fault::status(later).on("DELETE", "/enrollments/").skip(2).times(99));
        let operation = bench.session.start(Call::Remove(Individual), br#"{"all":true}"#);
        let refused = || bench.calls().iter().filter(|call| call.ends_with(&format!(" {later}"))).count();
        let started = Instant::now();
        // Two are removed; then the service refuses, and the host stops reading.
        while refused() < 2 {
            assert!(
                started.elapsed() < Duration::from_secs(20)
                    && !matches!(operation.next(Some(Duration::from_millis(20))), Event::End)
            );
        }
        std::thread::sleep(Duration::from_millis(200));
        operation.cancel();
        let cancelled = finish(&operation).errors.pop().unwrap();
        assert_eq!((cancelled.code(), cancelled.outcome()), (Code::Cancelled, Outcome::Applied), "{later}");
    }
}

#[test]
fn removing_all_ends_when_no_record_can_be_removed() {
    let dropped = || Fault::drop_connection().times(999);
    for (fault, code, requests) in [
        // The least privileged policy, and the most privileged one.
        (Fault::status(403).times(999), Code::Forbidden, 2),
        (Fault::status(401).times(999), Code::Unauthorized, 3),
        (dropped(), Code::ConnectionFailed, 3),
        (Fault::status(429).times(999), Code::Throttled, 3),
    ] {
        let bench = Bench::new();
        bench.connect(json!({"maximumAttempts": 1}));
        bench.seed("enrollments", 0..50);
        bench.fault(fault.on("DELETE", "/enrollments/").skip(5));
        let outcome = bench.run(Call::Remove(Individual), json!({"all": true}));
        assert_eq!(sent(&bench, "DELETE"), 5 + requests, "{code:?}");
        let (last, others) = outcome.errors.split_last().unwrap();
        let left = 50 - 5 - others.len() - 1;
        assert!(
            last.code() == code && last.message().contains(&format!("{left} of 50 enrollments are left")),
            "{last}"
        );
        // Five were removed, whatever became of the others.
        assert_eq!((last.is_terminating(), last.outcome()), (true, Outcome::Applied));
        assert!(others.iter().all(|error| !error.is_terminating()));
    }
}

#[test]
fn failures_that_are_not_in_a_row_do_not_end_removing_all() {
    let bench = Bench::new();
    bench.connect(json!({"maximumAttempts": 1}));
    bench.seed("enrollments", 0..12);
    for _ in 0..4 {
        bench.fault(Fault::drop_connection().on("DELETE", "/enrollments/").skip(1).times(2));
    }
    let outcome = bench.run(Call::Remove(Individual), json!({"all": true}));
    assert_eq!((outcome.errors.len(), sent(&bench, "DELETE")), (8, 12));
}

#[test]
fn another_certificate_than_the_expected_one_is_reported() {
    let bench = bench();
    let pair = json!({
        "registrationId": "device-01", "attestationType": "X509", "primaryCertificate": PEM, "secondaryCertificate": OTHER
    });
    let created = bench.run(Call::New(Individual), pair.clone()).item();
    // A service that keeps the certificate that was to be replaced by the secondary one.
    bench.fault(answer(200, &created).applied().on("PUT", "/enrollments/device-01"));
    let clear = json!({"registrationId": "device-01", "clear": ["PrimaryCertificate"]});
    let error = bench.run(Call::Set(Individual), clear).error();
    assert_eq!((error.code(), error.outcome()), (Code::UnexpectedResponse, Outcome::Applied));
    let own = &created["attestation"]["x509"]["clientCertificates"]["primary"]["info"]["sha256Thumbprint"];
    assert!(
        error.message().contains("primary certificate is not the one")
            && error.message().contains(own.as_str().unwrap())
    );
    // A promotion that is made as expected.
    bench.run(Call::Remove(Individual), json!({"registrationId": "device-01"}));
    bench.run(Call::New(Individual), pair).item();
    let promoted = bench
        .run(Call::Set(Individual), json!({"registrationId": "device-01", "clear": ["PrimaryCertificate"]}))
        .item();
    let info = &promoted["attestation"]["x509"]["clientCertificates"]["primary"]["info"];
    assert_eq!(info["subjectName"], "CN=other");
}
