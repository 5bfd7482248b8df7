/* Scripts by the SHA-1 of their text, compiled. */
#ifndef SKEIN_SCRIPT_CACHE_H
#define SKEIN_SCRIPT_CACHE_H

#include "script/engine.h"

struct script {
    int function; /* in the state's registry */
    uint32_t flags;
    size_t bytes;
    char sha[SCRIPT_SHA_LEN + 1];
};

/* NULL when it is not cached. */
struct script *script_find(const struct script_engine *engine, struct str sha);
/* The cached script of this text, compiled now if it is new; NULL with a reply's text in *error. */
struct script *script_load(struct script_engine *engine, struct str body, struct buf *error);
/* Frees what the cache held. */
void script_free(struct script_engine *engine, struct script *script);

#endif
