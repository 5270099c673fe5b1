/* What a host must not do, and what comes of it: an answer, never a crash. */
#include "harness.h"

#include <string.h>

static starter *const starters[] = {
    aziotdps_session_connect,
    aziotdps_enrollment_get,
    aziotdps_enrollment_list,
    aziotdps_enrollment_new,
    aziotdps_enrollment_set,
    aziotdps_enrollment_remove,
    aziotdps_enrollment_group_get,
    aziotdps_enrollment_group_list,
    aziotdps_enrollment_group_new,
    aziotdps_enrollment_group_set,
    aziotdps_enrollment_group_remove,
    aziotdps_registration_get,
    aziotdps_registration_remove,
    aziotdps_attestation_get,
    aziotdps_device_key_derive,
    aziotdps_device_register,
    aziotdps_service_get,
    aziotdps_service_list,
    aziotdps_service_connection_string,
};
enum { STARTERS = sizeof starters / sizeof starters[0] };

static void null_pointers(void) {
    aziotdps_session *session = session_new();
    const char *json = "untouched";
    for (size_t index = 0; index < STARTERS; index++) {
        CHECK(start(starters[index], NULL, "{}") == NULL);
        outcome refused = finish(starters[index](session, NULL, 7));
        CHECK(refused.items == NULL && holds(refused.error, "\"code\":\"InvalidRequest\""));
        outcome_free(&refused);
    }
    CHECK(aziotdps_operation_next(NULL, 0, &json) == AZIOTDPS_EVENT_NULL_POINTER);
    aziotdps_operation *operation = start(aziotdps_enrollment_list, session, request(""));
    CHECK(aziotdps_operation_next(operation, 0, NULL) == AZIOTDPS_EVENT_NULL_POINTER);
    outcome read = finish(operation);
    CHECK(read.error == NULL);
    outcome_free(&read);
    aziotdps_operation_cancel(NULL);
    aziotdps_operation_free(NULL);
    aziotdps_session_retain(NULL);
    aziotdps_session_release(NULL);
    aziotdps_session_disconnect(NULL);
    CHECK(aziotdps_session_set_names(NULL, (const uint8_t *)"{}", 2) == 0);
    CHECK(aziotdps_session_set_names(session, NULL, 7) == 0);
    CHECK(aziotdps_session_set_names(session, (const uint8_t *)"{}", SIZE_MAX) == 0);
    aziotdps_session_free(NULL);
    aziotdps_session_free(session);
}

/* Bytes and their number, without the NUL that ends the literal. */
#define TEXT(literal) literal, sizeof literal - 1

static void bad_requests(void) {
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } requests[] = {
        {TEXT(""), "not JSON"},
        {TEXT("\xff\xfe{}"), "not UTF-8"},
        {TEXT("{\"registrationId\":\"a\0b\"}"), "not JSON"},
        {TEXT("{"), "not JSON"},
        {TEXT("[]"), "not a JSON object"},
        {TEXT("{\"target\":1}"), "target"},
        {TEXT("{\"nobodyKnows\":1,\"registrationId\":\"r\",\"attestationType\":\"Tpm\"}"), "nobodyKnows"},
    };
    aziotdps_session *session = session_new();
    for (size_t index = 0; index < STARTERS; index++) {
        for (size_t at = 0; at < sizeof requests / sizeof requests[0]; at++) {
            const uint8_t *bytes = (const uint8_t *)requests[at].bytes;
            outcome refused = finish(starters[index](session, bytes, requests[at].size));
            CHECK(refused.items == NULL && refused.ends > 0 && holds(refused.error, "\"outcome\":\"notApplied\""));
            CHECK(holds(refused.error, requests[at].says));
            outcome_free(&refused);
        }
    }
    aziotdps_session_free(session);
}

static void freed_in_odd_orders(void) {
    aziotdps_session *session = session_new();
    aziotdps_operation *read = start(aziotdps_enrollment_list, session, request(""));
    aziotdps_operation *unread = start(aziotdps_enrollment_list, session, request(""));
    aziotdps_operation *half_read = start(aziotdps_enrollment_list, session, request(""));
    const char *json = NULL;
    CHECK(aziotdps_operation_next(half_read, UINT32_MAX, &json) > AZIOTDPS_EVENT_PENDING);
    aziotdps_session_free(session);
    outcome listed = finish(read);
    CHECK(listed.error == NULL && listed.ends > 0);
    outcome_free(&listed);
    aziotdps_operation_free(half_read);
    aziotdps_operation_free(unread);
}

static void a_session_that_is_never_used(void) {
    aziotdps_session_free(session_new());
}

const test misuse_tests[] = {
    {"null_pointers", null_pointers},
    {"bad_requests", bad_requests},
    {"freed_in_odd_orders", freed_in_odd_orders},
    {"a_session_that_is_never_used", a_session_that_is_never_used},
    {NULL, NULL},
};
