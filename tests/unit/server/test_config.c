/* Proves: the option tables are sound, every default reads back as itself, and each kind of value
 * accepts and refuses what Redis does, with its words. */
#include "server/config_kind.h"
#include "server/config_size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool set(struct config *config, const char *name, const char *text, struct buf *reason)
{
    const struct config_option *option = config_option_find(str_from_c(name)).option;
    struct config_value value = {0};
    struct str word = str_from_c(text);
    assert_non_null(option);
    if (option->flags & CONFIG_AMENDS) config_value_copy(option, config, &value);
    if (!config_value_parse(option, (struct config_args){&word, 1}, &value, reason)) return false;
    config_value_swap(option, config, &value);
    config_value_clear(option, &value);
    return true;
}

static void assert_value(const struct config *config, const char *name, const char *expected)
{
    const struct config_option *option = config_option_find(str_from_c(name)).option;
    struct buf text = {0};
    config_option_format(option, config_field_const(option, config), &text);
    assert_string_equal(buf_c(&text), expected);
    buf_deinit(&text);
}

struct row {
    const char *name, *text, *shown;
};

static void every_row_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        assert_non_null(option->kind);
        assert_true(option->size <= sizeof(struct config_value));
        assert_true(option->change < CONFIG_CHANGES);
        assert_true(config_option_find(str_from_c(option->name)).index == i);
        if (option->alias) assert_true(config_option_find(str_from_c(option->alias)).index == i);
        if (option->kind == &config_kind_enum) assert_int_equal(option->size, sizeof(int));
        for (const char *c = option->name; *c; c++) assert_true(char_lower(*c) == *c);
    }
    assert_null(config_option_find(STR("no-such-option")).option);
    assert_null(config_option_find(STR("")).option);
    assert_non_null(config_option_find(STR("SLAVE-Read-Only")).option);
}

static void fields_do_not_overlap(void **state)
{
    (void)state;
    unsigned char used[sizeof(struct config)] = {0};
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        for (size_t at = option->offset; at < option->offset + option->size; at++) {
            if (used[at]++) fail_msg("%s shares its field", option->name);
        }
    }
}

static void defaults_read_back_as_themselves(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        if (option->flags & CONFIG_FILE_ONLY || option->kind == &config_kind_master) continue;
        struct buf text = {0}, reason = {0};
        config_option_format(option, config_field_const(option, &config), &text);
        if (!set(&config, option->name, buf_c(&text), &reason)) {
            fail_msg("%s: %s", option->name, buf_c(&reason));
        }
        assert_true(config_option_is_initial(option, &config));
        buf_deinit(&text);
        buf_deinit(&reason);
    }
    size_t index = 0;
    assert_null(config_next_without_effect(&config, &index));
    config_deinit(&config);
}

static void unset_texts_are_empty_not_null(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        if (option->kind != &config_kind_text) continue;
        assert_non_null(*(char *const *)config_field_const(option, &config));
    }
    assert_string_equal(config.repl.master.host, "");
    assert_string_equal(config.file, "");
    config_deinit(&config);
}

static void amounts_of_memory_know_their_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {{"0", 0},           {"", 0},
                {"17", 17},         {"17b", 17},
                {"1k", 1000},       {"1kb", 1024},
                {"2M", 2000000},    {"2MB", 2097152},
                {"3g", 3000000000}, {"3Gb", 3221225472},
                {"007", 7},         {"9223372036854775807", INT64_MAX}};
    static const char *const bad[] = {"x",  "1x",   "-1",  "1.5gb", " 1",   "1 mb",
                                      "kb", "1kib", "1tb", "+1",    "1gbb", "0x1"};
    static const char *const big[] = {"9223372036854775808", "9999999999gb",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        int64_t bytes = -1, again = -1;
        struct buf text = {0};
        assert_int_equal(config_size_parse(str_from_c(good[i].text), &bytes), CONFIG_SIZE_GOOD);
        assert_true(bytes == good[i].bytes);
        config_size_format(&text, bytes);
        assert_int_equal(config_size_parse(buf_str(&text), &again), CONFIG_SIZE_GOOD);
        assert_true(again == bytes);
        buf_deinit(&text);
    }
    int64_t bytes = 0;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(config_size_parse(str_from_c(bad[i]), &bytes), CONFIG_SIZE_MALFORMED);
    }
    for (size_t i = 0; i < sizeof(big) / sizeof(*big); i++) {
        assert_int_equal(config_size_parse(str_from_c(big[i]), &bytes), CONFIG_SIZE_TOO_BIG);
    }
}

