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
        (Remove(Individual), json!({}), "registrationId", "or all"),
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
            "either CA reference or X509 certificate",
        ),
        (Set(Group), json!({"name": "g", "clear": ["DeviceId"]}), "clear", "An enrollment group has no DeviceId"),
        (Set(Individual), json!({"registrationId": "r", "clear": ["Everything"]}), "clear", "`SecondaryCertificate`"),
        (Set(Individual), json!({"registrationId": "r", "tagMerge": "[]"}), "tagMerge", "not a JSON object"),
        (Set(Individual), json!({"registrationId": "r", "tagMerge": {}, "tag": {}}), "tagMerge", "exclude each other"),
        (
            SessionConnect,
            json!({"emulator": true, "caCertificate": "-----BEGIN nothing"}),
            "caCertificate",
            "no certificate",
        ),
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
            "'registrationid' is not known; accepted are: target, shape, workingDirectory, registrationId, showKey",
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
fn nothing_to_connect_to_is_said_before_any_call() {
    let bench = Bench::new();
    let nameless = bench.run(List(Individual), json!({})).error();
    assert_eq!(nameless.code(), Code::NotConnected);
    let by_name = bench.run(List(Individual), json!({"target": {"resourceGroupName": "g", "dpsName": "dps"}})).error();
    assert_eq!(by_name.code(), Code::NotConnected);
    assert!(by_name.message().contains("connect first"), "{by_name}");
}

fn merged(mut base: Value, more: Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}
