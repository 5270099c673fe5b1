//! What goes wrong between client and service, and what is said of it.

use crate::common::{Bench, finish, secrets};
use aziotdps::emulator::{Emulator, Fault, FaultStatus, Options};
use aziotdps::error::{Code, Outcome};
use aziotdps::model::EnrollmentKind::{Group, Individual};
use aziotdps::operation::{Call, Session};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// A bench that gives up at the second attempt, with one record.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.connect(json!({"maximumAttempts": 2}));
    bench.run(Call::New(Individual), json!({"registrationId": "dev-01", "attestationType": "SymmetricKey"})).item();
    bench
}

/// Every operation that talks to a server: its request, which of its calls fails, and what its error is about.
fn operations(bench: &Bench) -> Vec<(Call, serde_json::Value, &'static str, &'static str, &'static str)> {
    let etag = |call: Call, id: serde_json::Value| bench.run(call, id).item()["etag"].clone();
    let device = etag(Call::New(Individual), json!({"registrationId": "a", "attestationType": "SymmetricKey"}));
    let group = etag(Call::New(Group), json!({"name": "g", "attestationType": "SymmetricKey"}));
    bench.http(reqwest::Method::PUT, "/_emulator/registrations/r", "{}".to_owned());
    // What was just created might have been created anew: it is not removed a second time.
    std::thread::sleep(Duration::from_secs(4));
    let symmetric = |id: &str| json!({(id): "n", "attestationType": "SymmetricKey"});
    vec![
        (Call::Get(Individual), json!({"registrationId": "a"}), "GET", "/enrollments/a", "enrollment/a"),
        (Call::List(Individual), json!({}), "POST", "/enrollments/query", "enrollments"),
        (Call::New(Individual), symmetric("registrationId"), "PUT", "/enrollments/n", "enrollment/n"),
        (
            Call::Set(Individual),
            json!({"registrationId": "a", "etag": device, "tag": {}}),
            "PUT",
            "/enrollments/a",
            "enrollment/a",
        ),
        (
            Call::Set(Individual),
            json!({"registrationId": "a", "tag": {}}),
            "POST",
            "/attestationmechanism",
            "enrollment/a",
        ),
        (Call::Remove(Individual), json!({"registrationId": "a"}), "DELETE", "/enrollments/a", "enrollment/a"),
        (Call::Remove(Individual), json!({"all": true}), "POST", "/enrollments/query", "enrollments"),
        (Call::Get(Group), json!({"name": "g"}), "GET", "/enrollmentGroups/g", "enrollmentGroup/g"),
        (Call::List(Group), json!({}), "POST", "/enrollmentGroups/query", "enrollmentGroups"),
        (Call::New(Group), symmetric("name"), "PUT", "/enrollmentGroups/n", "enrollmentGroup/n"),
        (
            Call::Set(Group),
            json!({"name": "g", "etag": group, "tag": {}}),
            "PUT",
            "/enrollmentGroups/g",
            "enrollmentGroup/g",
        ),
        (Call::Remove(Group), json!({"name": "g"}), "DELETE", "/enrollmentGroups/g", "enrollmentGroup/g"),
        (Call::RegistrationGet, json!({"registrationId": "r"}), "GET", "/registrations/r", "registration/r"),
        (
            Call::RegistrationGet,
            json!({"enrollmentId": "g"}),
            "POST",
            "/registrations/g/query",
            "registrations of enrollmentGroup/g",
        ),
        (Call::RegistrationRemove, json!({"registrationId": "r"}), "DELETE", "/registrations/r", "registration/r"),
        (Call::AttestationGet, json!({"registrationId": "a"}), "POST", "/attestationmechanism", "enrollment/a"),
        (
            Call::DeviceKeyDerive,
            json!({"registrationId": "r", "name": "g"}),
            "POST",
            "/attestationmechanism",
            "enrollmentGroup/g",
        ),
        (
            Call::ServiceGet,
            json!({"target": {"dpsName": "emulator", "resourceGroupName": "emulator"}}),
            "GET",
            "/subscriptions/",
            "provisioning service/emulator",
        ),
        (Call::ServiceList, json!({}), "GET", "/subscriptions/", "provisioning services"),
        (
            Call::ServiceConnectionString,
            json!({"target": {"dpsName": "emulator", "resourceGroupName": "emulator"}}),
            "POST",
            "listkeys",
            "provisioning service/emulator",
        ),
    ]
}

