/* Proves: a chain gives back exactly the bytes that were copied, written into its room, lent or
 * joined to it, in order, through any consuming; each loan is released once, and not before its
 * last byte has gone. */
#include "base/chain.h"

#include "base/mem.h"
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MODEL_MAX = 4 << 20, STEPS = 30000, LOANS = 4096 };

/* What the chain must hold, as one flat run, and how many loans end where. */
struct model {
    char *bytes;
    size_t len;
    uint64_t consumed;
    uint64_t loan_ends[LOANS];
    int released[LOANS];
    char *lent[LOANS];
    int loans;
};

struct loan_owner {
    struct model *model;
    int loan;
};

static struct loan_owner owners[LOANS];

static void release(void *owner)
{
    struct loan_owner *o = owner;
    o->model->released[o->loan]++;
    mem_free(o->model->lent[o->loan]);
    o->model->lent[o->loan] = NULL;
}

static void add(struct model *model, const char *bytes, size_t len)
{
    memcpy(model->bytes + model->len, bytes, len);
    model->len += len;
}

static void lend(struct chain *chain, struct model *model, const char *bytes, size_t len)
{
    int loan = model->loans++;
    model->lent[loan] = mem_strndup(bytes, len);
    add(model, bytes, len);
    model->loan_ends[loan] = model->consumed + model->len;
    owners[loan] = (struct loan_owner){model, loan};
    chain_lend(chain, str_of(model->lent[loan], len), (struct chain_loan){release, &owners[loan]});
}

static void fill(struct chain *chain, struct model *model, struct prng *prng)
{
    static char piece[40000];
    size_t len = prng_below(prng, prng_below(prng, 4) ? 300 : sizeof(piece));
    for (size_t i = 0; i < len; i += 8) piece[i] = (char)prng_next(prng);
    uint64_t way = prng_below(prng, 4);
    if (way == 0 && model->loans < LOANS) {
        lend(chain, model, piece, len);
    } else if (way == 1) {
        len %= CHAIN_ROOM_MAX;
        memcpy(chain_room(chain, len + prng_below(prng, CHAIN_ROOM_MAX - len)), piece, len);
        chain_commit(chain, len);
        add(model, piece, len);
    } else if (way == 2) {
        struct chain aside = {0};
        chain_append(&aside, piece, len);
        if (prng_below(prng, 2)) chain_consume(&aside, len);
        if (aside.len) add(model, piece, len);
        chain_join(chain, &aside);
        assert_null(aside.head);
        assert_int_equal(aside.len, 0);
        chain_deinit(&aside);
    } else {
        chain_append(chain, piece, len);
        add(model, piece, len);
    }
}

static void consume(struct chain *chain, struct model *model, struct prng *prng)
{
    size_t len = prng_below(prng, 8) ? prng_below(prng, model->len + 1) : model->len;
    if (prng_below(prng, 3)) len = len < 700 ? len : 700;
    chain_consume(chain, len);
    memmove(model->bytes, model->bytes + len, model->len - len);
    model->len -= len;
    model->consumed += len;
}

static void check_pieces(const struct chain *chain, const struct model *model)
{
    enum { MAX = 16 };
    struct iovec pieces[MAX];
    int count = chain_pieces(chain, pieces, MAX);
    size_t at = 0;
    assert_in_range(count, 0, MAX);
    for (int i = 0; i < count; i++) {
        assert_true(pieces[i].iov_len > 0 && pieces[i].iov_len <= model->len - at);
        assert_memory_equal(pieces[i].iov_base, model->bytes + at, pieces[i].iov_len);
        at += pieces[i].iov_len;
    }
    if (count < MAX) assert_int_equal(at, model->len);
}

static void it_agrees_with_a_flat_model(void **state)
{
    (void)state;
    static struct model model;
    int64_t before = mem_thread_balance();
    model.bytes = mem_alloc(MODEL_MAX);
    struct chain chain = {0};
    struct prng prng;
    prng_init(&prng, 8);
    for (int step = 0; step < STEPS; step++) {
        if (prng_below(&prng, 2) && model.len < MODEL_MAX / 8)
            fill(&chain, &model, &prng);
        else
            consume(&chain, &model, &prng);
        assert_int_equal(chain.len, model.len);
        assert_true(chain.held_bytes >= chain.len);
        if (step % 16 == 0) check_pieces(&chain, &model);
        for (int i = 0; i < model.loans; i++) {
            if (model.loan_ends[i] > model.consumed) assert_int_equal(model.released[i], 0);
            assert_true(model.released[i] <= 1);
        }
    }
    assert_true(model.loans > 100);
    chain_deinit(&chain);
    for (int i = 0; i < model.loans; i++) assert_int_equal(model.released[i], 1);
    mem_free(model.bytes);
    assert_int_equal(mem_thread_balance(), before);
}

static void a_copy_is_all_that_waits(void **state)
{
    (void)state;
    struct chain chain = {0};
    char out[3001];
    for (int i = 0; i < 1000; i++) chain_append(&chain, "abc", 3);
    chain_consume(&chain, 1);
    chain_copy(&chain, out);
    assert_int_equal(chain.len, 2999);
    for (int i = 0; i < 2999; i++) assert_int_equal(out[i], "abc"[(i + 1) % 3]);
    chain_deinit(&chain);
}

static void a_loan_ends_with_its_last_byte(void **state)
{
    (void)state;
    static struct model model;
    char room[16];
    model.bytes = room;
    struct chain chain = {0};
    chain_append(&chain, "x", 1);
    lend(&chain, &model, "lent", 4);
    assert_true(chain.held_bytes >= 4);
    chain_consume(&chain, 4);
    assert_int_equal(model.released[0], 0);
    chain_consume(&chain, 1);
    assert_int_equal(model.released[0], 1);
    assert_int_equal(chain.len, 0);
    lend(&chain, &model, "more", 4);
    chain_deinit(&chain);
    assert_int_equal(model.released[1], 1);
}

static void a_client_that_reads_along_costs_no_allocation(void **state)
{
    (void)state;
    struct chain chain = {0};
    chain_append(&chain, "+OK\r\n", 5);
    chain_consume(&chain, 5);
    size_t held = chain.held_bytes;
    const void *block = chain.head;
    assert_non_null(block);
    for (int i = 0; i < 10000; i++) {
        chain_append(&chain, "+OK\r\n", 5);
        chain_consume(&chain, 5);
        assert_ptr_equal(chain.head, block);
    }
    assert_int_equal(chain.held_bytes, held);
    chain_deinit(&chain);
    assert_int_equal(chain.held_bytes, 0);
}

static void a_big_reply_leaves_no_memory_behind(void **state)
{
    (void)state;
    struct chain chain = {0};
    static char big[1 << 20];
    chain_append(&chain, big, sizeof(big));
    chain_consume(&chain, sizeof(big));
    assert_in_range(chain.held_bytes, 0, 1024);
    chain_deinit(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_a_flat_model),
        cmocka_unit_test(a_copy_is_all_that_waits),
        cmocka_unit_test(a_loan_ends_with_its_last_byte),
        cmocka_unit_test(a_client_that_reads_along_costs_no_allocation),
        cmocka_unit_test(a_big_reply_leaves_no_memory_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
