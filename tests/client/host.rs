//! What hosts need besides records: checks without a write, origins, limits, default services, names of members.

use crate::common::{Bench, finish};
use aziotdps::emulator::Fault;
use aziotdps::error::{Code, Outcome};
use aziotdps::model::DEVELOPMENT;
use aziotdps::model::EnrollmentKind::{Group, Individual};
use aziotdps::operation::{Call, Names, Session};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn writes(bench: &Bench) -> Vec<String> {
    let writes = ["PUT ", "DELETE "];
    bench.calls().into_iter().filter(|call| writes.iter().any(|write| call.starts_with(write))).collect()
}

#[test]
fn a_check_says_what_would_be_refused_and_writes_nothing() {
    let bench = Bench::connected();
    for (kind, id) in [(Individual, "registrationId"), (Group, "enrollmentGroupId")] {
        let made = bench.run(Call::New(kind), json!({id: "there", "attestationType": "SymmetricKey"})).item();
        let before = writes(&bench);
        for (call, request, refusal) in [
            (Call::New(kind), json!({id: "new", "attestationType": "SymmetricKey"}), None),
            (Call::New(kind), json!({id: "there", "attestationType": "SymmetricKey"}), Some(Code::AlreadyExists)),
            (Call::New(kind), json!({id: "a b", "attestationType": "SymmetricKey"}), Some(Code::InvalidArgument)),
            (Call::Set(kind), json!({id: "there", "provisioningStatus": "Disabled"}), None),
            (Call::Set(kind), json!({id: "there", "etag": made["etag"], "swapKey": true}), None),
            (Call::Set(kind), json!({id: "there", "etag": "stale", "swapKey": true}), Some(Code::PreconditionFailed)),
            (Call::Set(kind), json!({id: "none", "swapKey": true}), Some(Code::NotFound)),
            (Call::Set(kind), json!({id: "there", "primaryCAName": "ca"}), Some(Code::InvalidChange)),
            (Call::Set(kind), json!({id: "there"}), Some(Code::NothingToChange)),
            (Call::Remove(kind), json!({id: "there"}), None),
            (Call::Remove(kind), json!({id: "there", "etag": "stale"}), Some(Code::PreconditionFailed)),
            (Call::Remove(kind), json!({id: "none"}), Some(Code::NotFound)),
            (Call::Remove(kind), json!({id: "there", "all": true}), Some(Code::InvalidArgument)),
            (Call::Remove(kind), json!({}), Some(Code::InvalidArgument)),
            (Call::Remove(kind), json!({"all": true}), None),
            (Call::Remove(kind), json!({"all": true, "target": {"dpsName": "no-such"}}), Some(Code::NotFound)),
        ] {
            let mut request = request;
            request["checkOnly"] = true.into();
            let checked = bench.run(call, request.clone());
            let codes: Vec<_> = checked.errors.iter().map(|error| (error.code(), error.outcome())).collect();
            let expected: Vec<_> = refusal.into_iter().map(|code| (code, Outcome::NotApplied)).collect();
            assert_eq!((codes, checked.items.len()), (expected, 0), "{call:?} {request}: {:?}", checked.errors);
            let says = checked.log.iter().any(|line| line.contains(" would be "));
            assert_eq!(says, refusal.is_none(), "{call:?} {request}: {:?}", checked.log);
        }
        assert_eq!(writes(&bench), before);
    }
    let missing = json!({"registrationId": "none", "checkOnly": true});
    assert_eq!(bench.run(Call::RegistrationRemove, missing).error().code(), Code::NotFound);
    bench.seed("registrations", 0..1);
    let before = writes(&bench).len();
    let there = json!({"registrationId": "dev-0", "checkOnly": true});
    assert!(bench.run(Call::RegistrationRemove, there).items().is_empty());
    assert_eq!(writes(&bench).len(), before);
}

