#include "command/bitmap.h"

#include "base/mem.h"
#include "command/bitmap_bits.h"
#include "command/errors.h"
#include "command/families.h"
#include "command/keys_special.h"
#include "command/lookup.h"
#include "command/string.h"

#define ERR_BIT_OFFSET "ERR bit offset is not an integer or out of range"
#define ERR_BIT_VALUE  "ERR bit is not an integer or out of range"

bool bitmap_offset(struct call *call, int at, unsigned width, uint64_t *offset)
{
    struct str text = call_arg(call, at);
    bool counts_fields = width > 0 && text.len > 0 && text.ptr[0] == '#';
    int64_t number;
    bool fits = num_parse_i64(counts_fields ? str_from(text, 1) : text, &number) && number >= 0;
    if (counts_fields) fits = fits && num_mul_i64(number, width, &number);
    if (!fits || (uint64_t)number / 8 >= string_max_bytes(call)) {
        reply_error(call->reply, ERR_BIT_OFFSET);
        return false;
    }
    *offset = (uint64_t)number;
    return true;
}

/* The value may stay as it is if the bit has that value and the string is long enough already,
 * except that a small string or an integer turns "raw", as it does in Redis. */
static bool is_change(const struct entry *entry, struct str bytes, uint64_t offset, bool on)
{
    return !entry || offset / 8 >= bytes.len || bits_test(bytes, offset) != on;
}

void bitmap_setbit(struct call *call)
{
    bool failed = false;
    struct str key = call_arg(call, 1), digit = call_arg(call, 3);
    uint64_t offset;
    if (!bitmap_offset(call, 2, 0, &offset)) return;
    if (digit.len != 1 || (digit.ptr[0] != '0' && digit.ptr[0] != '1')) {
        reply_error(call->reply, ERR_BIT_VALUE);
        return;
    }
    bool on = digit.ptr[0] == '1';
    struct entry *entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    size_t len = view.bytes.len > offset / 8 ? view.bytes.len : offset / 8 + 1;
    bool was = bits_test(view.bytes, offset), changes = is_change(entry, view.bytes, offset, on);
    if (changes || entry_encoding(entry) != ENC_BLOB) {
        bits_put(string_writable(call, key, entry, len), offset, on);
    }
    if (changes) string_changed(call, key, "setbit");
    reply_i64(call->reply, was);
}

void bitmap_getbit(struct call *call)
{
    bool failed = false;
    uint64_t offset;
    if (!bitmap_offset(call, 2, 0, &offset)) return;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    reply_i64(call->reply, bits_test(view.bytes, offset));
}

static bool parse_operation(struct call *call, enum bits_operation *operation)
{
    static const char *const names[] = {"AND", "OR", "XOR", "NOT"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!call_is(call, 1, names[i])) continue;
        *operation = (enum bits_operation)i;
        if (*operation != BITS_NOT || call->argc == 4) return true;
        reply_error(call->reply, "ERR BITOP NOT must be called with a single source key.");
        return false;
    }
    call_syntax_error(call);
    return false;
}

/* What BITOP reads: the views lie in `room`, which holds one for each key that exists. */
struct operands {
    struct string_view *room;
    struct str *sources;
    size_t count, longest;
};

static bool find_operands(struct call *call, struct operands *operands)
{
    for (int i = 3; i < call->argc; i++) {
        bool failed = false;
        struct entry *entry =
            lookup_type(call, call_arg(call, i), LOOKUP_READ, TYPE_STRING, &failed);
        if (failed) return false;
        struct string_view *view = &operands->room[operands->count];
        string_view(view, entry);
        operands->sources[operands->count++] = view->bytes;
        if (view->bytes.len > operands->longest) operands->longest = view->bytes.len;
    }
    return true;
}

static void store_combined(struct call *call, enum bits_operation operation,
                           const struct operands *operands)
{
    struct str key = call_arg(call, 2);
    size_t len = operands->longest;
    struct blob *blob = blob_new(len, call->ks->store->epochs.now);
    bits_combine(operation, operands->sources, operands->count, blob->bytes, len);
    blob->len = len;
    if (len <= ENTRY_EMBED_MAX) {
        string_put_value(call, key, string_value(call, blob_str(blob), ENC_EMBEDDED_RAW),
                         NO_EXPIRY);
        blob_unref(blob);
    } else {
        struct value value = {.type = TYPE_STRING, .encoding = ENC_BLOB, .blob = blob};
        string_put_value(call, key, value, NO_EXPIRY);
    }
    string_changed(call, key, "set");
}

