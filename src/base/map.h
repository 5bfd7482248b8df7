/* A map from names to pointers, for the program's own bookkeeping (commands, channels, users);
 * not the store.
 *
 * A zeroed struct is an empty map. Keys are copied, values belong to the caller. A map whose
 * keys clients choose must get a random `seed` before its first use. Removing the entry just
 * visited is allowed while iterating; adding is not. */
#ifndef SKEIN_BASE_MAP_H
#define SKEIN_BASE_MAP_H

#include "base/hash.h"
#include "base/str.h"

struct map_slot;

struct map {
    struct map_slot **chains;
    size_t chain_count; /* a power of two, or 0 */
    size_t len;
    struct hash_seed seed;
    bool nocase; /* names compare without regard to ASCII case */
};

/* Frees the map, and the values too when `free_value` is given. */
void map_deinit(struct map *map, void (*free_value)(void *));
void *map_get(const struct map *map, struct str key);
/* Puts a value and returns the one it replaced, or NULL. Values must not be NULL. */
void *map_put(struct map *map, struct str key, void *value);
/* Returns the value that was removed, or NULL. */
void *map_remove(struct map *map, struct str key);

struct map_cursor {
    size_t chain;
    struct map_slot *next;
};
/* Visits all entries in no particular order; starts with a zeroed cursor. */
bool map_next(const struct map *map, struct map_cursor *cursor, struct str *key, void **value);

#endif
