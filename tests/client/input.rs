//! Input that is refused: before the first call, naming the parameter and what is accepted, with nothing changed.

use crate::common::{Bench, finish};
use aziotdps::error::{Code, Outcome};
use aziotdps::model::EnrollmentKind::{Group, Individual};
use aziotdps::operation::Call::{self, *};
use serde_json::{Value, json};

const KEY: &str = "QUJDREVGR0hJSktMTU5PUA==";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pem = include_str!("../data/device.pem");
    let key = include_str!("../data/device-key.pem");
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("words.pem", "not a certificate");
    write("key.pem", key);
    write("both.pem", &format!("{pem}{key}"));
    folder
}

#[test]
fn bad_input_never_reaches_the_network() {
    let bench = Bench::connected();
    let folder = folder();
    let connected = bench.emulator.requests().len();
    let symmetric = |more: Value| merged(json!({"registrationId": "r", "attestationType": "SymmetricKey"}), more);
    let x509 = |certificate: &str| json!({"registrationId": "r", "attestationType": "X509", "primaryCertificate": certificate, "workingDirectory": folder.path()});
    let mut cases: Vec<(Call, Value, &str, &str)> = vec![
        (Get(Individual), json!({}), "registrationId", "required"),
        (Get(Individual), json!({"registrationId": "a/b"}), "registrationId", "letters, digits"),
        (Get(Individual), json!({"registrationId": ".."}), "registrationId", "letters, digits"),
        (Get(Individual), json!({"registrationId": "a".repeat(129)}), "registrationId", "1 to 128"),
        (Get(Individual), json!({"registrationId": 7}), "registrationId", "a string"),
        (List(Individual), json!({"pageSize": -1}), "pageSize", "a whole number of 0 or more"),
        (New(Individual), json!({"registrationId": "r"}), "attestationType", "required"),
        (
            New(Individual),
            json!({"registrationId": "r", "attestationType": "Password"}),
            "attestationType",
            "`SymmetricKey`",
        ),
        (
            New(Individual),
            json!({"registrationId": "r", "attestationType": "None"}),
            "attestationType",
            "Accepted are Tpm, X509 and SymmetricKey",
        ),
        (
            New(Individual),
            symmetric(json!({"primaryKey": "n!", "secondaryKey": KEY})),
            "primaryKey",
            "16 to 64 bytes, in base64",
        ),
        (
            New(Individual),
            symmetric(json!({"primaryKey": KEY, "secondaryKey": "QUJD"})),
            "secondaryKey",
            "16 to 64 bytes, in base64",
        ),
        (New(Individual), symmetric(json!({"deviceId": "a b"})), "deviceId", "1 to 128 ASCII"),
        (New(Individual), symmetric(json!({"tag": "{\"a\":"})), "tag", "not a JSON object"),
        (New(Individual), symmetric(json!({"desired": [1]})), "desired", "JSON object"),
        (New(Individual), symmetric(json!({"deviceInformation": "[]"})), "deviceInformation", "JSON object"),
        (New(Individual), symmetric(json!({"allocationPolicy": "Static"})), "iotHub", "a hub to be assigned"),
        (
            New(Individual),
            symmetric(json!({"allocationPolicy": "Static", "iotHub": ["a.example", "b.example"]})),
            "iotHub",
            "only one hub",
        ),
        (New(Individual), symmetric(json!({"allocationPolicy": "Custom"})), "webhookUrl", "Azure function url"),
        (New(Individual), symmetric(json!({"provisioningStatus": "on"})), "provisioningStatus", "`Enabled`"),
        (New(Individual), symmetric(json!({"reprovisionPolicy": "sometimes"})), "reprovisionPolicy", "`never`"),
        (New(Individual), symmetric(json!({"edgeEnabled": "yes"})), "edgeEnabled", "a boolean"),
        (New(Individual), x509("missing.pem"), "primaryCertificate", "nor a file that exists; accepted are PEM text"),
        (New(Individual), x509("words.pem"), "primaryCertificate", "not an X.509 certificate"),
        (New(Individual), x509("key.pem"), "primaryCertificate", "private key"),
        (New(Individual), x509("both.pem"), "primaryCertificate", "private key"),
        (Set(Individual), json!({"registrationId": "r", "etag": ""}), "etag", "not an etag"),
        (Set(Individual), json!({"registrationId": "r", "etag": "ImUi", "force": true}), "force", "exclude"),
        (
            Set(Individual),
            json!({"registrationId": "r", "iotHubHostName": "h", "allocationPolicy": "Hashed"}),
            "iotHubHostName",
            "not required when allocation-policy",
        ),
        (Remove(Individual), json!({}), "registrationId", "or give all"),
        (ServiceGet, json!({"target": {"hostName": "h"}}), "target", "resourceId"),
        (
            List(Individual),
            json!({"target": {"resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/IotHubs/h"}}),
            "resourceId",
            "provisioningServices/<name>",
        ),
        (
            List(Individual),
            json!({"target": {"connectionString": "HostName=h;SharedAccessKeyName=p"}}),
            "connectionString",
            "no SharedAccessKey;",
        ),
        (List(Individual), json!({"target": {"resourceGroupName": "g"}}), "dpsName", "dpsName"),
        (SessionConnect, json!({"tenantId": "t", "clientSecret": "s"}), "clientId", "missing"),
        (SessionConnect, json!({"emulator": "https://example.org"}), "emulator", "localhost"),
        (SessionConnect, json!({"emulator": "localhost:8443"}), "emulator", "https"),
        (SessionConnect, json!({"emulator": true, "timeoutSeconds": 0}), "timeoutSeconds", "1 to 86400"),
        (SessionConnect, json!({"emulator": true, "caCertificate": "missing.pem"}), "caCertificate", "PEM"),
        (SessionConnect, json!({"environment": "Mars"}), "environment", "`AzureChinaCloud`"),
    ];
    let group = [
        (Get(Individual), Get(Group)),
        (List(Individual), List(Group)),
        (New(Individual), New(Group)),
        (Set(Individual), Set(Group)),
        (Remove(Individual), Remove(Group)),
    ];
    let mut of_groups = Vec::new();
    for (call, request, parameter, says) in &cases {
        // What holds for an enrollment holds for a group, by the group's own name, where a group has such a thing.
        let Some((_, of_group)) = group.iter().find(|(individual, _)| individual == call) else { continue };
        let device = request.get("deviceId").or(request.get("deviceInformation")).is_some();
        if device || request.get("target").is_some() {
            continue;
        }
        let mut request = request.clone();
        if let Some(id) = request.as_object_mut().unwrap().remove("registrationId") {
            request["enrollmentGroupId"] = id;
        }
        let parameter = if *parameter == "registrationId" { "enrollmentGroupId" } else { parameter };
        of_groups.push((*of_group, request, parameter, *says));
    }
    assert!(of_groups.len() > 20, "{}", of_groups.len());
    cases.extend(of_groups);
    cases.extend([
        (
            New(Group),
            json!({"name": "g", "attestationType": "Tpm", "endorsementKey": "QUJD"}),
            "attestationType",
            "not a valid attestation mechanism for an enrollment group",
        ),
        (
            New(Group),
            json!({"name": "g", "attestationType": "X509"}),
            "primaryCertificate",
            "An X.509 group needs primaryCertificate",
        ),
        (Set(Group), json!({"name": "g", "clear": ["DeviceId"]}), "clear", "An enrollment group has no deviceId"),
        (Set(Individual), json!({"registrationId": "r", "clear": ["Everything"]}), "clear", "`SecondaryCertificate`"),
        (Set(Individual), json!({"registrationId": "r", "tagMerge": "[]"}), "tagMerge", "not a JSON object"),
        (Set(Individual), json!({"registrationId": "r", "tagMerge": {}, "tag": {}}), "tagMerge", "exclude each other"),
        (
            SessionConnect,
            json!({"emulator": true, "caCertificate": "-----BEGIN nothing"}),
            "caCertificate",
            "has no certificate that can be parsed",
        ),
        (
            SessionConnect,
            json!({"emulator": true, "caCertificate": "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"}),
            "caCertificate",
            "has no certificate that can be parsed",
        ),
        (ServiceList, json!({"resourceGroupName": ".."}), "resourceGroupName", "1 to 90"),
        (ServiceList, json!({"resourceGroupName": ""}), "resourceGroupName", "1 to 90"),
        (ServiceConnectionString, json!({"resourceGroupName": ".."}), "resourceGroupName", "1 to 90"),
        (
            Set(Individual),
            json!({"registrationId": "r", "tag": r#"{"$serde_json::private::Number":"1"}"#}),
            "tag",
            "reserved",
        ),
        (
            List(Individual),
            json!({"target": {"connectionString": "HostName=h.azure-devices.net;SharedAccessKeyName=p;SharedAccessKey=QUJD"}}),
            "connectionString",
            "It is an IoT hub",
        ),
        (List(Individual), json!({"target": {"hostName": "h.azure-devices.net"}}), "hostName", "It is an IoT hub"),
        (
            Set(Individual),
            json!({"registrationId": "r", "regenerateKey": "Both"}),
            "regenerateKey",
            "`Primary` or `Secondary`",
        ),
        (Set(Individual), json!({"registrationId": "r", "swapKey": true, "primaryKey": KEY}), "swapKey", "exclude"),
        (RegistrationGet, json!({"registrationId": "a b"}), "registrationId", "letters, digits"),
        (RegistrationGet, json!({"enrollmentId": "a/b"}), "enrollmentId", "letters, digits"),
        (RegistrationGet, json!({}), "registrationId", "Please provide either RegistrationId or EnrollmentId."),
        (RegistrationRemove, json!({}), "registrationId", "required"),
        (RegistrationRemove, json!({"registrationId": "?"}), "registrationId", "letters, digits"),
        (AttestationGet, json!({"registrationId": "a", "name": "b"}), "registrationId", "either"),
        (DeviceKeyDerive, json!({"registrationId": "r"}), "symmetricKey", "either"),
        (DeviceKeyDerive, json!({"registrationId": "r", "symmetricKey": "QUJD"}), "symmetricKey", "16 to 64 bytes"),
        (ServiceConnectionString, json!({"showAll": true, "policyName": "p"}), "showAll", "policyName"),
    ]);
    for (call, request, parameter, says) in cases {
        let refused = bench.run(call, request.clone()).error();
        assert_eq!(
            (refused.code(), refused.parameter()),
            (Code::InvalidArgument, Some(parameter)),
            "{request}: {refused}"
        );
        assert!(refused.message().contains(says), "{request}: {refused}");
        assert_eq!((refused.outcome(), refused.attempts()), (Outcome::NotApplied, 0));
    }
    assert_eq!(bench.emulator.requests().len(), connected, "{:?}", bench.calls());
}

#[test]
fn a_certificate_is_taken_in_every_form() {
    let bench = Bench::connected();
    let folder = tempfile::tempdir().unwrap();
    let pem = include_str!("../data/device.pem");
    let bare: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    let der = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &bare).unwrap();
    std::fs::write(folder.path().join("a.pem"), pem).unwrap();
    std::fs::write(folder.path().join("a.der"), der).unwrap();
    std::fs::write(folder.path().join("a.cer"), &bare).unwrap();
    let mut thumbprints = Vec::new();
    for (n, form) in ["a.pem", "a.der", "a.cer", pem, &bare].iter().enumerate() {
        let request = json!({"registrationId": format!("r{n}"), "attestationType": "X509", "primaryCertificate": form, "workingDirectory": folder.path()});
        let created = bench.run(New(Individual), request).item();
        thumbprints
            .push(created["attestation"]["x509"]["clientCertificates"]["primary"]["info"]["sha256Thumbprint"].clone());
    }
    thumbprints.dedup();
    assert_eq!(thumbprints.len(), 1, "{thumbprints:?}");
}

#[test]
fn what_is_not_a_request_is_said_to_be_none() {
    let bench = Bench::new();
    for (text, says) in [
        (&b"\xff\xfe"[..], "not UTF-8"),
        (b"", "not JSON"),
        (b"{\"registrationId\":", "not JSON (line 1, column 18)"),
        (b"[]", "not a JSON object"),
        (
            b"{\"registrationid\":\"x\"}",
            "'registrationid' is not known; accepted are: deadlineSeconds, maximumAttempts, target, shape, workingDirectory, registrationId, showKey",
        ),
        (
            b"{\"registrationId\":\"x\",\"target\":{\"dps\":\"d\"}}",
            "'target.dps' is not known; expected one of `resourceGroupName`",
        ),
    ] {
        let refused = finish(&bench.session.start(Get(Individual), text)).error();
        assert!(refused.message().contains(says), "{refused}");
        assert_eq!(refused.code(), Code::InvalidRequest, "{refused}");
    }
}

#[test]
fn a_reserved_member_name_is_refused() {
    let bench = Bench::new();
    let request = br#"{"registrationId":"r","tag":{"a":{"\u0024serde_json::private::Number":"1"}}}"#;
    let refused = finish(&bench.session.start(Set(Individual), request)).error();
    assert!(refused.code() == Code::InvalidRequest && refused.message().contains("reserved"), "{refused}");
}

/// Everything that an operation has told.
fn told(bench: &Bench, call: Call, request: Value) -> String {
    let outcome = bench.run(call, request.clone());
    assert!(!outcome.errors.is_empty(), "{request} is accepted");
    format!("{outcome:?} {}", serde_json::to_string(&outcome.errors).unwrap())
}

#[test]
fn a_secret_in_the_wrong_place_is_neither_repeated_nor_sent() {
    let bench = Bench::connected();
    let connected = bench.emulator.requests().len();
    let key = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ=";
    let client_secret = "abc8Q~this-is-no-real-secret-01234567890";
    let values = [
        format!("HostName=dps.example;SharedAccessKeyName=p;SharedAccessKey={key}"),
        format!("HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey={key}"),
        format!("SharedAccessSignature sr=h&sig={key}&se=1&skn=p"),
        key.to_owned(),
        client_secret.to_owned(),
    ];
    let symmetric = json!({"registrationId": "r", "attestationType": "SymmetricKey"});
    let x509 = json!({"registrationId": "r", "attestationType": "X509"});
    let hashed = merged(symmetric.clone(), json!({"allocationPolicy": "Hashed"}));
    let account = json!({"tenantId": "t", "clientId": "c", "clientSecret": "s"});
    let places: Vec<(Call, Value, &str)> = vec![
        (SessionConnect, json!({}), "emulator"),
        (SessionConnect, json!({"emulator": true}), "caCertificate"),
        (SessionConnect, json!({"emulator": true}), "dataPlaneApiVersion"),
        (SessionConnect, json!({"emulator": true}), "dataPlaneScope"),
        (SessionConnect, json!({"emulator": true}), "environment"),
        (SessionConnect, json!({"emulator": true}), "authType"),
        (SessionConnect, account.clone(), "tenantId"),
        (SessionConnect, account.clone(), "clientId"),
        (SessionConnect, account.clone(), "subscriptionId"),
        (SessionConnect, account.clone(), "authorityHost"),
        (SessionConnect, account, "resourceManagerEndpoint"),
        (List(Individual), json!({}), "target.dpsName"),
        (List(Individual), json!({"target": {"dpsName": "dps"}}), "target.resourceGroupName"),
        (List(Individual), json!({}), "target.resourceId"),
        (List(Individual), json!({}), "target.hostName"),
        (List(Individual), json!({}), "shape"),
        (Get(Individual), json!({}), "registrationId"),
        (Get(Group), json!({}), "name"),
        (ServiceList, json!({}), "resourceGroupName"),
        (New(Individual), x509, "primaryCertificate"),
        (New(Individual), symmetric.clone(), "attestationType"),
        (New(Individual), symmetric.clone(), "iotHubHostName"),
        (New(Individual), symmetric, "webhookUrl"),
        (New(Individual), hashed, "iotHub"),
    ];
    for (call, request, place) in &places {
        for value in &values {
            let mut request = request.clone();
            match place.split_once('.') {
                Some((_, member)) => {
                    request["target"][member] = json!(value);
                }
                None if *place == "iotHub" => request["iotHub"] = json!([value]),
                None => request[*place] = json!(value),
            }
            let told = told(&bench, *call, request);
            assert!(!told.contains(key) && !told.contains(client_secret), "{place}: {told}");
        }
    }
    // A member name that the request cannot have.
    let told = told(&bench, List(Individual), json!({(values[0].as_str()): 1}));
    assert!(!told.contains(key), "{told}");
    assert_eq!(bench.emulator.requests().len(), connected, "{:?}", bench.calls());
}

#[test]
fn a_connection_string_is_accepted_as_such_only() {
    let bench = Bench::connected();
    let connection_string = bench.connection_string();
    for member in ["deviceId", "primaryCAName", "namespaceName", "apiVersion", "clientSecret", "etag"] {
        let refused = bench.run(Set(Individual), json!({"registrationId": "r", (member): connection_string})).error();
        assert_eq!((refused.code(), refused.parameter()), (Code::InvalidArgument, Some(member)), "{refused}");
        assert!(refused.message().contains("only connectionString accepts one"), "{refused}");
    }
}

#[test]
fn nothing_to_connect_to_is_said_before_any_call() {
    let bench = Bench::new();
    let nameless = bench.run(List(Individual), json!({})).error();
    assert_eq!(nameless.code(), Code::NotConnected);
    let by_name = bench.run(List(Individual), json!({"target": {"resourceGroupName": "g", "dpsName": "dps"}})).error();
    assert_eq!(by_name.code(), Code::NotConnected);
    assert!(by_name.message().contains("connect first, with tenantId"), "{by_name}");
}

fn merged(mut base: Value, more: Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}
