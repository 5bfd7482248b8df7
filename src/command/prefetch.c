#include "command/prefetch.h"

void prefetch_requests(struct request_view *views, size_t count, const struct registry *registry,
                       const struct keyspace *ks)
{
    struct key_hint *hints[PREFETCH_MAX];
    size_t hinted = 0;
    for (size_t i = 0; i < count; i++) {
        struct request_view *view = &views[i];
        if (view->argc == 0) continue;
        view->ref = registry_find(registry, view->argv, view->argc);
        if (view->ref == NULL || view->ref->first_key == 0 || view->ref->first_key >= view->argc)
            continue;
        view->hint.key = view->argv[view->ref->first_key];
        keyspace_hint_bucket(ks, &view->hint);
        hints[hinted++] = &view->hint;
    }
    if (hinted < 2) return;
    for (size_t i = 0; i < hinted; i++) keyspace_hint_entry(ks, hints[i]);
}
