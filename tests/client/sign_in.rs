//! How a service is named and signed in to, and what is asked of resource manager on the way.

use crate::common::Bench;
use aziotdps::emulator::Fault;
use aziotdps::error::Code;
use aziotdps::model::DEVELOPMENT;
use aziotdps::model::EnrollmentKind::Individual;
use aziotdps::operation::Call;
use serde_json::{Value, json};

/// Everything that the emulator was asked, as `METHOD path`, from the `from`th request on.
fn asked(bench: &Bench, from: usize) -> Vec<String> {
    let requests = bench.emulator.requests().into_iter().skip(from);
    requests.map(|call| format!("{} {}", call.method, call.path.split('?').next().unwrap())).collect()
}

fn service() -> String {
    DEVELOPMENT.resource_id()
}

#[test]
fn a_service_is_found_in_each_way_it_can_be_named() {
    let bench = Bench::connected();
    bench.run(Call::New(Individual), json!({"registrationId": "r", "attestationType": "SymmetricKey"})).item();
    let host = bench.connection_string().split(';').next().unwrap().trim_start_matches("HostName=").to_owned();
    for target in [
        json!({}),
        json!({"resourceGroupName": "EMULATOR", "dpsName": "Emulator"}),
        json!({"dpsName": "emulator"}),
        json!({"resourceId": service()}),
        json!({"resourceId": service(), "hostName": host}),
        json!({"connectionString": bench.connection_string()}),
        json!({"hostName": host}),
    ] {
        let found = bench.run(Call::Get(Individual), json!({"registrationId": "r", "target": target.clone()})).item();
        assert_eq!(found["registrationId"], "r", "{target}");
    }
}

#[test]
fn resource_manager_is_asked_once_and_for_no_more_than_is_needed() {
    let bench = Bench::connected();
    let before = bench.emulator.requests().len();
    let target = json!({"resourceGroupName": "emulator", "dpsName": "emulator"});
    for _ in 0..3 {
        bench.run(Call::List(Individual), json!({"target": target})).items();
    }
    let id = service();
    // The keys come in two pages.
    assert_eq!(
        asked(&bench, before),
        [
            format!("GET {id}"),
            format!("POST {id}/listkeys"),
            format!("GET {id}/listkeys"),
            "POST /enrollments/query".into(),
            "POST /enrollments/query".into(),
            "POST /enrollments/query".into()
        ]
    );
    // With Entra on the data plane no key is looked up.
    bench.connect(json!({"authType": "Login"}));
    let before = bench.emulator.requests().len();
    bench.run(Call::List(Individual), json!({"target": target})).items();
    assert_eq!(
        asked(&bench, before),
        [
            format!("GET {id}"),
            format!("POST /{}/oauth2/v2.0/token", DEVELOPMENT.tenant_id),
            "POST /enrollments/query".into()
        ]
    );
}

#[test]
fn the_least_powerful_policy_signs() {
    let bench = Bench::connected();
    bench.run(Call::New(Individual), json!({"registrationId": "r", "attestationType": "SymmetricKey"})).item();
    bench.run(Call::Get(Individual), json!({"registrationId": "r"})).item();
    let policies: Vec<_> = bench.emulator.requests().into_iter().filter_map(|call| call.policy).collect();
    assert_eq!(policies, ["enrollmentwrite", "enrollmentread"]);
}

#[test]
fn a_token_that_is_no_longer_accepted_is_replaced_once() {
    for auth_type in ["key", "login"] {
        let bench = Bench::new();
        bench.connect(json!({"authType": auth_type}));
        bench.run(Call::List(Individual), json!({})).items();
        bench.fault(Fault::status(401).on("POST", "/enrollments/query"));
        let outcome = bench.run(Call::List(Individual), json!({}));
        assert!(outcome.log.iter().any(|line| line.starts_with("401: ")), "{outcome:?}");
        outcome.items();
        bench.fault(Fault::status(401).on("POST", "/enrollments/query").times(9));
        assert_eq!(bench.run(Call::List(Individual), json!({})).error().code(), Code::Unauthorized);
        let used = 9 - bench.emulator.faults().pending()[0].times;
        // The policy, the same one looked up anew, and the most privileged one.
        assert_eq!(used, if auth_type == "key" { 3 } else { 2 });
    }
}

