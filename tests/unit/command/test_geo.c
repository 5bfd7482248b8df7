/* Proves: what the commands of positions answer in both protocols, announce and leave for replicas;
 * that the order of what is found is that of 7.0.15; that options exclude each other as there. */
#include "unit/command/steps.h"

#include "command/families.h"

#define WRONG  "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define SYNTAX "-ERR syntax error\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, geo_commands, zset_commands, string_commands, generic_commands, NULL);
    harness_run(&h, "SET s v");
    harness_run(&h, "GEOADD g 13.361389 38.115556 P 15.087269 37.502669 C");
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void positions_are_added_as_scores(void **state)
{
    STEPS_RUN(
        *state,
        {"GEOADD x 13.361389 38.115556 P", ":1\r\n", "new x;zadd x;", "ZADD x 3479099956230698 P;"},
        {"GEOADD x NX 15 37 P", ":0\r\n", "", ""}, {"GEOADD x XX 15 37 Q", ":0\r\n", "", ""},
        {"GEOADD x CH XX 15.087269 37.502669 P", ":1\r\n", "zadd x;",
         "ZADD x CH XX 3479447370796909 P;"},
        {"GEOADD x 15.087269 37.502669 P", ":0\r\n", "", ""},
        {"GEOADD x NX XX 1 1 a", SYNTAX, "", ""}, {"GEOADD x 1 1 a 2", SYNTAX, "", ""},
        {"GEOADD x CH 1 1 a 2 2 b", ":2\r\n", "zadd x;", NULL},
        {"GEOADD x 1 1 c 181 0 d", "-ERR invalid longitude,latitude pair 181.000000,0.000000\r\n",
         "", ""},
        {"ZSCORE x c", "$-1\r\n", NULL, NULL},
        {"GEOADD x one 1 c", "-ERR value is not a valid float\r\n", "", ""},
        {"GEOADD x nan 1 c", "-ERR value is not a valid float\r\n", "", ""},
        {"GEOADD s 1 1 a", WRONG, "", ""});
}

static void positions_are_read(void **state)
{
    STEPS_RUN(
        *state,
        {"GEOPOS g P none",
         "*2\r\n*2\r\n$20\r\n13.36138933897018433\r\n$20\r\n38.11555639549629859\r\n*-1\r\n", "",
         ""},
        {"GEOHASH g P none", "*2\r\n$11\r\nsqc8b49rny0\r\n$-1\r\n", "", ""},
        {"GEOPOS none P", "*1\r\n*-1\r\n", NULL, ""}, {"GEOHASH none", "*0\r\n", NULL, ""},
        {"GEODIST g P C", "$11\r\n166274.1516\r\n", "", ""},
        {"GEODIST g P C MI", "$8\r\n103.3182\r\n", "", ""}, {"GEODIST g P none", "$-1\r\n", "", ""},
        {"GEODIST none P C", "$-1\r\n", NULL, ""},
        {"GEODIST g P C x", "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n", "", ""},
        {"GEODIST g P C m m", SYNTAX, "", ""}, {"GEOPOS s a", WRONG, "", ""},
        {"GEODIST s a b", WRONG, "", ""});
}

static void positions_are_doubles_in_resp3(void **state)
{
    struct harness *h = *state;
    h->session.reply.version = 3;
    STEPS_RUN(h,
              {"GEOPOS g P none",
               "*2\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n_\r\n", "", ""},
              {"GEODIST g P none", "_\r\n", "", ""},
              {"GEOSEARCH g FROMMEMBER C BYRADIUS 1 m WITHCOORD WITHHASH WITHDIST",
               "*1\r\n*4\r\n$1\r\nC\r\n$6\r\n0.0000\r\n:3479447370796909\r\n"
               "*2\r\n,15.08726745843887329\r\n,37.50266842333162032\r\n",
               "", ""});
}