#[test]
fn the_check_of_a_removal_of_all_says_how_many() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..1_200);
    let checked = bench.run(Call::Remove(Individual), json!({"all": true, "checkOnly": true}));
    assert!(checked.log.contains(&"1200 enrollments would be removed.".to_owned()), "{:?}", checked.log);
    assert_eq!(bench.run(Call::List(Individual), json!({})).items().len(), 1_200);
}

#[test]
fn records_say_which_service_they_are_from_whatever_the_session_is_connected_with() {
    let (first, second) = (Bench::connected(), Bench::connected());
    for (bench, device) in [(&first, "first"), (&second, "second")] {
        let new = json!({"registrationId": "r", "attestationType": "SymmetricKey", "deviceId": device});
        bench.run(Call::New(Individual), new).item();
    }
    let read = first.run(Call::Get(Individual), json!({"registrationId": "r"}));
    let [origin] = &read.origins[..] else { panic!("{read:?}") };
    let authority = first.emulator.ready().endpoint.trim_start_matches("https://");
    assert_eq!(origin.host_name, authority);
    assert_eq!(origin.resource_id.as_deref(), Some(DEVELOPMENT.resource().to_string().as_str()));

    // Both are called the same: only the host tells them apart.
    let target = serde_json::to_value(origin).unwrap();
    let again = second.run(Call::Get(Individual), json!({"registrationId": "r", "target": target})).item();
    assert_eq!(again["deviceId"], "first");

    let text = json!({"registrationId": "r", "target": {"connectionString": first.connection_string()}});
    let by_text = second.run(Call::Get(Individual), text);
    assert_eq!((by_text.origins[0].host_name.as_str(), &by_text.origins[0].resource_id), (authority, &None));
    assert!(!serde_json::to_string(&by_text.origins[0]).unwrap().contains("SharedAccessKey"));
}

#[test]
fn the_default_service_changes_alone_and_the_account_stays() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..1);
    let signed_in =
        |bench: &Bench| bench.emulator.requests().iter().filter(|call| call.path.contains("/oauth2/")).count();
    let before = signed_in(&bench);
    let (group, name) = (DEVELOPMENT.resource().resource_group_name, DEVELOPMENT.resource().name);
    let described = bench.run(Call::SessionConnect, json!({"resourceGroupName": group, "dpsName": name})).item();
    assert_eq!((&described["ResourceGroupName"], &described["DpsName"]), (&json!(group), &json!(name)));
    assert_eq!(described["Account"], DEVELOPMENT.client_id);
    assert_eq!(bench.run(Call::List(Individual), json!({})).items().len(), 1);
    assert_eq!(signed_in(&bench), before);

    bench.run(Call::SessionConnect, json!({"dpsName": "no-such"})).item();
    assert_eq!(bench.run(Call::List(Individual), json!({})).error().code(), Code::NotFound);
    let refused = bench.run(Call::SessionConnect, json!({"dpsName": "no/such"})).error();
    assert_eq!((refused.code(), refused.parameter()), (Code::InvalidArgument, Some("dpsName")));

    let alone = Session::new().unwrap();
    let refused = finish(&alone.start(Call::SessionConnect, br#"{"dpsName":"some"}"#)).error();
    assert_eq!(refused.code(), Code::NotConnected);
    let named = bench.connect(json!({"resourceGroupName": group, "dpsName": name}));
    assert_eq!(named["DpsName"], name);
}

#[test]
fn the_connected_host_is_reached_by_its_key() {
    let bench = Bench::new();
    let ready = bench.emulator.ready();
    let connect = json!({"connectionString": bench.connection_string(), "caCertificate": ready.ca_certificate});
    let described = bench.run(Call::SessionConnect, connect).item();
    let host_name = ready.endpoint.trim_start_matches("https://");
    assert_eq!((&described["HostName"], &described["DpsName"]), (&json!(host_name), &Value::Null));
    bench.run(Call::List(Individual), json!({"target": {"hostName": host_name}})).items();
    let other = bench.run(Call::List(Individual), json!({"target": {"hostName": "other.invalid"}})).error();
    assert_eq!(other.code(), Code::NotConnected);
}

#[test]
fn a_session_that_ends_its_connection_forgets_it() {
    let bench = Bench::connected();
    bench.session.disconnect();
    assert_eq!(bench.run(Call::List(Individual), json!({})).error().code(), Code::NotConnected);
    let by_text = json!({"target": {"connectionString": bench.connection_string()}});
    // The key still signs; the emulator's certificate is no longer trusted.
    assert_eq!(bench.run(Call::List(Individual), by_text).error().code(), Code::UntrustedCertificate);
    bench.connect(json!({}));
    bench.run(Call::List(Individual), json!({})).items();
}

#[test]
fn a_deadline_ends_an_operation_with_what_is_known_of_its_change() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..1);
    bench.fault(Fault::delay(Duration::from_secs(30)).on("POST", "/enrollments/query").times(9));
    let started = Instant::now();
    let late = bench.run(Call::List(Individual), json!({"deadlineSeconds": 1})).error();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!((late.code(), late.outcome(), late.is_terminating()), (Code::Timeout, Outcome::NotApplied, true));

    // A wait that the service asks for counts too.
    bench.emulator.faults().clear();
    bench.fault(Fault::status(429).retry_after("60").on("GET", "/enrollments/").times(9));
    let late = bench.run(Call::Get(Individual), json!({"registrationId": "dev-0", "deadlineSeconds": 1})).error();
    assert_eq!(late.code(), Code::Timeout);

    bench.emulator.faults().clear();
    bench.fault(Fault::delay(Duration::from_secs(30)).on("PUT", "/enrollments/").times(9));
    let new = json!({"registrationId": "late", "attestationType": "SymmetricKey", "deadlineSeconds": 1});
    let late = bench.run(Call::New(Individual), new).error();
    assert_eq!((late.code(), late.outcome()), (Code::Timeout, Outcome::Unknown));
}