#[test]
fn a_connection_string_has_nothing_to_refresh() {
    let bench = Bench::connected();
    bench.fault(Fault::status(401).on("POST", "/enrollments/query"));
    let refused =
        bench.run(Call::List(Individual), json!({"target": {"connectionString": bench.connection_string()}})).error();
    assert_eq!((refused.code(), refused.attempts()), (Code::Unauthorized, 1));
}

#[test]
fn a_policy_without_the_right_is_refused_by_the_service() {
    let bench = Bench::connected();
    let policy = DEVELOPMENT.policies.iter().find(|policy| policy.name == "enrollmentread").unwrap();
    let host = bench.connection_string().split(';').next().unwrap().to_owned();
    let reader = json!({"connectionString": format!("{host};SharedAccessKeyName={};SharedAccessKey={}", policy.name, policy.primary_key)});
    bench.run(Call::List(Individual), json!({"target": reader})).items();
    let refused = bench
        .run(Call::New(Individual), json!({"registrationId": "r", "attestationType": "SymmetricKey", "target": reader}))
        .error();
    assert!([Code::Unauthorized, Code::Forbidden].contains(&refused.code()), "{refused}");
}

#[test]
fn connecting_proves_the_account() {
    let bench = Bench::new();
    let ready = bench.emulator.ready();
    let refused = bench.run(
        Call::SessionConnect,
        json!({"emulator": ready.endpoint, "caCertificate": ready.ca_certificate, "clientSecret": "wrong-secret"}),
    );
    let refused = refused.error();
    assert_eq!((refused.code(), refused.http().unwrap().status), (Code::AuthenticationFailed, 401));
    assert!(
        !refused.message().contains("wrong-secret") && serde_json::to_value(&refused).unwrap()["terminating"] == true
    );
    // A connection that was refused leaves the session as it was.
    assert_eq!(bench.run(Call::List(Individual), json!({})).error().code(), Code::NotConnected);
    let connected = bench.connect(json!({}));
    assert_eq!((&connected["TenantId"], &connected["DpsName"]), (&json!(DEVELOPMENT.tenant_id), &json!("emulator")));
}

#[test]
fn supplied_tokens_are_used_as_they_are() {
    let bench = Bench::new();
    let ready = bench.emulator.ready();
    let data_plane = bench.token("https://azure-devices-provisioning.net/.default");
    let host = bench.connection_string().split(';').next().unwrap().trim_start_matches("HostName=").to_owned();
    let request = json!({"emulator": ready.endpoint, "caCertificate": ready.ca_certificate, "accessToken": data_plane});
    bench.run(Call::SessionConnect, request).item();
    bench.run(Call::List(Individual), json!({"target": {"hostName": host}})).items();
    let lacking = bench.run(Call::List(Individual), json!({"target": {"resourceId": service()}})).error();
    assert!(lacking.code() == Code::NotConnected && lacking.message().contains("Azure Resource Manager"), "{lacking}");
}

#[test]
fn the_only_subscription_is_found_where_none_is_named() {
    let bench = Bench::new();
    let ready = bench.emulator.ready();
    let connect = json!({
        "authorityHost": ready.endpoint, "resourceManagerEndpoint": ready.endpoint, "caCertificate": ready.ca_certificate,
        "tenantId": DEVELOPMENT.tenant_id, "clientId": DEVELOPMENT.client_id, "clientSecret": DEVELOPMENT.client_secret
    });
    assert_eq!(bench.run(Call::SessionConnect, connect).item()["SubscriptionId"], Value::Null);
    bench.run(Call::List(Individual), json!({"target": {"dpsName": "emulator"}})).items();
    let missing = bench.run(Call::List(Individual), json!({"target": {"dpsName": "missing"}})).error();
    assert_eq!((missing.code(), missing.target()), (Code::NotFound, Some("provisioning service/missing")));
}

