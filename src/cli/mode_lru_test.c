/* A cache in miniature: keys are read by a skewed distribution; a miss writes the key. Once a
 * second the share of hits is printed, which tells how well the server's eviction keeps what is
 * used. */
#include "cli/modes.h"

#include "base/prng.h"
#include "cli/clock.h"
#include "cli/output.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 250, KEY_MAX = 32 };

struct lru_counts {
    uint64_t gets, hits, misses;
};

/* A power law in which the first fifth of the keys gets four fifths of the reads. */
static uint64_t choose_key(struct prng *prng, int64_t key_count)
{
    static const double exponent = 7.2;
    double unit = prng_unit(prng);
    double rank = (double)key_count * pow(unit, exponent);
    return rank >= (double)key_count ? (uint64_t)key_count - 1 : (uint64_t)rank;
}

static void send_gets(struct cli_session *session, struct prng *prng, char keys[BATCH][KEY_MAX])
{
    for (int i = 0; i < BATCH; i++) {
        uint64_t key = choose_key(prng, session->options->lru_keys);
        snprintf(keys[i], KEY_MAX, "lru:%llu", (unsigned long long)key);
        struct str words[] = {STR("GET"), str_from_c(keys[i])};
        cli_session_queue(session, (struct command_words){words, 2});
    }
}

static void must_not_be_error(const struct reply_node *reply)
{
    if (reply->type != REPLY_ERROR) return;
    fprintf(stderr, "The server refused: %.*s\n", STR_ARG(buf_str(&reply->text)));
    exit(1);
}

static void run_batch(struct cli_session *session, struct prng *prng, struct lru_counts *counts)
{
    char keys[BATCH][KEY_MAX];
    bool is_missing[BATCH];
    struct reply_node reply;
    send_gets(session, prng, keys);
    for (int i = 0; i < BATCH; i++) {
        cli_session_must_receive(session, &reply);
        must_not_be_error(&reply);
        is_missing[i] = reply.type == REPLY_NIL;
        counts->gets++;
        counts->misses += is_missing[i];
        counts->hits += !is_missing[i];
        reply_node_clear(&reply);
    }
    for (int i = 0; i < BATCH; i++) {
        struct str words[] = {STR("SET"), str_from_c(keys[i]), STR("value")};
        if (is_missing[i]) cli_session_queue(session, (struct command_words){words, 3});
    }
    for (int i = 0; i < BATCH; i++) {
        if (!is_missing[i]) continue;
        cli_session_must_receive(session, &reply);
        must_not_be_error(&reply);
        reply_node_clear(&reply);
    }
}

int mode_lru_test(const struct cli_options *options)
{
    if (options->lru_keys < 1) {
        fputs("--lru-test needs a number of keys.\n", stderr);
        return 1;
    }
    struct cli_session session;
    cli_session_init(&session, options);
    cli_session_must_connect(&session);
    struct prng prng;
    prng_init(&prng, (uint64_t)clock_wall_us());
    for (;;) {
        struct lru_counts counts = {0};
        int64_t start_us = clock_mono_us();
        while (clock_seconds_since(start_us) < 1) run_batch(&session, &prng, &counts);
        printf("%llu Gets/sec | Hits: %llu (%.2f%%) | Misses: %llu (%.2f%%)\n",
               (unsigned long long)counts.gets, (unsigned long long)counts.hits,
               100.0 * (double)counts.hits / (double)counts.gets, (unsigned long long)counts.misses,
               100.0 * (double)counts.misses / (double)counts.gets);
        output_flush();
    }
}
