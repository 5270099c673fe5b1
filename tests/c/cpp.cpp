// The header is good for C++ too.
#include "aziotdps.h"

extern "C" unsigned version_seen_from_cpp(void);

unsigned version_seen_from_cpp(void) {
    return aziotdps_abi_version();
}
