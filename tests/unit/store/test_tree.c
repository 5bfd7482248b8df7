/* The tree against a plain array: random writes in every pattern interleave with freezes, and each
 * frozen view must go on showing the array as of its freeze, from the same thread and from another;
 * positions, keys and cursors agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/prng.h"
#include "store/tree.h"

#include <pthread.h>
#include <string.h>

enum { ITEMS = 30000, STEPS = 60000, VIEWS = 3 };

struct item {
    uint64_t key;
    size_t weight;
};

/* What the tree holds, in order. */
struct model {
    size_t len;
    uint64_t weight;
    const struct item *list[ITEMS];
};

static struct item items[ITEMS];

static size_t weight_of(const void *item)
{
    assert_non_null(item);
    return item ? ((const struct item *)item)->weight : 0;
}

static int compare(const void *key, const void *item)
{
    uint64_t a = *(const uint64_t *)key, b = ((const struct item *)item)->key;
    return a < b ? -1 : a > b;
}

static uint64_t hint(const void *item)
{
    return ((const struct item *)item)->key >> 6;
}

static const struct tree_ops by_weight = {.weight = weight_of};
static const struct tree_ops by_key = {.compare = compare, .hint = hint};

static void model_insert(struct model *model, size_t at, const struct item *item)
{
    memmove(model->list + at + 1, model->list + at, (model->len - at) * sizeof(item));
    model->list[at] = item;
    model->len++;
    model->weight += item->weight;
}

static void model_remove(struct model *model, size_t at)
{
    model->len--;
    model->weight -= weight_of(model->list[at]);
    memmove(model->list + at, model->list + at + 1, (model->len - at) * sizeof(model->list[0]));
}

static size_t differences(const struct tree *tree, const struct model *model)
{
    struct tree_cursor cursor;
    size_t wrong = 0, at = 0;
    for (bool more = tree_first(tree, &cursor); more; more = tree_next(&cursor)) {
        wrong += at >= model->len || tree_item(&cursor) != model->list[at];
        at++;
    }
    return wrong + (at != model->len) + (tree->len != model->len);
}

static size_t differences_backwards(const struct tree *tree, const struct model *model)
{
    struct tree_cursor cursor;
    size_t wrong = 0, at = model->len;
    for (bool more = tree_last(tree, &cursor); more; more = tree_prev(&cursor)) {
        wrong += at == 0 || tree_item(&cursor) != model->list[at - 1];
        at -= at > 0;
    }
    return wrong + at;
}

static void init_items(struct prng *prng)
{
    for (size_t i = 0; i < ITEMS; i++) items[i] = (struct item){i, 1 + prng_below(prng, 9)};
}

static const struct item *any_item(struct prng *prng)
{
    return &items[prng_below(prng, ITEMS)];
}

/* A walk in some direction through the positions, so that runs at either end and in the middle
 * occur. */
struct drift {
    size_t at;
    int pattern;
};

static size_t next_position(struct drift *drift, size_t len, struct prng *prng)
{
    if (prng_below(prng, 400) == 0) drift->pattern = (int)prng_below(prng, 5);
    switch (drift->pattern) {
    case 0:
        return len;
    case 1:
        return 0;
    case 2:
        drift->at = drift->at < len ? drift->at + 1 : prng_below(prng, len + 1);
        return drift->at;
    default:
        return prng_below(prng, len + 1);
    }
}

/* The cursor of the item at `at` of the model, found by weight. */
static void seek_item(const struct tree *tree, const struct model *model, size_t at,
                      struct tree_cursor *cursor)
{
    uint64_t position = 0;
    size_t rest;
    for (size_t i = 0; i < at; i++) position += weight_of(model->list[i]);
    bool found = tree_seek(tree, cursor, position, &rest);
    assert_int_equal(found, at < model->len);
    assert_int_equal(rest, 0);
    assert_int_equal(tree_position(tree, cursor), position);
}

static void position_step(struct tree *tree, struct model *model, struct drift *drift,
                          struct prng *prng)
{
    struct tree_cursor cursor;
    bool shrinks = prng_below(prng, 100) < (model->len > 1500 ? 60 : 45);
    size_t at = next_position(drift, model->len, prng);
    const struct item *item = any_item(prng);
    seek_item(tree, model, at, &cursor);
    if (!shrinks) {
        tree_insert(tree, &cursor, (void *)(uintptr_t)item);
        model_insert(model, at, item);
        assert_ptr_equal(tree_item(&cursor), item);
    } else if (at < model->len && prng_below(prng, 4) == 0) {
        assert_ptr_equal(tree_replace(tree, &cursor, (void *)(uintptr_t)item), model->list[at]);
        model_remove(model, at);
        model_insert(model, at, item);
    } else if (at < model->len) {
        assert_ptr_equal(tree_remove(tree, &cursor), model->list[at]);
        model_remove(model, at);
        assert_ptr_equal(tree_item(&cursor), at < model->len ? model->list[at] : NULL);
    }
}

struct view {
    bool live;
    struct epoch_hold hold;
    struct tree tree;
    struct model model;
};

static void toggle_view(struct epochs *epochs, const struct tree *tree, const struct model *model,
                        struct view *view)
{
    if (view->live) {
        assert_int_equal(differences(&view->tree, &view->model), 0);
        epoch_release(epochs, &view->hold);
    } else {
        view->tree = *tree;
        view->model = *model;
        epoch_freeze(epochs, &view->hold);
    }
    view->live = !view->live;
}