#[test]
fn each_status_of_each_call_is_told_with_code_target_tracking_id_and_next_step() {
    let bench = bench();
    for (call, request, method, path, target) in operations(&bench) {
        for (status, code, attempts) in [
            (400, Code::BadRequest, 1),
            (401, Code::Unauthorized, 1),
            (403, Code::Forbidden, 1),
            (404, Code::NotFound, 1),
            (408, Code::Timeout, 2),
            (409, Code::Conflict, 1),
            (412, Code::PreconditionFailed, 1),
            (429, Code::Throttled, 2),
            (500, Code::ServiceFailure, 2),
            (503, Code::ServiceFailure, 2),
        ] {
            bench.emulator.faults().clear();
            // After a 401 the credentials are looked up anew, and the request is sent once more. If a policy is refused, the
            // most privileged one is tried.
            let has_policies = !matches!(call, Call::ServiceGet | Call::ServiceList | Call::ServiceConnectionString);
            let attempts = attempts + u32::from(status == 401) + u32::from(has_policies && matches!(status, 401 | 403));
            bench.fault(Fault::status(status).on(method, path).times(9).retry_after("0"));
            let error = bench.run(call, request.clone()).error();
            assert_eq!(
                (error.code(), error.attempts(), error.target()),
                (code, attempts, Some(target)),
                "{call:?} {status}: {error:?}"
            );
            let http = error.http().unwrap();
            let traced = http.tracking_id.is_some() && http.client_request_id.is_some();
            assert!(http.status == status && traced, "{call:?} {http:?}");
            assert_eq!(error.help(), format!("aziotdps help {:?}", error.code()));
            let unknown = (status >= 500 || status == 408) && matches!(method, "PUT" | "DELETE");
            assert_eq!(
                error.outcome(),
                if unknown { Outcome::Unknown } else { Outcome::NotApplied },
                "{call:?} {status}"
            );
        }
    }
}

#[test]
fn retry_after_is_waited_out() {
    let bench = bench();
    for retry_after in [Some("1"), None] {
        let throttled = Fault::status(429).on("GET", "/enrollments/");
        bench.fault(retry_after.map_or(throttled.clone(), |value| throttled.retry_after(value)));
        let started = Instant::now();
        let outcome = bench.run(Call::Get(Individual), json!({"registrationId": "dev-01"}));
        assert!(outcome.log.iter().any(|line| line.contains("before attempt 2 of 2")), "{outcome:?}");
        outcome.item();
        assert!(
            started.elapsed()
                >= if retry_after.is_none() { Duration::from_millis(250) } else { Duration::from_secs(1) }
        );
    }
}

#[test]
fn a_page_of_html_and_a_cut_off_body_are_told_as_what_they_are() {
    let bench = bench();
    let page = FaultStatus { status: 502, html: Some("<html>proxy</html>".to_owned()), ..FaultStatus::default() };
    bench.fault(Fault::answer(page).on("GET", "/enrollments/").times(2));
    let html = bench.run(Call::Get(Individual), json!({"registrationId": "dev-01"})).error();
    assert_eq!(html.code(), Code::ServiceFailure);
    assert!(html.message().contains("proxy or gateway") && !html.message().contains('<'), "{html}");

    bench.fault(Fault::cut_body().on("GET", "/enrollments/").times(2));
    let cut = bench.run(Call::Get(Individual), json!({"registrationId": "dev-01"})).error();
    assert!(cut.code() == Code::UnexpectedResponse && cut.message().contains("broke off"), "{cut}");
    assert_eq!(cut.attempts(), 2);
}

