/* A session that parts of a host share, and what hosts need besides records. */
#include "harness.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { SHARES = 8 };

static void *reads_and_releases(void *argument) {
    aziotdps_session *session = argument;
    outcome read = finish(start(aziotdps_service_list, session, "{\"top\":1}"));
    CHECK(holds(read.error, "\"parameter\":\"top\""));
    outcome_free(&read);
    aziotdps_session_release(session);
    return NULL;
}

static void a_session_lives_as_long_as_its_last_share(void) {
    aziotdps_session *session = session_new();
    pthread_t threads[SHARES];
    for (size_t index = 0; index < SHARES; index++) {
        aziotdps_session_retain(session);
        CHECK(pthread_create(&threads[index], NULL, reads_and_releases, session) == 0);
    }
    for (size_t index = 0; index < SHARES; index++) pthread_join(threads[index], NULL);
    /* The share of aziotdps_session_new is left. */
    outcome read = finish(start(aziotdps_enrollment_list, session, request("\"top\":1")));
    CHECK(read.error == NULL);
    outcome_free(&read);
    aziotdps_session_retain(session);
    aziotdps_session_free(session);
    aziotdps_operation *running = start(aziotdps_enrollment_list, session, request("\"top\":1"));
    aziotdps_session_release(session);
    outcome last = finish(running);
    CHECK(last.error == NULL);
    outcome_free(&last);
}

/* Connects the session with the emulator. */
static void connect_emulator(aziotdps_session *session) {
    char connect[512];
    snprintf(connect, sizeof connect, "{\"emulator\":\"%s\"}", setting("AZIOTDPS_ENDPOINT"));
    outcome connected = finish(start(aziotdps_session_connect, session, connect));
    CHECK(connected.error == NULL);
    outcome_free(&connected);
}

static void a_connection_ends_and_its_default_changes(void) {
    aziotdps_session *session = session_new();
    outcome alone = finish(start(aziotdps_session_connect, session, "{\"dpsName\":\"emulator\"}"));
    CHECK(alone.items == NULL && holds(alone.error, "\"code\":\"NotConnected\""));
    connect_emulator(session);
    outcome named = finish(start(aziotdps_session_connect, session,
        "{\"resourceGroupName\":\"emulator\",\"dpsName\":\"emulator\"}"));
    CHECK(named.error == NULL && holds(named.items, "\"DpsName\":\"emulator\""));
    outcome read = finish(start(aziotdps_enrollment_list, session, "{\"top\":1}"));
    CHECK(read.error == NULL);
    aziotdps_session_disconnect(session);
    outcome refused = finish(start(aziotdps_enrollment_list, session, "{\"top\":1}"));
    CHECK(refused.items == NULL && holds(refused.error, "\"code\":\"NotConnected\""));
    outcome *const outcomes[] = {&alone, &named, &read, &refused};
    for (size_t index = 0; index < sizeof outcomes / sizeof outcomes[0]; index++) outcome_free(outcomes[index]);
    aziotdps_session_free(session);
}

static void a_disconnect_leaves_what_runs(void) {
    aziotdps_session *session = session_new();
    connect_emulator(session);
    aziotdps_operation *running = start(aziotdps_enrollment_list, session, "{}");
    aziotdps_session_disconnect(session);
    outcome read = finish(running);
    CHECK(read.error == NULL);
    outcome_free(&read);
    aziotdps_session_free(session);
}

static void records_come_after_their_origin(void) {
    aziotdps_session *session = session_new();
    outcome none = finish(start(aziotdps_enrollment_get, session, request("\"registrationId\":\"c-origin\"")));
    CHECK(none.origin == NULL);
    outcome made = finish(start(aziotdps_enrollment_new, session,
        request("\"registrationId\":\"c-origin\",\"attestationType\":\"SymmetricKey\"")));
    CHECK(made.error == NULL && holds(made.origin, "\"hostName\":\""));
    outcome by_text = finish(start(aziotdps_enrollment_list, session, request("\"top\":1")));
    CHECK(by_text.error == NULL && holds(by_text.origin, "\"hostName\":\""));
    CHECK(by_text.origin != NULL && strstr(by_text.origin, "resourceId") == NULL);
    CHECK(by_text.origin != NULL && strstr(by_text.origin, "SharedAccessKey") == NULL);
    connect_emulator(session);
    outcome by_name = finish(start(aziotdps_enrollment_list, session, "{\"top\":1}"));
    CHECK(by_name.error == NULL && holds(by_name.origin, "\"resourceId\":\"/subscriptions/"));
    outcome removed = finish(start(aziotdps_enrollment_remove, session, "{\"registrationId\":\"c-origin\"}"));
    CHECK(removed.error == NULL);
    outcome *const outcomes[] = {&none, &made, &by_text, &by_name, &removed};
    for (size_t index = 0; index < sizeof outcomes / sizeof outcomes[0]; index++) outcome_free(outcomes[index]);
    aziotdps_session_free(session);
}

static void a_check_writes_nothing(void) {
    aziotdps_session *session = session_new();
    outcome checked = finish(start(aziotdps_enrollment_new, session,
        request("\"registrationId\":\"c-check\",\"attestationType\":\"SymmetricKey\",\"checkOnly\":true")));
    CHECK(checked.error == NULL && checked.items == NULL);
    outcome missing = finish(start(aziotdps_enrollment_remove, session,
        request("\"registrationId\":\"c-check\",\"checkOnly\":true")));
    CHECK(missing.items == NULL && holds(missing.error, "\"code\":\"NotFound\""));
    outcome_free(&checked);
    outcome_free(&missing);
    aziotdps_session_free(session);
}

static void members_by_the_hosts_names(void) {
    static const char names[] = "{\"prefix\":\"-\",\"pascalCase\":true,\"members\":{\"top\":\"--count\"}}";
    static const char bad[] = "{\"prefixes\":\"-\"}";
    aziotdps_session *session = session_new();
    CHECK(aziotdps_session_set_names(session, (const uint8_t *)names, strlen(names)) == 1);
    CHECK(aziotdps_session_set_names(session, (const uint8_t *)bad, strlen(bad)) == 0);
    outcome pages = finish(start(aziotdps_enrollment_list, session, "{\"pageSize\":0}"));
    CHECK(holds(pages.error, "\"-PageSize is at least 1.\"") && holds(pages.error, "\"parameter\":\"pageSize\""));
    outcome top = finish(start(aziotdps_enrollment_list, session, "{\"top\":0}"));
    CHECK(holds(top.error, "\"--count is at least 1.\""));
    outcome_free(&pages);
    outcome_free(&top);
    aziotdps_session_free(session);
}

const test session_tests[] = {
    {"a_session_lives_as_long_as_its_last_share", a_session_lives_as_long_as_its_last_share},
    {"a_connection_ends_and_its_default_changes", a_connection_ends_and_its_default_changes},
    {"a_disconnect_leaves_what_runs", a_disconnect_leaves_what_runs},
    {"records_come_after_their_origin", records_come_after_their_origin},
    {"a_check_writes_nothing", a_check_writes_nothing},
    {"members_by_the_hosts_names", members_by_the_hosts_names},
    {NULL, NULL},
};
