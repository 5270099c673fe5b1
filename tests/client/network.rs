//! A network and a service that misbehave: what is said, what is repeated, and what is not believed.

use super::mock::{Answer, Mock};
use crate::common::{Bench, KEY, Outcome, finish};
use aziotdps::emulator::Fault;
use aziotdps::error::{self, Code};
use aziotdps::model::EnrollmentKind::Individual;
use aziotdps::operation::{Call, Session};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

fn run(session: &Session, call: Call, request: &Value) -> Outcome {
    finish(&session.start(call, request.to_string().as_bytes()))
}

/// A session whose default service is `mock`.
fn session(mock: &Mock, more: Value) -> Session {
    let session = Session::new().unwrap();
    let mut request = json!({"connectionString": mock.connection_string(), "caCertificate": mock.certificate});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run(&session, Call::SessionConnect, &request).item();
    session
}

/// A session whose Azure Resource Manager and sign-in service is `mock`.
fn managed(mock: &Mock, more: Value) -> Session {
    let session = Session::new().unwrap();
    let mut request = json!({
        "resourceManagerEndpoint": format!("https://{}", mock.host()), "caCertificate": mock.certificate,
        "resourceManagerAccessToken": "a-token-for-resource-manager", "subscriptionId": "s"
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run(&session, Call::SessionConnect, &request).item();
    session
}

/// Runs the test `name` in a process of its own, with `environment`. `true` in that process.
fn in_own_process(name: &str, environment: &[(&str, &str)]) -> bool {
    if std::env::var_os("AZIOTDPS_TEST_OWN_PROCESS").is_some() {
        return true;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("network::{name}")]).env("AZIOTDPS_TEST_OWN_PROCESS", "1");
    for name in
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"]
    {
        child.env_remove(name);
    }
    let done = child.envs(environment.iter().copied()).output().unwrap();
    let out = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && out.contains("1 passed"), "{out}\n{}", String::from_utf8_lossy(&done.stderr));
    false
}

fn symmetric(id: &str) -> Value {
    json!({"registrationId": id, "attestationType": "SymmetricKey", "primaryKey": KEY, "secondaryKey": KEY})
}

