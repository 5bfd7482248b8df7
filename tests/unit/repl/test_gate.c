/* Proves: a waiter leaves the gate exactly when everything it needs is confirmed up to its offset,
 * in the order of offsets and arrivals, or when it is taken out; against a model
 * that looks at every waiter every time. */
#include "base/prng.h"
#include "repl/gate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_waiter_for_the_disk_leaves_when_the_disk_has_its_last_byte(void **state)
{
    (void)state;
    struct gate gate;
    gate_init(&gate);
    gate_set_local(&gate, 99);
    struct gate_waiter waiter = {0};
    struct gate_needs needs = {.offset = 100, .local_fsync = true};
    assert_false(gate_wait(&gate, &waiter, needs));
    assert_null(gate_next(&gate));
    gate_set_local(&gate, 100);
    assert_ptr_equal(gate_next(&gate), &waiter);
    assert_null(gate_next(&gate));
    assert_false(gate_is_waiting(&waiter));
    assert_true(gate_wait(&gate, &waiter, needs));
    assert_false(gate_is_waiting(&waiter));
    gate_deinit(&gate);
}

static void waiters_leave_by_offset_and_those_of_one_offset_as_they_came(void **state)
{
    (void)state;
    struct gate gate;
    gate_init(&gate);
    static const int64_t offsets[] = {30, 10, 20, 10, 30, 10};
    static const int order[] = {1, 3, 5, 2, 0, 4};
    struct gate_waiter waiters[6] = {0};
    for (int i = 0; i < 6; i++) {
        struct gate_needs needs = {.offset = offsets[i], .local_fsync = true};
        assert_false(gate_wait(&gate, &waiters[i], needs));
    }
    gate_set_local(&gate, 30);
    for (int i = 0; i < 6; i++) assert_ptr_equal(gate_next(&gate), &waiters[order[i]]);
    assert_null(gate_next(&gate));
    gate_deinit(&gate);
}

static void so_many_replicas_means_so_many_and_only_those_online_count(void **state)
{
    (void)state;
    struct gate gate;
    gate_init(&gate);
    struct gate_waiter two = {0};
    struct gate_needs needs = {.offset = 50, .acks = 2};
    assert_false(gate_wait(&gate, &two, needs));
    gate_set_replicas(&gate, (struct gate_replica[]){{60, 0}, {49, 0}}, 2);
    assert_null(gate_next(&gate));
    assert_int_equal(gate_count_acks(&gate, 50), 1);
    gate_set_replicas(&gate, (struct gate_replica[]){{50, 0}}, 1);
    assert_null(gate_next(&gate));
    gate_set_replicas(&gate, (struct gate_replica[]){{49, 0}, {50, 0}, {50, 0}}, 3);
    assert_int_equal(gate_count_acks(&gate, 50), 2);
    assert_ptr_equal(gate_next(&gate), &two);
    gate_deinit(&gate);
}

static void what_needs_disk_and_replicas_waits_for_both_in_any_order(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct gate gate;
        gate_init(&gate);
        struct gate_waiter waiter = {0};
        struct gate_needs needs = {.offset = 8, .local_fsync = true, .fsyncs = 1};
        assert_false(gate_wait(&gate, &waiter, needs));
        for (int step = 0; step < 2; step++) {
            assert_null(gate_next(&gate));
            if (step == first)
                gate_set_local(&gate, 8);
            else
                gate_set_replicas(&gate, (struct gate_replica[]){{9, 8}}, 1);
        }
        assert_ptr_equal(gate_next(&gate), &waiter);
        gate_deinit(&gate);
    }
}

static void a_replica_that_received_has_not_fsynced(void **state)
{
    (void)state;
    struct gate gate;
    gate_init(&gate);
    gate_set_replicas(&gate, (struct gate_replica[]){{100, 40}, {100, 60}}, 2);
    struct gate_needs needs = {.offset = 50, .fsyncs = 2};
    struct gate_waiter waiter = {0};
    assert_false(gate_wait(&gate, &waiter, needs));
    gate_leave(&gate, &waiter);
    assert_int_equal(gate_count_fsyncs(&gate, 50), 1);
    assert_int_equal(gate_count_acks(&gate, 50), 2);
    needs.fsyncs = 1;
    assert_true(gate_wait(&gate, &waiter, needs));
    gate_deinit(&gate);
}