static void values_are_shown_as_redis_shows_them(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"maxmemory", "1GB", "1073741824"},
        {"maxmemory-policy", "ALLKEYS-LRU", "allkeys-lru"},
        {"maxmemory-clients", "5%", "5%"},
        {"maxmemory-clients", "0%", "0"},
        {"maxmemory-clients", "1mb", "1048576"},
        {"appendonly", "YES", "yes"},
        {"hz", "100000", "500"},
        {"hz", "0", "1"},
        {"repl-backlog-size", "1", "16384"},
        {"unixsocketperm", "0755", "755"},
        {"list-max-ziplist-size", "-5", "-5"},
        {"maxclients", "4294967295", "4294967295"},
        {"slowlog-log-slower-than", "-1", "-1"},
        {"oom-score-adj", "relative", "yes"},
        {"oom-score-adj-values", "-10 2 3", "-10 2 3"},
        {"save", "900 1 300 10", "900 1 300 10"},
        {"save", "", ""},
        {"bind", "", ""},
        {"bind", "127.0.0.1  -::1", "127.0.0.1 -::1"},
        {"notify-keyspace-events", "KEAm", "AKEm"},
        {"notify-keyspace-events", "Kg$lshzxetdm", "AKm"},
        {"notify-keyspace-events", "gKn", "gnK"},
        {"notify-keyspace-events", "KEAn", "AnKE"},
        {"notify-keyspace-events", "A", "A"},
        {"notify-keyspace-events", "", ""},
        {"latency-tracking-info-percentiles", "50.5 99.123456789 100", "50.5 99.123457 100"},
        {"latency-tracking-info-percentiles", "", ""},
        {"shutdown-on-sigint", "save now", "save now"},
        {"shutdown-on-sigint", "default now", "now"},
        {"shutdown-on-sigterm", "DEFAULT", "default"},
        {"client-output-buffer-limit", "normal 1mb 1 1 replica 1 1 1",
         "normal 1048576 1 1 slave 1 1 1 pubsub 33554432 8388608 60"},
        {"replicaof", "10.0.0.1 6380", "10.0.0.1 6380"},
        {"slaveof", "no one", ""},
        {"requirepass", "a b", "a b"},
        {"proc-title-template", "{title}-{port}", "{title}-{port}"},
        {"syslog-facility", "LOCAL7", "local7"},
    };
    struct config config;
    config_init(&config);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf reason = {0};
        if (!set(&config, rows[i].name, rows[i].text, &reason)) {
            fail_msg("%s %s: %s", rows[i].name, rows[i].text, buf_c(&reason));
        }
        assert_value(&config, rows[i].name, rows[i].shown);
        buf_deinit(&reason);
    }
    assert_string_equal(config_syslog_facility(&config), "local7");
    config_deinit(&config);
}

#define INTEGER         "argument couldn't be parsed into an integer"
#define MEMORY_VALUE    "argument must be a memory value"
#define SAVE_PARAMETERS "Invalid save parameters"
#define LIMIT_COUNT     "Wrong number of arguments in buffer limit configuration."
#define LIMIT_VALUE     "Error in hard, soft or soft_seconds setting in buffer limit configuration."
#define EVENT_LETTERS   "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."
#define OOM_VALUES      "Invalid oom-score-adj-values, elements must be between -2000 and 2000."
#define TEMPLATE        "template format is invalid or contains unknown variables"

