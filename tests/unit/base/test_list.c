/* Proves: rings keep their order through inserting, removing (twice, too) and joining, seen from
 * both ends. */
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct item {
    int number;
    struct list node;
};

/* The numbers of the ring as decimal digits, checked backwards as well. */
static int digits(struct list *head)
{
    int forward = 0, backward = 0, place = 1;
    LIST_FOREACH(at, after, head)
    {
        forward = forward * 10 + LIST_ENTRY(at, struct item, node)->number;
    }
    for (struct list *at = head->prev; at != head; at = at->prev, place *= 10) {
        backward += LIST_ENTRY(at, struct item, node)->number * place;
    }
    assert_int_equal(forward, backward);
    return forward;
}

static void order_is_kept(void **state)
{
    (void)state;
    struct item a = {.number = 1}, b = {.number = 2}, c = {.number = 3};
    struct list head;
    list_init(&head);
    assert_true(list_is_empty(&head));
    list_append(&head, &a.node);
    list_append(&head, &c.node);
    list_insert_after(&a.node, &b.node);
    assert_int_equal(digits(&head), 123);
    list_remove(&c.node);
    list_insert_after(&head, &c.node);
    assert_int_equal(digits(&head), 312);
    list_remove(&a.node);
    list_remove(&a.node);
    assert_int_equal(digits(&head), 32);
    list_remove(&b.node);
    list_remove(&c.node);
    assert_true(list_is_empty(&head));
}

static void a_member_may_go_while_the_ring_is_walked(void **state)
{
    (void)state;
    struct item items[5];
    struct list head;
    list_init(&head);
    for (int i = 0; i < 5; i++) {
        items[i].number = i + 1;
        list_append(&head, &items[i].node);
    }
    LIST_FOREACH(at, after, &head)
    {
        if (LIST_ENTRY(at, struct item, node)->number % 2) list_remove(at);
    }
    assert_int_equal(digits(&head), 24);
}

static void joining_moves_all_behind(void **state)
{
    (void)state;
    struct item a = {.number = 1}, b = {.number = 2}, c = {.number = 3};
    struct list to, from;
    list_init(&to);
    list_init(&from);
    list_join(&to, &from);
    assert_true(list_is_empty(&to));
    list_append(&from, &a.node);
    list_append(&from, &b.node);
    list_join(&to, &from);
    assert_true(list_is_empty(&from));
    assert_int_equal(digits(&to), 12);
    list_append(&from, &c.node);
    list_join(&to, &from);
    assert_int_equal(digits(&to), 123);
    list_join(&to, &from);
    assert_int_equal(digits(&to), 123);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(a_member_may_go_while_the_ring_is_walked),
        cmocka_unit_test(joining_moves_all_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