#[test]
fn a_lost_answer_is_recognised_as_our_own_work() {
    let bench = bench();
    let lose = |method: &str| bench.fault(Fault::drop_connection().on(method, "/enrollments/").applied());
    lose("PUT");
    let pem = include_str!("../data/device.pem");
    let created = bench.run(
        Call::New(Individual),
        json!({"registrationId": "device-01", "attestationType": "X509", "primaryCertificate": pem, "tag": {"a": 1}}),
    );
    assert!(created.log.iter().any(|line| line.contains("-> 409")), "{created:?}");
    assert_eq!(created.item()["initialTwin"]["tags"], json!({"a": 1}));

    lose("PUT");
    let changed = bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "tag": {"b": 2}}));
    assert!(changed.log.iter().any(|line| line.contains("-> 412")), "{changed:?}");
    assert_eq!(changed.item()["initialTwin"]["tags"], json!({"b": 2}));

    let etag = bench.run(Call::Get(Individual), json!({"registrationId": "dev-01"})).item()["etag"].clone();
    lose("PUT");
    let request = json!({"registrationId": "dev-01", "tag": {"b": 3}, "etag": etag});
    // Nothing in the record can prove that it was this operation that met the caller's precondition.
    let met = bench.run(Call::Set(Individual), request).error();
    assert_eq!((met.code(), met.outcome()), (Code::PreconditionFailed, Outcome::Unknown));

    lose("DELETE");
    let removed = bench.run(Call::Remove(Individual), json!({"registrationId": "dev-01", "passThru": true}));
    assert!(removed.log.iter().any(|line| line.contains("-> 404")), "{removed:?}");
    // Gone it is, but whether by this attempt nobody can tell.
    assert!(removed.warnings.iter().any(|line| line.contains("enrollment/dev-01 is removed")), "{removed:?}");
    assert!(removed.items.is_empty() && removed.errors.is_empty());
}

#[test]
fn a_change_that_must_not_be_made_twice_is_made_once() {
    let bench = bench();
    let (first, second) = ("QUJDREVGR0hJSktMTU5PUFFSU1Q=", "VFNSUVBPTk1MS0pJSEdGRURDQkE=");
    let new = json!({"name": "g", "attestationType": "SymmetricKey", "primaryKey": first, "secondaryKey": second});
    bench.run(Call::New(Group), new).item();
    let lose = || bench.fault(Fault::drop_connection().on("PUT", "/enrollmentGroups/").applied());
    let keys = |change: serde_json::Value| {
        lose();
        let mut request = json!({"name": "g"});
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let outcome = bench.run(Call::Set(Group), request);
        assert!(outcome.log.iter().any(|line| line.contains("-> 412")), "{outcome:?}");
        outcome.item()["attestation"]["symmetricKey"].clone()
    };
    // The new key proves whose change it is.
    let rolled = keys(json!({"swapKey": true, "regenerateKey": "Primary"}));
    assert_eq!(rolled["secondaryKey"], first);
    let stored = bench.run(Call::AttestationGet, json!({"name": "g"})).item();
    assert_eq!(stored["symmetricKey"], rolled);
    // Anybody could have exchanged the same two keys.
    lose();
    let swapped = bench.run(Call::Set(Group), json!({"name": "g", "swapKey": true})).error();
    assert_eq!((swapped.code(), swapped.outcome()), (Code::PreconditionFailed, Outcome::Unknown));
    let stored = bench.run(Call::AttestationGet, json!({"name": "g"})).item();
    assert_eq!(stored["symmetricKey"]["primaryKey"], first, "exchanged once: {second}");
}

#[test]
fn a_change_that_must_not_be_made_twice_is_given_up_when_in_doubt() {
    let bench = bench();
    bench.run(Call::New(Group), json!({"name": "g", "attestationType": "SymmetricKey"})).item();
    // The first attempt did nothing, and somebody else wrote before the second.
    bench.fault(Fault::status(500).on("PUT", "/enrollmentGroups/").late(Duration::from_secs(2)));
    let operation = bench.session.start(Call::Set(Group), br#"{"name":"g","swapKey":true}"#);
    bench.until_played();
    let other = json!({"enrollmentGroupId": "g", "attestation": {"type": "symmetricKey"}, "initialTwin": {"tags": {"by": "other"}}});
    bench.put_raw("/enrollmentGroups/g", other.to_string());
    let error = finish(&operation).error();
    assert_eq!((error.code(), error.outcome()), (Code::PreconditionFailed, Outcome::Unknown), "{error}");
}

#[test]
fn a_lost_change_that_takes_out_is_made_nevertheless() {
    let bench = bench();
    bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "tag": {"a": 1}})).item();
    // The first attempt does nothing, and somebody else writes before the second.
    bench.fault(Fault::status(503).on("PUT", "/enrollments/").retry_after("3"));
    let operation = bench.session.start(Call::Set(Individual), br#"{"registrationId":"dev-01","tag":{}}"#);
    bench.until_played();
    let mut other: serde_json::Value =
        serde_json::from_str(&bench.emulator.stored(Individual, "dev-01").unwrap()).unwrap();
    other["initialTwin"]["tags"]["b"] = json!(2);
    bench.put_raw("/enrollments/dev-01", other.to_string());
    assert_eq!(finish(&operation).item()["initialTwin"]["tags"], json!({}));
}

