#include "store/hll.h"

#include <endian.h>
#include <math.h>

enum {
    RANK_BITS = 50, /* of the 64 bits of the hash, what is left beside the index */
    ENCODING_AT = 4,
    CACHE_AT = 8,
    ENCODED_DENSE = 0,
    ENCODED_SPARSE = 1,
    REGISTER_MAX = 63,
    SPARSE_VALUE_MAX = 32,
    SPARSE_VALUE_RUN_MAX = 4,
    SPARSE_ZERO_RUN_MAX = 64,
    SPLIT_MAX = 5,
};

static uint64_t load_le64(const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof(word));
    return le64toh(word);
}

/* MurmurHash64A. The hash decides which register an element sets, so it is part of the format. */
static uint64_t murmur64a(struct str bytes, uint64_t seed)
{
    const uint64_t factor = 0xc6a4a7935bd1e995;
    uint64_t hash = seed ^ (bytes.len * factor);
    size_t at = 0;
    for (; bytes.len - at >= 8; at += 8) {
        uint64_t word = load_le64(bytes.ptr + at) * factor;
        hash = (hash ^ ((word ^ word >> 47) * factor)) * factor;
    }
    if (at < bytes.len) {
        uint64_t word = 0;
        for (size_t i = bytes.len; i > at; i--) word = word << 8 | (uint8_t)bytes.ptr[i - 1];
        hash = (hash ^ word) * factor;
    }
    hash = (hash ^ hash >> 47) * factor;
    return hash ^ hash >> 47;
}

struct hll_hit hll_hit(struct str element)
{
    uint64_t hash = murmur64a(element, 0xadc83b19);
    /* The bit put on top ends the run of zeroes when all bits of the rank are zero. */
    uint64_t rank_bits = hash / HLL_REGISTERS | (uint64_t)1 << RANK_BITS;
    return (struct hll_hit){(unsigned)(hash % HLL_REGISTERS),
                            (unsigned)__builtin_ctzll(rank_bits) + 1};
}

enum hll_kind hll_kind(struct str bytes)
{
    if (bytes.len < HLL_HEADER_LEN || memcmp(bytes.ptr, "HYLL", 4) != 0) return HLL_NO_SKETCH;
    if (bytes.ptr[ENCODING_AT] == ENCODED_SPARSE) return HLL_SPARSE;
    if (bytes.ptr[ENCODING_AT] == ENCODED_DENSE && bytes.len == HLL_DENSE_LEN) return HLL_DENSE;
    return HLL_NO_SKETCH;
}

bool hll_cached(struct str sketch, uint64_t *cardinality)
{
    uint64_t word = load_le64(sketch.ptr + CACHE_AT);
    *cardinality = word;
    return word >> 63 == 0;
}

void hll_cache(char *sketch, uint64_t cardinality)
{
    uint64_t word = htole64(cardinality);
    memcpy(sketch + CACHE_AT, &word, sizeof(word));
}

void hll_uncache(char *sketch)
{
    sketch[CACHE_AT + 7] = (char)(sketch[CACHE_AT + 7] | 0x80);
}

/* Four registers fill three bytes exactly, so a group of four is read and written at once. */
static uint32_t load_group(const uint8_t *group)
{
    return (uint32_t)group[0] | (uint32_t)group[1] << 8 | (uint32_t)group[2] << 16;
}

unsigned hll_dense_get(const char *sketch, unsigned index)
{
    const uint8_t *group = (const uint8_t *)sketch + HLL_HEADER_LEN + index / 4 * 3;
    return load_group(group) >> index % 4 * 6 & REGISTER_MAX;
}

static void dense_set(char *sketch, unsigned index, unsigned value)
{
    uint8_t *group = (uint8_t *)sketch + HLL_HEADER_LEN + index / 4 * 3;
    unsigned shift = index % 4 * 6;
    uint32_t word = (load_group(group) & ~((uint32_t)REGISTER_MAX << shift)) | value << shift;
    group[0] = (uint8_t)word;
    group[1] = (uint8_t)(word >> 8);
    group[2] = (uint8_t)(word >> 16);
}

bool hll_dense_raise(char *sketch, struct hll_hit hit)
{
    if (hll_dense_get(sketch, hit.index) >= hit.rank) return false;
    dense_set(sketch, hit.index, hit.rank);
    return true;
}