#[test]
fn attempts_are_limited_for_one_operation_only() {
    let bench = Bench::connected();
    bench.fault(Fault::status(503).on("GET", "/enrollments/").times(9));
    let once = bench.run(Call::Get(Individual), json!({"registrationId": "r", "maximumAttempts": 1})).error();
    assert_eq!((once.code(), once.attempts()), (Code::ServiceFailure, 1));
    bench.emulator.faults().clear();
    bench.fault(Fault::status(503).on("GET", "/enrollments/").times(1));
    assert_eq!(bench.run(Call::Get(Individual), json!({"registrationId": "r"})).error().code(), Code::NotFound);
}

#[test]
fn limits_out_of_range_are_refused() {
    let session = Session::new().unwrap();
    for (member, value) in
        [("deadlineSeconds", 0), ("deadlineSeconds", 86_401), ("maximumAttempts", 0), ("maximumAttempts", 101)]
    {
        let request = json!({member: value, "top": 1}).to_string();
        let refused = finish(&session.start(Call::List(Individual), request.as_bytes())).error();
        assert_eq!((refused.code(), refused.parameter()), (Code::InvalidArgument, Some(member)), "{value}");
    }
}

#[test]
fn a_list_that_breaks_off_ends_with_a_terminating_error() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..2_500);
    bench.fault(Fault::status(400).on("POST", "/enrollments/query").skip(1).times(9));
    let broken = bench.run(Call::List(Individual), json!({}));
    let [error] = &broken.errors[..] else { panic!("{:?}", broken.errors) };
    assert_eq!((broken.items.len(), error.is_terminating(), error.code()), (1_000, true, Code::BadRequest));
    assert!(error.message().starts_with("The list broke off after 1000 records. "), "{error}");

    bench.emulator.faults().clear();
    bench.fault(Fault::status(400).on("POST", "/enrollments/query").times(9));
    assert!(!bench.run(Call::List(Individual), json!({})).error().is_terminating());
}