#[test]
fn a_failure_after_a_lost_write_is_in_doubt_to_the_end() {
    let bench = bench();
    bench.fault(Fault::status(503).on("PUT", "/enrollments/").applied().retry_after("1"));
    // The second PUT meets a 412 by itself; the third is refused.
    bench.fault(Fault::status(403).on("PUT", "/enrollments/").skip(1).times(2));
    let operation = bench.session.start(Call::Set(Individual), br#"{"registrationId":"dev-01","tag":{"a":1}}"#);
    let error = finish(&operation).error();
    assert_eq!((error.code(), error.outcome()), (Code::Forbidden, Outcome::Unknown));
}

#[test]
fn keys_that_do_not_come_are_not_written_away() {
    let bench = bench();
    let kept = bench.emulator.stored(Individual, "dev-01");
    for keys in [
        json!({"type": "symmetricKey"}),
        json!({"type": "symmetricKey", "symmetricKey": {"primaryKey": "", "secondaryKey": ""}}),
    ] {
        let answer = FaultStatus { status: 200, body: Some(keys.to_string()), ..FaultStatus::default() };
        bench.fault(Fault::answer(answer).on("POST", "/attestationmechanism"));
        let refused = bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "tag": {"a": 1}})).error();
        assert_eq!((refused.code(), refused.outcome()), (Code::UnexpectedResponse, Outcome::NotApplied));
    }
    assert_eq!(bench.emulator.stored(Individual, "dev-01"), kept);
}

#[test]
fn a_lost_look_up_is_not_a_lost_write() {
    for path in ["/provisioningServices/emulator?", "/listkeys"] {
        let bench = Bench::new();
        bench.connect(json!({"maximumAttempts": 2}));
        bench.fault(Fault::drop_connection().on(if path == "/listkeys" { "POST" } else { "GET" }, path).times(9));
        let lost =
            bench.run(Call::New(Individual), json!({"registrationId": "r", "attestationType": "SymmetricKey"})).error();
        assert_eq!((lost.code(), lost.outcome()), (Code::ConnectionFailed, Outcome::NotApplied), "{path}");
    }
}

