#include "server/stats.h"

#include "base/mem.h"

enum { ERROR_PREFIXES_MAX = 128, ERROR_PREFIX_LEN = 64 };

static int bucket_of(int64_t us)
{
    if (us < HISTOGRAM_SUB) return us < 0 ? 0 : (int)us;
    int power = 63 - __builtin_clzll((uint64_t)us);
    int sub = (int)(us >> (power - 3)) & (HISTOGRAM_SUB - 1);
    int bucket = (power - 2) * HISTOGRAM_SUB + sub;
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

int64_t histogram_bucket_limit(int bucket)
{
    if (bucket < HISTOGRAM_SUB) return bucket;
    int power = bucket / HISTOGRAM_SUB + 2, sub = bucket % HISTOGRAM_SUB;
    return (((int64_t)HISTOGRAM_SUB + sub + 1) << (power - 3)) - 1;
}

void histogram_add(struct histogram *histogram, int64_t us)
{
    histogram->count++;
    histogram->buckets[bucket_of(us)]++;
}

double histogram_percentile(const struct histogram *histogram, double percentile)
{
    if (histogram->count == 0) return 0;
    double wanted = percentile / 100 * (double)histogram->count;
    uint64_t seen = 0;
    int last = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] == 0) continue;
        seen += histogram->buckets[i];
        last = i;
        if ((double)seen >= wanted) break;
    }
    return (double)histogram_bucket_limit(last);
}

void rate_sample(struct rate *rate, uint64_t counter, int64_t now_us)
{
    if (rate->last_us && now_us > rate->last_us) {
        double delta = counter >= rate->last ? (double)(counter - rate->last) : 0;
        rate->samples[rate->next] = delta * 1e6 / (double)(now_us - rate->last_us);
        rate->next = (rate->next + 1) % RATE_SAMPLES;
    }
    rate->last = counter;
    rate->last_us = now_us;
}

double rate_mean(const struct rate *rate)
{
    double sum = 0;
    for (int i = 0; i < RATE_SAMPLES; i++) sum += rate->samples[i];
    return sum / RATE_SAMPLES;
}

void stats_init(struct stats *stats, int command_count)
{
    *stats = (struct stats){.command_count = command_count};
    stats->commands = mem_calloc((size_t)command_count * sizeof(*stats->commands));
}

static void clear_commands(struct stats *stats)
{
    for (int i = 0; i < stats->command_count; i++) {
        mem_free(stats->commands[i].latency);
        stats->commands[i] = (struct command_stats){0};
    }
}

void stats_deinit(struct stats *stats)
{
    clear_commands(stats);
    mem_free(stats->commands);
    map_deinit(&stats->errors, mem_free);
}

void stats_reset(struct stats *stats)
{
    struct stats fresh = {.commands = stats->commands, .command_count = stats->command_count};
    clear_commands(stats);
    map_deinit(&stats->errors, mem_free);
    *stats = fresh;
}

void stats_command(struct stats *stats, const struct outcome *outcome, bool track_latency)
{
    struct command_stats *command = &stats->commands[outcome->ref->id];
    command->calls += !outcome->again;
    command->usec += (uint64_t)outcome->duration_us;
    command->failed += outcome->failed;
    if (!track_latency || outcome->again) return;
    if (command->latency == NULL) command->latency = mem_new(struct histogram);
    histogram_add(command->latency, outcome->duration_us);
}

void stats_error(struct stats *stats, struct str error)
{
    stats->error_replies++;
    ptrdiff_t space = str_find_char(error, ' ');
    struct str prefix = str_first(error, space < 0 ? error.len : (size_t)space);
    if (prefix.len > ERROR_PREFIX_LEN) prefix = STR("ERR");
    uint64_t *count = map_get(&stats->errors, prefix);
    if (count == NULL) {
        if (stats->errors.len >= ERROR_PREFIXES_MAX) return;
        count = mem_new(uint64_t);
        map_put(&stats->errors, prefix, count);
    }
    ++*count;
}