#[test]
fn a_long_list_tells_how_far_it_is() {
    let bench = Bench::connected();
    bench.seed("enrollments", 0..2_500);
    let read = bench.run(Call::List(Individual), json!({"top": 2_400}));
    assert_eq!(read.items.len(), 2_400);
    let first = read.progress.first().unwrap();
    assert_eq!((first.activity.as_str(), first.status.as_str()), ("Reading enrollments", "1000 records"));
    assert_eq!((first.completed_items, first.total_items), (1_000, Some(2_400)));
    assert!(read.log.contains(&"enrollments: 2400 records read".to_owned()), "{:?}", read.log);
    // One page is nothing to wait for.
    assert!(bench.run(Call::List(Individual), json!({"top": 3})).progress.is_empty());
}

#[test]
fn a_change_of_nothing_is_refused_without_a_call() {
    let bench = Bench::connected();
    let before = bench.calls().len();
    for nothing in [
        json!({}),
        json!({"force": true}),
        json!({"etag": "e"}),
        json!({"swapKey": false, "clear": [], "tag": null}),
        json!({"rootCertificate": true}),
    ] {
        let mut request = nothing;
        request["registrationId"] = "r".into();
        let refused = bench.run(Call::Set(Individual), request.clone()).error();
        assert_eq!(refused.code(), Code::NothingToChange, "{request}");
        assert!(refused.message().starts_with("Nothing to change"), "{request}: {refused}");
    }
    assert_eq!(bench.calls().len(), before);
}

#[test]
fn a_merge_says_what_it_removes() {
    let bench = Bench::connected();
    bench.run(Call::New(Individual), json!({"registrationId": "r", "attestationType": "SymmetricKey"})).item();
    let set = json!({"registrationId": "r", "tagMerge": {"site": null, "floor": 1, "wing": null}});
    let changed = bench.run(Call::Set(Individual), set);
    assert!(changed.log.contains(&"tagMerge takes out: site, wing.".to_owned()), "{:?}", changed.log);
}

