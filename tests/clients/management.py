"""azure-mgmt-iothubprovisioningservices: a service is created, linked, secured and deleted, each operation polled to its end.

REQUESTS_CA_BUNDLE says whom to trust; the client is told the emulator's address as it would be told another cloud's.
"""

import datetime
import os

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.iothubprovisioningservices import IotDpsClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = f"https://localhost:{os.environ['DPS_PORT']}"
GROUP = os.environ["DPS_RESOURCE_GROUP"]
NAME = "managed-1"
HUB = "HostName=hub.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey=c2VjcmV0"

credential = ClientSecretCredential(
    os.environ["DPS_TENANT_ID"],
    os.environ["DPS_CLIENT_ID"],
    os.environ["DPS_CLIENT_SECRET"],
    authority=HOST,
    disable_instance_discovery=True,
)
client = IotDpsClient(
    credential,
    os.environ["DPS_SUBSCRIPTION_ID"],
    base_url=HOST,
    credential_scopes=["https://management.azure.com/.default"],
)
services, certificates = client.iot_dps_resource, client.dps_certificate


def certificate(name, issuer=None):
    """A certificate and its key, signed by an issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def pem(pair):
    return pair[0].public_bytes(serialization.Encoding.PEM)


def update(**properties):
    service = services.get(NAME, GROUP)
    for name, value in properties.items():
        setattr(service.properties, name, value)
    return services.begin_create_or_update(GROUP, NAME, service).result()


def policies():
    return {policy.key_name: policy for policy in services.list_keys(NAME, GROUP)}


assert services.check_provisioning_service_name_availability({"name": NAME}).name_available
description = {"location": "East US", "sku": {"name": "S1", "capacity": 1}, "properties": {}}
created = services.begin_create_or_update(GROUP, NAME, description).result()
assert created.properties.state == "Active" and created.properties.id_scope.startswith("0ne")
assert not services.check_provisioning_service_name_availability({"name": NAME}).name_available

linked = update(iot_hubs=[{"connectionString": HUB, "location": "westus", "allocationWeight": 3}])
assert [(hub.name, hub.allocation_weight) for hub in linked.properties.iot_hubs] == [("hub.azure-devices.net", 3)]
owner = policies()["provisioningserviceowner"]
owner_again = {"keyName": owner.key_name, "rights": owner.rights, "primaryKey": owner.secondary_key}
update(authorization_policies=[owner_again, {"keyName": "reader", "rights": "EnrollmentRead"}])
assert policies()["provisioningserviceowner"].primary_key == owner.secondary_key
assert services.list_keys_for_key_name(NAME, "reader", GROUP).rights == "EnrollmentRead"
assert update(disable_local_auth=True).properties.disable_local_auth
assert len(services.get(NAME, GROUP).properties.iot_hubs) == 1 and len(policies()) == 2
assert services.begin_update(GROUP, NAME, {"tags": {"env": "test"}}).result().tags == {"env": "test"}

root = certificate("root")
made = certificates.create_or_update(GROUP, NAME, "root-1", {"properties": {"certificate": pem(root)}})
assert made.properties.is_verified is False
match = {"etag": made.etag, "match_condition": MatchConditions.IfNotModified}
coded = certificates.generate_verification_code("root-1", GROUP, NAME, **match)
proof = certificate(coded.properties.verification_code, root)
match = {"etag": coded.etag, "match_condition": MatchConditions.IfNotModified}
body = {"certificate": pem(proof).decode()}
verified = certificates.verify_certificate("root-1", GROUP, NAME, body, **match)
assert verified.properties.is_verified is True

for number in range(2, 5):
    services.begin_create_or_update(GROUP, f"managed-{number}", description).result()
names = [service.name for service in services.list_by_subscription()]
assert sorted(names) == ["emulator", "managed-1", "managed-2", "managed-3", "managed-4"], names
try:
    services.begin_create_or_update(GROUP, "not_a_name", description).result()
except HttpResponseError as error:
    assert error.status_code == 400 and "not_a_name" in str(error), error
else:
    raise AssertionError("it should be refused")
services.begin_delete(NAME, GROUP).result()
try:
    services.get(NAME, GROUP)
except ResourceNotFoundError:
    pass
else:
    raise AssertionError("it should be gone")
