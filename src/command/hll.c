#include "store/hll.h"

#include "base/mem.h"
#include "base/prng.h"
#include "command/families.h"
#include "command/lookup.h"
#include "command/string.h"

#define ERR_NO_SKETCH "WRONGTYPE Key is not a valid HyperLogLog string value."
#define ERR_CORRUPT   "INVALIDOBJ Corrupted HLL object detected"

/* A sketch in the keyspace; `bytes` are valid until the key is written to. */
struct sketch {
    struct str key;
    struct entry *entry; /* NULL: the key does not exist, and there are no bytes */
    enum hll_kind kind;
    struct str bytes;
};

/* Answers the error when the key holds something else. */
static bool sketch_find(struct call *call, int at, enum lookup_mode mode, struct sketch *sketch)
{
    bool failed = false;
    struct string_view view;
    *sketch = (struct sketch){.key = call_arg(call, at)};
    sketch->entry = lookup_type(call, sketch->key, mode, TYPE_STRING, &failed);
    if (failed) return false;
    if (!sketch->entry) return true;
    string_view(&view, sketch->entry);
    sketch->kind = hll_kind(view.bytes);
    /* An integer's digits would not outlive the view, but they are no sketch. */
    sketch->bytes = view.bytes;
    if (sketch->kind != HLL_NO_SKETCH) return true;
    reply_error(call->reply, ERR_NO_SKETCH);
    return false;
}

/* A sketch that SET wrote turns "raw" once a command of this family used it, as in Redis. */
static void sketch_make_raw(struct call *call, struct sketch *sketch)
{
    if (!sketch->entry || entry_encoding(sketch->entry) != ENC_EMBEDDED) return;
    size_t len = sketch->bytes.len;
    sketch->bytes.ptr = keyspace_writable_string(call->ks, &sketch->entry, len);
}

/* The bytes of a sketch (an empty one for a missing key) to change before they are put back. */
static struct buf sketch_copy(const struct sketch *sketch)
{
    struct buf copy = {0};
    if (sketch->entry)
        buf_append_str(&copy, sketch->bytes);
    else
        hll_append_empty(&copy);
    return copy;
}

static void sketch_put(struct call *call, const struct sketch *sketch, struct str bytes)
{
    memcpy(string_writable(call, sketch->key, sketch->entry, bytes.len), bytes.ptr, bytes.len);
}

static size_t sparse_max(const struct call *call)
{
    return (size_t)call->host->settings->hll_sparse_max_bytes;
}

/* A dense sketch is big, so it is changed where it lies, and only when an element raises a
 * register. */
static bool add_to_dense(struct call *call, const struct sketch *sketch)
{
    const char *bytes = sketch->bytes.ptr;
    char *writable = NULL;
    for (int i = 2; i < call->argc; i++) {
        struct hll_hit hit = hll_hit(call_arg(call, i));
        if (hll_dense_get(bytes, hit.index) >= hit.rank) continue;
        if (!writable) {
            writable = string_writable(call, sketch->key, sketch->entry, HLL_DENSE_LEN);
            hll_uncache(writable);
            bytes = writable;
        }
        hll_dense_raise(writable, hit);
    }
    return writable != NULL;
}

/* Elements are added to a copy, so that a corrupt sketch is left as it was. */
static enum hll_verdict add_to_sparse(struct call *call, const struct sketch *sketch)
{
    struct buf copy = sketch_copy(sketch);
    enum hll_verdict verdict = sketch->entry ? HLL_SAME : HLL_RAISED;
    for (int i = 2; i < call->argc && verdict != HLL_CORRUPT; i++) {
        enum hll_verdict one = hll_raise(&copy, hll_hit(call_arg(call, i)), sparse_max(call));
        if (one != HLL_SAME) verdict = one;
    }
    if (verdict == HLL_RAISED) {
        hll_uncache(copy.ptr);
        sketch_put(call, sketch, buf_str(&copy));
    }
    buf_deinit(&copy);
    return verdict;
}

