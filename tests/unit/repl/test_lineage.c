/* Proves: ids and ancestors after every transition of a server's life; and, by a random history of
 * many servers that write, fail over and follow, that two servers share exactly the bytes their
 * lineages say they share. */
#include "base/prng.h"
#include "repl/lineage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct repl_id id_of(unsigned number)
{
    unsigned char random[20] = {(unsigned char)(number >> 8), (unsigned char)number, 1};
    return repl_id_make(random);
}

static void an_id_is_forty_hexadecimal_digits(void **state)
{
    (void)state;
    struct repl_id id;
    assert_true(repl_id_parse(STR("0123456789abcdefABCDEF0123456789abcdef01"), &id));
    assert_true(str_eq(repl_id_str(&id), STR("0123456789abcdefabcdef0123456789abcdef01")));
    assert_false(repl_id_parse(STR("0123456789abcdefabcdef0123456789abcdef0"), &id));
    assert_false(repl_id_is_set(&id));
    assert_int_equal(repl_id_str(&id).len, 0);
    assert_false(repl_id_parse(STR("0123456789abcdefabcdef0123456789abcdef0123"), &id));
    assert_false(repl_id_parse(STR("0123456789abcdefabcdef0123456789abcdef0g"), &id));
    assert_false(repl_id_parse(STR("?"), &id));
    struct repl_id made = id_of(0x1234);
    assert_true(repl_id_parse(repl_id_str(&made), &id));
    assert_true(repl_id_eq(&id, &made));
}

static void a_promoted_replica_remembers_its_masters_history_up_to_its_own_offset(void **state)
{
    (void)state;
    struct lineage lineage;
    lineage_begin(&lineage, id_of(1));
    lineage_adopt(&lineage, id_of(2), 1000);
    lineage_advance(&lineage, 50);
    lineage_promote(&lineage, id_of(3));
    lineage_advance(&lineage, 7);
    assert_int_equal(lineage.ancestor_count, 1);
    int64_t end;
    assert_true(lineage_shared_end(&lineage, &(struct repl_id){0}, &end) == false);
    struct repl_id master = id_of(2), own = id_of(3), before = id_of(1);
    assert_true(lineage_shared_end(&lineage, &master, &end));
    assert_int_equal(end, 1050);
    assert_true(lineage_shared_end(&lineage, &own, &end));
    assert_int_equal(end, 1057);
    assert_false(lineage_shared_end(&lineage, &before, &end));
}

static void the_oldest_ancestors_are_forgotten_first(void **state)
{
    (void)state;
    struct lineage lineage;
    lineage_begin(&lineage, id_of(100));
    for (unsigned i = 1; i <= LINEAGE_ANCESTORS + 3; i++) {
        lineage_advance(&lineage, 10);
        lineage_promote(&lineage, id_of(100 + i));
        assert_true(lineage_is_valid(&lineage));
    }
    assert_int_equal(lineage.ancestor_count, LINEAGE_ANCESTORS);
    int64_t end;
    struct repl_id forgotten = id_of(102), kept = id_of(103);
    assert_false(lineage_shared_end(&lineage, &forgotten, &end));
    assert_true(lineage_shared_end(&lineage, &kept, &end));
    assert_int_equal(end, 40);
}

static void a_master_that_starts_again_writes_under_a_new_id(void **state)
{
    (void)state;
    struct lineage_ancestor older = {id_of(4), 80};
    struct lineage_found found = {id_of(5), 200, &older, 1};
    struct lineage lineage;
    lineage_restart(&lineage, &found, false, id_of(6));
    struct repl_id fresh = id_of(6), old = id_of(5);
    assert_true(repl_id_eq(&lineage.id, &fresh));
    assert_int_equal(lineage.offset, 200);
    assert_true(repl_id_eq(&lineage.ancestors[0].id, &old));
    assert_int_equal(lineage.ancestors[0].end, 200);
    assert_int_equal(lineage.ancestors[1].end, 80);
}

static void a_replica_that_starts_again_asks_for_the_same_history(void **state)
{
    (void)state;
    struct lineage_found found = {.id = id_of(5), .offset = 200};
    struct lineage lineage;
    lineage_restart(&lineage, &found, true, id_of(6));
    struct repl_id old = id_of(5);
    assert_true(repl_id_eq(&lineage.id, &old));
    assert_int_equal(lineage.offset, 200);
    assert_int_equal(lineage.ancestor_count, 0);
}

