/* Libraries of functions: what FUNCTION LOAD made, until it is deleted.
 *
 * A library is loaded as a whole or not at all: its code runs once, with a time limit and without
 * commands, and registers functions; only then do they replace or join the others. Names of
 * functions are unique over all libraries and compare without regard to case. */
#ifndef SKEIN_SCRIPT_LIBRARY_H
#define SKEIN_SCRIPT_LIBRARY_H

#include "script/engine.h"

#define LIBRARY_NAME_ERROR                                                                         \
    "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least " \
    "one character long"

struct library_function {
    struct library *library;
    struct buf name, description;
    bool is_described;
    uint32_t flags; /* enum script_flag */
    int callback;   /* in the state's registry */
};

struct library {
    struct buf name, code;
    struct library_function **functions;
    size_t count;
};

struct library_set {
    struct map libraries, functions;
};

/* A library whose code runs. */
struct library_loading {
    struct library *library;
    int64_t started_us;
};

struct library_set *library_set_new(void);
void library_set_free(struct script_engine *engine, struct library_set *set);

/* The loaded library, or NULL with a reply's text in *error and everything as it was. */
struct library *library_load(struct script_engine *engine, struct str code, bool replace,
                             struct buf *error);
struct library *library_find(const struct script_engine *engine, struct str name);
struct library_function *library_find_function(const struct script_engine *engine, struct str name);
void library_delete(struct script_engine *engine, struct library *library);
/* Makes a loaded library one of the engine's; its names must be free. */
void library_join(struct script_engine *engine, struct library *library);
/* Takes `set` in place of all libraries. */
void library_set_replace(struct script_engine *engine, struct library_set *set);
/* Takes the libraries of `set`, those with the same names being replaced if that is allowed. False
 * with a reply's text in *error and nothing taken. */
bool library_set_merge(struct script_engine *engine, struct library_set *set, bool replace,
                       struct buf *error);
/* Letters, digits and underscores, at least one. */
bool library_name_is_valid(struct str name);
/* Adds a function to a library that is being loaded; false when the name is taken there. Takes the
 * callback. */
bool library_add(struct library *library, const struct library_function *function);
/* From the hook: ends code that loads for too long. */
void library_check_time(lua_State *lua, int64_t now_us);

#endif
