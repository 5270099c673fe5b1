"""azure-iot-deviceprovisioning: a round of every call, with records of both kinds.

REQUESTS_CA_BUNDLE says whom to trust; the client is as it was published.
"""

import base64
import os

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.iot.deviceprovisioning import DeviceProvisioningClient

SELECT = {"query": "SELECT *"}


def refused(status, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except HttpResponseError as error:
        assert error.status_code == status, error
        return error
    raise AssertionError("it should be refused")


def round_of(operations, member, exists):
    def record(identifier, **more):
        return {member: identifier, "attestation": {"type": "symmetricKey"}, **more}

    twin = {"tags": {"version": 1.5}}
    created = operations.create_or_update("Dev:1", record("Dev:1", initialTwin=twin))
    key = created["attestation"]["symmetricKey"]["primaryKey"]
    assert created[member] == "Dev:1" and len(base64.b64decode(key)) == 64
    conflict = refused(409, operations.create_or_update, "dev:1", record("dev:1"))
    assert f'"errorCode":{exists}' in conflict.response.text()

    read = operations.get("dev:1")
    assert read["attestation"] == {"type": "symmetricKey"} and read["initialTwin"] == twin
    assert operations.get_attestation_mechanism("dev:1")["symmetricKey"]["primaryKey"] == key

    changed = {**read, "provisioningStatus": "disabled"}
    updated = operations.create_or_update("dev:1", changed, if_match=read["etag"])
    assert updated["provisioningStatus"] == "disabled" and updated["etag"] != read["etag"]
    assert operations.get_attestation_mechanism("dev:1")["symmetricKey"]["primaryKey"] == key
    refused(412, operations.create_or_update, "dev:1", changed, if_match=read["etag"])

    for number in range(2, 8):
        operations.create_or_update(f"dev:{number}", record(f"dev:{number}"))
    pages = [list(page) for page in operations.query(SELECT, top=3).by_page()]
    seen = sorted(each[member].lower() for page in pages for each in page)
    assert seen == [f"dev:{number}" for number in range(1, 8)], seen
    assert len(pages) == 3, len(pages)

    refused(412, operations.delete, "dev:1", if_match=read["etag"])
    operations.delete("dev:1", if_match=updated["etag"])
    operations.delete("dev:2")
    operations.delete("dev:3", if_match="*")
    refused(404, operations.get, "dev:1")

    items = "enrollments" if member == "registrationId" else "enrollmentGroups"
    two = [record("bulk-1"), record("bulk-2")]
    whole = operations.run_bulk_operation({"mode": "create", items: two})
    assert whole == {"errors": [], "isSuccessful": True}, whole
    part = operations.run_bulk_operation({"mode": "create", items: two + [record("bulk-3")]})
    assert [error["errorCode"] for error in part["errors"]] == [exists, exists], part
    gone = operations.run_bulk_operation({"mode": "delete", items: two + [record("bulk-3")]})
    assert gone["isSuccessful"], gone
    assert len(list(operations.query(SELECT))) == 4


def registrations(operations):
    state = operations.get("seeded-2")
    assert state["status"] == "assigned"
    pages = [list(page) for page in operations.query("seeded", top=2).by_page()]
    assert sorted(len(page) for page in pages) == [1, 2, 2], pages
    operations.delete("seeded-2", if_match=state["etag"])
    refused(404, operations.get, "seeded-2")


class Token:
    """A credential of Microsoft Entra, whose token the test fetched."""

    def get_token(self, *scopes, **_):
        assert scopes == ("https://azure-devices-provisioning.net/.default",), scopes
        return AccessToken(os.environ["DPS_TOKEN"], 2**31)


connection = os.environ["DPS_CONNECTION_STRING"]
with DeviceProvisioningClient.from_connection_string(connection) as client:
    round_of(client.enrollment, "registrationId", 409201)
    round_of(client.enrollment_group, "enrollmentGroupId", 409202)
    registrations(client.device_registration_state)

with DeviceProvisioningClient(f"https://localhost:{os.environ['DPS_PORT']}", Token()) as client:
    assert client.enrollment.get("dev:4")["registrationId"] == "dev:4"

stranger = connection.split("SharedAccessKey=")[0] + "SharedAccessKey=" + "AAAA" * 16
with DeviceProvisioningClient.from_connection_string(stranger) as client:
    refused(401, client.enrollment.get, "dev:4")
