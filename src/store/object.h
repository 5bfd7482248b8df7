/* What every collection begins with: its epoch, and what the keyspace must be able to do with
 * any of them.
 *
 * An object is reached from one entry. While it is shared with a frozen view it is never
 * changed: `clone` makes a private one that shares the parts below until they are written to in
 * turn. */
#ifndef SKEIN_STORE_OBJECT_H
#define SKEIN_STORE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct epochs;
struct object;
struct table;

struct object_ops {
    /* Frees an object nothing shares, with all it holds. Any thread. */
    void (*free)(void *object);
    /* A private top of the same collection. The original is retired by the caller, without its
     * parts. */
    struct object *(*clone)(const struct object *object, struct epochs *epochs);
    /* Frees only what `clone` replaced. */
    void (*free_top)(void *object);
    /* A full, independent copy, for COPY. */
    struct object *(*copy)(const struct object *object, struct epochs *epochs);
    /* Bytes spent, estimated from `samples` elements (0: all). */
    size_t (*memory)(const struct object *object, size_t samples);
    /* Asks for the memory that a look at an element will touch first. Returns the table that knows
     * elements by name, if there is one. NULL: there is nothing to ask for. */
    const struct table *(*prefetch)(const struct object *object);
    /* Asks for what comes behind that, in as many steps as are needed, once what the step before
     * asked for is there. NULL: nothing does. */
    void (*prefetch_on)(const struct object *object, unsigned step);
    /* Elements; what makes freeing it long. */
    size_t (*weight)(const struct object *object);
};

struct object {
    const struct object_ops *ops;
    uint32_t epoch;
};

#endif