#[test]
fn a_service_that_repeats_what_it_was_sent_does_not_make_the_client_show_it() {
    let mock = Mock::start(|_, request| {
        let authorization = request.header("authorization");
        let said = format!("\u{1b}]0;title\u{7}\u{202e}{authorization} {}\r\nnew line", request.body);
        let body = json!({"errorCode": authorization, "trackingId": said, "message": said});
        Answer::new(400, body.to_string()).with("x-ms-request-id", authorization)
    });
    let session = session(&mock, json!({}));
    let other_key = "VFNSUVBPTk1MS0pJSEdGRURDQkE=";
    let webhook = "https://example.org/a?code=the-key-of-the-function";
    for request in [
        symmetric("r"),
        json!({"registrationId": "r", "attestationType": "SymmetricKey", "primaryKey": other_key, "secondaryKey": KEY,
            "allocationPolicy": "Custom", "webhookUrl": webhook, "apiVersion": "2019-03-31"}),
    ] {
        let outcome = run(&session, Call::New(Individual), &request);
        let told = format!("{:?} {}", outcome.log, serde_json::to_string(&outcome.errors).unwrap());
        let shown = outcome.error();
        let http = shown.http().unwrap();
        for text in [shown.message(), http.error_code.as_deref().unwrap(), http.tracking_id.as_deref().unwrap()] {
            assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
        assert!(shown.message().contains("title"), "the rest is shown: {shown}");
        let header = mock.received().last().unwrap().header("authorization").to_owned();
        let signature = header.split("sig=").nth(1).unwrap().split('&').next().unwrap();
        for secret in [signature, KEY, other_key, "the-key-of-the-function"] {
            assert!(!told.contains(secret), "{secret} is in {told}");
        }
    }
}

#[test]
fn a_sign_in_service_that_repeats_the_secret_does_not_make_the_client_show_it() {
    let secret = "abc8Q~this-is-no-real/secret+0123456789";
    for encoded in [secret.to_owned(), "abc8Q%7Ethis-is-no-real%2Fsecret%2B0123456789".to_owned()] {
        let mock = Mock::start(move |_, _| {
            let body =
                json!({"error": "invalid_client", "error_description": format!("AADSTS7000215: {encoded} is wrong.")});
            Answer::new(401, body.to_string())
        });
        let session = Session::new().unwrap();
        let request = json!({
            "authorityHost": format!("https://{}", mock.host()), "caCertificate": mock.certificate, "tenantId": "t",
            "clientId": "c", "clientSecret": secret
        });
        let outcome = run(&session, Call::SessionConnect, &request);
        let told = format!("{outcome:?} {}", serde_json::to_string(&outcome.errors).unwrap());
        assert!(!told.contains("no-real"), "{told}");
        assert_eq!(outcome.error().code(), Code::AuthenticationFailed);
    }
}

#[test]
fn each_attempt_is_signed_anew() {
    let mock = Mock::start(|number, _| match number {
        0 | 1 => Answer::new(503, "{}").with("Retry-After", "1"),
        _ => Answer::new(200, "[]"),
    });
    run(&session(&mock, json!({})), Call::List(Individual), &json!({})).items();
    let expiries: Vec<_> = mock
        .received()
        .iter()
        .map(|request| {
            request.header("authorization").split("&se=").nth(1).unwrap().split('&').next().unwrap().to_owned()
        })
        .collect();
    assert!(expiries.len() == 3 && expiries[0] < expiries[1] && expiries[1] < expiries[2], "{expiries:?}");
}

#[test]
fn a_wait_that_is_too_long_is_said_and_none_is_too_short() {
    let mock = Mock::start(|number, _| {
        let asked = if number < 2 { "0" } else { "3600" };
        Answer::new(429, "{}").with("Retry-After", asked)
    });
    let session = session(&mock, json!({}));
    let started = Instant::now();
    let error = run(&session, Call::List(Individual), &json!({})).error();
    assert!(started.elapsed() >= Duration::from_millis(750), "{:?}", started.elapsed());
    assert_eq!((error.code(), error.attempts()), (Code::Throttled, 3));
    assert!(error.message().contains("asks to wait for 3600 s"), "{error}");
}

#[test]
fn a_list_that_does_not_end_is_an_error() {
    let mock = Mock::start(|number, _| {
        // One page leads to itself, or two to each other.
        let token = if number % 2 == 0 { "even" } else { "odd" };
        Answer::new(200, r#"[{"registrationId":"r"}]"#).with("x-ms-continuation", token)
    });
    let session = session(&mock, json!({}));
    for (call, request) in [(Call::List(Individual), json!({})), (Call::Remove(Individual), json!({"all": true}))] {
        let before = mock.received().len();
        let outcome = run(&session, call, &request);
        assert_eq!((outcome.errors.len(), outcome.errors[0].code()), (1, Code::UnexpectedResponse), "{outcome:?}");
        assert!(outcome.errors[0].message().contains("does not end"), "{outcome:?}");
        assert!(mock.received().len() - before <= 3);
    }
}

#[test]
fn services_that_do_not_end_are_an_error() {
    let mock = Mock::start(|_, request| {
        let body = json!({"value": [{"name": "other"}], "nextLink": request.path});
        Answer::new(200, body.to_string())
    });
    let session = managed(&mock, json!({}));
    for (call, request) in [
        (Call::ServiceList, json!({})),
        (Call::ServiceGet, json!({"target": {"dpsName": "dps"}})),
        (Call::ServiceConnectionString, json!({})),
    ] {
        let before = mock.received().len();
        let outcome = run(&session, call, &request);
        let ends = outcome.errors.iter().any(|error| error.message().contains("does not end"));
        assert!(ends && mock.received().len() - before <= 4, "{outcome:?}");
    }
}

#[test]
fn empty_pages_stop_when_nobody_reads() {
    let mock = Mock::start(|number, _| Answer::new(200, "[]").with("x-ms-continuation", number.to_string()));
    let session = session(&mock, json!({}));
    let operation = session.start(Call::List(Individual), b"{}");
    std::thread::sleep(Duration::from_secs(1));
    let asked = mock.received().len();
    assert!((1..=5).contains(&asked), "{asked} pages were asked for while none was looked at");
    drop(operation);
}

#[test]
fn an_answer_is_no_larger_than_it_can_be() {
    let zeros = |count: usize| format!(r#"{{"x":[0{}]}}"#, ",0".repeat(count));
    let (large, page) = (zeros(10_000_000), format!("[{}]", zeros(10_000_000)));
    let mock =
        Mock::start(move |_, request| Answer::new(200, if request.method == "GET" { &large } else { &page }.clone()));
    let session = session(&mock, json!({"maximumAttempts": 1}));
    for (call, request, says) in [
        (Call::Get(Individual), json!({"registrationId": "r"}), "larger than"),
        (Call::List(Individual), json!({}), "not a list of records"),
    ] {
        let error = run(&session, call, &request).error();
        assert!(error.code() == Code::UnexpectedResponse && error.message().contains(says), "{error}");
    }
}

#[test]
fn a_large_page_comes_in_parts_and_is_whole() {
    let record = |number: usize| format!(r#"{{"registrationId":"{number}","x":"{}"}}"#, "x".repeat(40_000));
    let page = format!("[{}]", (0..100).map(record).collect::<Vec<_>>().join(","));
    let mock = Mock::start(move |_, _| Answer::new(200, page.clone()));
    let session = session(&mock, json!({}));
    let operation = session.start(Call::List(Individual), b"{}");
    let mut parts = Vec::new();
    loop {
        match operation.next(Some(Duration::from_secs(20))) {
            aziotdps::operation::Event::Items(items) => parts.push(items),
            aziotdps::operation::Event::End => break,
            aziotdps::operation::Event::Message(_)
            | aziotdps::operation::Event::Origin(_)
            | aziotdps::operation::Event::Progress(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(parts.len() >= 3 && parts.iter().all(|part| part.len() < 50), "{}", parts.len());
    let ids: Vec<_> = parts.iter().flatten().map(|record| record["registrationId"].as_str().unwrap()).collect();
    assert_eq!(ids, (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_record_that_would_be_changed_by_reading_is_not_read() {
    let record =
        r#"{"registrationId":"r","etag":"e","initialTwin":{"tags":{"a":{"$serde_json::private::Number":"1"}}}}"#;
    let mock = Mock::start(move |_, request| {
        Answer::new(200, if request.method == "GET" { record.to_owned() } else { format!("[{record}]") })
    });
    let session = session(&mock, json!({}));
    for (call, request) in [
        (Call::Get(Individual), json!({"registrationId": "r"})),
        (Call::Set(Individual), json!({"registrationId": "r", "edgeEnabled": true})),
        (Call::List(Individual), json!({})),
    ] {
        assert_eq!(run(&session, call, &request).error().code(), Code::UnexpectedResponse);
    }
    assert!(mock.received().iter().all(|request| request.method != "PUT"));
}

#[test]
fn an_etag_that_no_header_can_have_is_not_the_networks_fault() {
    let mock = Mock::start(|_, _| {
        let record = json!({"registrationId": "r", "etag": "a\r\nb", "attestation": {"type": "tpm"}});
        Answer::new(200, record.to_string())
    });
    let error =
        run(&session(&mock, json!({})), Call::Set(Individual), &json!({"registrationId": "r", "edgeEnabled": true}))
            .error();
    assert_eq!((error.code(), error.outcome()), (Code::UnexpectedResponse, error::Outcome::NotApplied), "{error}");
    assert!(error.message().contains("if-match") && !error.message().contains("emulator"), "{error}");
}

#[test]
fn a_policy_without_keys_is_passed_over() {
    let mock = Mock::start(|_, request| {
        let host = request.header("host").to_owned();
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/provisioningServices/dps";
        let body = if request.path.contains("/listkeys") {
            json!({"value": [
                {"keyName": "bare", "rights": "EnrollmentRead"},
                {"keyName": "null", "primaryKey": null, "secondaryKey": null, "rights": "EnrollmentRead"},
                {"keyName": "owner", "primaryKey": KEY, "secondaryKey": KEY, "rights": "ServiceConfig, EnrollmentWrite"}
            ]})
        } else if request.path.contains("/query") {
            json!([])
        } else {
            json!({"id": id, "name": "dps", "properties": {"serviceOperationsHostName": host}})
        };
        Answer::new(200, body.to_string())
    });
    let session = managed(&mock, json!({}));
    let target = json!({"target": {"dpsName": "dps", "resourceGroupName": "g"}});
    run(&session, Call::List(Individual), &target).items();
    assert!(mock.received().last().unwrap().header("authorization").ends_with("skn=owner"));
    let strings = run(
        &session,
        Call::ServiceConnectionString,
        &json!({"target": {"dpsName": "dps", "resourceGroupName": "g"}, "showAll": true}),
    );
    assert_eq!(strings.item()["connectionString"].as_array().unwrap().len(), 1);
}

#[test]
fn those_who_wait_for_a_failing_sign_in_share_its_failure() {
    let bench = Bench::new();
    bench.connect(json!({"authType": "login", "maximumAttempts": 1}));
    let connected = bench.emulator.requests().len();
    bench.fault(Fault::status(503).on("POST", "/oauth2/").late(Duration::from_secs(1)).times(99));
    let started = Instant::now();
    let operations: Vec<_> = (0..6).map(|_| bench.session.start(Call::List(Individual), b"{}")).collect();
    for operation in &operations {
        assert_eq!(finish(operation).error().code(), Code::ServiceFailure);
    }
    let sign_ins =
        bench.emulator.requests().iter().skip(connected).filter(|call| call.path.contains("/oauth2/")).count();
    assert!(sign_ins <= 2 && started.elapsed() < Duration::from_secs(4), "{sign_ins} in {:?}", started.elapsed());
}

#[test]
fn a_server_that_is_silent_is_named_while_it_is_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", silent.local_addr().unwrap().port());
    let session = Session::new().unwrap();
    let connect = json!({
        "connectionString": format!("HostName={host};SharedAccessKeyName=p;SharedAccessKey={KEY}"),
        "maximumAttempts": 1, "connectTimeoutSeconds": 7, "timeoutSeconds": 7
    });
    run(&session, Call::SessionConnect, &connect).item();
    let outcome = run(&session, Call::List(Individual), &json!({}));
    let said = format!("No complete response from {host} for 5 s; attempt 1 of 1 waits for up to 7 s.");
    assert_eq!(outcome.warnings, [said]);
    assert_eq!(outcome.error().code(), Code::Timeout);
}

const AZURE: &str = "HostName=mydps.azure-devices-provisioning.net;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0";

/// What is said of a request to a service in Azure.
fn azure(maximum_attempts: u32) -> error::Error {
    let session = Session::new().unwrap();
    let connect = json!({"connectionString": AZURE, "maximumAttempts": maximum_attempts, "connectTimeoutSeconds": 40});
    run(&session, Call::SessionConnect, &connect).item();
    run(&session, Call::List(Individual), &json!({})).error()
}

/// A proxy that answers every request by `answer`, on `port`.
fn proxy(answer: &'static str) -> u16 {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in proxy.incoming().flatten() {
            // A client that goes away is no failure of the test.
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn a_proxy_that_wants_a_password_is_named_and_not_asked_again() {
    let port = proxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    let address = format!("http://user:proxy-password@127.0.0.1:{port}");
    if in_own_process("a_proxy_that_wants_a_password_is_named_and_not_asked_again", &[("HTTPS_PROXY", &address)]) {
        let error = azure(3);
        assert_eq!((error.code(), error.attempts()), (Code::ConnectionFailed, 1), "{error}");
        assert!(error.message().contains("The proxy 127.0.0.1:") && error.message().contains("(407)"), "{error}");
        assert!(!serde_json::to_string(&error).unwrap().contains("proxy-password"));
    }
}

#[test]
fn a_proxy_that_refuses_is_named() {
    let port = proxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let address = format!("http://127.0.0.1:{port}");
    if in_own_process("a_proxy_that_refuses_is_named", &[("HTTPS_PROXY", &address)]) {
        let error = azure(1);
        assert!(error.message().contains("The proxy 127.0.0.1:"), "{error}");
        assert!(error.message().contains("refused a connection to mydps"), "{error}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = format!("http://{free}");
    if in_own_process("a_proxy_that_is_not_there_is_named", &[("HTTPS_PROXY", &address)]) {
        let error = azure(1);
        assert_eq!(error.code(), Code::ConnectionFailed, "{error}");
        assert!(error.message().contains("No connection to 127.0.0.1:"), "{error}");
        assert!(error.message().contains("It is the proxy for mydps."), "{error}");
    }
}

#[test]
fn a_proxy_that_has_no_address_is_named() {
    let proxy = [("HTTPS_PROXY", "http://no-such-proxy.invalid:3128")];
    if in_own_process("a_proxy_that_has_no_address_is_named", &proxy) {
        let error = azure(1);
        assert!(error.message().contains("no-such-proxy.invalid:3128"), "{error}");
        assert!(!error.message().contains("no host 'mydps"), "{error}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_system_without_certificates_is_told_what_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    let nothing = [("SSL_CERT_DIR", path), ("SSL_CERT_FILE", "/nowhere")];
    if in_own_process("a_system_without_certificates_is_told_what_to_install", &nothing) {
        let error = azure(1);
        assert_eq!(error.code(), Code::UntrustedCertificate, "{error}");
        assert!(
            error.message().contains("package ca-certificates") && error.message().contains("caCertificate"),
            "{error}"
        );
    }
}

#[test]
fn a_spoilt_authority_of_the_emulator_is_not_blamed_on_the_caller() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("emulator-ca.pem");
    for content in ["", "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&file, content).unwrap();
        let home = [("AZIOTDPS_HOME", home.path().to_str().unwrap())];
        if in_own_process("a_spoilt_authority_of_the_emulator_is_not_blamed_on_the_caller", &home) {
            let connect = json!({"connectionString": format!("HostName=localhost:1;SharedAccessKeyName=p;SharedAccessKey={KEY}")});
            let session = Session::new().unwrap();
            run(&session, Call::SessionConnect, &connect).item();
            let error = run(&session, Call::List(Individual), &json!({})).error();
            assert_eq!((error.code(), error.parameter()), (Code::UntrustedCertificate, None), "{error}");
            assert!(error.message().contains("emulator-ca.pem' holds no valid CA certificate"), "{error}");
            return;
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_system_trusts_is_not_trusted_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("system.pem");
    let home = folder.path().to_str().unwrap().to_owned();
    // In the own process the file is there already; this mock's certificate is the one in it.
    let own = std::env::var_os("AZIOTDPS_TEST_OWN_PROCESS").is_some();
    let mock = Mock::start(|_, _| Answer::new(200, "[]"));
    if own {
        std::fs::write(std::env::var("SSL_CERT_FILE").unwrap(), &mock.certificate).unwrap();
    }
    let environment =
        [("SSL_CERT_FILE", file.to_str().unwrap()), ("SSL_CERT_DIR", home.as_str()), ("AZIOTDPS_HOME", &home)];
    if in_own_process("what_the_system_trusts_is_not_trusted_on_this_machine", &environment) {
        let session = Session::new().unwrap();
        run(&session, Call::SessionConnect, &json!({"connectionString": mock.connection_string()})).item();
        let error = run(&session, Call::List(Individual), &json!({})).error();
        assert_eq!(error.code(), Code::UntrustedCertificate, "{error}");
    }
}

#[test]
#[allow(unsafe_code, reason = "the C ABI")]
fn an_event_and_its_text_are_taken_as_one() {
    use aziotdps::ffi::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicPtr, Ordering};

    let bench = Bench::new();
    bench.seed("enrollments", 0..2_000);
    let ready = bench.emulator.ready();
    let connect =
        json!({"connectionString": ready.connection_string, "caCertificate": ready.ca_certificate}).to_string();
    // SAFETY: the session is not NULL, and the text is alive.
    let session = unsafe {
        let session = aziotdps_session_new();
        let connecting = aziotdps_session_connect(session, connect.as_ptr(), connect.len());
        while aziotdps_operation_next(connecting, 10_000, &mut std::ptr::null()) != aziotdps_event::End {}
        aziotdps_operation_free(connecting);
        session
    };
    let is_late = || {
        // SAFETY: the session is live, and the text static.
        let operation = unsafe { aziotdps_enrollment_list(session, b"{}".as_ptr(), 2) };
        let shared = AtomicPtr::new(operation);
        let next = |timeout| {
            let mut text = std::ptr::null();
            // SAFETY: the operation is freed when both threads have ended; the text is not read.
            unsafe { aziotdps_operation_next(shared.load(Ordering::Relaxed), timeout, &mut text) }
        };
        // Both pages and what is said between them are waiting.
        std::thread::sleep(Duration::from_millis(500));
        while next(0) != aziotdps_event::Progress {}
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(next(0), aziotdps_event::Origin);
        let start = Barrier::new(2);
        let take = || {
            start.wait();
            loop {
                let event = next(0);
                if !matches!(event, aziotdps_event::Busy | aziotdps_event::Pending) {
                    return (event, Instant::now());
                }
            }
        };
        let (one, other) = std::thread::scope(|scope| {
            let (one, other) = (scope.spawn(take), scope.spawn(take));
            (one.join().unwrap(), other.join().unwrap())
        });
        let ((first, page), (second, message)) =
            if one.0 == aziotdps_event::Items { (one, other) } else { (other, one) };
        assert_eq!((first, second), (aziotdps_event::Items, aziotdps_event::Message));
        // SAFETY: both threads have ended.
        unsafe { aziotdps_operation_free(operation) };
        page > message + Duration::from_micros(200)
    };
    let late = (0..12).filter(|_| is_late()).count();
    // SAFETY: its operations are freed.
    unsafe { aziotdps_session_free(session) };
    assert!(late < 5, "{late} of 12 events were followed by another one before their text was stored");
}
