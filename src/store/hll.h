/* HyperLogLog sketches, byte for byte as Redis keeps them in strings.
 *
 *     | "HYLL" | encoding | 3 unused | 8 bytes cached cardinality | registers |
 *
 * 16384 registers of 6 bits follow the header, either dense (packed, the lowest bits first) or
 * sparse (runs of equal registers). The top bit of the cached cardinality says that it is out of
 * date. A sketch comes from clients (any SET can write one), so nothing in it is trusted: whatever
 * does not add up is reported as corrupt, and no function reads outside the bytes it was given.
 *
 * Redis's bytes follow from how runs are split and merged while registers rise, so the same steps
 * are taken here. */
#ifndef SKEIN_STORE_HLL_H
#define SKEIN_STORE_HLL_H

#include "base/buf.h"

enum {
    HLL_REGISTERS = 1 << 14,
    HLL_HEADER_LEN = 16,
    HLL_DENSE_LEN = HLL_HEADER_LEN + HLL_REGISTERS * 6 / 8,
};

enum hll_kind {
    HLL_NO_SKETCH, /* another kind of string */
    HLL_DENSE,
    HLL_SPARSE,
};
/* What the header (and a dense sketch's length) says. */
enum hll_kind hll_kind(struct str bytes);

/* Which register an element falls on, and the value it asks for there (1 to 51). */
struct hll_hit {
    unsigned index;
    unsigned rank;
};
struct hll_hit hll_hit(struct str element);

/* A sketch of nothing, sparse, behind what `out` holds. */
void hll_append_empty(struct buf *out);

enum hll_verdict {
    HLL_SAME,    /* the register is that high already */
    HLL_RAISED,  /* changed, and the cached cardinality marked as out of date */
    HLL_CORRUPT, /* the sparse runs do not reach the register; some bytes may have changed */
};
/* Raises a register. A sparse sketch becomes dense when it would outgrow `sparse_max` bytes. */
enum hll_verdict hll_raise(struct buf *sketch, struct hll_hit hit, size_t sparse_max);
/* The same for dense sketches where they lie, without the cached cardinality. True when it changed.
 * */
unsigned hll_dense_get(const char *sketch, unsigned index);
bool hll_dense_raise(char *sketch, struct hll_hit hit);
/* False when the sparse runs do not add up; the sketch is then as it was. */
bool hll_make_dense(struct buf *sketch);

/* Registers unpacked, to build unions in. */
struct hll_registers {
    uint8_t at[HLL_REGISTERS];
};
/* Takes the higher of each pair of registers. False when the sketch is corrupt; some may be taken
 * then. */
bool hll_merge(struct hll_registers *registers, struct str sketch);

/* The estimate of how many elements were added; false when the sketch is corrupt. */
bool hll_count(struct str sketch, uint64_t *cardinality);
uint64_t hll_count_registers(const struct hll_registers *registers);

/* The cardinality noted in the header, if it is up to date. */
bool hll_cached(struct str sketch, uint64_t *cardinality);
void hll_cache(char *sketch, uint64_t cardinality);
void hll_uncache(char *sketch);

/* The runs of a sparse sketch, in order. */
enum hll_run_kind {
    HLL_RUN_ZERO,  /* one byte, up to 64 registers */
    HLL_RUN_XZERO, /* two bytes, up to 16384 registers */
    HLL_RUN_VALUE, /* one byte, up to 4 registers of a value up to 32 */
};
struct hll_runs {
    struct str rest; /* bytes not yet walked */
    /* The run hll_runs_next stopped at. */
    enum hll_run_kind kind;
    unsigned first, len, value;
    size_t bytes;
};
struct hll_runs hll_runs_of(struct str sketch);
/* False at the end, or at a run that is cut off or leads past the last register. */
bool hll_runs_next(struct hll_runs *runs);
/* After hll_runs_next returned false: whether the runs cover the registers exactly. */
bool hll_runs_complete(const struct hll_runs *runs);

#endif
