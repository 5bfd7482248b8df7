/* The smallest pieces of the RDB format: lengths and strings.
 *
 * A string is written as an 8, 16 or 32 bit integer if it is one, compressed with LZF if that saves
 * room, or plain. Where many small ones in a row could not be compressed only some are still tried.
 * What is read is hostile: memory grows with the bytes that arrived, and a
 * compressed string may not claim to unpack to more than LZF can make of its bytes. */
#ifndef SKEIN_SNAPSHOT_RDB_CODEC_H
#define SKEIN_SNAPSHOT_RDB_CODEC_H

#include "base/sink.h"
#include "store/fields.h"
#include "store/members.h"
#include "store/sequence.h"
#include "store/zset.h"

struct rdb_writer {
    struct sink *sink;
    bool compress;
    unsigned misses; /* small strings in a row that did not get shorter, or were not tried */
    struct buf scratch;
};

/* Up to which size collections that are read stay in their small form. */
struct rdb_limits {
    struct fields_limits hash;
    struct members_limits set;
    struct sequence_limit list;
    struct zset_limits zset;
};

struct rdb_reader {
    struct source *source;
    struct keyspace *ks;             /* whom the values are made for */
    const struct rdb_limits *limits; /* NULL: the usual ones */
    struct buf text;                 /* the string read last */
    struct buf scratch;
    /* Why the last value was refused, when there is more to say than that it is not sound. */
    const char *why;
};

void rdb_writer_deinit(struct rdb_writer *writer);
void rdb_reader_deinit(struct rdb_reader *reader);
const struct rdb_limits *rdb_limits_of(const struct rdb_reader *reader);

bool rdb_write_byte(struct rdb_writer *writer, uint8_t byte);
bool rdb_write_len(struct rdb_writer *writer, uint64_t len);
bool rdb_write_string(struct rdb_writer *writer, struct str bytes);
bool rdb_write_i64_string(struct rdb_writer *writer, int64_t number);

bool rdb_read_byte(struct rdb_reader *reader, uint8_t *byte);
/* A plain length; the marker of an encoded string is a failure. */
bool rdb_read_len(struct rdb_reader *reader, uint64_t *len);
/* A view into the reader that is valid until the next string. */
bool rdb_read_string(struct rdb_reader *reader, struct str *bytes);
/* The same, faster: the view is valid until anything else is read. */
bool rdb_read_string_briefly(struct rdb_reader *reader, struct str *bytes);

#endif
