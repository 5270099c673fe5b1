"""azure-iot-device over MQTT, and over MQTT in WebSocket where DPS_TRANSPORT is mqtt_ws: devices with a key of their own,
with one derived from a group's, with certificates; then some that are refused.

The client takes whom to trust as an argument; it is as it was published.
"""

import base64
import hashlib
import hmac
import os
import sys
import threading

import requests
from azure.iot.device import ProvisioningDeviceClient, X509
from azure.iot.device.exceptions import ClientError

HOST = "localhost"
SCOPE = os.environ["DPS_ID_SCOPE"]
CERTIFICATES = os.environ["DPS_CERTIFICATES"]
AUTHORITY = os.environ["REQUESTS_CA_BUNDLE"]
HEADERS = {"Authorization": f"Bearer {os.environ['DPS_TOKEN']}"}
WEB_SOCKETS = os.environ["DPS_TRANSPORT"] == "mqtt_ws"

with open(AUTHORITY) as file:
    COMMON = {
        "provisioning_host": HOST,
        "id_scope": SCOPE,
        "server_verification_cert": file.read(),
        "websockets": WEB_SOCKETS,
    }


def put(path, **record):
    url = f"https://{HOST}/{path}?api-version=2021-10-01"
    answer = requests.put(url, json=record, headers=HEADERS, verify=AUTHORITY, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def pem(name):
    with open(os.path.join(CERTIFICATES, f"{name}.pem")) as file:
        return file.read()


def keyed(identifier, key):
    create = ProvisioningDeviceClient.create_from_symmetric_key
    return create(registration_id=identifier, symmetric_key=key, **COMMON)


def certified(name):
    certificate = X509(os.path.join(CERTIFICATES, f"{name}.pem"), os.path.join(CERTIFICATES, f"{name}-key.pem"))
    create = ProvisioningDeviceClient.create_from_x509_certificate
    return create(registration_id=name, x509=certificate, **COMMON)


def derived(key, identifier):
    return base64.b64encode(hmac.digest(base64.b64decode(key), identifier.encode(), hashlib.sha256)).decode()


def register(client, payload=None):
    if payload:
        client.provisioning_payload = payload
    result = client.register()
    assert result.status == "assigned", result
    return result.registration_state


def refused(client):
    try:
        client.register()
    except ClientError as error:
        return error
    raise AssertionError("it should be refused")


def main():
    attestation = {"type": "symmetricKey"}
    own = put("enrollments/individual-1", registrationId="individual-1", deviceId="Individual", attestation=attestation)
    own_key = own["attestation"]["symmetricKey"]["primaryKey"]
    group = put("enrollmentGroups/by-key", enrollmentGroupId="by-key", attestation=attestation)
    group_key = group["attestation"]["symmetricKey"]["primaryKey"]
    signing = {"signingCertificates": {"primary": {"certificate": pem("root")}}}
    put("enrollmentGroups/by-certificate", enrollmentGroupId="by-certificate", attestation={"type": "x509", "x509": signing})
    leaf = {"clientCertificates": {"primary": {"certificate": pem("certified-2")}}}
    put("enrollments/certified-2", registrationId="certified-2", attestation={"type": "x509", "x509": leaf})

    first = register(keyed("individual-1", own_key), {"model": 7})
    assert first.device_id == "Individual", first
    assert first.assigned_hub.startswith("emulated-hub-"), first
    assert register(keyed("member-1", derived(group_key, "member-1"))).device_id == "member-1"
    assert register(certified("certified-1")).device_id == "certified-1"
    assert register(certified("certified-2")).device_id == "certified-2"
    refused(keyed("stranger", group_key))
    refused(certified("stranger-1"))


main()
sys.stdout.flush()
# Threads of the client outlive a registration that was refused.
os._exit(0 if threading.main_thread().is_alive() else 1)
