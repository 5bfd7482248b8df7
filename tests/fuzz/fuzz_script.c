/* Any text as a script: it is refused, ends, or is killed; the server answers once in each case. */
#include "fuzz/script_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str script = str_of((const char *)data, size);
    if (str_find(script, STR("BROKEN")) < 0) fixture_eval(script, STR("argument"));
    return 0;
}
