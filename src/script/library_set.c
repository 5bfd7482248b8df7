/* Whole sets of libraries: the present one is replaced, or another one joins it. */
#include "script/library.h"

#include "base/mem.h"

void library_set_replace(struct script_engine *engine, struct library_set *set)
{
    struct library_set *old = engine->libraries;
    engine->libraries = set;
    library_set_free(engine, old);
}

/* Every function of a library must be new, or belong to a library that `set` replaces. */
static bool functions_are_free(struct script_engine *engine, const struct library_set *set,
                               struct buf *error)
{
    struct map_cursor cursor = {0};
    struct str name;
    void *function;
    while (map_next(&set->functions, &cursor, &name, &function)) {
        const struct library_function *other = library_find_function(engine, name);
        if (other == NULL || map_get(&set->libraries, buf_str(&other->library->name))) continue;
        buf_printf(error, "ERR Function %.*s already exists", STR_ARG(name));
        return false;
    }
    return true;
}

static bool libraries_are_free(struct script_engine *engine, const struct library_set *set,
                               struct buf *error)
{
    struct map_cursor cursor = {0};
    struct str name;
    void *library;
    while (map_next(&set->libraries, &cursor, &name, &library)) {
        if (library_find(engine, name) == NULL) continue;
        buf_printf(error, "ERR Library %.*s already exists", STR_ARG(name));
        return false;
    }
    return true;
}

bool library_set_merge(struct script_engine *engine, struct library_set *set, bool replace,
                       struct buf *error)
{
    struct map_cursor cursor = {0};
    struct str name;
    void *library;
    if (!replace && !libraries_are_free(engine, set, error)) return false;
    if (!functions_are_free(engine, set, error)) return false;
    while (map_next(&set->libraries, &cursor, &name, &library)) {
        struct library *old = library_find(engine, name);
        if (old) library_delete(engine, old);
        library_join(engine, library);
    }
    map_deinit(&set->libraries, NULL);
    map_deinit(&set->functions, NULL);
    mem_free(set);
    return true;
}
