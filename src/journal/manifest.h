/* Which files make up an append-only file: a base, the increments after it, and history that is
 * kept for replicas or waits to be deleted. The text is that of Redis 7, a line for each file:
 *
 *     file appendonly.aof.2.incr.aof seq 2 type i startoffset 1234 replid 0123...
 *
 * The pairs behind the type are ours; stock Redis passes over names it does not know, and over
 * lines that begin with '#'. Where a file name needs quotes it gets them. */
#ifndef SKEIN_JOURNAL_MANIFEST_H
#define SKEIN_JOURNAL_MANIFEST_H

#include "base/buf.h"
#include "journal/annotation.h"

enum manifest_type { MANIFEST_BASE = 'b', MANIFEST_HISTORY = 'h', MANIFEST_INCREMENT = 'i' };

struct manifest_file {
    char *name; /* without directories */
    int64_t seq;
    enum manifest_type type;
    int64_t start, end;                          /* offsets of the stream; -1: not told */
    char replication_id[REPLICATION_ID_LEN + 1]; /* whose offsets; "": not told */
    /* Not in the text: for those who delete what is old. */
    int64_t size_bytes, ended_s;
};

/* Zeroed is empty. Files are in the order of the text: base, history, increments. */
struct manifest {
    struct manifest_file *files;
    size_t count, capacity;
};

struct manifest_fault {
    int line;
    const char *reason;
};

void manifest_deinit(struct manifest *manifest);
void manifest_copy(struct manifest *to, const struct manifest *from);
/* Replaces what *manifest holds; false with the fault, and empty. */
bool manifest_parse(struct manifest *manifest, struct str text, struct manifest_fault *fault);
void manifest_write(const struct manifest *manifest, struct buf *out);

/* NULL when there is none. Pointers to files live until one is added or removed. */
struct manifest_file *manifest_base(const struct manifest *manifest);
struct manifest_file *manifest_last_increment(const struct manifest *manifest);
/* The files in the order of loading: base first, then increments; NULL behind the last. */
struct manifest_file *manifest_next_to_load(const struct manifest *manifest,
                                            const struct manifest_file *after);

/* Adds a file at the end of its kind. The name is copied; seq of a base or an increment is one more
 * than any there was. */
struct manifest_file *manifest_add(struct manifest *manifest, enum manifest_type type,
                                   struct str name, int64_t seq);
int64_t manifest_next_seq(const struct manifest *manifest, enum manifest_type type);
void manifest_remove(struct manifest *manifest, const struct manifest_file *file);
/* A new base takes over: the old base and the increments before `first_kept` become history. */
void manifest_retire(struct manifest *manifest, int64_t first_kept);

/* The names stock Redis gives: <prefix>.<seq>.base.rdb, <prefix>.<seq>.incr.aof. */
void manifest_name(struct buf *out, struct str prefix, int64_t seq, const char *suffix);

#endif
