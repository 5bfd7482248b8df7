/* Proves: what is retired is freed exactly once, at once when no view can reach it, else when
 * the last view that could has gone, in whatever order views are released. */
#include "store/epoch.h"

#include "base/mem.h"
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { VIEWS = 5, THINGS = 20000 };

/* Something born in an epoch, and whether it still lives. */
struct thing {
    uint32_t born, retired;
    int freed;
};

static void free_thing(void *object)
{
    struct thing *thing = object;
    thing->freed++;
}

struct tray {
    struct garbage kept[64];
    size_t count;
};

static void keep(void *context, struct garbage garbage)
{
    struct tray *tray = context;
    tray->kept[tray->count++] = garbage;
}

static void without_a_view_things_are_freed_at_once(void **state)
{
    (void)state;
    struct epochs epochs;
    struct thing thing = {0};
    epochs_init(&epochs, NULL, NULL);
    assert_int_equal(epochs.now, 1);
    assert_true(epoch_is_private(&epochs, 1));
    epoch_retire(&epochs, 1, (struct garbage){free_thing, &thing});
    assert_int_equal(thing.freed, 1);
    epoch_retire_big(&epochs, 0, (struct garbage){free_thing, &thing});
    assert_int_equal(thing.freed, 2);
    epochs_deinit(&epochs);
}

static void a_view_shares_what_was_born_before_it(void **state)
{
    (void)state;
    struct epochs epochs;
    struct epoch_hold hold;
    struct thing old = {0}, young = {0};
    epochs_init(&epochs, NULL, NULL);
    uint32_t before = epochs.now;
    epoch_freeze(&epochs, &hold);
    assert_false(epoch_is_private(&epochs, before));
    assert_true(epoch_is_private(&epochs, epochs.now));
    epoch_retire(&epochs, before, (struct garbage){free_thing, &old});
    epoch_retire(&epochs, epochs.now, (struct garbage){free_thing, &young});
    assert_int_equal(old.freed, 0);
    assert_int_equal(young.freed, 1);
    epoch_release(&epochs, &hold);
    assert_int_equal(old.freed, 1);
    assert_true(epoch_is_private(&epochs, before));
    epochs_deinit(&epochs);
}

static void what_a_release_frees_goes_to_discard_in_one_piece(void **state)
{
    (void)state;
    struct tray tray = {0};
    struct epochs epochs;
    struct epoch_hold hold;
    static struct thing things[3000];
    memset(things, 0, sizeof(things));
    epochs_init(&epochs, keep, &tray);
    epoch_freeze(&epochs, &hold);
    for (int i = 0; i < 3000; i++)
        epoch_retire(&epochs, 1, (struct garbage){free_thing, &things[i]});
    epoch_release(&epochs, &hold);
    assert_int_equal(tray.count, 1);
    assert_int_equal(things[0].freed, 0);
    tray.kept[0].free(tray.kept[0].object);
    for (int i = 0; i < 3000; i++) assert_int_equal(things[i].freed, 1);
    epoch_retire_big(&epochs, epochs.now, (struct garbage){free_thing, &things[0]});
    assert_int_equal(tray.count, 2);
    assert_int_equal(things[0].freed, 1);
    epochs_deinit(&epochs);
}

/* Is there a live view that was taken while the thing was alive? */
static bool is_reachable(const struct thing *thing, const bool *live, const uint32_t *taken)
{
    for (int v = 0; v < VIEWS; v++) {
        if (live[v] && thing->born <= taken[v] && taken[v] < thing->retired) return true;
    }
    return false;
}

static void nothing_a_view_can_reach_is_freed_and_nothing_is_kept_for_ever(void **state)
{
    (void)state;
    static struct thing things[THINGS];
    static bool live[VIEWS];
    static uint32_t taken[VIEWS];
    memset(things, 0, sizeof(things));
    struct epoch_hold holds[VIEWS];
    struct epochs epochs;
    struct prng prng;
    int64_t before = mem_thread_balance();
    prng_init(&prng, 10);
    epochs_init(&epochs, NULL, NULL);
    for (int i = 0; i < THINGS; i++) {
        int v = (int)prng_below(&prng, VIEWS);
        if (prng_below(&prng, 20) == 0) {
            if (live[v])
                epoch_release(&epochs, &holds[v]);
            else
                epoch_freeze(&epochs, &holds[v]);
            taken[v] = holds[v].epoch;
            live[v] = !live[v];
        }
        struct thing *thing = &things[i];
        thing->born = 1 + (uint32_t)prng_below(&prng, epochs.now);
        thing->retired = epochs.now;
        epoch_retire(&epochs, thing->born, (struct garbage){free_thing, thing});
        for (int back = i; back >= 0 && back > i - 300; back--) {
            if (is_reachable(&things[back], live, taken)) assert_int_equal(things[back].freed, 0);
        }
    }
    for (int v = 0; v < VIEWS; v++) {
        if (live[v]) epoch_release(&epochs, &holds[v]);
    }
    for (int i = 0; i < THINGS; i++) assert_int_equal(things[i].freed, 1);
    assert_int_equal(epochs.shared_up_to, 0);
    assert_int_equal(mem_thread_balance(), before);
    epochs_deinit(&epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_view_things_are_freed_at_once),
        cmocka_unit_test(a_view_shares_what_was_born_before_it),
        cmocka_unit_test(what_a_release_frees_goes_to_discard_in_one_piece),
        cmocka_unit_test(nothing_a_view_can_reach_is_freed_and_nothing_is_kept_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