static void delete_target(struct call *call)
{
    struct str key = call_arg(call, 2);
    if (!lookup_delete(call, key)) return;
    call_changed(call, key);
    call_event(call, EVENT_GENERIC, "del", key);
}

void bitmap_bitop(struct call *call)
{
    enum bits_operation operation;
    if (!parse_operation(call, &operation)) return;
    size_t keys = (size_t)call->argc - 3;
    struct operands operands = {.room = mem_calloc(keys * sizeof(struct string_view)),
                                .sources = mem_calloc(keys * sizeof(struct str))};
    if (find_operands(call, &operands)) {
        if (operands.longest)
            store_combined(call, operation, &operands);
        else
            delete_target(call);
        reply_i64(call->reply, (int64_t)operands.longest);
    }
    mem_free(operands.sources);
    mem_free(operands.room);
}

const struct command bitmap_commands[] = {
    {.name = "bitcount",
     .run = bitmap_bitcount,
     .arity = -2,
     .flags = CMD_READONLY,
     .categories = CAT_BITMAP,
     .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
     .summary = "Counts the bits that are set in a string or in a part of it.",
     .since = "2.6.0",
     .group = "bitmap",
     .complexity = "O(N) where N is the number of bytes looked at.",
     .syntax = "key [start end [BYTE | BIT]@7.0.0]",
     .history = {{"7.0.0", "The option `BYTE|BIT` appeared."}}},
    {.name = "bitfield",
     .run = bitmap_bitfield,
     .arity = -2,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .categories = CAT_BITMAP,
     .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE_FLAGS,
               .begin = KEYS_AT_INDEX,
               .index = 1,
               .step = 1,
               .notes = "The operations decide whether the key is read, changed or both"}},
     .find_keys = keys_of_bitfield,
     .summary = "Reads and changes integers of any width inside a string.",
     .since = "3.2.0",
     .group = "bitmap",
     .complexity = "O(1) for each operation.",
     .syntax = "key [<GET <encoding offset> | [OVERFLOW <WRAP | SAT | FAIL>] "
               "<SET <encoding offset value> | INCRBY <encoding offset increment>>> "
               "[<GET <encoding offset> | [OVERFLOW <WRAP | SAT | FAIL>] "
               "<SET <encoding offset value> | INCRBY <encoding offset increment>>> ...]]"},
    {.name = "bitfield_ro",
     .run = bitmap_bitfield_ro,
     .arity = -2,
     .flags = CMD_READONLY | CMD_FAST,
     .categories = CAT_BITMAP,
     .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
     .summary = "Reads integers of any width inside a string.",
     .since = "6.0.0",
     .group = "bitmap",
     .complexity = "O(1) for each operation.",
     .syntax = "key [GET <encoding offset> [GET <encoding offset> ...]]"},
    {.name = "bitop",
     .run = bitmap_bitop,
     .arity = -4,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .categories = CAT_BITMAP,
     .keys = {KEY_ONE(KEY_OW | KEY_UPDATE, 2), KEY_REST(KEY_RO | KEY_ACCESS, 3)},
     .summary = "Combines strings bit by bit and stores what comes out.",
     .since = "2.6.0",
     .group = "bitmap",
     .complexity = "O(N) where N is the number of bytes of all strings.",
     .syntax = "operation destkey key [key ...]"},
    {.name = "bitpos",
     .run = bitmap_bitpos,
     .arity = -3,
     .flags = CMD_READONLY,
     .categories = CAT_BITMAP,
     .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
     .summary = "Finds the first bit of a value in a string or in a part of it.",
     .since = "2.8.7",
     .group = "bitmap",
     .complexity = "O(N) where N is the number of bytes looked at.",
     .syntax = "key bit [start [end [BYTE | BIT]@7.0.0]]",
     .history = {{"7.0.0", "The option `BYTE|BIT` appeared."}}},
    {.name = "getbit",
     .run = bitmap_getbit,
     .arity = 3,
     .flags = CMD_READONLY | CMD_FAST,
     .categories = CAT_BITMAP,
     .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
     .summary = "Answers one bit of a string.",
     .since = "2.2.0",
     .group = "bitmap",
     .complexity = "O(1)",
     .syntax = "key offset"},
    {.name = "setbit",
     .run = bitmap_setbit,
     .arity = 4,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .categories = CAT_BITMAP,
     .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_UPDATE, 1)},
     .summary = "Sets or clears one bit of a string and answers what it was.",
     .since = "2.2.0",
     .group = "bitmap",
     .complexity = "O(1)",
     .syntax = "key offset value"},
    {0},
};
