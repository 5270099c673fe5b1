/* A fault inside of the library ends in an event, and the library stays usable. Needs a library that panics when it is
 * asked to, which the one that ships does not. */
#include "harness.h"

static void contained(const char *text) {
    if (setting("AZIOTDPS_PANIC_INJECTION")[0] == '\0') {
        skip("this library does not panic on request");
        return;
    }
    aziotdps_session *session = session_new();
    outcome broken = finish(start(aziotdps_enrollment_get, session, text));
    CHECK(broken.items == NULL && broken.ends == 2 && holds(broken.error, "\"code\":\"Internal\""));
    outcome next = finish(start(aziotdps_enrollment_list, session, request("")));
    CHECK(next.error == NULL && next.ends == 2);
    outcome_free(&broken);
    outcome_free(&next);
    aziotdps_session_free(session);
}

static void a_panic_while_running(void) {
    contained("panic");
}

static void a_panic_at_the_start(void) {
    contained("panic at the start");
}

const test panic_tests[] = {
    {"a_panic_while_running", a_panic_while_running},
    {"a_panic_at_the_start", a_panic_at_the_start},
    {NULL, NULL},
};