static void shapes_are_searched(void **state)
{
    STEPS_RUN(
        *state,
        {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST",
         "*2\r\n*2\r\n$1\r\nC\r\n$7\r\n56.4413\r\n*2\r\n$1\r\nP\r\n$8\r\n190.4424\r\n", "", ""},
        {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km DESC", "*2\r\n$1\r\nP\r\n$1\r\nC\r\n", "",
         ""},
        {"GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km COUNT 1", "*1\r\n$1\r\nC\r\n", "", ""},
        {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 ANY DESC", "*1\r\n$1\r\nP\r\n", "",
         ""},
        {"GEOSEARCH g FROMMEMBER P BYBOX 1 1 m", "*1\r\n$1\r\nP\r\n", "", ""},
        {"GEORADIUS g 15 37 100 km", "*1\r\n$1\r\nC\r\n", "", ""},
        {"GEORADIUSBYMEMBER_RO g C 200 km DESC", "*2\r\n$1\r\nP\r\n$1\r\nC\r\n", "", ""},
        {"GEOSEARCH none FROMMEMBER x BYRADIUS 1 m", "*0\r\n", NULL, ""},
        {"GEORADIUSBYMEMBER none x none m", "*0\r\n", NULL, ""});
}

static void options_are_refused_as_in_redis(void **state)
{
    STEPS_RUN(
        *state,
        {"GEOSEARCH g FROMMEMBER x BYRADIUS 1 m", "-ERR could not decode requested zset member\r\n",
         "", ""},
        {"GeoSearch g BYRADIUS 1 m ASC ASC",
         "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GeoSearch\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P ASC ASC ASC",
         "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P FROMLONLAT 1 1 BYRADIUS 1 m", SYNTAX, "", ""},
        {"GEOSEARCH g FROMMEMBER P BYBOX 1 1 m BYRADIUS 1 m", SYNTAX, "", ""},
        {"GEOSEARCH g FROMMEMBER P BYBOX 1 -1 m", "-ERR height or width cannot be negative\r\n", "",
         ""},
        {"GEOSEARCH g FROMMEMBER P BYBOX x 1 m", "-ERR need numeric width\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P BYBOX 1 x m", "-ERR need numeric height\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P BYRADIUS x m", "-ERR need numeric radius\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P BYRADIUS -1 x", "-ERR radius cannot be negative\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P BYRADIUS 1 m COUNT 0", "-ERR COUNT must be > 0\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P BYRADIUS 1 m COUNT -9223372036854775808",
         "-ERR COUNT must be > 0\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P BYRADIUS 1 m COUNT 9223372036854775807", "*1\r\n$1\r\nP\r\n", "",
         ""},
        {"GEOSEARCH g FROMMEMBER P BYRADIUS 1 m ANY",
         "-ERR the ANY argument requires COUNT argument\r\n", "", ""},
        {"GEOSEARCH g FROMMEMBER P BYRADIUS 1 m STOREDIST", SYNTAX, "", ""},
        {"GEORADIUS_RO g 1 1 1 m STORE x", SYNTAX, "", ""},
        {"GEORADIUS g 1 1 1 m STORE x WITHDIST",
         "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and "
         "WITHCOORD options\r\n",
         "", ""},
        {"GEOSEARCH s FROMMEMBER P BYRADIUS 1 m", WRONG, "", ""});
}

static void results_are_stored(void **state)
{
    STEPS_RUN(*state,
              {"GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 100 km", ":1\r\n",
               "new d;geosearchstore d;", "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 100 km;"},
              {"ZSCORE d C", "$16\r\n3479447370796909\r\n", NULL, NULL},
              {"GEORADIUS g 15 37 200 km STORE e STOREDIST d", ":2\r\n", "georadiusstore d;",
               "GEORADIUS g 15 37 200 km STORE e STOREDIST d;"},
              {"ZRANGEBYSCORE d 56.4412 56.4413", "*1\r\n$1\r\nC\r\n", NULL, NULL},
              {"EXISTS e", ":0\r\n", NULL, NULL});
}

static void a_result_of_nothing_deletes_its_target(void **state)
{
    STEPS_RUN(*state, {"SET d v", "+OK\r\n", NULL, NULL},
              {"GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m", ":0\r\n", "del d;",
               "GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m;"},
              {"GEOSEARCHSTORE d none FROMMEMBER x BYRADIUS 1 m", ":0\r\n", NULL, ""},
              {"GEORADIUSBYMEMBER g C 200 km STORE g", ":2\r\n", "georadiusstore g;", NULL},
              {"ZCARD g", ":2\r\n", NULL, NULL});
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(positions_are_added_as_scores),          TEST(positions_are_read),
        TEST(positions_are_doubles_in_resp3),         TEST(shapes_are_searched),
        TEST(options_are_refused_as_in_redis),        TEST(results_are_stored),
        TEST(a_result_of_nothing_deletes_its_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
