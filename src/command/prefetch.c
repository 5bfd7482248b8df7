#include "command/prefetch.h"

enum {
    CATS_OF_COLLECTIONS = CAT_LIST | CAT_SET | CAT_HASH | CAT_SORTEDSET | CAT_STREAM | CAT_GEO,
};

/* Collections are two steps further away than strings. */
static void prefetch_collections(const struct keyspace *ks, struct key_hint *const *hints,
                                 size_t count)
{
    const struct object *objects[PREFETCH_MAX];
    for (size_t i = 0; i < count; i++) objects[i] = keyspace_hint_object(ks, hints[i]);
    for (size_t i = 0; i < count; i++) {
        if (objects[i]) keyspace_hint_elements(objects[i]);
    }
}

void prefetch_requests(struct request_view *views, size_t count, const struct registry *registry,
                       const struct keyspace *ks)
{
    struct key_hint *hints[PREFETCH_MAX];
    size_t hinted = 0;
    uint32_t categories = 0;
    for (size_t i = 0; i < count; i++) {
        struct request_view *view = &views[i];
        if (view->argc == 0) continue;
        view->ref = registry_find(registry, view->argv, view->argc);
        if (view->ref == NULL || view->ref->first_key == 0 || view->ref->first_key >= view->argc)
            continue;
        view->hint.key = view->argv[view->ref->first_key];
        keyspace_hint_bucket(ks, &view->hint);
        hints[hinted++] = &view->hint;
        categories |= view->ref->command->categories;
    }
    if (hinted < 2) return;
    for (size_t i = 0; i < hinted; i++) keyspace_hint_entry(ks, hints[i]);
    if (categories & CATS_OF_COLLECTIONS) prefetch_collections(ks, hints, hinted);
}