static void hll_pfadd(struct call *call)
{
    struct sketch sketch;
    if (!sketch_find(call, 1, LOOKUP_WRITE, &sketch)) return;
    sketch_make_raw(call, &sketch);
    enum hll_verdict verdict = HLL_SAME;
    if (sketch.kind != HLL_DENSE)
        verdict = add_to_sparse(call, &sketch);
    else if (add_to_dense(call, &sketch))
        verdict = HLL_RAISED;
    if (verdict == HLL_CORRUPT) {
        reply_error(call->reply, ERR_CORRUPT);
        return;
    }
    if (verdict == HLL_RAISED) string_changed(call, sketch.key, "pfadd");
    reply_i64(call->reply, verdict == HLL_RAISED);
}

/* Takes the union of the keys from argument `at` on; answers errors. `any_dense` may be NULL. */
static bool merge_keys(struct call *call, int at, struct hll_registers *registers, bool *any_dense)
{
    for (; at < call->argc; at++) {
        struct sketch sketch;
        if (!sketch_find(call, at, LOOKUP_READ, &sketch)) return false;
        if (!sketch.entry) continue;
        if (any_dense && sketch.kind == HLL_DENSE) *any_dense = true;
        if (hll_merge(registers, sketch.bytes)) continue;
        reply_error(call->reply, ERR_CORRUPT);
        return false;
    }
    return true;
}

static void count_union(struct call *call)
{
    struct hll_registers registers = {0};
    if (!merge_keys(call, 1, &registers, NULL)) return;
    reply_i64(call->reply, (int64_t)hll_count_registers(&registers));
}

/* The cached cardinality is a part of the value, so writing it is a change that replicas have to
 * see. On a replica only the master's stream may change values. */
static void cache_cardinality(struct call *call, const struct sketch *sketch, uint64_t cardinality)
{
    if (call->host->settings->is_replica && !session_is(call->session, SESSION_MASTER)) return;
    hll_cache(string_writable(call, sketch->key, sketch->entry, sketch->bytes.len), cardinality);
    call_changed(call, sketch->key);
    EFFECTS_ADD(call->effects, STR("PFCOUNT"), sketch->key);
}

static void hll_pfcount(struct call *call)
{
    if (call->argc > 2) {
        count_union(call);
        return;
    }
    struct sketch sketch;
    uint64_t cardinality = 0;
    if (!sketch_find(call, 1, LOOKUP_READ, &sketch)) return;
    sketch_make_raw(call, &sketch);
    if (sketch.entry && !hll_cached(sketch.bytes, &cardinality)) {
        if (!hll_count(sketch.bytes, &cardinality)) {
            reply_error(call->reply, ERR_CORRUPT);
            return;
        }
        cache_cardinality(call, &sketch, cardinality);
    }
    reply_i64(call->reply, (int64_t)cardinality);
}

/* Raises a sketch to the registers; false when it is corrupt. */
static bool raise_all(struct call *call, struct buf *sketch, const struct hll_registers *registers)
{
    for (unsigned i = 0; i < HLL_REGISTERS; i++) {
        struct hll_hit hit = {i, registers->at[i]};
        if (hit.rank && hll_raise(sketch, hit, sparse_max(call)) == HLL_CORRUPT) return false;
    }
    return true;
}

static void hll_pfmerge(struct call *call)
{
    struct hll_registers registers = {0};
    struct sketch target;
    bool dense = false;
    if (!merge_keys(call, 1, &registers, &dense)) return;
    if (!sketch_find(call, 1, LOOKUP_WRITE, &target)) return;
    struct buf copy = sketch_copy(&target);
    bool sound = !dense || hll_make_dense(&copy);
    sound = sound && raise_all(call, &copy, &registers);
    if (sound) {
        hll_uncache(copy.ptr);
        sketch_put(call, &target, buf_str(&copy));
        string_changed(call, target.key, "pfadd");
        reply_ok(call->reply);
    } else {
        reply_error(call->reply, ERR_CORRUPT);
    }
    buf_deinit(&copy);
}

