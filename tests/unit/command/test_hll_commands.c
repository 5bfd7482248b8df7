/* Proves: the PF commands answer and record what Redis does; corrupt sketches are refused and left
 * as they were; the cached cardinality is a change on a master and none on a replica. */
#include "unit/command/steps.h"

#include "command/families.h"
#include "store/hll.h"

#include <stdio.h>

#define NO_SKETCH "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n"
#define CORRUPT   "-INVALIDOBJ Corrupted HLL object detected\r\n"
#define WRONG     "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, hll_commands, string_commands, generic_commands, object_commands, NULL);
    struct value list = {
        .type = TYPE_LIST, .encoding = ENC_EMBEDDED, .bytes = STR_INIT("stands for one")};
    keyspace_put(&h.store.dbs[0], STR("l"), list, NO_EXPIRY);
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void adding_and_counting(void **state)
{
    STEPS_RUN(*state, {"PFCOUNT k", ":0\r\n", "keymiss k;", ""},
              {"PFADD k", ":1\r\n", "new k;pfadd k;", "PFADD k;"}, {"PFADD k", ":0\r\n", "", ""},
              {"PFADD k a b c", ":1\r\n", "pfadd k;", "PFADD k a b c;"},
              {"PFADD k a c", ":0\r\n", "", ""}, {"OBJECT ENCODING k", "$3\r\nraw\r\n", NULL, NULL},
              {"PFCOUNT k", ":3\r\n", "", "PFCOUNT k;"}, {"PFCOUNT k", ":3\r\n", "", ""},
              {"PFADD other c d \"\"", ":1\r\n", NULL, NULL},
              {"PFCOUNT k other nothing", ":5\r\n", NULL, ""},
              {"PFDEBUG ENCODING k", "+sparse\r\n", NULL, ""},
              {"PFADD k x y", ":1\r\n", "pfadd k;", NULL}, {"PFCOUNT k", ":5\r\n", NULL, NULL});
}

/* The bytes are those of Redis, whatever the commands were that led there. */
static void values_have_the_bytes_of_redis(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(h, {"PFADD x a b c", ":1\r\n", NULL, NULL},
              {"PFADD y c d foo \"\"", ":1\r\n", NULL, NULL},
              {"PFMERGE z x y", "+OK\r\n", "keymiss z;new z;pfadd z;", "PFMERGE z x y;"},
              {"PFCOUNT z", ":6\r\n", NULL, NULL});
    static const char expected[] =
        "HYLL\x01\0\0\0\x06\0\0\0\0\0\0\0\x57\x31\x84\x45\x48\x80\x36\x90"
        "\x44\x3e\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a";
    struct entry *entry = keyspace_find(&h->store.dbs[0], STR("z"));
    char room[NUM_I64_MAX];
    struct str bytes = entry_string(entry, room);
    assert_int_equal(bytes.len, sizeof(expected) - 1);
    assert_memory_equal(bytes.ptr, expected, bytes.len);
}

static void a_replica_does_not_cache_for_itself(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(h, {"PFADD k a b c", ":1\r\n", NULL, NULL});
    h->settings.is_replica = true;
    STEPS_RUN(h, {"PFCOUNT k", ":3\r\n", "", ""},
              {"GETRANGE k 15 15", "$1\r\n\x80\r\n", NULL, NULL});
    h->session.flags |= SESSION_MASTER;
    STEPS_RUN(h, {"PFCOUNT k", ":3\r\n", "", "PFCOUNT k;"});
}

static void merging(void **state)
{
    STEPS_RUN(*state, {"PFMERGE k nothing", "+OK\r\n", NULL, "PFMERGE k nothing;"},
              {"PFCOUNT k", ":0\r\n", NULL, NULL}, {"PFADD a 1 2 3", ":1\r\n", NULL, NULL},
              {"PFADD b 3 4", ":1\r\n", NULL, NULL}, {"PFDEBUG TODENSE b", ":1\r\n", NULL, NULL},
              {"PFMERGE k a b", "+OK\r\n", "pfadd k;", NULL}, {"PFCOUNT k", ":4\r\n", NULL, NULL},
              {"PFDEBUG ENCODING k", "+dense\r\n", NULL, NULL}, {"PFMERGE k l", WRONG, "", ""},
              {"SET s x", "+OK\r\n", NULL, NULL}, {"PFMERGE k s", NO_SKETCH, "", ""},
              {"PFMERGE s k", NO_SKETCH, "", ""});
}

