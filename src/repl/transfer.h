/* A snapshot on the wire, between the answer to PSYNC and the stream.
 *
 *     \n*  "$<length>\r\n"       <length bytes>            its size was known
 *     \n*  "$EOF:<mark>\r\n"     <bytes> <mark>            it ends with 40 bytes of chance
 *     \n*  "-<error>\r\n"                                  the master gave up
 *
 * Empty lines before the head only say that the master lives. The reader is fed what came, in
 * whatever pieces, and gives out views of payload; it keeps nothing of it. What follows the
 * snapshot in the same piece is left in place: it is the stream. */
#ifndef SKEIN_REPL_TRANSFER_H
#define SKEIN_REPL_TRANSFER_H

#include "base/buf.h"

enum { TRANSFER_MARK_LEN = 40, TRANSFER_HEAD_MAX = 1024 };

enum transfer_event {
    TRANSFER_MORE,    /* everything was taken; `payload` is empty */
    TRANSFER_PAYLOAD, /* some bytes of the snapshot; ask again */
    TRANSFER_END,     /* the snapshot is complete; `in` begins with what follows */
    TRANSFER_REFUSED, /* the master's error stands in head */
    TRANSFER_INVALID, /* no master sends this */
    TRANSFER_TOO_BIG, /* announces, or has, more than max_len */
};

enum transfer_state { TRANSFER_IN_HEAD, TRANSFER_BY_LEN, TRANSFER_BY_MARK, TRANSFER_DONE };

struct transfer_reader {
    enum transfer_state state;
    uint64_t max_len;  /* refuse snapshots announced as bigger */
    uint64_t left;     /* BY_LEN */
    uint64_t total;    /* BY_LEN: as announced; BY_MARK: 0 */
    uint64_t received; /* bytes of the snapshot so far, its mark excluded */
    char mark[TRANSFER_MARK_LEN];
    size_t matched; /* BY_MARK: the last bytes of what came are this much of the mark */
    char head[TRANSFER_HEAD_MAX]; /* the first line, as far as it came */
    size_t head_len;
};

void transfer_reader_init(struct transfer_reader *reader, uint64_t max_len);
/* Takes bytes off *in. */
enum transfer_event transfer_read(struct transfer_reader *reader, struct str *in,
                                  struct str *payload);

void transfer_write_len(struct buf *out, uint64_t len);
void transfer_write_mark_head(struct buf *out, const char mark[TRANSFER_MARK_LEN]);
/* A mark from 20 random bytes. */
void transfer_make_mark(const unsigned char random[20], char mark[TRANSFER_MARK_LEN]);

#endif