struct hll_runs hll_runs_of(struct str sketch)
{
    return (struct hll_runs){.rest = str_from(sketch, HLL_HEADER_LEN)};
}

/* Reads the run at the start of `bytes` into kind, len, value and bytes; false when it is cut off.
 * */
static bool run_read(struct str bytes, struct hll_runs *run)
{
    if (bytes.len == 0) return false;
    unsigned byte = (uint8_t)bytes.ptr[0];
    run->value = 0;
    run->bytes = 1;
    if (byte & 0x80) {
        run->kind = HLL_RUN_VALUE;
        run->value = (byte >> 2 & 0x1f) + 1;
        run->len = (byte & 3) + 1;
    } else if (byte & 0x40) {
        if (bytes.len < 2) return false;
        run->kind = HLL_RUN_XZERO;
        run->len = ((byte & 0x3f) << 8 | (uint8_t)bytes.ptr[1]) + 1;
        run->bytes = 2;
    } else {
        run->kind = HLL_RUN_ZERO;
        run->len = byte + 1;
    }
    return true;
}

bool hll_runs_next(struct hll_runs *runs)
{
    unsigned first = runs->first + runs->len;
    struct hll_runs run;
    if (!run_read(runs->rest, &run) || run.len > HLL_REGISTERS - first) return false;
    run.first = first;
    run.rest = str_from(runs->rest, run.bytes);
    *runs = run;
    return true;
}

bool hll_runs_complete(const struct hll_runs *runs)
{
    return runs->rest.len == 0 && runs->first + runs->len == HLL_REGISTERS;
}

static uint8_t value_byte(unsigned value, unsigned len)
{
    return (uint8_t)(0x80 | (value - 1) << 2 | (len - 1));
}

static size_t write_zeroes(uint8_t *out, unsigned len)
{
    if (len <= SPARSE_ZERO_RUN_MAX) {
        out[0] = (uint8_t)(len - 1);
        return 1;
    }
    out[0] = (uint8_t)(0x40 | (len - 1) >> 8);
    out[1] = (uint8_t)(len - 1);
    return 2;
}

void hll_append_empty(struct buf *out)
{
    uint8_t sketch[HLL_HEADER_LEN + 2] = {'H', 'Y', 'L', 'L', ENCODED_SPARSE};
    write_zeroes(sketch + HLL_HEADER_LEN, HLL_REGISTERS);
    buf_append(out, sketch, sizeof(sketch));
}

bool hll_make_dense(struct buf *sketch)
{
    if (sketch->ptr[ENCODING_AT] == ENCODED_DENSE) return true;
    struct buf dense = {0};
    memset(buf_reserve(&dense, HLL_DENSE_LEN), 0, HLL_DENSE_LEN);
    dense.len = HLL_DENSE_LEN;
    memcpy(dense.ptr, sketch->ptr, HLL_HEADER_LEN);
    dense.ptr[ENCODING_AT] = ENCODED_DENSE;
    struct hll_runs runs = hll_runs_of(buf_str(sketch));
    while (hll_runs_next(&runs)) {
        if (runs.kind != HLL_RUN_VALUE) continue;
        for (unsigned i = 0; i < runs.len; i++) dense_set(dense.ptr, runs.first + i, runs.value);
    }
    bool complete = hll_runs_complete(&runs);
    struct buf dropped = complete ? *sketch : dense;
    if (complete) *sketch = dense;
    buf_deinit(&dropped);
    return complete;
}

static enum hll_verdict raise_as_dense(struct buf *sketch, struct hll_hit hit)
{
    if (!hll_make_dense(sketch)) return HLL_CORRUPT;
    hll_dense_raise(sketch->ptr, hit);
    hll_uncache(sketch->ptr);
    return HLL_RAISED;
}

/* Where in a sparse sketch a register lies. */
struct spot {
    struct hll_runs run;
    size_t at; /* where the run starts */
    size_t
        previous; /* where the run before it starts; the first run's own place if there is none */
};