#[test]
fn values_beyond_any_service_are_refused_by_the_members_name() {
    let session = Session::new().unwrap();
    let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let new = |tag: &str| {
        let request = format!(r#"{{"registrationId":"r","attestationType":"SymmetricKey","tag":{tag}}}"#);
        finish(&session.start(Call::New(Individual), request.as_bytes())).error()
    };
    let as_text = |tag: &str| Value::from(tag).to_string();
    for tag in [
        deep(101),
        deep(5_000),
        deep(100_000),
        as_text(&deep(101)),
        r#"{"a":1,"b":{"x":1,"x":2}}"#.to_owned(),
        as_text(r#"{"x":1,"x":2}"#),
    ] {
        let refused = new(&tag);
        assert_eq!((refused.code(), refused.parameter()), (Code::InvalidArgument, Some("tag")), "{refused}");
    }
    // As deep as can be: what is missing is the service.
    for tag in [deep(100), as_text(&deep(100))] {
        assert_eq!(new(&tag).code(), Code::NotConnected);
    }
    let twice =
        finish(&session.start(Call::Get(Individual), br#"{"registrationId":"a","registrationId":"b"}"#)).error();
    assert_eq!(twice.code(), Code::InvalidRequest);
}

#[test]
fn connection_strings_for_powershell_are_one_for_each_policy() {
    let bench = Bench::connected();
    let target = json!({"resourceGroupName": DEVELOPMENT.resource().resource_group_name, "dpsName": DEVELOPMENT.resource().name});
    let one = bench.run(Call::ServiceConnectionString, json!({"target": target, "shape": "powershell"})).item();
    assert_eq!(one["ConnectionString"], bench.connection_string());
    assert_eq!((&one["Name"], &one["ResourceGroupName"]), (&target["dpsName"], &target["resourceGroupName"]));
    let all = json!({"target": target, "shape": "powershell", "showAll": true});
    let all = bench.run(Call::ServiceConnectionString, all).items();
    assert_eq!(all.len(), DEVELOPMENT.policies.len());
    for record in all {
        let policy = record["PolicyName"].as_str().unwrap();
        assert!(record["ConnectionString"].as_str().unwrap().contains(&format!("SharedAccessKeyName={policy};")));
    }
    let by_az = bench.run(Call::ServiceConnectionString, json!({"target": target, "showAll": true})).item();
    assert!(by_az["connectionString"].is_array(), "{by_az}");
}

#[test]
fn a_re_provisioning_policy_is_a_word_too() {
    let bench = Bench::connected();
    for word in ["reprovisionandmigratedata", "reprovisionandresetdata", "never"] {
        let new = json!({"registrationId": word, "attestationType": "SymmetricKey", "reprovisionPolicy": word, "shape": "powershell"});
        assert_eq!(bench.run(Call::New(Individual), new).item()["ReprovisionPolicy"]["Policy"], word);
    }
}

/// Refusals that name members, and what PowerShell users read.
#[test]
fn refusals_name_members_as_the_host_does() {
    let session = Session::new().unwrap();
    let names = r#"{"prefix":"-","pascalCase":true,"members":{"etag":"-ETag","enrollmentGroupId":"-Name"}}"#;
    session.set_names(serde_json::from_str::<Names>(names).unwrap());
    for (call, request, message) in [
        (Call::Get(Individual), json!({}), "-RegistrationId is required."),
        (Call::Get(Group), json!({}), "-Name is required."),
        (Call::Get(Group), json!({"name": "x", "top": 1}), "-Top is for a list, without -Name."),
        (
            Call::List(Individual),
            json!({"showKey": true}),
            "-ShowKey needs -RegistrationId: keys are read one record at a time.",
        ),
        (Call::List(Individual), json!({"top": 0}), "-Top is at least 1."),
        (
            Call::List(Individual),
            json!({"top": -1}),
            "The value of -Top is not accepted: expected a whole number of 0 or more.",
        ),
        (
            Call::Remove(Individual),
            json!({"registrationId": "x", "all": true}),
            "-All and -RegistrationId exclude each other.",
        ),
        (
            Call::Remove(Individual),
            json!({"all": true, "etag": "e"}),
            "-ETag is that of one record; it does not go with -All.",
        ),
        (
            Call::Set(Individual),
            json!({"registrationId": "x", "tag": {}, "tagMerge": {}}),
            "-TagMerge and -Tag exclude each other: merge, or replace.",
        ),
        (Call::Set(Group), json!({"name": "x", "clear": ["deviceId"]}), "An enrollment group has no -DeviceId."),
        (
            Call::New(Individual),
            json!({"registrationId": "x"}),
            "-AttestationType is required: Tpm, X509 or SymmetricKey.",
        ),
        (
            Call::DeviceKeyDerive,
            json!({"registrationId": "x"}),
            "Give either the group's key by -SymmetricKey, or the group by -Name.",
        ),
        (
            Call::ServiceConnectionString,
            json!({"showAll": true, "policyName": "x"}),
            "-ShowAll gives every policy; it does not go with -PolicyName.",
        ),
        (Call::ServiceGet, json!({"target": {"resourceGroupName": "x"}}), "-ResourceGroupName needs -DpsName too."),
        (
            Call::List(Individual),
            json!({}),
            "Which provisioning service? Name it by -ResourceGroupName and -DpsName, -ResourceId, -HostName, or -ConnectionString, or connect to one first.",
        ),
    ] {
        let refused = finish(&session.start(call, request.to_string().as_bytes())).error();
        assert_eq!(refused.message(), message, "{call:?} {request}");
    }
    let other = Session::new().unwrap();
    assert_eq!(finish(&other.start(Call::Get(Individual), b"{}")).error().message(), "registrationId is required.");
}
