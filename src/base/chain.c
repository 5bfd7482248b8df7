#include "base/chain.h"

#include "base/mem.h"

#include <sys/param.h>

enum { SMALL_BLOCK = 1024, LARGE_BLOCK = 16 * 1024 };

struct chain_block {
    struct chain_block *next;
    const char *ptr; /* the first byte not yet consumed */
    size_t len;
    size_t held_bytes;
    struct chain_loan loan; /* release is NULL when the bytes are our own */
    char own[];
};

static void free_block(struct chain_block *block)
{
    if (block->loan.release) block->loan.release(block->loan.owner);
    mem_free(block);
}

/* The tail's length is only brought up to date here: appending moves free_ptr alone. */
static void settle_tail(struct chain *chain)
{
    if (chain->free_ptr) chain->tail->len = (size_t)(chain->free_ptr - chain->tail->ptr);
}

static void push(struct chain *chain, struct chain_block *block)
{
    settle_tail(chain);
    if (chain->tail)
        chain->tail->next = block;
    else
        chain->head = block;
    chain->tail = block;
    chain->held_bytes += block->held_bytes;
}

static void push_room(struct chain *chain, size_t at_least)
{
    size_t size = chain->head ? LARGE_BLOCK : SMALL_BLOCK;
    size = MAX(size, at_least + sizeof(struct chain_block));
    struct chain_block *block = mem_alloc(size);
    *block = (struct chain_block){.ptr = block->own, .held_bytes = size};
    push(chain, block);
    chain->free_ptr = block->own;
    chain->free_len = size - sizeof(*block);
}

void chain_deinit(struct chain *chain)
{
    while (chain->head) {
        struct chain_block *block = chain->head;
        chain->head = block->next;
        free_block(block);
    }
    *chain = (struct chain){0};
}

void chain_append_slow(struct chain *chain, const void *bytes, size_t len)
{
    size_t fits = MIN(len, chain->free_len);
    if (fits) {
        memcpy(chain->free_ptr, bytes, fits);
        chain_commit(chain, fits);
    }
    if (fits == len) return;
    push_room(chain, len - fits);
    memcpy(chain->free_ptr, (const char *)bytes + fits, len - fits);
    chain_commit(chain, len - fits);
}

char *chain_room_slow(struct chain *chain, size_t len)
{
    push_room(chain, len);
    return chain->free_ptr;
}

void chain_lend(struct chain *chain, struct str bytes, struct chain_loan loan)
{
    struct chain_block *block = mem_alloc(sizeof(*block));
    *block = (struct chain_block){
        .ptr = bytes.ptr, .len = bytes.len, .held_bytes = sizeof(*block) + bytes.len, .loan = loan};
    push(chain, block);
    chain->free_ptr = NULL;
    chain->free_len = 0;
    chain->len += bytes.len;
}

int chain_pieces(const struct chain *chain, struct iovec *pieces, int max)
{
    int count = 0;
    for (struct chain_block *block = chain->head; block && count < max; block = block->next) {
        bool is_open = block == chain->tail && chain->free_ptr;
        size_t len = is_open ? (size_t)(chain->free_ptr - block->ptr) : block->len;
        if (len) pieces[count++] = (struct iovec){(void *)(uintptr_t)block->ptr, len};
    }
    return count;
}

void chain_consume(struct chain *chain, size_t len)
{
    settle_tail(chain);
    chain->len -= MIN(len, chain->len);
    while (chain->head && len >= chain->head->len) {
        struct chain_block *block = chain->head;
        len -= block->len;
        if (block == chain->tail && chain->free_ptr && block->held_bytes <= SMALL_BLOCK) {
            /* The only block left, and small: reuse it rather than free and allocate it at every
             * reply. */
            block->ptr = chain->free_ptr = block->own;
            block->len = 0;
            chain->free_len = block->held_bytes - sizeof(*block);
            return;
        }
        chain->head = block->next;
        chain->held_bytes -= block->held_bytes;
        if (block == chain->tail) {
            chain->tail = NULL;
            chain->free_ptr = NULL;
            chain->free_len = 0;
        }
        free_block(block);
    }
    if (chain->head && len) {
        chain->head->ptr += len;
        chain->head->len -= len;
    }
}

void chain_join(struct chain *to, struct chain *from)
{
    if (from->head == NULL) return;
    settle_tail(from);
    settle_tail(to);
    if (to->tail)
        to->tail->next = from->head;
    else
        to->head = from->head;
    to->tail = from->tail;
    to->free_ptr = from->free_ptr;
    to->free_len = from->free_len;
    to->len += from->len;
    to->held_bytes += from->held_bytes;
    *from = (struct chain){0};
}

void chain_copy(const struct chain *chain, char *out)
{
    for (struct chain_block *block = chain->head; block; block = block->next) {
        bool is_open = block == chain->tail && chain->free_ptr;
        size_t len = is_open ? (size_t)(chain->free_ptr - block->ptr) : block->len;
        memcpy(out, block->ptr, len);
        out += len;
    }
}
