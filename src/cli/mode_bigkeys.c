/* --bigkeys and --memkeys: the largest key of each type, and how large keys are on average. */
#include "cli/modes.h"

#include "base/mem.h"
#include "base/num.h"
#include "cli/key_survey.h"

#include <stdlib.h>

struct type_facts {
    struct str name;
    const char *command, *unit; /* how its size is asked; NULL for types only modules know */
};

static const struct type_facts TYPES[] = {
    {STR_INIT("list"), "LLEN", "items"},     {STR_INIT("hash"), "HLEN", "fields"},
    {STR_INIT("string"), "STRLEN", "bytes"}, {STR_INIT("stream"), "XLEN", "entries"},
    {STR_INIT("set"), "SCARD", "members"},   {STR_INIT("zset"), "ZCARD", "members"},
};
enum { KNOWN_TYPES = sizeof(TYPES) / sizeof(*TYPES), TYPES_MAX = 64 };

struct type_stats {
    struct buf name;
    const struct type_facts *facts; /* NULL: not a type of the table */
    uint64_t keys;
    uint64_t total, biggest;
    struct buf biggest_key; /* quoted */
};

struct size_survey {
    struct key_survey keys;
    bool in_memory; /* bytes of memory, not elements */
    char samples[NUM_I64_MAX + 1];
    struct type_stats types[TYPES_MAX];
    size_t type_count;
    uint64_t key_bytes;
};

static struct type_stats *find_type(struct size_survey *survey, struct str name)
{
    for (size_t i = 0; i < survey->type_count; i++) {
        if (str_eq(buf_str(&survey->types[i].name), name)) return &survey->types[i];
    }
    if (survey->type_count == TYPES_MAX) return &survey->types[TYPES_MAX - 1];
    struct type_stats *type = &survey->types[survey->type_count++];
    buf_append_str(&type->name, name);
    return type;
}

static void send_size(struct size_survey *survey, size_t key, const struct type_stats *type)
{
    struct str by_memory[] = {
        STR("MEMORY"), STR("USAGE"), {0}, STR("SAMPLES"), str_from_c(survey->samples)};
    if (survey->in_memory) {
        size_t count = survey->keys.session.options->memory_samples >= 0 ? 5 : 3;
        key_survey_send(&survey->keys, key, (struct command_words){by_memory, count}, 2);
    } else if (type && type->facts) {
        struct str by_elements[] = {str_from_c(type->facts->command), {0}};
        key_survey_send(&survey->keys, key, (struct command_words){by_elements, 2}, 1);
    }
}

static const char *unit_of(const struct size_survey *survey, const struct type_stats *type)
{
    if (survey->in_memory) return "bytes";
    return type->facts ? type->facts->unit : "?";
}

static void add_key(struct size_survey *survey, size_t key, struct type_stats *type, uint64_t size)
{
    struct str name = reply_text(&survey->keys.scan.keys->items[key]);
    type->keys++;
    type->total += size;
    survey->key_bytes += name.len;
    if (size > type->biggest) {
        type->biggest = size;
        buf_clear(&type->biggest_key);
        buf_append_quoted(&type->biggest_key, name);
        printf("[%05.2f%%] Biggest %-6.*s found so far '%.*s' with %llu %s\n", survey->keys.percent,
               STR_ARG(buf_str(&type->name)), STR_ARG(buf_str(&type->biggest_key)),
               (unsigned long long)size, unit_of(survey, type));
    }
    survey->keys.sampled++;
}

/* A key may be gone or of another type by now; then its size is an error and counts as nothing. */
static void receive_sizes(struct size_survey *survey, struct type_stats **types)
{
    for (size_t i = 0; i < survey->keys.scan.keys->count; i++) {
        uint64_t size = 0;
        if (types[i] && (survey->in_memory || types[i]->facts)) {
            struct reply_node reply;
            cli_session_must_receive(&survey->keys.session, &reply);
            if (reply.type == REPLY_ERROR && survey->in_memory)
                fprintf(stderr, "Warning: MEMORY USAGE: %.*s\n", STR_ARG(buf_str(&reply.text)));
            if (reply.type == REPLY_INTEGER && reply.integer > 0) size = (uint64_t)reply.integer;
            reply_node_clear(&reply);
        }
        if (types[i]) add_key(survey, i, types[i], size);
    }
}