static void counts_that_clients_choose_leave_nothing_behind(void **state)
{
    (void)state;
    struct gate gate;
    gate_init(&gate);
    static struct gate_waiter waiters[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        struct gate_needs needs = {.offset = 1, .acks = UINT32_MAX - i * 7};
        gate_wait(&gate, &waiters[i], needs);
    }
    assert_int_equal(gate.acked.count, 1000);
    for (uint32_t i = 0; i < 1000; i++) gate_leave(&gate, &waiters[i]);
    assert_int_equal(gate.acked.count, 0);
    gate_deinit(&gate);
}

/* --- against a model --- */

enum { WAITERS = 200, REPLICAS = 5 };

struct model {
    struct gate gate;
    struct gate_waiter waiters[WAITERS];
    struct gate_replica replicas[REPLICAS];
    size_t online;
    int64_t fsynced;
    uint64_t arrivals;
    uint64_t arrived[WAITERS];
};

static bool model_met(const struct model *model, const struct gate_needs *needs)
{
    uint32_t acks = 0, fsyncs = 0;
    for (size_t i = 0; i < model->online; i++) {
        acks += model->replicas[i].acked >= needs->offset;
        fsyncs += model->replicas[i].fsynced >= needs->offset;
    }
    return (!needs->local_fsync || model->fsynced >= needs->offset) && acks >= needs->acks &&
           fsyncs >= needs->fsyncs;
}

static struct gate_waiter *model_next(struct model *model)
{
    struct gate_waiter *best = NULL;
    for (int i = 0; i < WAITERS; i++) {
        struct gate_waiter *waiter = &model->waiters[i];
        if (!gate_is_waiting(waiter) || !model_met(model, &waiter->needs)) continue;
        if (best == NULL || waiter->needs.offset < best->needs.offset ||
            (waiter->needs.offset == best->needs.offset &&
             model->arrived[i] < model->arrived[best - model->waiters]))
            best = waiter;
    }
    return best;
}

static void model_wait(struct model *model, struct prng *prng)
{
    size_t at = prng_below(prng, WAITERS);
    struct gate_waiter *waiter = &model->waiters[at];
    if (gate_is_waiting(waiter)) {
        if (prng_below(prng, 4) == 0) gate_leave(&model->gate, waiter);
        return;
    }
    struct gate_needs needs = {.offset = (int64_t)prng_below(prng, 1000),
                               .local_fsync = prng_below(prng, 2) == 0,
                               .acks = (uint32_t)prng_below(prng, REPLICAS + 2),
                               .fsyncs = (uint32_t)prng_below(prng, 3)};
    model->arrived[at] = model->arrivals++;
    bool met = model_met(model, &needs);
    assert_true(gate_wait(&model->gate, waiter, needs) == met);
}

static void model_confirm(struct model *model, struct prng *prng)
{
    model->online = prng_below(prng, REPLICAS + 1);
    for (size_t i = 0; i < model->online; i++) {
        model->replicas[i].acked = (int64_t)prng_below(prng, 1000);
        model->replicas[i].fsynced =
            (int64_t)prng_below(prng, (uint64_t)model->replicas[i].acked + 1);
    }
    gate_set_replicas(&model->gate, model->replicas, model->online);
}

static void the_gate_releases_what_a_look_at_every_waiter_would(void **state)
{
    (void)state;
    static struct model model;
    struct prng prng;
    prng_init(&prng, 4711);
    gate_init(&model.gate);
    size_t released = 0;
    for (int round = 0; round < 20000; round++) {
        uint64_t what = prng_below(&prng, 20);
        if (what < 16) model_wait(&model, &prng);
        if (what == 16) model_confirm(&model, &prng);
        if (what == 17)
            gate_set_local(&model.gate, model.fsynced = (int64_t)prng_below(&prng, 1000));
        struct gate_waiter *expected;
        while ((expected = model_next(&model))) {
            assert_ptr_equal(gate_next(&model.gate), expected);
            released++;
        }
        assert_null(gate_next(&model.gate));
    }
    assert_true(released > 1000);
    for (int i = 0; i < WAITERS; i++) gate_leave(&model.gate, &model.waiters[i]);
    gate_deinit(&model.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiter_for_the_disk_leaves_when_the_disk_has_its_last_byte),
        cmocka_unit_test(waiters_leave_by_offset_and_those_of_one_offset_as_they_came),
        cmocka_unit_test(so_many_replicas_means_so_many_and_only_those_online_count),
        cmocka_unit_test(what_needs_disk_and_replicas_waits_for_both_in_any_order),
        cmocka_unit_test(a_replica_that_received_has_not_fsynced),
        cmocka_unit_test(counts_that_clients_choose_leave_nothing_behind),
        cmocka_unit_test(the_gate_releases_what_a_look_at_every_waiter_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
