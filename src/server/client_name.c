#include "server/client_name.h"

bool client_name_is_fine(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < '!' || name.ptr[i] > '~') return false;
    }
    return true;
}

void client_name_set(struct buf *name, struct str value)
{
    buf_deinit(name);
    if (value.len) buf_append_str(name, value);
}
