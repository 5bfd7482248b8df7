/* A format, a NUL, and data: packing and unpacking stay inside their bytes, and what was packed is
 * as long as its format says. */
#include "fuzz/script_fixture.h"

static const char SCRIPT[] =
    "local cut = string.find(ARGV[1], '%z') or #ARGV[1] + 1 "
    "local format, data = string.sub(ARGV[1], 1, cut - 1), string.sub(ARGV[1], cut + 1) "
    "pcall(struct.unpack, format, data) pcall(struct.unpack, format, data, 3) "
    "local sized, size = pcall(struct.size, format) "
    "local ok, packed = pcall(struct.pack, format, 1, -2, 3.5, 4, 5, 6, 7, 8) "
    "if ok and sized and #packed ~= size then return 'BROKEN' end "
    "if ok and sized and not pcall(struct.unpack, format, packed) then return 'BROKEN' end "
    "pcall(struct.pack, format, 'some text', 'more text', 'text') return 1";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fixture_eval(str_from_c(SCRIPT), str_of((const char *)data, size));
    return 0;
}