/* Walks over raw bytes, because a sketch is searched from its start for every element added. */
static bool spot_find(struct str sketch, unsigned index, struct spot *spot)
{
    const uint8_t *bytes = (const uint8_t *)sketch.ptr;
    size_t at = HLL_HEADER_LEN, previous = at;
    unsigned first = 0, len = 0;
    while (at < sketch.len) {
        unsigned byte = bytes[at], size = 1;
        if (byte & 0x80) {
            len = (byte & 3) + 1;
        } else if (byte & 0x40) {
            if (sketch.len - at < 2) return false;
            len = ((byte & 0x3f) << 8 | bytes[at + 1]) + 1;
            size = 2;
        } else {
            len = byte + 1;
        }
        if (index < first + len) break;
        previous = at;
        at += size;
        first += len;
    }
    if (!run_read(str_from(sketch, at), &spot->run)) return false;
    spot->run.first = first;
    spot->at = at;
    spot->previous = previous;
    return first + len <= HLL_REGISTERS;
}

/* The run with one register of it raised: what is left of it on both sides, and the register as a
 * run of its own. */
static size_t spot_split(const struct spot *spot, struct hll_hit hit, uint8_t *out)
{
    const struct hll_runs *run = &spot->run;
    unsigned before = hit.index - run->first, after = run->len - before - 1;
    bool is_value = run->kind == HLL_RUN_VALUE;
    size_t len = 0;
    if (before && is_value) out[len++] = value_byte(run->value, before);
    if (before && !is_value) len += write_zeroes(out + len, before);
    out[len++] = value_byte(hit.rank, 1);
    if (after && is_value) out[len++] = value_byte(run->value, after);
    if (after && !is_value) len += write_zeroes(out + len, after);
    return len;
}

/* Puts `len` bytes in the place of `old_len` at `at`. */
static void replace_bytes(struct buf *sketch, size_t at, size_t old_len, struct str bytes)
{
    size_t tail = sketch->len - at - old_len;
    buf_reserve(sketch, bytes.len);
    memmove(sketch->ptr + at + bytes.len, sketch->ptr + at + old_len, tail);
    memcpy(sketch->ptr + at, bytes.ptr, bytes.len);
    sketch->len = at + bytes.len + tail;
}

/* Two neighbouring runs of one value become one if it is not too long. Five looks, beginning with
 * the run before the changed one, are what Redis takes; more or fewer would give other bytes. */
static void merge_values(struct buf *sketch, size_t at)
{
    for (int looks = 0; looks < 5; looks++) {
        struct hll_runs left, right;
        struct str rest = str_from(buf_str(sketch), at);
        if (!run_read(rest, &left)) return;
        bool both = left.kind == HLL_RUN_VALUE && run_read(str_from(rest, 1), &right) &&
                    right.kind == HLL_RUN_VALUE && left.value == right.value &&
                    left.len + right.len <= SPARSE_VALUE_RUN_MAX;
        if (!both) {
            at += left.bytes;
            continue;
        }
        char merged = (char)value_byte(left.value, left.len + right.len);
        replace_bytes(sketch, at, 2, str_of(&merged, 1));
    }
}

static enum hll_verdict raise_sparse(struct buf *sketch, struct hll_hit hit, size_t sparse_max)
{
    if (hit.rank > SPARSE_VALUE_MAX) return raise_as_dense(sketch, hit);
    struct spot spot;
    if (!spot_find(buf_str(sketch), hit.index, &spot)) return HLL_CORRUPT;
    if (spot.run.value >= hit.rank) return HLL_SAME;
    uint8_t split[SPLIT_MAX];
    size_t len = spot_split(&spot, hit, split);
    if (len > spot.run.bytes && sketch->len + len - spot.run.bytes > sparse_max) {
        return raise_as_dense(sketch, hit);
    }
    replace_bytes(sketch, spot.at, spot.run.bytes, str_of((const char *)split, len));
    merge_values(sketch, spot.previous);
    hll_uncache(sketch->ptr);
    return HLL_RAISED;
}

enum hll_verdict hll_raise(struct buf *sketch, struct hll_hit hit, size_t sparse_max)
{
    if (sketch->ptr[ENCODING_AT] == ENCODED_SPARSE) return raise_sparse(sketch, hit, sparse_max);
    if (!hll_dense_raise(sketch->ptr, hit)) return HLL_SAME;
    hll_uncache(sketch->ptr);
    return HLL_RAISED;
}

static uint8_t higher(uint8_t mine, uint8_t theirs)
{
    return mine > theirs ? mine : theirs;
}

