#include "command/prefetch.h"

enum {
    CATS_OF_COLLECTIONS = CAT_LIST | CAT_SET | CAT_HASH | CAT_SORTEDSET | CAT_STREAM | CAT_GEO,
};

/* Collections are further away than strings: the collection, its parts, the element. */
static void prefetch_elements(struct element_hint *hints, size_t count)
{
    for (size_t i = 0; i < count; i++) element_hint_parts(&hints[i]);
    for (size_t i = 0; i < count; i++) element_hint_bucket(&hints[i]);
    for (size_t i = 0; i < count; i++) element_hint_entry(&hints[i]);
}

static void prefetch_collections(const struct request_view *const *views, size_t count,
                                 const struct keyspace *ks)
{
    struct element_hint hints[PREFETCH_MAX];
    size_t collections = 0;
    for (size_t i = 0; i < count; i++) {
        const struct command *command = views[i]->ref->command;
        if ((command->categories & CATS_OF_COLLECTIONS) == 0) continue;
        struct element_hint *hint = &hints[collections++];
        bool is_named = command->element && command->element < views[i]->argc;
        hint->name = is_named ? views[i]->argv[command->element] : STR("");
        element_hint_object(hint, ks, views[i]->hint.hash);
    }
    prefetch_elements(hints, collections);
}

void prefetch_requests(struct request_view *views, size_t count, const struct registry *registry,
                       const struct keyspace *ks)
{
    const struct request_view *hinted[PREFETCH_MAX];
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct request_view *view = &views[i];
        if (view->argc == 0) continue;
        view->ref = registry_find(registry, view->argv, view->argc);
        if (view->ref == NULL || view->ref->first_key == 0 || view->ref->first_key >= view->argc)
            continue;
        view->hint.key = view->argv[view->ref->first_key];
        keyspace_hint_page(ks, &view->hint);
        hinted[found++] = view;
    }
    if (found < 2) return;
    for (size_t i = 0; i < found; i++) keyspace_hint_bucket(ks, &hinted[i]->hint);
    for (size_t i = 0; i < found; i++) keyspace_hint_entry(ks, &hinted[i]->hint);
    prefetch_collections(hinted, found, ks);
}