static void dense_sketches_are_added_to_in_place(void **state)
{
    STEPS_RUN(*state, {"PFADD k a b", ":1\r\n", NULL, NULL},
              {"PFDEBUG TODENSE k", ":1\r\n", "", "PFDEBUG TODENSE k;"},
              {"PFDEBUG TODENSE k", ":0\r\n", "", ""}, {"STRLEN k", ":12304\r\n", NULL, NULL},
              {"PFCOUNT k", ":2\r\n", NULL, "PFCOUNT k;"}, {"PFADD k a b", ":0\r\n", "", ""},
              {"PFCOUNT k", ":2\r\n", "", ""},
              {"PFADD k a c", ":1\r\n", "pfadd k;", "PFADD k a c;"},
              {"PFCOUNT k", ":3\r\n", "", "PFCOUNT k;"});
}

static void a_sketch_turns_dense_at_the_configured_size(void **state)
{
    struct harness *h = *state;
    h->settings.hll_sparse_max_bytes = 22;
    STEPS_RUN(h, {"PFADD k a", ":1\r\n", NULL, NULL},
              {"PFDEBUG ENCODING k", "+sparse\r\n", NULL, NULL},
              {"PFADD k b", ":1\r\n", NULL, NULL}, {"PFDEBUG ENCODING k", "+dense\r\n", NULL, NULL},
              {"PFCOUNT k", ":2\r\n", NULL, NULL});
}

static void strings_that_are_no_sketch_are_refused(void **state)
{
    static const char *const values[] = {"x",
                                         "\"\"",
                                         "12345678901234567",
                                         "HYLL",
                                         "HYLX\\x01-----------",
                                         "\"HYLL\\x02-----------\"",
                                         "\"HYLL\\x00-----------\""};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char set[100];
        snprintf(set, sizeof(set), "SET k %s", values[i]);
        STEPS_RUN(*state, {set, "+OK\r\n", NULL, NULL}, {"PFADD k a", NO_SKETCH, "", ""},
                  {"PFCOUNT k", NO_SKETCH, "", ""}, {"PFCOUNT nothing k", NO_SKETCH, NULL, ""},
                  {"PFMERGE other k", NO_SKETCH, NULL, ""},
                  {"PFDEBUG DECODE k", NO_SKETCH, "", ""});
    }
    STEPS_RUN(*state, {"PFADD l a", WRONG, "", ""}, {"PFCOUNT l", WRONG, "", ""});
}

static void corrupt_sketches_are_refused_and_stay(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(h, {"PFADD k a b c", ":1\r\n", NULL, NULL}, {"APPEND k hello", ":32\r\n", NULL, NULL},
              {"PFCOUNT k", CORRUPT, "", ""}, {"PFCOUNT k nothing", CORRUPT, NULL, ""},
              {"PFMERGE other k", CORRUPT, NULL, ""}, {"EXISTS other", ":0\r\n", NULL, NULL},
              {"PFDEBUG TODENSE k", CORRUPT, "", ""}, {"PFDEBUG GETREG k", CORRUPT, "", ""},
              {"STRLEN k", ":32\r\n", NULL, NULL});
    /* Runs for the first 65 registers only, none of which "a" falls on. */
    STEPS_RUN(
        h,
        {"SET k \"HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x3f\\x00\"",
         "+OK\r\n", NULL, NULL},
        {"PFADD k a", CORRUPT, "", ""}, {"STRLEN k", ":18\r\n", NULL, NULL},
        {"PFCOUNT k", ":0\r\n", NULL, ""});
}

static void debugging(void **state)
{
    STEPS_RUN(
        *state, {"PFADD k a b c", ":1\r\n", NULL, NULL},
        {"PFDEBUG DECODE k", "$44\r\nZ:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\r\n", NULL, ""},
        {"PFDEBUG nonsense k", "-ERR Unknown PFDEBUG subcommand 'nonsense'\r\n", NULL, ""},
        {"PFDEBUG DECODE nothing", "-ERR The specified key does not exist\r\n", NULL, ""},
        {"PFDEBUG TODENSE k", ":1\r\n", NULL, NULL},
        {"PFDEBUG DECODE k", "-ERR HLL encoding is not sparse\r\n", NULL, ""},
        {"PFSELFTEST", "+OK\r\n", NULL, ""});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(adding_and_counting),
        TEST(values_have_the_bytes_of_redis),
        TEST(a_replica_does_not_cache_for_itself),
        TEST(merging),
        TEST(dense_sketches_are_added_to_in_place),
        TEST(a_sketch_turns_dense_at_the_configured_size),
        TEST(strings_that_are_no_sketch_are_refused),
        TEST(corrupt_sketches_are_refused_and_stay),
        TEST(debugging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