#[test]
fn a_record_that_was_there_before_is_not_taken_for_new() {
    let bench = bench();
    std::thread::sleep(Duration::from_secs(4));
    bench.fault(Fault::status(500).on("PUT", "/enrollments/").retry_after("0"));
    // The same in everything that was asked for; its keys are the service's own.
    let refused = bench
        .run(Call::New(Individual), json!({"registrationId": "dev-01", "attestationType": "SymmetricKey"}))
        .error();
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[test]
fn an_operation_that_nobody_reads_holds_up_no_other() {
    let bench = bench();
    bench.seed("enrollments", 0..5_000);
    let unread = bench.session.start(Call::List(Individual), br#"{"target":{"dpsName":"emulator"}}"#);
    std::thread::sleep(Duration::from_millis(300));
    let all = bench.run(Call::List(Individual), json!({"target": {"dpsName": "emulator"}})).items();
    assert_eq!(all.len(), 5_001);
    drop(unread);
}

#[test]
fn removing_all_ends_when_nothing_more_can_work() {
    let bench = Bench::new();
    bench.connect(json!({"maximumAttempts": 1, "authType": "login"}));
    bench.seed("enrollments", 0..20);
    bench.fault(Fault::status(401).on("DELETE", "/enrollments/").times(99));
    let revoked =
        FaultStatus { status: 401, body: Some(r#"{"error":"invalid_client"}"#.to_owned()), ..FaultStatus::default() };
    // The first token is still good; the next one is not given.
    bench.fault(Fault::answer(revoked).on("POST", "/oauth2/").skip(1).times(99));
    let outcome = bench.run(Call::Remove(Individual), json!({"all": true}));
    assert_eq!((outcome.errors.len(), outcome.errors[0].code()), (1, Code::AuthenticationFailed));
}

#[test]
fn somebody_elses_record_is_not_taken_for_our_own() {
    let bench = bench();
    // The first attempt fails without having done anything, and the record is another's.
    bench.fault(Fault::status(500).on("PUT", "/enrollments/"));
    let refused = bench
        .run(
            Call::New(Individual),
            json!({"registrationId": "dev-01", "attestationType": "SymmetricKey", "deviceId": "mine"}),
        )
        .error();
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[test]
fn a_write_without_an_answer_is_of_unknown_outcome() {
    let bench = bench();
    bench.fault(Fault::drop_connection().on("PUT", "/enrollments/").times(9));
    let lost = bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "tag": {"a": 1}})).error();
    assert_eq!((lost.code(), lost.outcome(), lost.attempts()), (Code::ConnectionFailed, Outcome::Unknown, 2));
    assert_eq!(serde_json::to_value(&lost).unwrap()["retryable"], true);
}

#[test]
fn a_refusal_after_a_lost_answer_is_of_unknown_outcome_too() {
    let bench = bench();
    bench.fault(Fault::drop_connection().on("PUT", "/enrollments/").applied());
    bench.fault(Fault::status(403).on("PUT", "/enrollments/").times(2));
    let refused = bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "tag": {"a": 1}})).error();
    assert_eq!((refused.code(), refused.outcome()), (Code::Forbidden, Outcome::Unknown));

    bench.fault(Fault::drop_connection().on("PUT", "/enrollments/").applied());
    bench.fault(Fault::status(403).on("GET", "/enrollments/").skip(1).times(2));
    let unseen = bench.run(Call::Set(Individual), json!({"registrationId": "dev-01", "tag": {"a": 2}})).error();
    assert_eq!((unseen.code(), unseen.outcome()), (Code::Forbidden, Outcome::Unknown));
}

#[test]
fn an_emulator_that_starts_later_is_trusted_by_a_session_that_lives_already() {
    // The session's first call finds neither an emulator nor its authority; AZIOTDPS_HOME is this process's own.
    let Some(child) = std::env::var_os("AZIOTDPS_TEST_LATE_AUTHORITY") else {
        let home = tempfile::tempdir().unwrap();
        let test = "an_emulator_that_starts_later_is_trusted_by_a_session_that_lives_already";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test]).env("AZIOTDPS_HOME", home.path()).env("AZIOTDPS_TEST_LATE_AUTHORITY", "1");
        let done = child.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        return;
    };
    assert_eq!(child, "1");
    let session = Session::new().unwrap();
    let list = |host: &str, key: &str| {
        let target = json!({"connectionString": format!("HostName={host};SharedAccessKeyName=provisioningserviceowner;SharedAccessKey={key}")});
        finish(&session.start(Call::List(Individual), json!({"target": target}).to_string().as_bytes()))
    };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(list(&free.to_string(), "QUJD").error().code(), Code::ConnectionFailed);
    let emulator = Emulator::start(Options { port: 0, home: aziotdps::local::home(), ..Options::default() }).unwrap();
    let key = aziotdps::model::DEVELOPMENT.policies[0].primary_key;
    list(emulator.ready().endpoint.trim_start_matches("https://"), key).items();
}

#[test]
fn a_cancelled_write_is_of_unknown_outcome() {
    let bench = bench();
    bench.fault(Fault::delay(Duration::from_secs(20)).on("PUT", "/enrollments/"));
    let operation = bench.session.start(Call::Set(Individual), br#"{"registrationId":"dev-01","tag":{"a":1}}"#);
    bench.until_played();
    let started = Instant::now();
    operation.cancel();
    operation.cancel();
    let outcome = finish(&operation);
    assert!(started.elapsed() < Duration::from_secs(10));
    let cancelled = outcome.error();
    assert_eq!((cancelled.code(), cancelled.outcome()), (Code::Cancelled, Outcome::Unknown));
}

#[test]
fn a_cancelled_read_changed_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("HostName={};SharedAccessKeyName=p;SharedAccessKey=QUJD", silent.local_addr().unwrap());
    let session = Session::new().unwrap();
    let operation =
        session.start(Call::List(Individual), json!({"target": {"connectionString": address}}).to_string().as_bytes());
    drop(session);
    std::thread::sleep(Duration::from_millis(100));
    operation.cancel();
    let cancelled = finish(&operation).error();
    assert_eq!((cancelled.code(), cancelled.outcome()), (Code::Cancelled, Outcome::NotApplied));
    assert!(matches!(operation.next(None), aziotdps::operation::Event::End));
}

