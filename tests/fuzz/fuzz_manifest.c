/* Any text is a manifest or is refused with its line; what is taken is written, read again and
 * written to the same text. */
#include "journal/manifest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest manifest = {0}, again = {0};
    struct manifest_fault fault;
    struct buf first = {0}, second = {0};
    if (manifest_parse(&manifest, str_of((const char *)data, size), &fault)) {
        manifest_write(&manifest, &first);
        if (!manifest_parse(&again, buf_str(&first), &fault)) abort();
        manifest_write(&again, &second);
        if (!str_eq(buf_str(&first), buf_str(&second))) abort();
        manifest_retire(&again, INT64_MAX);
        if (manifest_next_to_load(&again, NULL)) abort();
    } else if (!fault.reason || fault.line < 0 || manifest.count != 0) {
        abort();
    }
    manifest_deinit(&manifest);
    manifest_deinit(&again);
    buf_deinit(&first);
    buf_deinit(&second);
    return 0;
}
