"""An enrollment from its beginning to its end, by Python's ctypes and nothing else.

    python3 enroll.py LIBRARY CONNECTION_STRING

LIBRARY is libaziotdps.so, libaziotdps.dylib or aziotdps.dll; the environment variable AZIOTDPS_LIBRARY may name it
instead, and AZIOTDPS_CONNECTION_STRING the service.
"""

import ctypes
import json
import os
import sys

PENDING, PROGRESS, MESSAGE, ITEMS, ERROR, END = range(6)


class DpsError(Exception):
    """What an operation's error event said."""

    def __init__(self, record):
        super().__init__(f"{record['code']}: {record['message']}")
        self.record = record


class Session:
    """A session of the library; operations are methods that yield records."""

    def __init__(self, library_path):
        self._library = ctypes.CDLL(library_path)
        pointer = ctypes.c_void_p
        for name, result, arguments in [
            ("aziotdps_session_new", pointer, []),
            ("aziotdps_session_free", None, [pointer]),
            ("aziotdps_operation_next", ctypes.c_int32, [pointer, ctypes.c_uint32, ctypes.POINTER(ctypes.c_char_p)]),
            ("aziotdps_operation_cancel", None, [pointer]),
            ("aziotdps_operation_free", None, [pointer]),
        ]:
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self._session = self._library.aziotdps_session_new()
        if not self._session:
            raise MemoryError("no session")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._library.aziotdps_session_free(self._session)

    def run(self, operation, **request):
        """Runs the operation of that name, such as "enrollment_get", and yields its records."""
        start = getattr(self._library, f"aziotdps_{operation}")
        start.restype, start.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        text = json.dumps(request).encode()
        running = start(self._session, text, len(text))
        try:
            yield from self._records(running)
        finally:
            # Also when the caller stops reading, and on Ctrl+C: freeing cancels.
            self._library.aziotdps_operation_free(running)

    def _records(self, running):
        text = ctypes.c_char_p()
        while True:
            # A wait without end would keep Ctrl+C out.
            event = self._library.aziotdps_operation_next(running, 100, ctypes.byref(text))
            if event == END:
                return
            if event < 0:
                raise RuntimeError(f"the library was misused ({event})")
            if event == ITEMS:
                yield from json.loads(text.value)
            elif event == ERROR:
                raise DpsError(json.loads(text.value))
            elif event == MESSAGE and (message := json.loads(text.value))["level"] == "warning":
                print(message["text"], file=sys.stderr)


def main(library_path, connection_string):
    target = {"connectionString": connection_string}
    device = {"target": target, "registrationId": "python-01"}
    with Session(library_path) as session:
        [made] = session.run("enrollment_new", **device, attestationType="SymmetricKey", tag={"floor": 3})
        print("new:", made["registrationId"], made["provisioningStatus"])
        [read] = session.run("enrollment_get", **device)
        print("get:", read["attestation"]["type"], read["initialTwin"]["tags"])
        [changed] = session.run("enrollment_set", **device, provisioningStatus="Disabled")
        print("set:", changed["provisioningStatus"], changed["initialTwin"]["tags"])
        [removed] = session.run("enrollment_remove", **device, passThru=True)
        print("remove:", removed)
        try:
            list(session.run("enrollment_get", **device))
        except DpsError as error:
            print("get:", error.record["code"])


if __name__ == "__main__":
    given = sys.argv[1:]
    variables = [os.environ.get("AZIOTDPS_LIBRARY"), os.environ.get("AZIOTDPS_CONNECTION_STRING")]
    chosen = given + variables[len(given):]
    if len(chosen) != 2 or not all(chosen):
        sys.exit(__doc__)
    main(*chosen)