/* Turns the key's sketch into a dense one; answers the error when it is corrupt. */
static bool make_dense(struct call *call, struct sketch *sketch)
{
    struct buf copy = sketch_copy(sketch);
    bool sound = hll_make_dense(&copy);
    if (sound) {
        sketch_put(call, sketch, buf_str(&copy));
        call_changed(call, sketch->key);
    } else {
        reply_error(call->reply, ERR_CORRUPT);
    }
    buf_deinit(&copy);
    return sound;
}

static void debug_getreg(struct call *call, struct sketch *sketch)
{
    struct hll_registers registers = {0};
    if (sketch->kind == HLL_SPARSE) {
        if (!hll_merge(&registers, sketch->bytes)) {
            reply_error(call->reply, ERR_CORRUPT);
            return;
        }
        make_dense(call, sketch);
    } else {
        hll_merge(&registers, sketch->bytes);
    }
    reply_array(call->reply, HLL_REGISTERS);
    for (size_t i = 0; i < HLL_REGISTERS; i++) reply_i64(call->reply, registers.at[i]);
}

static void debug_decode(struct call *call, struct sketch *sketch)
{
    if (sketch->kind != HLL_SPARSE) {
        reply_error(call->reply, "ERR HLL encoding is not sparse");
        return;
    }
    struct buf text = {0};
    struct hll_runs runs = hll_runs_of(sketch->bytes);
    while (hll_runs_next(&runs)) {
        if (text.len) buf_append_char(&text, ' ');
        if (runs.kind == HLL_RUN_VALUE)
            buf_printf(&text, "v:%u,%u", runs.value, runs.len);
        else
            buf_printf(&text, "%c:%u", runs.kind == HLL_RUN_ZERO ? 'z' : 'Z', runs.len);
        /* Registers are not counted, because runs behind the last one are what one looks for. */
        runs.first = runs.len = 0;
    }
    reply_bulk(call->reply, buf_str(&text));
    buf_deinit(&text);
}

static void debug_encoding(struct call *call, struct sketch *sketch)
{
    reply_status(call->reply, sketch->kind == HLL_DENSE ? "dense" : "sparse");
}

static void debug_todense(struct call *call, struct sketch *sketch)
{
    bool sparse = sketch->kind == HLL_SPARSE;
    if (sparse && !make_dense(call, sketch)) return;
    reply_i64(call->reply, sparse);
}

static void hll_pfdebug(struct call *call)
{
    static const struct {
        const char *word;
        void (*run)(struct call *call, struct sketch *sketch);
    } words[] = {
        {"GETREG", debug_getreg},
        {"DECODE", debug_decode},
        {"ENCODING", debug_encoding},
        {"TODENSE", debug_todense},
    };
    struct sketch sketch;
    if (!sketch_find(call, 2, LOOKUP_READ, &sketch)) return;
    if (!sketch.entry) {
        reply_error(call->reply, "ERR The specified key does not exist");
        return;
    }
    sketch_make_raw(call, &sketch);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!call_is(call, 1, words[i].word)) continue;
        words[i].run(call, &sketch);
        return;
    }
    reply_error_fmt(call->reply, "ERR Unknown PFDEBUG subcommand '%.*s'",
                    STR_ARG(str_first(call_arg(call, 1), 128)));
}

/* Registers hold what was put into them, and their neighbours stay as they were. */
static bool registers_hold(void)
{
    struct buf sketch = {0};
    struct prng prng;
    prng_init(&prng, 1);
    struct hll_registers expected = {0};
    hll_append_empty(&sketch);
    bool same = hll_make_dense(&sketch);
    for (int i = 0; i < HLL_REGISTERS * 4; i++) {
        struct hll_hit hit = {(unsigned)prng_below(&prng, HLL_REGISTERS),
                              (unsigned)prng_below(&prng, 64)};
        if (hit.rank > expected.at[hit.index]) expected.at[hit.index] = (uint8_t)hit.rank;
        hll_dense_raise(sketch.ptr, hit);
    }
    for (unsigned i = 0; i < HLL_REGISTERS; i++) {
        same = same && hll_dense_get(sketch.ptr, i) == expected.at[i];
    }
    buf_deinit(&sketch);
    return same;
}