#[test]
fn services_are_read_in_both_shapes() {
    let bench = Bench::connected();
    let wire = bench.run(Call::ServiceGet, json!({"target": {"resourceId": service()}})).item();
    assert_eq!(wire["properties"]["idScope"], DEVELOPMENT.id_scope);
    for request in [json!({}), json!({"resourceGroupName": "emulator"})] {
        assert_eq!(bench.run(Call::ServiceList, request).items(), std::slice::from_ref(&wire));
    }
    let missing = bench.run(Call::ServiceList, json!({"resourceGroupName": "other"})).error();
    assert_eq!(missing.code(), Code::NotFound);
    let shaped = bench.run(Call::ServiceGet, json!({"target": {"dpsName": "emulator"}, "shape": "powershell"})).item();
    assert_eq!(
        (&shaped["ResourceGroupName"], &shaped["Name"], &shaped["Properties"]["ServiceOperationsHostName"]),
        (&json!("emulator"), &json!("emulator"), &wire["properties"]["serviceOperationsHostName"])
    );
}

#[test]
fn a_name_is_looked_up_once() {
    let bench = Bench::new();
    let ready = bench.emulator.ready();
    let connect = json!({
        "authorityHost": ready.endpoint, "resourceManagerEndpoint": ready.endpoint, "caCertificate": ready.ca_certificate,
        "tenantId": DEVELOPMENT.tenant_id, "clientId": DEVELOPMENT.client_id, "clientSecret": DEVELOPMENT.client_secret
    });
    bench.run(Call::SessionConnect, connect).item();
    for name in ["emulator", "EMULATOR", "emulator"] {
        bench.run(Call::List(Individual), json!({"target": {"dpsName": name}})).items();
    }
    let looked_up = asked(&bench, 0).into_iter().filter(|call| call.starts_with("GET") && !call.ends_with("/listkeys"));
    // The subscriptions, and the services of the only one; the service that was found is not read once more.
    assert_eq!(looked_up.count(), 2, "{:?}", asked(&bench, 0));
}

#[test]
fn an_outage_of_the_sign_in_is_not_told_as_a_refusal() {
    for (fault, code) in [
        (Fault::status(503), Code::ServiceFailure),
        (Fault::status(429), Code::Throttled),
        (Fault::drop_connection(), Code::ConnectionFailed),
    ] {
        let bench = Bench::new();
        bench.fault(fault.on("POST", "/oauth2/").times(9).retry_after("0"));
        let ready = bench.emulator.ready();
        let connect = json!({"emulator": ready.endpoint, "caCertificate": ready.ca_certificate, "maximumAttempts": 2});
        let error = bench.run(Call::SessionConnect, connect).error();
        assert_eq!((error.code(), error.attempts(), error.target()), (code, 2, Some("sign-in")), "{error:?}");
        assert_eq!(error.outcome(), aziotdps::error::Outcome::NotApplied);
    }
}

#[test]
fn a_session_is_connected_when_it_says_so() {
    let bench = Bench::new();
    let ready = bench.emulator.ready();
    let connect = json!({"emulator": ready.endpoint, "caCertificate": ready.ca_certificate}).to_string();
    for _ in 0..50 {
        let session = aziotdps::operation::Session::new().unwrap();
        let operation = session.start(Call::SessionConnect, connect.as_bytes());
        while !matches!(operation.next(None), aziotdps::operation::Event::Items(_)) {}
        drop(operation);
        crate::common::finish(&session.start(Call::List(Individual), b"{}")).items();
    }
}
