#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool failed;
static const char *skipped;

bool check(bool holds, const char *what, const char *file, int line) {
    if (!holds) {
        failed = true;
        fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    }
    return holds;
}

void skip(const char *why) {
    skipped = why;
}

const char *setting(const char *name) {
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

static char *copy(const char *text) {
    size_t size = strlen(text) + 1;
    char *result = malloc(size);
    if (result == NULL) abort();
    memcpy(result, text, size);
    return result;
}

static void replace(char **slot, const char *text) {
    free(*slot);
    *slot = text != NULL ? copy(text) : NULL;
}

outcome finish(aziotdps_operation *operation) {
    outcome result = {NULL, NULL, NULL, 0};
    const char *json = NULL;
    if (!CHECK(operation != NULL)) return result;
    /* The end is asked for twice: it is repeated. */
    while (result.ends < 2) {
        aziotdps_event event = aziotdps_operation_next(operation, 100, &json);
        if (!CHECK(event >= AZIOTDPS_EVENT_PENDING)) break;
        if (result.ends > 0) CHECK(event == AZIOTDPS_EVENT_END);
        if (event == AZIOTDPS_EVENT_END || event == AZIOTDPS_EVENT_PENDING) CHECK(json == NULL);
        else CHECK(json != NULL && json[0] != '\0');
        if (event == AZIOTDPS_EVENT_ORIGIN) CHECK(result.items == NULL);
        if (event == AZIOTDPS_EVENT_ORIGIN) replace(&result.origin, json);
        if (event == AZIOTDPS_EVENT_ITEMS) replace(&result.items, json);
        if (event == AZIOTDPS_EVENT_ERROR) replace(&result.error, json);
        if (event == AZIOTDPS_EVENT_END) result.ends++;
    }
    aziotdps_operation_free(operation);
    return result;
}

void outcome_free(outcome *outcome) {
    replace(&outcome->origin, NULL);
    replace(&outcome->items, NULL);
    replace(&outcome->error, NULL);
}

bool holds(const char *json, const char *part) {
    if (json != NULL && strstr(json, part) != NULL) return true;
    fprintf(stderr, "%s is not in: %s\n", part, json != NULL ? json : "(nothing)");
    return false;
}

aziotdps_operation *start(starter *function, const aziotdps_session *session, const char *request) {
    return function(session, (const uint8_t *)request, strlen(request));
}

const char *request(const char *members) {
    static char text[4096];
    snprintf(text, sizeof text, "{\"target\":{\"connectionString\":\"%s\"}%s%s}",
             setting("AZIOTDPS_CONNECTION_STRING"), members[0] != '\0' ? "," : "", members);
    return text;
}

aziotdps_session *session_new(void) {
    aziotdps_session *session = aziotdps_session_new();
    if (session == NULL) {
        fprintf(stderr, "no session\n");
        exit(2);
    }
    return session;
}

int main(void) {
    const test *const files[] = {lifecycle_tests, session_tests, misuse_tests, cancel_tests, panic_tests};
    unsigned passed = 0, failures = 0, left_out = 0;
    for (size_t file = 0; file < sizeof files / sizeof files[0]; file++) {
        for (const test *test = files[file]; test->name != NULL; test++) {
            failed = false;
            skipped = NULL;
            test->run();
            if (failed) failures++;
            else if (skipped != NULL) left_out++;
            else passed++;
            printf("test %s ... %s%s\n", test->name, failed ? "FAILED" : skipped != NULL ? "skipped: " : "ok",
                   !failed && skipped != NULL ? skipped : "");
        }
    }
    printf("%u passed, %u failed, %u skipped\n", passed, failures, left_out);
    return failures == 0 ? 0 : 1;
}
