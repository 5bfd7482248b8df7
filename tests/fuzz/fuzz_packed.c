/* Whatever packed_is_valid and intset_is_valid let through can be walked both ways, read,
 * searched and changed without leaving its bytes, and is still valid afterwards. The bytes lie
 * in an allocation of their exact size, so that the sanitizer sees a step too far. */
#include "base/mem.h"
#include "store/intset.h"
#include "store/packed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) abort();
}

static void check_walks(const struct packed *run, size_t count)
{
    char room[NUM_I64_MAX];
    size_t forward = 0, backward = 0;
    for (size_t at = packed_first(run); at; at = packed_next(run, at), forward++) {
        struct str text = packed_text(run, at, room);
        check(packed_is(run, at, text));
        size_t found = packed_find(run, at, text, 0);
        check(found == at);
    }
    for (size_t at = packed_last(run); at; at = packed_prev(run, at)) backward++;
    check(forward == count && backward == count && packed_len(run) == count);
}

static void check_changes(struct packed *run, size_t count)
{
    size_t middle = count ? packed_seek(run, (int64_t)(count / 2)) : packed_end(run);
    struct packed tail;
    size_t now;
    check(middle != PACKED_NONE);
    packed_insert(run, middle, STR("a new item"));
    packed_replace(run, middle, STR("-70000"));
    packed_append_i64(run, INT64_MIN);
    check(packed_is_valid(packed_bytes(run), &now) && now == count + 2);
    packed_init(&tail);
    packed_move(run, middle, &tail);
    check(packed_is_valid(packed_bytes(run), &now) && now == count / 2);
    check(packed_is_valid(packed_bytes(&tail), &now) && now == count - count / 2 + 2);
    packed_remove(&tail, packed_first(&tail), 1);
    check(packed_is_valid(packed_bytes(&tail), &now) && now == count - count / 2 + 1);
    packed_deinit(&tail);
}

static void try_packed(struct str bytes)
{
    size_t count;
    if (!packed_is_valid(bytes, &count)) return;
    struct packed run;
    packed_init_copy(&run, bytes);
    check_walks(&run, count);
    check_changes(&run, count);
    packed_deinit(&run);
}

static void try_intset(struct str bytes)
{
    if (!intset_is_valid(bytes)) return;
    struct intset set;
    intset_init_copy(&set, bytes);
    size_t count = intset_len(&set);
    for (size_t i = 0; i < count; i++) check(intset_has(&set, intset_get(&set, i)));
    int64_t first = intset_get(&set, 0);
    bool is_new = intset_add(&set, INT64_MAX);
    check(intset_len(&set) == count + is_new && intset_is_valid(intset_bytes(&set)));
    check(intset_remove(&set, first) && !intset_has(&set, first));
    intset_deinit(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_of((const char *)data, size);
    try_packed(bytes);
    try_intset(bytes);
    return 0;
}
