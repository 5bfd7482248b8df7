/* Any text is decoded or refused; what was decoded and can be encoded decodes again. */
#include "fuzz/script_fixture.h"

static const char SCRIPT[] =
    "cjson.encode_sparse_array(true) "
    "local ok, value = pcall(cjson.decode, ARGV[1]) if not ok then return 0 end "
    "local encoded, text = pcall(cjson.encode, value) if not encoded then return 0 end "
    "if not pcall(cjson.decode, text) then return 'BROKEN' end return 1";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fixture_eval(str_from_c(SCRIPT), str_of((const char *)data, size));
    return 0;
}
