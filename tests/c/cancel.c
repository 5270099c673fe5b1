/* Operations that are stopped, and two threads on one. POSIX threads and sockets: these tests run on Unix. */
#define _POSIX_C_SOURCE 200809L
#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEY "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ="

static void sleep_ms(long milliseconds) {
    struct timespec span = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&span, NULL);
}

/* A listener that takes connections into its queue and never says a word; its port. */
static int silent_listener(unsigned *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(listener, 8) == 0 && getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return listener;
}

/* A read from a service that never answers; `more` members go along. */
static aziotdps_operation *hanging_with(const aziotdps_session *session, unsigned port, const char *more) {
    char text[512];
    snprintf(text, sizeof text,
             "{\"target\":{\"connectionString\":\"HostName=127.0.0.1:%u;SharedAccessKeyName=n;SharedAccessKey=" KEY
             "\"},\"registrationId\":\"r\"%s}", port, more);
    return start(aziotdps_enrollment_get, session, text);
}

static aziotdps_operation *hanging(const aziotdps_session *session, unsigned port) {
    return hanging_with(session, port, "");
}

static void ended_by_its_deadline(void) {
    unsigned port = 0;
    int listener = silent_listener(&port);
    aziotdps_session *session = session_new();
    outcome late = finish(hanging_with(session, port, ",\"deadlineSeconds\":1,\"maximumAttempts\":1"));
    CHECK(late.items == NULL && holds(late.error, "\"code\":\"Timeout\"") && holds(late.error, "\"terminating\":true"));
    CHECK(holds(late.error, "(deadlineSeconds)"));
    outcome refused = finish(hanging_with(session, port, ",\"deadlineSeconds\":0"));
    CHECK(holds(refused.error, "\"parameter\":\"deadlineSeconds\""));
    outcome_free(&late);
    outcome_free(&refused);
    aziotdps_session_free(session);
    close(listener);
}

static void cancelled_in_flight(void) {
    unsigned port = 0;
    int listener = silent_listener(&port);
    aziotdps_session *session = session_new();
    aziotdps_operation *operation = hanging(session, port);
    const char *json = NULL;
    CHECK(aziotdps_operation_next(operation, 50, &json) == AZIOTDPS_EVENT_PENDING && json == NULL);
    aziotdps_operation_cancel(operation);
    aziotdps_operation_cancel(operation);
    outcome stopped = finish(operation);
    CHECK(stopped.items == NULL && holds(stopped.error, "\"code\":\"Cancelled\""));
    CHECK(holds(stopped.error, "\"outcome\":\"notApplied\""));
    outcome_free(&stopped);

    /* Freed while it hangs: it is cancelled, and nothing is waited for. */
    aziotdps_operation_free(hanging(session, port));
    aziotdps_session_free(session);
    close(listener);
}

static void cancelled_after_the_end(void) {
    aziotdps_session *session = session_new();
    aziotdps_operation *operation = start(aziotdps_enrollment_list, session, request("\"top\":1"));
    const char *json = NULL;
    while (aziotdps_operation_next(operation, UINT32_MAX, &json) != AZIOTDPS_EVENT_END) {}
    aziotdps_operation_cancel(operation);
    outcome over = finish(operation);
    CHECK(over.items == NULL && over.error == NULL && over.ends == 2);
    outcome_free(&over);
    aziotdps_session_free(session);
}

/* The runner lets the emulator answer a change of this record late. */
static void a_change_cancelled_in_flight_is_unknown(void) {
    aziotdps_session *session = session_new();
    outcome made = finish(start(aziotdps_enrollment_new, session,
        request("\"registrationId\":\"late-change\",\"attestationType\":\"Tpm\",\"endorsementKey\":\"QUJD\"")));
    CHECK(made.error == NULL);
    aziotdps_operation *operation = start(aziotdps_enrollment_set, session,
        request("\"registrationId\":\"late-change\",\"provisioningStatus\":\"Disabled\",\"force\":true"));
    const char *json = NULL;
    /* The record has been read when the first request has been told of; the change is under way soon after. */
    while (aziotdps_operation_next(operation, UINT32_MAX, &json) == AZIOTDPS_EVENT_PENDING) {}
    sleep_ms(1000);
    aziotdps_operation_cancel(operation);
    outcome stopped = finish(operation);
    CHECK(holds(stopped.error, "\"code\":\"Cancelled\"") && holds(stopped.error, "\"outcome\":\"unknown\""));
    outcome removed = finish(start(aziotdps_enrollment_remove, session, request("\"registrationId\":\"late-change\"")));
    CHECK(removed.error == NULL);
    outcome_free(&made);
    outcome_free(&stopped);
    outcome_free(&removed);
    aziotdps_session_free(session);
}