#[test]
fn no_connection_has_its_own_words_for_each_reason() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain_address = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in plain.incoming().take(8).flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        }
    });
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let stranger = Bench::new();
    let session = Session::new().unwrap();
    for (host, code) in [
        (free.to_string(), Code::ConnectionFailed),
        ("no-such-host.invalid".to_owned(), Code::HostNotFound),
        (stranger.emulator.ready().endpoint.trim_start_matches("https://").to_owned(), Code::UntrustedCertificate),
        (plain_address.to_string(), Code::ConnectionFailed),
        (silent.local_addr().unwrap().to_string(), Code::Timeout),
    ] {
        // Some machines take long to say that there is no such host.
        let patience = if code == Code::Timeout { 1 } else { 40 };
        let connect = json!({
            "connectionString": "HostName=h;SharedAccessKeyName=p;SharedAccessKey=QUJD", "maximumAttempts": 1,
            "connectTimeoutSeconds": patience, "timeoutSeconds": patience
        });
        finish(&session.start(Call::SessionConnect, connect.to_string().as_bytes())).item();
        let target = json!({"connectionString": format!("HostName={host};SharedAccessKeyName=p;SharedAccessKey=QUJD")});
        let request = json!({"registrationId": "r", "target": target}).to_string();
        let error = finish(&session.start(Call::Get(Individual), request.as_bytes())).error();
        assert_eq!(error.code(), code, "{host}: {error:?}");
        assert_eq!((error.target(), error.outcome()), (Some("enrollment/r"), Outcome::NotApplied));
        assert!(error.message().contains(host.split(':').next().unwrap()), "{error}");
        assert!(!serde_json::to_value(&error).unwrap()["causes"].as_array().unwrap().is_empty());
    }
}

#[test]
fn no_secret_stands_in_anything_but_a_record() {
    let bench = Bench::new();
    let key = "U0VDUkVULUtFWS1PRi1BLURFVklDRS1ET05ULVNIT1ctSVQ=";
    let mut said = bench.connect(json!({"maximumAttempts": 2})).to_string();
    let connection_string = bench.connection_string();
    for fault in [
        None,
        Some(Fault::status(401).on("PUT", "/enrollments/")),
        Some(Fault::status(403).on("PUT", "/enrollments/").times(9)),
        Some(Fault::status(500).on("PUT", "/enrollments/").times(9).retry_after("0")),
        Some(Fault::cut_body().on("PUT", "/enrollments/").times(9)),
        Some(Fault::status(403).on("POST", "listkeys")),
    ] {
        bench.emulator.faults().clear();
        // Nothing is looked up or signed in to yet.
        said += &bench.connect(json!({"maximumAttempts": 2})).to_string();
        fault.into_iter().for_each(|fault| bench.fault(fault));
        for target in [json!({}), json!({"connectionString": connection_string})] {
            let request = json!({"registrationId": "s", "attestationType": "SymmetricKey", "primaryKey": key, "secondaryKey": key, "target": target, "shape": 7});
            for shape in [json!(7), json!("az")] {
                let mut request = request.clone();
                request["shape"] = shape;
                let outcome = bench.run(Call::New(Individual), request);
                said += &format!("{:?} {:?}", outcome.log, outcome.errors);
                said += &serde_json::to_string(&outcome.errors).unwrap();
            }
            bench.run(Call::Remove(Individual), json!({"registrationId": "s", "force": true}));
        }
    }
    said += &format!("{:?} {:?}", bench.session, bench.emulator.requests());
    for secret in secrets().into_iter().chain([key.to_owned()]) {
        assert!(!said.contains(&secret), "{secret} was said");
    }
    assert!(!said.contains("SharedAccessSignature") && !said.contains("Bearer "), "a token was said");
}
