"""azure-identity: every credential that needs no user signs in, and azure-iot-deviceprovisioning uses it.

REQUESTS_CA_BUNDLE says whom to trust. Instance discovery is off: the libraries would ask a public host about an authority
that they do not know.
"""

import os

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    EnvironmentCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from azure.iot.deviceprovisioning import DeviceProvisioningClient

HOST = f"https://localhost:{os.environ['DPS_PORT']}"
TENANT = os.environ["DPS_TENANT_ID"]
CLIENT = os.environ["DPS_CLIENT_ID"]
SECRET = os.environ["DPS_CLIENT_SECRET"]
READER = os.environ["DPS_READER_ID"]
AUTHORITY = {"authority": HOST, "disable_instance_discovery": True}
RECORD = {"registrationId": "dev-1", "attestation": {"type": "symmetricKey"}}


def writes(credential):
    with DeviceProvisioningClient(HOST, credential) as client:
        client.enrollment.create_or_update("dev-1", RECORD)
        assert client.enrollment.get("dev-1")["registrationId"] == "dev-1"
        client.enrollment.delete("dev-1")


def reads(credential):
    with DeviceProvisioningClient(HOST, credential) as client:
        assert list(client.enrollment.query({"query": "SELECT *"})) == []
        try:
            client.enrollment.create_or_update("dev-1", RECORD)
        except HttpResponseError as error:
            assert error.status_code == 403, error
        else:
            raise AssertionError("a reader must not write")


def refused(number, credential):
    try:
        credential.get_token("https://azure-devices-provisioning.net/.default")
    except ClientAuthenticationError as error:
        assert f"AADSTS{number}" in str(error), error
    else:
        raise AssertionError("it should be refused")


writes(ClientSecretCredential(TENANT, CLIENT, SECRET, **AUTHORITY))
os.environ.update(AZURE_TENANT_ID=TENANT, AZURE_CLIENT_ID=CLIENT, AZURE_CLIENT_SECRET=SECRET)
writes(EnvironmentCredential(**AUTHORITY))
for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
    del os.environ[name]

certificate = os.environ["DPS_CERTIFICATE"]
reads(CertificateCredential(TENANT, READER, certificate, **AUTHORITY))
reads(CertificateCredential(TENANT, READER, certificate, send_certificate_chain=True, **AUTHORITY))
federated = os.environ["DPS_FEDERATED_TOKEN_FILE"]
reads(WorkloadIdentityCredential(tenant_id=TENANT, client_id=READER, token_file_path=federated, **AUTHORITY))

refused(7000215, ClientSecretCredential(TENANT, CLIENT, "wrong", **AUTHORITY))
refused(700016, ClientSecretCredential(TENANT, "nobody", SECRET, **AUTHORITY))
refused(700027, CertificateCredential(TENANT, CLIENT, certificate, **AUTHORITY))

os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = HOST
writes(ManagedIdentityCredential())
reads(ManagedIdentityCredential(client_id=os.environ["DPS_IDENTITY_ID"]))
del os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
os.environ["IDENTITY_ENDPOINT"] = os.environ["DPS_IDENTITY_ENDPOINT"]
os.environ["IDENTITY_HEADER"] = os.environ["DPS_IDENTITY_HEADER"]
writes(ManagedIdentityCredential())
reads(ManagedIdentityCredential(client_id=os.environ["DPS_IDENTITY_ID"]))
