/* Any bytes are unpacked or refused; a value that was unpacked packs into bytes that unpack. */
#include "fuzz/script_fixture.h"

static const char SCRIPT[] =
    "local ok, value = pcall(cmsgpack.unpack, ARGV[1]) if not ok then return 0 end "
    "local bytes = cmsgpack.pack(value) "
    "if not pcall(cmsgpack.unpack, bytes) then return 'BROKEN' end "
    "local at = 0 for i = 1, 1000 do local fine, next = pcall(cmsgpack.unpack_one, ARGV[1], at) "
    "if not fine or next == -1 then return i end "
    "if next <= at then return 'BROKEN' end at = next end return 1";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fixture_eval(str_from_c(SCRIPT), str_of((const char *)data, size));
    return 0;
}
