/* The first line of a script or library, "#!lua name=x flags=a,b": what it is, what it may do. */
#ifndef SKEIN_SCRIPT_SHEBANG_H
#define SKEIN_SCRIPT_SHEBANG_H

#include "base/buf.h"

struct shebang {
    uint32_t flags; /* enum script_flag; SCRIPT_COMPAT without a shebang */
    bool has_name;
    struct buf name;
    struct str code; /* from the end of the first line on, so that lines keep their numbers */
};

/* Both are false with a reply's text in *error; a zeroed shebang is wanted, and shebang_deinit in
 * any case. */
bool shebang_of_script(struct str body, struct shebang *shebang, struct buf *error);
bool shebang_of_library(struct str body, struct shebang *shebang, struct buf *error);
void shebang_deinit(struct shebang *shebang);
/* A flag's name as a bit, 0 for an unknown one. */
uint32_t shebang_flag(struct str name);
/* The name of the n-th flag, NULL behind the last. */
const char *shebang_flag_name(int at, uint32_t *flag);

#endif
