/* A queue of bytes made of blocks: what waits to be written to a socket.
 *
 * Small pieces are copied into blocks; a big piece can be lent instead and is then sent from
 * where it lies, its owner being told when the last byte has gone. A zeroed struct is an empty
 * chain. */
#ifndef SKEIN_BASE_CHAIN_H
#define SKEIN_BASE_CHAIN_H

#include "base/str.h"

#include <sys/uio.h>

struct chain_block;

/* Called once, when a lent piece is no longer needed. */
struct chain_loan {
    void (*release)(void *owner);
    void *owner;
};

struct chain {
    struct chain_block *head, *tail;
    char *free_ptr; /* room left in the tail block; NULL when there is none */
    size_t free_len;
    size_t len;        /* bytes waiting */
    size_t held_bytes; /* memory spent on blocks and lent pieces */
};

void chain_deinit(struct chain *chain);
void chain_append_slow(struct chain *chain, const void *bytes, size_t len);
static inline void chain_append(struct chain *chain, const void *bytes, size_t len)
{
    if (len > chain->free_len) {
        chain_append_slow(chain, bytes, len);
        return;
    }
    if (len == 0) return;
    memcpy(chain->free_ptr, bytes, len);
    chain->free_ptr += len;
    chain->free_len -= len;
    chain->len += len;
}
/* Room for `len` bytes in a row, at most CHAIN_ROOM_MAX; chain_commit says how many were used. */
enum { CHAIN_ROOM_MAX = 4096 };
char *chain_room_slow(struct chain *chain, size_t len);
static inline char *chain_room(struct chain *chain, size_t len)
{
    return len <= chain->free_len ? chain->free_ptr : chain_room_slow(chain, len);
}
static inline void chain_commit(struct chain *chain, size_t len)
{
    chain->free_ptr += len;
    chain->free_len -= len;
    chain->len += len;
}
/* Lends bytes that stay unchanged until `loan.release` is called. */
void chain_lend(struct chain *chain, struct str bytes, struct chain_loan loan);
/* Describes the first bytes for writev; returns how many pieces. */
int chain_pieces(const struct chain *chain, struct iovec *pieces, int max);
/* Drops bytes that were written. */
void chain_consume(struct chain *chain, size_t len);
/* Moves everything of `from` behind the bytes of `to`. */
void chain_join(struct chain *to, struct chain *from);
/* Copies all waiting bytes out (for tests, scripts and replies kept aside). */
void chain_copy(const struct chain *chain, char *out);

#endif