static void measure_page(struct size_survey *survey)
{
    size_t count = survey->keys.scan.keys->count;
    struct type_stats **types = mem_calloc(count * sizeof(*types));
    for (size_t i = 0; i < count; i++) {
        struct str words[] = {STR("TYPE"), {0}};
        key_survey_send(&survey->keys, i, (struct command_words){words, 2}, 1);
    }
    for (size_t i = 0; i < count; i++) {
        struct reply_node reply;
        cli_session_must_receive(&survey->keys.session, &reply);
        bool is_there = reply.type == REPLY_STATUS && !str_eq(reply_text(&reply), STR("none"));
        types[i] = is_there ? find_type(survey, reply_text(&reply)) : NULL;
        reply_node_clear(&reply);
    }
    for (size_t i = 0; i < count; i++) {
        if (types[i]) send_size(survey, i, types[i]);
    }
    receive_sizes(survey, types);
    mem_free(types);
}

static void print_summary(const struct size_survey *survey)
{
    uint64_t sampled = survey->keys.sampled;
    printf("\n-------- summary -------\n\n");
    if ((int64_t)sampled < survey->keys.key_count)
        printf("%llu of %lld keys were looked at (%.2f%%)\n", (unsigned long long)sampled,
               (long long)survey->keys.key_count, survey->keys.percent);
    printf("Sampled %llu keys in the keyspace!\n", (unsigned long long)sampled);
    printf("Total key length in bytes is %llu (avg len %.2f)\n\n",
           (unsigned long long)survey->key_bytes,
           sampled ? (double)survey->key_bytes / (double)sampled : 0);
    for (size_t i = 0; i < survey->type_count; i++) {
        const struct type_stats *type = &survey->types[i];
        if (type->biggest > 0)
            printf("Biggest %6.*s found '%.*s' has %llu %s\n", STR_ARG(buf_str(&type->name)),
                   STR_ARG(buf_str(&type->biggest_key)), (unsigned long long)type->biggest,
                   unit_of(survey, type));
    }
    printf("\n");
    for (size_t i = 0; i < survey->type_count; i++) {
        const struct type_stats *type = &survey->types[i];
        printf("%llu %.*ss with %llu %s (%05.2f%% of keys, avg size %.2f)\n",
               (unsigned long long)type->keys, STR_ARG(buf_str(&type->name)),
               (unsigned long long)type->total, unit_of(survey, type),
               sampled ? 100.0 * (double)type->keys / (double)sampled : 0,
               type->keys ? (double)type->total / (double)type->keys : 0);
    }
}

static int run(const struct cli_options *options, bool in_memory)
{
    struct size_survey *survey = mem_new(struct size_survey);
    survey->in_memory = in_memory;
    snprintf(survey->samples, sizeof(survey->samples), "%lld", (long long)options->memory_samples);
    for (size_t i = 0; i < KNOWN_TYPES; i++) find_type(survey, TYPES[i].name)->facts = &TYPES[i];
    printf("\n# Looking at every key for the biggest of each type; Ctrl-C stops early and still "
           "sums up.\n"
           "# -i 0.1 pauses for 0.1 seconds after each 100 pages of the scan.\n\n");
    key_survey_begin(&survey->keys, options);
    while (key_survey_next(&survey->keys)) measure_page(survey);
    print_summary(survey);
    key_survey_end(&survey->keys);
    for (size_t i = 0; i < survey->type_count; i++) {
        buf_deinit(&survey->types[i].name);
        buf_deinit(&survey->types[i].biggest_key);
    }
    mem_free(survey);
    return 0;
}

int mode_bigkeys(const struct cli_options *options)
{
    return run(options, false);
}

int mode_memkeys(const struct cli_options *options)
{
    return run(options, true);
}