static void frozen_views_keep_the_order_as_of_their_freeze(void **state)
{
    (void)state;
    static struct model model;
    static struct view views[VIEWS];
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct epochs epochs;
        struct prng prng;
        struct tree tree;
        struct drift drift = {0};
        prng_init(&prng, seed);
        init_items(&prng);
        epochs_init(&epochs, NULL, NULL);
        tree_init(&tree, &by_weight, &epochs);
        model = (struct model){0};
        for (int step = 0; step < STEPS; step++) {
            position_step(&tree, &model, &drift, &prng);
            if (prng_below(&prng, 500) != 0) continue;
            assert_true(tree_is_sound(&tree));
            assert_int_equal(differences_backwards(&tree, &model), 0);
            toggle_view(&epochs, &tree, &model, &views[prng_below(&prng, VIEWS)]);
        }
        for (int i = 0; i < VIEWS; i++)
            if (views[i].live) toggle_view(&epochs, &tree, &model, &views[i]);
        assert_int_equal(differences(&tree, &model), 0);
        tree_deinit(&tree, NULL);
        epochs_deinit(&epochs);
    }
}

/* Where a key is, or would be. */
static size_t model_find(const struct model *model, uint64_t key)
{
    size_t low = 0, high = model->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (model->list[middle]->key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void key_step(struct tree *tree, struct model *model, uint64_t key)
{
    struct tree_cursor cursor;
    size_t at = model_find(model, key);
    bool there = at < model->len && model->list[at]->key == key;
    assert_int_equal(tree_seek_key(tree, &cursor, &key, key >> 6), there);
    assert_ptr_equal(tree_item(&cursor), at < model->len ? model->list[at] : NULL);
    assert_int_equal(tree_position(tree, &cursor), at);
    if (there) {
        tree_remove(tree, &cursor);
        model_remove(model, at);
    } else {
        tree_insert(tree, &cursor, &items[key]);
        model_insert(model, at, &items[key]);
    }
}

/* Each pattern comes twice: the second time it takes out what the first one put in. */
static uint64_t next_key(int phase, int step, struct prng *prng)
{
    switch (phase / 2) {
    case 0:
        return (uint64_t)step;
    case 1:
        return (uint64_t)(ITEMS - 1 - step);
    case 2:
        return prng_below(prng, ITEMS / 100) * 100;
    default:
        return prng_below(prng, ITEMS);
    }
}

static void keys_are_found_in_their_order(void **state)
{
    (void)state;
    static struct model model;
    struct epochs epochs;
    struct prng prng;
    struct tree tree;
    struct epoch_hold hold;
    prng_init(&prng, 5);
    for (size_t i = 0; i < ITEMS; i++) items[i] = (struct item){i, 1};
    epochs_init(&epochs, NULL, NULL);
    tree_init(&tree, &by_key, &epochs);
    model = (struct model){0};
    for (int phase = 0; phase < 8; phase++) {
        epoch_freeze(&epochs, &hold);
        for (int step = 0; step < 12000; step++) {
            key_step(&tree, &model, next_key(phase, step, &prng));
            if (step % 7 == 0) assert_true(tree_is_sound(&tree));
        }
        assert_int_equal(differences(&tree, &model), 0);
        epoch_release(&epochs, &hold);
    }
    while (model.len) key_step(&tree, &model, model.list[prng_below(&prng, model.len)]->key);
    assert_true(tree_is_sound(&tree));
    tree_deinit(&tree, NULL);
    epochs_deinit(&epochs);
}

static void nodes_are_well_filled(void **state)
{
    (void)state;
    struct epochs epochs;
    struct prng prng;
    struct tree tree;
    struct tree_cursor cursor;
    prng_init(&prng, 7);
    epochs_init(&epochs, NULL, NULL);
    for (int random = 0; random < 2; random++) {
        tree_init(&tree, &by_key, &epochs);
        for (size_t i = 0; i < ITEMS; i++) items[i].key = random ? prng_next(&prng) : i;
        for (size_t i = 0; i < ITEMS; i++) {
            tree_seek_key(&tree, &cursor, &items[i].key, items[i].key >> 6);
            tree_insert(&tree, &cursor, &items[i]);
        }
        assert_true(tree.node_bytes < ITEMS * (random ? 12 : 9));
        tree_deinit(&tree, NULL);
    }
    epochs_deinit(&epochs);
}

struct walker {
    const struct tree *tree;
    const struct model *model;
    size_t wrong;
};

static void *walk_often(void *context)
{
    struct walker *walker = context;
    for (int i = 0; i < 10; i++) walker->wrong += differences(walker->tree, walker->model);
    return NULL;
}

static void a_worker_walks_a_frozen_view_while_the_data_thread_writes(void **state)
{
    (void)state;
    static struct model model;
    static struct view view;
    struct epochs epochs;
    struct prng prng;
    struct tree tree;
    struct drift drift = {0};
    prng_init(&prng, 11);
    init_items(&prng);
    epochs_init(&epochs, NULL, NULL);
    tree_init(&tree, &by_weight, &epochs);
    model = (struct model){0};
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 1000; i++) position_step(&tree, &model, &drift, &prng);
        toggle_view(&epochs, &tree, &model, &view);
        struct walker walker = {&view.tree, &view.model, 0};
        pthread_t thread;
        pthread_create(&thread, NULL, walk_often, &walker);
        for (int i = 0; i < 2000; i++) position_step(&tree, &model, &drift, &prng);
        pthread_join(thread, NULL);
        assert_int_equal(walker.wrong, 0);
        toggle_view(&epochs, &tree, &model, &view);
    }
    tree_deinit(&tree, NULL);
    epochs_deinit(&epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_views_keep_the_order_as_of_their_freeze),
        cmocka_unit_test(keys_are_found_in_their_order),
        cmocka_unit_test(nodes_are_well_filled),
        cmocka_unit_test(a_worker_walks_a_frozen_view_while_the_data_thread_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
