/* A big string outside its entry, shared by reference: the store holds one, a reply being sent
 * may hold another.
 *
 * The bytes may be changed only by a sole owner whose epoch is current. The count is atomic
 * because a worker may drop the last reference. */
#ifndef SKEIN_STORE_BLOB_H
#define SKEIN_STORE_BLOB_H

#include "base/str.h"

#include <stdatomic.h>

struct blob {
    _Atomic uint32_t refs;
    uint32_t epoch;
    size_t len, capacity;
    char bytes[];
};

/* A blob with one reference and room for `capacity` bytes, len 0. */
struct blob *blob_new(size_t capacity, uint32_t epoch);
struct blob *blob_ref(struct blob *blob);
void blob_unref(void *blob);
static inline struct str blob_str(const struct blob *blob)
{
    return (struct str){blob->bytes, blob->len};
}

#endif
