#include "store/page.h"

static int fill_of(const struct bucket *bucket)
{
    int fill = 0;
    for (int i = 0; i < BUCKET_SLOTS; i++) fill += bucket_entry(bucket, (unsigned)i) != NULL;
    return fill;
}

static void add_page(struct table_shape *shape, const struct page *page)
{
    shape->pages++;
    shape->buckets += page->buckets;
    if (page->depth > shape->depth) shape->depth = page->depth;
    for (unsigned i = 0; i < page->buckets; i++) shape->by_fill[fill_of(page_bucket(page, i))]++;
}

struct table_shape table_shape(const struct table *table)
{
    _Static_assert((int)TABLE_SHAPE_FILLS == (int)BUCKET_SLOTS + 1, "one count per fill");
    struct table_shape shape = {0};
    const struct table_directory *directory = table->directory;
    size_t refs = directory ? (size_t)1 << directory->depth : 0;
    /* A page that several references lead to stands behind all of them in a row. */
    for (size_t at = 0; at < refs; at++) {
        if (at == 0 || directory->refs[at] != directory->refs[at - 1]) {
            add_page(&shape, page_at(directory, at));
        }
    }
    shape.slots = shape.buckets * BUCKET_SLOTS;
    return shape;
}