static void without_facts_on_disk_a_server_begins_anew(void **state)
{
    (void)state;
    struct lineage_found found = {.offset = 999};
    struct lineage lineage;
    lineage_restart(&lineage, &found, true, id_of(6));
    struct repl_id fresh = id_of(6);
    assert_true(repl_id_eq(&lineage.id, &fresh));
    assert_int_equal(lineage.offset, 0);
}

static void ancestors_from_an_edited_file_cannot_break_the_invariants(void **state)
{
    (void)state;
    struct lineage_ancestor ancestors[] = {
        {id_of(1), 500},                 /* beyond our offset */
        {id_of(2), 100}, {id_of(2), 90}, /* twice */
        {id_of(3), 101},                 /* growing */
        {id_of(5), 10},                  /* our own id */
        {{{0}}, 5},      {id_of(4), 100},
    };
    struct lineage_found found = {id_of(5), 200, ancestors, 7};
    struct lineage lineage;
    lineage_restart(&lineage, &found, true, id_of(6));
    assert_true(lineage_is_valid(&lineage));
    assert_int_equal(lineage.ancestor_count, 2);
}

/* --- a world of servers whose bytes are known --- */

enum { SERVERS = 6, HISTORY = 4096 };

struct server {
    struct lineage lineage;
    unsigned bytes[HISTORY]; /* each byte of history as the number of the write that made it */
};

static int64_t common_prefix(const struct server *a, const struct server *b)
{
    int64_t at = 0;
    while (at < a->lineage.offset && at < b->lineage.offset && a->bytes[at] == b->bytes[at]) at++;
    return at;
}

static void take_bytes(struct server *to, const struct server *from)
{
    memcpy(to->bytes, from->bytes, sizeof(to->bytes));
}

/* Whether `replica` may continue with `master`: then it has a prefix of what the master has. */
static bool may_follow(const struct server *replica, const struct server *master)
{
    int64_t end;
    return lineage_shared_end(&master->lineage, &replica->lineage.id, &end) &&
           replica->lineage.offset <= end;
}

static void follow(struct server *replica, const struct server *master, size_t *continued)
{
    if (may_follow(replica, master)) {
        assert_int_equal(common_prefix(replica, master), replica->lineage.offset);
        lineage_follow(&replica->lineage, master->lineage.id);
        lineage_advance(&replica->lineage, master->lineage.offset - replica->lineage.offset);
        (*continued)++;
    } else {
        lineage_adopt(&replica->lineage, master->lineage.id, master->lineage.offset);
    }
    take_bytes(replica, master);
}

static void shared_ancestry_means_shared_bytes_in_any_history(void **state)
{
    (void)state;
    static struct server servers[SERVERS];
    struct prng prng;
    prng_init(&prng, 99);
    unsigned next_id = 1, next_byte = 1;
    size_t continued = 0;
    bool writer[SERVERS] = {0};
    for (int i = 0; i < SERVERS; i++) lineage_begin(&servers[i].lineage, id_of(next_id++));
    for (int round = 0; round < 5000; round++) {
        size_t at = prng_below(&prng, SERVERS), other = prng_below(&prng, SERVERS);
        struct server *server = &servers[at];
        switch (prng_below(&prng, 10)) {
        case 0: /* becomes a writer, under a new id, and writes */
        case 1:
            if (server->lineage.offset + 10 > HISTORY) {
                lineage_begin(&server->lineage, id_of(next_id++));
                writer[at] = true;
            }
            if (!writer[at]) lineage_promote(&server->lineage, id_of(next_id++));
            writer[at] = true;
            for (uint64_t n = prng_below(&prng, 10); n > 0; n--) {
                server->bytes[server->lineage.offset] = next_byte++;
                lineage_advance(&server->lineage, 1);
            }
            break;
        default: /* follows another */
            if (at == other) break;
            follow(server, &servers[other], &continued);
            writer[at] = false;
        }
        assert_true(lineage_is_valid(&server->lineage));
    }
    assert_true(continued > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_forty_hexadecimal_digits),
        cmocka_unit_test(a_promoted_replica_remembers_its_masters_history_up_to_its_own_offset),
        cmocka_unit_test(the_oldest_ancestors_are_forgotten_first),
        cmocka_unit_test(a_master_that_starts_again_writes_under_a_new_id),
        cmocka_unit_test(a_replica_that_starts_again_asks_for_the_same_history),
        cmocka_unit_test(without_facts_on_disk_a_server_begins_anew),
        cmocka_unit_test(ancestors_from_an_edited_file_cannot_break_the_invariants),
        cmocka_unit_test(shared_ancestry_means_shared_bytes_in_any_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