/* First unpacked, then compared: the second loop becomes vector instructions. */
static void merge_dense(struct hll_registers *registers, struct str sketch)
{
    struct hll_registers theirs;
    const uint8_t *group = (const uint8_t *)sketch.ptr + HLL_HEADER_LEN;
    for (size_t i = 0; i < HLL_REGISTERS; i += 4, group += 3) {
        uint32_t word = load_group(group);
        for (unsigned j = 0; j < 4; j++) theirs.at[i + j] = word >> j * 6 & REGISTER_MAX;
    }
    for (size_t i = 0; i < HLL_REGISTERS; i++) {
        registers->at[i] = higher(registers->at[i], theirs.at[i]);
    }
}

bool hll_merge(struct hll_registers *registers, struct str sketch)
{
    if (hll_kind(sketch) == HLL_DENSE) {
        merge_dense(registers, sketch);
        return true;
    }
    struct hll_runs runs = hll_runs_of(sketch);
    while (hll_runs_next(&runs)) {
        for (unsigned i = 0; runs.value && i < runs.len; i++) {
            uint8_t *mine = &registers->at[runs.first + i];
            *mine = higher(*mine, (uint8_t)runs.value);
        }
    }
    return hll_runs_complete(&runs);
}

/* How many registers have each value: all that the estimate needs to know. */
struct histogram {
    uint32_t of[REGISTER_MAX + 1];
};

/* Sums of powers from Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
 * (2017): they correct the estimate for registers still at zero (sigma) and for those that are full
 * (tau). Both iterate until the double does not change any more. */
static double sum_sigma(double share)
{
    if (share == 1.0) return INFINITY;
    double factor = 1, sum = share, before;
    do {
        share *= share;
        before = sum;
        sum += share * factor;
        factor += factor;
    } while (sum != before);
    return sum;
}

static double sum_tau(double share)
{
    if (share == 0.0 || share == 1.0) return 0.0;
    double factor = 1, sum = 1 - share, before;
    do {
        share = sqrt(share);
        before = sum;
        factor *= 0.5;
        sum -= pow(1 - share, 2) * factor;
    } while (sum != before);
    return sum / 3;
}

static uint64_t estimate(const struct histogram *histogram)
{
    const double alpha = 0.721347520444481703680; /* 1 / (2 ln 2) */
    const double m = HLL_REGISTERS;
    double z = m * sum_tau((m - histogram->of[RANK_BITS + 1]) / m);
    for (int value = RANK_BITS; value >= 1; value--) {
        z += histogram->of[value];
        z *= 0.5;
    }
    z += m * sum_sigma(histogram->of[0] / m);
    /* Registers no hash can have set add up to infinity. */
    double cardinality = alpha * m * m / z;
    return cardinality < 0x1p63 ? (uint64_t)llroundl(cardinality) : INT64_MAX;
}

/* Counts four registers at a time in counters of their own, because one that is hit many times in a
 * row would wait for itself. */
struct tally {
    struct histogram part[4];
};

static struct histogram tally_sum(const struct tally *tally)
{
    struct histogram sum = {0};
    for (size_t value = 0; value <= REGISTER_MAX; value++) {
        for (size_t j = 0; j < 4; j++) sum.of[value] += tally->part[j].of[value];
    }
    return sum;
}

static struct histogram count_dense(struct str sketch)
{
    struct tally tally = {0};
    const uint8_t *group = (const uint8_t *)sketch.ptr + HLL_HEADER_LEN;
    for (size_t i = 0; i < HLL_REGISTERS; i += 4, group += 3) {
        uint32_t word = load_group(group);
        for (unsigned j = 0; j < 4; j++) tally.part[j].of[word >> j * 6 & REGISTER_MAX]++;
    }
    return tally_sum(&tally);
}

bool hll_count(struct str sketch, uint64_t *cardinality)
{
    struct histogram histogram = {0};
    if (hll_kind(sketch) == HLL_DENSE) {
        histogram = count_dense(sketch);
    } else {
        struct hll_runs runs = hll_runs_of(sketch);
        while (hll_runs_next(&runs)) histogram.of[runs.value] += runs.len;
        if (!hll_runs_complete(&runs)) return false;
    }
    *cardinality = estimate(&histogram);
    return true;
}

uint64_t hll_count_registers(const struct hll_registers *registers)
{
    struct tally tally = {0};
    for (size_t i = 0; i < HLL_REGISTERS; i += 4) {
        for (unsigned j = 0; j < 4; j++) tally.part[j].of[registers->at[i + j]]++;
    }
    struct histogram histogram = tally_sum(&tally);
    return estimate(&histogram);
}