static const struct row refused[] = {
    {"maxmemory", "abc", MEMORY_VALUE},
    {"maxmemory", "-1", MEMORY_VALUE},
    {"hll-sparse-max-bytes", "99999999999999999999",
     "argument must be between 0 and 9223372036854775807 inclusive"},
    {"hz", "abc", INTEGER},
    {"hz", "-1", "argument must be between 0 and 2147483647 inclusive"},
    {"timeout", "99999999999", "argument must be between 0 and 2147483647 inclusive"},
    {"timeout", "9999999999999999999999", INTEGER},
    {"maxclients", "0", "argument must be between 1 and 4294967295 inclusive"},
    {"repl-backlog-size", "0", "argument must be between 1 and 9223372036854775807 inclusive"},
    {"client-query-buffer-limit", "1",
     "argument must be between 1048576 and 9223372036854775807 inclusive"},
    {"maxmemory-clients", "101%", "percentage argument must be less or equal to 100"},
    {"maxmemory-clients", "-1%", "argument must be a memory or percent value"},
    {"maxmemory-clients", "%", "argument must be a memory or percent value"},
    {"maxmemory-clients", "x", "argument must be a memory or percent value"},
    {"appendonly", "maybe", "argument must be 'yes' or 'no'"},
    {"appendfsync", "x", "argument(s) must be one of the following: everysec, always, no"},
    {"unixsocketperm", "8", "argument couldn't be parsed as an octal number"},
    {"unixsocketperm", "-1", "argument couldn't be parsed as an octal number"},
    {"unixsocketperm", "1777", "argument must be between 0 and 777 inclusive"},
    {"save", "900", SAVE_PARAMETERS},
    {"save", "900 1 300", SAVE_PARAMETERS},
    {"save", "0 1", SAVE_PARAMETERS},
    {"save", "10 -1", SAVE_PARAMETERS},
    {"client-output-buffer-limit", "foo 0 0 0",
     "Invalid client class specified in buffer limit configuration."},
    {"client-output-buffer-limit", "master 0 0 0",
     "Invalid client class specified in buffer limit configuration."},
    {"client-output-buffer-limit", "normal 0 0", LIMIT_COUNT},
    {"client-output-buffer-limit", "normal 0 x 0", LIMIT_VALUE},
    {"client-output-buffer-limit", "normal 0 0 -1", LIMIT_VALUE},
    {"notify-keyspace-events", "foo", EVENT_LETTERS},
    {"oom-score-adj-values", "1 2", "wrong number of arguments"},
    {"oom-score-adj-values", "1 2 x", OOM_VALUES},
    {"oom-score-adj-values", "1 2 3000", OOM_VALUES},
    {"latency-tracking-info-percentiles", "50 101",
     "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"},
    {"latency-tracking-info-percentiles", "50 nan",
     "Invalid latency-tracking-info-percentiles parameters"},
    {"shutdown-on-sigint", "save nosave",
     "shutdown options SAVE and NOSAVE can't be used simultaneously"},
    {"proc-title-template", "{foo}", TEMPLATE},
    {"proc-title-template", "", TEMPLATE},
    {"proc-title-template", "{title", TEMPLATE},
    {"proc-title-template", "title}", TEMPLATE},
    {"dbfilename", "a/b", "it can't be a path, just a filename"},
    {"dbfilename", "..", "it can't be a path, just a filename"},
    {"appenddirname", "", "a file name can't be empty"},
    {"replicaof", "a", "wrong number of arguments"},
    {"replicaof", "a b", "Invalid master port"},
    {"replicaof", "a 0", "Invalid master port"},
    {"replicaof", "'' 1", "Invalid master host"},
    {"bind", "'a b' c", "argument(s) must be words without spaces or quotes"},
    {"cluster-enabled", "yes", "cluster mode is not supported; run one master with replicas"},
    {"loadmodule", "/x.so", "loadmodule is not possible: Skein does not load modules"},
};

static void wrong_values_are_refused_with_the_reason(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        struct buf reason = {0};
        if (set(&config, refused[i].name, refused[i].text, &reason)) {
            fail_msg("%s accepted %s", refused[i].name, refused[i].text);
        }
        assert_string_equal(buf_c(&reason), refused[i].shown);
        buf_deinit(&reason);
    }
    config_deinit(&config);
}

static void a_zero_byte_is_refused(void **state)
{
    (void)state;
    const struct config_option *option = config_option_find(STR("masteruser")).option;
    struct config_value value = {0};
    struct buf reason = {0};
    struct str word = str_of("a\0b", 3);
    assert_false(config_value_parse(option, (struct config_args){&word, 1}, &value, &reason));
    assert_string_equal(buf_c(&reason), "argument must not contain a zero byte");
    buf_deinit(&reason);
}

static void options_without_effect_are_found_once_they_are_set(void **state)
{
    (void)state;
    struct config config;
    struct buf reason = {0};
    size_t index = 0;
    config_init(&config);
    assert_true(set(&config, "io-threads", "4", &reason));
    assert_true(set(&config, "timeout", "4", &reason));
    const struct config_option *option = config_next_without_effect(&config, &index);
    assert_non_null(option);
    assert_string_equal(option->name, "io-threads");
    assert_true(strlen(option->not_yet) > 0);
    assert_null(config_next_without_effect(&config, &index));
    buf_deinit(&reason);
    config_deinit(&config);
}

static void the_master_can_be_changed_while_running(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    config_set_master(&config, STR("host.example"), 7000);
    assert_value(&config, "slaveof", "host.example 7000");
    config_set_master(&config, STR(""), 0);
    assert_value(&config, "replicaof", "");
    config_deinit(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(fields_do_not_overlap),
        cmocka_unit_test(defaults_read_back_as_themselves),
        cmocka_unit_test(unset_texts_are_empty_not_null),
        cmocka_unit_test(amounts_of_memory_know_their_units),
        cmocka_unit_test(values_are_shown_as_redis_shows_them),
        cmocka_unit_test(wrong_values_are_refused_with_the_reason),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(options_without_effect_are_found_once_they_are_set),
        cmocka_unit_test(the_master_can_be_changed_while_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
