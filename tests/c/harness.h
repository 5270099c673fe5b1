/* A harness of a page: named tests, checks that say where they failed, one line at the end. */
#ifndef HARNESS_H
#define HARNESS_H

#include "aziotdps.h"

#include <stdbool.h>

/* A test and the name it is reported with. */
typedef struct {
    const char *name;
    void (*run)(void);
} test;

/* The tests of each file, ended by an entry without a name. */
extern const test lifecycle_tests[];
extern const test misuse_tests[];
extern const test cancel_tests[];
extern const test panic_tests[];
extern const test session_tests[];

/* Notes a failure and lets the test go on, so that it frees what it holds. */
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
bool check(bool holds, const char *what, const char *file, int line);

/* Says why the running test is not run. */
void skip(const char *why);

/* What the environment says, or "" where it says nothing. */
const char *setting(const char *name);

/* How an operation went: the origin, the last items, the last error, how often the end came. */
typedef struct {
    char *origin;
    char *items;
    char *error;
    int ends;
} outcome;

/* Takes all events of an operation and frees it. */
outcome finish(aziotdps_operation *operation);
void outcome_free(outcome *outcome);

/* Whether `json` is there and holds `part`. */
bool holds(const char *json, const char *part);

typedef aziotdps_operation *starter(const aziotdps_session *session, const uint8_t *request, size_t request_len);

/* Starts with a request of text. */
aziotdps_operation *start(starter *function, const aziotdps_session *session, const char *request);

/* A request on the emulator's service: `members`, and the connection string. The text is good until the next call. */
const char *request(const char *members);

/* A new session; where there is none the test run ends. */
aziotdps_session *session_new(void);

#endif
