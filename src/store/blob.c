#include "store/blob.h"

#include "base/mem.h"

struct blob *blob_new(size_t capacity, uint32_t epoch)
{
    struct blob *blob = mem_alloc(sizeof(*blob) + capacity);
    atomic_init(&blob->refs, 1);
    blob->epoch = epoch;
    blob->len = 0;
    blob->capacity = capacity;
    return blob;
}

struct blob *blob_ref(struct blob *blob)
{
    atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
    return blob;
}

void blob_unref(void *object)
{
    struct blob *blob = object;
    if (blob == NULL) return;
    if (atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) == 1) mem_free(blob);
}
