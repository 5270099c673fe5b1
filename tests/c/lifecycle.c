/* An enrollment from its beginning to its end. */
#include "harness.h"

#include <string.h>

/* 32 bytes in base64. */
#define KEY "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ="

static void versions(void) {
    CHECK(aziotdps_abi_version() == 2);
    CHECK(strcmp(aziotdps_version(), setting("AZIOTDPS_EXPECTED_VERSION")) == 0);
}

static void new_get_set_remove(void) {
    aziotdps_session *session = session_new();

    outcome made = finish(start(aziotdps_enrollment_new, session,
        request("\"registrationId\":\"c-01\",\"attestationType\":\"SymmetricKey\",\"primaryKey\":\"" KEY
                "\",\"secondaryKey\":\"" KEY "\",\"tag\":{\"version\":\"3.2.0\"}")));
    CHECK(made.error == NULL && holds(made.items, "\"registrationId\":\"c-01\"") && holds(made.items, KEY));

    outcome read = finish(start(aziotdps_enrollment_get, session, request("\"registrationId\":\"c-01\"")));
    CHECK(read.error == NULL && holds(read.items, "\"tags\":{\"version\":\"3.2.0\"}"));
    CHECK(read.items != NULL && strstr(read.items, KEY) == NULL);

    outcome changed = finish(start(aziotdps_enrollment_set, session,
        request("\"registrationId\":\"c-01\",\"provisioningStatus\":\"Disabled\"")));
    CHECK(changed.error == NULL && holds(changed.items, "\"provisioningStatus\":\"disabled\""));
    CHECK(holds(changed.items, KEY) && holds(changed.items, "\"tags\":{\"version\":\"3.2.0\"}"));

    outcome listed = finish(start(aziotdps_enrollment_list, session, request("\"top\":1000")));
    CHECK(listed.error == NULL && holds(listed.items, "\"registrationId\":\"c-01\""));

    outcome removed = finish(start(aziotdps_enrollment_remove, session,
        request("\"registrationId\":\"c-01\",\"passThru\":true")));
    CHECK(removed.error == NULL && holds(removed.items, "[true]"));

    outcome gone = finish(start(aziotdps_enrollment_get, session, request("\"registrationId\":\"c-01\"")));
    CHECK(gone.items == NULL && holds(gone.error, "\"code\":\"NotFound\"") && holds(gone.error, "\"trackingId\""));

    outcome *const outcomes[] = {&made, &read, &changed, &listed, &removed, &gone};
    for (size_t index = 0; index < sizeof outcomes / sizeof outcomes[0]; index++) outcome_free(outcomes[index]);
    aziotdps_session_free(session);
}

static void a_connected_session(void) {
    aziotdps_session *session = session_new();
    static char connect[512];
    const char *endpoint = setting("AZIOTDPS_ENDPOINT");
    strcpy(connect, "{\"emulator\":\"");
    strncat(connect, endpoint, sizeof connect - 16);
    strcat(connect, "\"}");

    outcome connected = finish(start(aziotdps_session_connect, session, connect));
    CHECK(connected.error == NULL && holds(connected.items, "\"DpsName\":\"emulator\""));
    CHECK(connected.items != NULL && strstr(connected.items, "secret") == NULL);

    outcome service = finish(start(aziotdps_service_get, session,
        "{\"target\":{\"resourceGroupName\":\"emulator\",\"dpsName\":\"emulator\"},\"shape\":\"powershell\"}"));
    CHECK(service.error == NULL && holds(service.items, "\"ServiceOperationsHostName\""));

    outcome services = finish(start(aziotdps_service_list, session, "{}"));
    CHECK(services.error == NULL && holds(services.items, "\"emulator\""));

    outcome_free(&connected);
    outcome_free(&service);
    outcome_free(&services);
    aziotdps_session_free(session);
}

static void called_from_cpp(void) {
    extern unsigned version_seen_from_cpp(void);
    CHECK(version_seen_from_cpp() == aziotdps_abi_version());
}

const test lifecycle_tests[] = {
    {"versions", versions},
    {"new_get_set_remove", new_get_set_remove},
    {"a_connected_session", a_connected_session},
    {"called_from_cpp", called_from_cpp},
    {NULL, NULL},
};
