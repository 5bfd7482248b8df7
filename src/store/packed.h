/* A small collection in one run of bytes: the listpack layout of Redis, byte for byte, so that
 * it goes to and from RDB and DUMP as it is.
 *
 *     | total bytes u32 | count u16 | item ... | 0xff |
 *     an item: | head | body | length of both, backwards |
 *
 * Items are byte strings; those that are the canonical text of a 64-bit integer are kept as
 * integers. Positions are offsets into the run: they stay right when the run moves, and items
 * before a change keep theirs. Offset 0 is no item. The run may be read by any thread while
 * nobody changes it.
 *
 * Who builds on it bounds the size: at most PACKED_MAX bytes, checked with packed_fits. Bytes of
 * strangers must pass packed_is_valid before anything else here sees them; whatever passes keeps
 * every function inside the run. */
#ifndef SKEIN_STORE_PACKED_H
#define SKEIN_STORE_PACKED_H

#include "base/num.h"
#include "base/str.h"

enum { PACKED_NONE = 0, PACKED_HEADER = 6, PACKED_MAX = 1 << 30 };

/* The run has one owner. */
struct packed {
    uint8_t *bytes;
};

/* An item as it lies in the run; `bytes` is a view into it. */
struct packed_item {
    bool is_integer;
    int64_t integer;
    struct str bytes;
};

void packed_init(struct packed *packed);
/* Copies a run that is valid. */
void packed_init_copy(struct packed *packed, struct str bytes);
void packed_deinit(struct packed *packed);

/* The whole run with header and end. */
struct str packed_bytes(const struct packed *packed);
/* Items. Beyond 65534 they must be counted one by one. */
size_t packed_len(const struct packed *packed);
static inline bool packed_is_empty(const struct packed *packed)
{
    return packed->bytes[PACKED_HEADER] == 0xff;
}
/* Whether `extra` bytes of new items, each with a few bytes of its own, stay below PACKED_MAX. */
bool packed_fits(const struct packed *packed, size_t extra);

/* Walking: PACKED_NONE when there is none. `index` counts from the end when negative. */
size_t packed_first(const struct packed *packed);
size_t packed_last(const struct packed *packed);
size_t packed_next(const struct packed *packed, size_t at);
size_t packed_prev(const struct packed *packed, size_t at);
size_t packed_seek(const struct packed *packed, int64_t index);
/* Behind the last item: where packed_insert appends. */
size_t packed_end(const struct packed *packed);

struct packed_item packed_get(const struct packed *packed, size_t at);
/* The bytes of an item; integers are formatted into `room` (NUM_I64_MAX). */
struct str packed_text(const struct packed *packed, size_t at, char *room);
/* The same for the item at `*at`, which then is the one that follows. For walks: each item is
 * looked at once. */
struct str packed_step(const struct packed *packed, size_t *at, char *room);
/* As packed_step, for what is probably a number. */
struct packed_item packed_take(const struct packed *packed, size_t *at);
bool packed_is(const struct packed *packed, size_t at, struct str bytes);
/* The first item from `from` on that has these bytes, looking at one item and then passing over
 * `skip`. */
size_t packed_find(const struct packed *packed, size_t from, struct str bytes, size_t skip);

/* Inserts before the item at `at`, or at the end; the new item's offset is `at`. The bytes may
 * not lie in the run. */
void packed_insert(struct packed *packed, size_t at, struct str bytes);
void packed_append(struct packed *packed, struct str bytes);
/* Two items at once: a name and what belongs to it. */
void packed_insert_pair(struct packed *packed, size_t at, struct str first, struct str second);
void packed_append_i64(struct packed *packed, int64_t number);
void packed_replace(struct packed *packed, size_t at, struct str bytes);
/* Removes up to `count` items from `at` on; then `at` is the item that followed them, or the
 * end. */
void packed_remove(struct packed *packed, size_t at, size_t count);
/* Moves the items from `at` on to the end of `to`. */
void packed_move(struct packed *packed, size_t at, struct packed *to);

/* --- runs that lie in memory with room for more --- */

enum { PACKED_EMPTY = PACKED_HEADER + 1, PACKED_I64_ROOM = 10 };
/* At least as many bytes as an item of `len` bytes needs. */
static inline size_t packed_room(size_t len)
{
    return len + (len < 64 ? 2 : len < 4096 ? 4 : 10);
}
/* Makes an empty run of the PACKED_EMPTY bytes at `run`. */
void packed_open(uint8_t *run);
/* Writes one item where the run has ended, and returns what is behind it. Until the run is closed
 * nothing else may be done with it. */
uint8_t *packed_write(uint8_t *to, struct str bytes);
uint8_t *packed_write_i64(uint8_t *to, int64_t number);
/* The run now ends at `end` and has `added` more items. */
void packed_close(uint8_t *run, const uint8_t *end, size_t added);

/* Checks every byte of a run that came from outside. `count` may be NULL. */
bool packed_is_valid(struct str bytes, size_t *count);

#endif