/* The standard error of 16384 registers is 0.81 %: six of them are as good as never exceeded. */
static bool is_close(uint64_t estimate, uint64_t added)
{
    uint64_t error = estimate > added ? estimate - added : added - estimate;
    return error <= added / 20 + 1;
}

/* Sparse and dense sketches of the same elements agree, and both estimate well. */
static bool estimates_hold(size_t max_sparse)
{
    struct buf sparse = {0}, dense = {0};
    hll_append_empty(&sparse);
    hll_append_empty(&dense);
    bool holds = hll_make_dense(&dense);
    uint64_t of_sparse, of_dense, next_check = 1;
    for (uint64_t i = 1; i <= 100000 && holds; i++) {
        struct hll_hit hit = hll_hit(str_of((const char *)&i, sizeof(i)));
        hll_raise(&sparse, hit, max_sparse);
        hll_raise(&dense, hit, max_sparse);
        if (i != next_check) continue;
        next_check *= 10;
        holds = hll_count(buf_str(&sparse), &of_sparse) && hll_count(buf_str(&dense), &of_dense) &&
                of_sparse == of_dense && is_close(of_dense, i);
    }
    buf_deinit(&sparse);
    buf_deinit(&dense);
    return holds;
}

static void hll_pfselftest(struct call *call)
{
    if (!registers_hold()) {
        reply_error(call->reply, "TESTFAILED a register does not hold what was put into it");
    } else if (!estimates_hold(sparse_max(call))) {
        reply_error(call->reply, "TESTFAILED an estimate is too far from the truth");
    } else {
        reply_ok(call->reply);
    }
}

const struct command hll_commands[] = {
    {.name = "pfadd",
     .run = hll_pfadd,
     .arity = -2,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .categories = CAT_HYPERLOGLOG,
     .keys = {KEY_ONE(KEY_RW | KEY_INSERT, 1)},
     .summary = "Adds elements to a HyperLogLog, creating the key when it does not exist.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "O(1) for each element.",
     .syntax = "key [element [element ...]]"},
    {.name = "pfcount",
     .run = hll_pfcount,
     .arity = -2,
     .flags = CMD_READONLY | CMD_MAY_REPLICATE,
     .categories = CAT_HYPERLOGLOG,
     .keys = {{.flags = KEY_RW | KEY_ACCESS,
               .begin = KEYS_AT_INDEX,
               .index = 1,
               .last = -1,
               .step = 1,
               .notes =
                   "The estimate is kept inside the value, which is a change that replicas get"}},
     .summary = "Estimates how many different elements one or several HyperLogLogs have together.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity =
         "O(1) for one key, nearly always from a cached number. O(N) for N keys, with a large "
         "constant, because their union is built each time.",
     .syntax = "key [key ...]"},
    {.name = "pfdebug",
     .run = hll_pfdebug,
     .arity = 3,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_ADMIN,
     .categories = CAT_HYPERLOGLOG,
     .keys = {KEY_ONE(KEY_RW | KEY_ACCESS, 2)},
     .summary = "Shows how a HyperLogLog is stored, for developers.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "N/A",
     .syntax = "subcommand key"},
    {.name = "pfmerge",
     .run = hll_pfmerge,
     .arity = -2,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .categories = CAT_HYPERLOGLOG,
     .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_INSERT, 1), KEY_REST(KEY_RO | KEY_ACCESS, 2)},
     .summary = "Merges HyperLogLogs into one, which then counts the elements of all.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "O(N) where N is the number of keys, with a large constant.",
     .syntax = "destkey sourcekey [sourcekey ...]"},
    {.name = "pfselftest",
     .run = hll_pfselftest,
     .arity = 1,
     .flags = CMD_ADMIN,
     .categories = CAT_HYPERLOGLOG,
     .summary = "Tests the implementation of HyperLogLogs, for developers.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "N/A",
     .syntax = ""},
    {0},
};