static void *wait_for_the_next(void *operation) {
    static aziotdps_event event;
    const char *json = NULL;
    event = aziotdps_operation_next(operation, UINT32_MAX, &json);
    return &event;
}

static void a_second_consumer_is_busy(void) {
    unsigned port = 0;
    int listener = silent_listener(&port);
    aziotdps_session *session = session_new();
    aziotdps_operation *operation = hanging(session, port);
    pthread_t first;
    const char *json = "";
    aziotdps_event second = AZIOTDPS_EVENT_PENDING;
    CHECK(pthread_create(&first, NULL, wait_for_the_next, operation) == 0);
    /* The other thread takes a moment to arrive; from then on it waits until the operation is cancelled. */
    for (int tries = 0; tries < 1000 && second == AZIOTDPS_EVENT_PENDING; tries++) {
        sleep_ms(5);
        second = aziotdps_operation_next(operation, 0, &json);
    }
    CHECK(second == AZIOTDPS_EVENT_BUSY && json == NULL);
    aziotdps_operation_cancel(operation);
    void *event = NULL;
    CHECK(pthread_join(first, &event) == 0 && *(aziotdps_event *)event == AZIOTDPS_EVENT_ERROR);
    outcome over = finish(operation);
    CHECK(over.ends == 2);
    outcome_free(&over);
    aziotdps_session_free(session);
    close(listener);
}

static void *read_often(void *session) {
    for (int round = 0; round < 5; round++) {
        outcome read = finish(start(aziotdps_enrollment_list, session,
            "{\"target\":{\"hostName\":\"127.0.0.1:9\"}}"));
        CHECK(read.items == NULL && holds(read.error, "\"code\":\"NotConnected\""));
        outcome_free(&read);
    }
    return NULL;
}

static void many_threads_share_a_session(void) {
    aziotdps_session *session = session_new();
    pthread_t threads[4];
    for (size_t index = 0; index < 4; index++) CHECK(pthread_create(&threads[index], NULL, read_often, session) == 0);
    for (size_t index = 0; index < 4; index++) CHECK(pthread_join(threads[index], NULL) == 0);
    aziotdps_session_free(session);
}

/* In a forked child: the next event is an error that says what is wrong, and then the end. */
static bool told_of_the_fork(aziotdps_operation *operation) {
    const char *json = NULL;
    bool told = aziotdps_operation_next(operation, UINT32_MAX, &json) == AZIOTDPS_EVENT_ERROR;
    told = told && json != NULL && strstr(json, "forked") != NULL;
    told = told && aziotdps_operation_next(operation, UINT32_MAX, &json) == AZIOTDPS_EVENT_END;
    aziotdps_operation_cancel(operation);
    aziotdps_operation_free(operation);
    return told;
}

static void a_forked_process_is_told(void) {
    unsigned port = 0;
    int listener = silent_listener(&port);
    aziotdps_session *session = session_new();
    aziotdps_operation *running = hanging(session, port);
    sleep_ms(50);
    int result[2];
    CHECK(pipe(result) == 0);
    pid_t child = fork();
    if (child == 0) {
        /* Where it hangs, the alarm ends it. */
        alarm(20);
        bool told = told_of_the_fork(running);
        told = told_of_the_fork(hanging(session, port)) && told;
        /* A session of its own works. */
        aziotdps_session *own = session_new();
        outcome read = finish(start(aziotdps_enrollment_list, own, request("\"top\":1")));
        told = told && read.error == NULL;
        outcome_free(&read);
        aziotdps_session_free(own);
        aziotdps_session_free(session);
        /* Its copy of the parent's threads' memory is nobody's leak: it ends without a leak check. */
        if (write(result[1], told ? "y" : "n", 1) == 1) raise(SIGKILL);
        _exit(1);
    }
    char told = 0;
    close(result[1]);
    CHECK(child > 0 && waitpid(child, NULL, 0) == child);
    CHECK(read(result[0], &told, 1) == 1 && told == 'y');
    close(result[0]);
    aziotdps_operation_cancel(running);
    outcome stopped = finish(running);
    CHECK(holds(stopped.error, "\"code\":\"Cancelled\""));
    outcome_free(&stopped);
    aziotdps_session_free(session);
    close(listener);
}

const test cancel_tests[] = {
    {"ended_by_its_deadline", ended_by_its_deadline},
    {"cancelled_in_flight", cancelled_in_flight},
    {"cancelled_after_the_end", cancelled_after_the_end},
    {"a_change_cancelled_in_flight_is_unknown", a_change_cancelled_in_flight_is_unknown},
    {"a_second_consumer_is_busy", a_second_consumer_is_busy},
    {"many_threads_share_a_session", many_threads_share_a_session},
    {"a_forked_process_is_told", a_forked_process_is_told},
    {NULL, NULL},
};
