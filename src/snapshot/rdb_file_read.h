/* Reads a whole RDB file of versions 1 to 12 into a store that nothing else uses yet.
 *
 * It pulls its bytes, so it runs in a worker that may wait for them. Nothing is trusted: memory
 * grows with the bytes that came, every value is validated, and what is wrong is told with the
 * offset and a reason. The store then holds what came before; the caller throws it away or, to
 * salvage, keeps it. */
#ifndef SKEIN_SNAPSHOT_RDB_FILE_READ_H
#define SKEIN_SNAPSHOT_RDB_FILE_READ_H

#include "snapshot/rdb_codec.h"
#include "snapshot/rdb_file.h"
#include "store/keyspace.h"

/* Where bytes come from. */
struct rdb_input {
    /* At least one and at most `room` bytes; 0 at the end, negative when it cannot be read. */
    ptrdiff_t (*read)(void *context, void *bytes, size_t room);
    void *context;
    uint64_t size; /* of all that can come; UINT64_MAX: nobody knows */
};

/* What the head of the file says. */
struct rdb_facts {
    int version;
    char made_by[32]; /* redis-ver */
    int64_t made_at_s;
    uint64_t used_memory;
    bool is_aof_base;                                /* aof-base or aof-preamble */
    char replication_id[RDB_REPLICATION_ID_LEN + 1]; /* "": none */
    int64_t replication_offset, replication_db;      /* -1: not told */
};

struct rdb_read_options {
    const struct rdb_limits *limits; /* NULL: the usual ones */
    bool skip_checksum;
    bool drop_expired;  /* keys whose time was over at now_ms are counted and left out, unless the
                         * snapshot says what place in a history it has */
    bool is_suspicious; /* a key without a name is taken for damage, which it mostly is */
    bool replaces;      /* a key that is there already gets the value of the file */
    int64_t now_ms;     /* what idle times count from */
    enum rdb_access access;
    struct rdb_progress *progress; /* may be NULL */
    /* All may be NULL: after each key; each library of functions, false to end the reading; each
     * pair of the head. */
    void (*after_key)(void *context);
    bool (*on_library)(void *context, struct str code);
    void (*on_aux)(void *context, struct str name, struct str value);
    void *context;
};

enum { RDB_FAULT_TEXT = 200 };

struct rdb_fault {
    uint64_t offset;    /* where what is wrong was found */
    uint64_t record_at; /* where the key or opcode begins that it belongs to */
    char reason[RDB_FAULT_TEXT];
    bool cancelled;
    bool is_short; /* the bytes ended too early */
};

struct rdb_read_result {
    struct rdb_facts facts;
    struct rdb_fault fault;
    uint64_t keys, expired; /* loaded; left out */
    uint64_t bytes;         /* of the file itself */
    /* Bytes behind the file that were read already; the caller frees it. In a file that goes on as
     * a log, this is its beginning. */
    struct buf rest;
};

/* False with result->fault. `result` need not be initialised. */
bool rdb_read_file(const struct rdb_input *input, struct store *store,
                   const struct rdb_read_options *options, struct rdb_read_result *result);

/* The same, record by record, for those who look closer. */
struct rdb_reading;

enum rdb_step { RDB_STEP_RECORD, RDB_STEP_END, RDB_STEP_FAULT };

/* `input`, `options` and `result` are borrowed until rdb_reading_free. */
struct rdb_reading *rdb_reading_new(const struct rdb_input *input, struct store *store,
                                    const struct rdb_read_options *options,
                                    struct rdb_read_result *result);
void rdb_reading_free(struct rdb_reading *reading);
/* The magic and the version. */
bool rdb_reading_begin(struct rdb_reading *reading);
/* Instead: the input is a place inside a file of this version, in this database. What follows is
 * not summed. */
void rdb_reading_resume(struct rdb_reading *reading, int version, int db);
/* The next record: something of the head, or a key with its value. */
enum rdb_step rdb_reading_step(struct rdb_reading *reading);
/* Where the next record begins; the database that is read; keys that wait to be linked are. */
uint64_t rdb_reading_at(const struct rdb_reading *reading);
int rdb_reading_db(const struct rdb_reading *reading);
/* The key of the last record that had one. */
struct str rdb_reading_key(const struct rdb_reading *reading);
bool rdb_reading_settle(struct rdb_reading *reading);

/* What a byte at the beginning of a record stands for, for messages. */
const char *rdb_type_name(uint8_t byte);

#endif
