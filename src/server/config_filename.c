#include "server/config_filename.h"

bool config_check_filename(const void *field, struct buf *reason)
{
    struct str name = str_from_c(*(char *const *)field);
    if (name.len == 0) {
        buf_append_c(reason, "a file name can't be empty");
        return false;
    }
    if (str_find_char(name, '/') < 0 && !str_is(name, ".") && !str_is(name, "..")) return true;
    buf_append_c(reason, "it can't be a path, just a filename");
    return false;
}
