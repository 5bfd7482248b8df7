#include "cli/modes.h"

#include "cli/clock.h"
#include "cli/output.h"
#include "cli/terminal.h"

static const double SAMPLE_PAUSE_S = 0.01;

static int64_t ping_us(struct cli_session *session)
{
    struct reply_node reply;
    int64_t start_us = clock_mono_us();
    cli_session_must_call(session, &reply, "PING", NULL);
    reply_node_clear(&reply);
    return clock_mono_us() - start_us;
}

struct samples {
    int64_t min_us, max_us, sum_us;
    uint64_t count;
    int64_t start_us;
};

static void add_sample(struct samples *samples, int64_t us)
{
    if (samples->count == 0 || us < samples->min_us) samples->min_us = us;
    if (us > samples->max_us) samples->max_us = us;
    samples->sum_us += us;
    samples->count++;
}

/* Milliseconds, as scripts have read them from here for years. */
static void print_samples(const struct samples *samples, enum cli_output output)
{
    static const char *const forms[] = {
        [OUTPUT_TTY] = "min: %lld, max: %lld, avg: %.2f (%llu samples)",
        [OUTPUT_RAW] = "%lld %lld %.2f %llu\n",
        [OUTPUT_CSV] = "%lld,%lld,%.2f,%llu\n",
        [OUTPUT_JSON] = "{\"min\": %lld, \"max\": %lld, \"avg\": %.2f, \"count\": %llu}\n",
        [OUTPUT_QUOTED_JSON] = "{\"min\": %lld, \"max\": %lld, \"avg\": %.2f, \"count\": %llu}\n",
    };
    char text[160];
    double average_ms = (double)samples->sum_us / (double)samples->count / 1000;
    if (output == OUTPUT_TTY) fputs("\r\x1b[2K", stdout);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof(text), forms[output], (long long)samples->min_us / 1000,
             (long long)samples->max_us / 1000, average_ms, (unsigned long long)samples->count);
#pragma GCC diagnostic pop
    fputs(text, stdout);
    output_flush();
}

static void begin_session(struct cli_session *session, const struct cli_options *options)
{
    cli_session_init(session, options);
    cli_session_must_connect(session);
}

int mode_latency(const struct cli_options *options)
{
    struct cli_session session;
    begin_session(&session, options);
    double span_s = options->interval_s > 0 ? options->interval_s : 1;
    bool is_endless = options->output == OUTPUT_TTY;
    struct samples samples = {.start_us = clock_mono_us()};
    do {
        add_sample(&samples, ping_us(&session));
        if (is_endless) print_samples(&samples, options->output);
        clock_sleep(SAMPLE_PAUSE_S);
    } while (is_endless || clock_seconds_since(samples.start_us) < span_s);
    print_samples(&samples, options->output);
    cli_session_deinit(&session);
    return 0;
}

int mode_latency_history(const struct cli_options *options)
{
    struct cli_session session;
    begin_session(&session, options);
    double span_s = options->interval_s > 0 ? options->interval_s : 15;
    bool is_live = options->output == OUTPUT_TTY;
    for (;;) {
        struct samples samples = {.start_us = clock_mono_us()};
        while (clock_seconds_since(samples.start_us) < span_s) {
            add_sample(&samples, ping_us(&session));
            if (is_live) print_samples(&samples, options->output);
            clock_sleep(SAMPLE_PAUSE_S);
        }
        print_samples(&samples, options->output);
        if (is_live) printf(" -- %.2f seconds range\n", clock_seconds_since(samples.start_us));
    }
}

/* ---- the spectrum */

/* A column is shown for all samples up to its limit that the columns before did not take. */
static const struct {
    int64_t limit_us;
    char mark;
} COLUMNS[] = {
    {10, '.'},        {125, '-'},     {250, '*'},      {500, '#'},      {1000, '1'},
    {2000, '2'},      {3000, '3'},    {4000, '4'},     {5000, '5'},     {6000, '6'},
    {7000, '7'},      {8000, '8'},    {9000, '9'},     {10000, 'A'},    {20000, 'B'},
    {30000, 'C'},     {40000, 'D'},   {50000, 'E'},    {100000, 'F'},   {200000, 'G'},
    {300000, 'H'},    {400000, 'I'},  {500000, 'J'},   {1000000, 'K'},  {2000000, 'L'},
    {4000000, 'M'},   {8000000, 'N'}, {16000000, 'O'}, {30000000, 'P'}, {60000000, 'Q'},
    {INT64_MAX, '?'},
};
enum { COLUMN_COUNT = sizeof(COLUMNS) / sizeof(*COLUMNS) };

/* From black over grey and yellow to red in the terminal's 256 colours. */
static const int SHADES[] = {0,   233, 234, 235, 237, 239, 241, 243, 245, 247,
                             144, 143, 142, 184, 226, 214, 208, 202, 196};
enum { SHADE_COUNT = sizeof(SHADES) / sizeof(*SHADES) };

static void print_legend(void)
{
    puts("One line per interval; the brighter a mark, the more replies took so long:");
    puts("  . - * #      up to 0.01, 0.125, 0.25, 0.5 milliseconds");
    puts("  1 ... 9      up to 1 ... 9 milliseconds");
    puts("  A B C D E    up to 10, 20, 30, 40, 50 milliseconds");
    puts("  F G H I J    up to 0.1, 0.2, 0.3, 0.4, 0.5 seconds");
    puts("  K ... Q ?    up to 1, 2, 4, 8, 16, 30, 60 seconds, more");
    fputs("  none to all: ", stdout);
    for (size_t i = 0; i < SHADE_COUNT; i++) printf("\x1b[48;5;%dm ", SHADES[i]);
    puts("\x1b[0m");
}

static void print_spectrum(const uint64_t counts[COLUMN_COUNT], uint64_t total)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        double share = (double)counts[i] / (double)total;
        size_t shade = (size_t)(share * (SHADE_COUNT - 1) + 0.999);
        bool is_dark = shade < SHADE_COUNT / 2;
        printf("\x1b[38;5;%dm\x1b[48;5;%dm%c", is_dark ? 255 : 0, SHADES[shade],
               counts[i] ? COLUMNS[i].mark : ' ');
    }
    puts("\x1b[0m");
    output_flush();
}

int mode_latency_dist(const struct cli_options *options)
{
    struct cli_session session;
    begin_session(&session, options);
    double span_s = options->interval_s > 0 ? options->interval_s : 1;
    print_legend();
    for (;;) {
        uint64_t counts[COLUMN_COUNT] = {0}, total = 0;
        int64_t start_us = clock_mono_us();
        while (total == 0 || clock_seconds_since(start_us) < span_s) {
            int64_t us = ping_us(&session);
            size_t column = 0;
            while (us > COLUMNS[column].limit_us) column++;
            counts[column]++;
            total++;
            clock_sleep(SAMPLE_PAUSE_S);
        }
        print_spectrum(counts, total);
    }
}

/* ---- the machine's own pauses, without any server */

static uint64_t burn(uint64_t seed)
{
    for (int i = 0; i < 16; i++) seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed;
}

int mode_intrinsic_latency(const struct cli_options *options)
{
    if (options->intrinsic_seconds < 1) {
        fputs("--intrinsic-latency needs a number of seconds.\n", stderr);
        return 1;
    }
    int watch = interrupt_watch();
    int64_t max_ns = 0, start_ns = clock_mono_ns(), last_ns = start_ns;
    int64_t end_ns = start_ns + options->intrinsic_seconds * 1000000000;
    uint64_t runs = 0, state = 1;
    while (last_ns < end_ns) {
        state = burn(state);
        int64_t now_ns = clock_mono_ns();
        int64_t took_ns = now_ns - last_ns;
        last_ns = now_ns;
        runs++;
        if (took_ns > max_ns && took_ns >= 1000) {
            max_ns = took_ns;
            printf("Max latency so far: %lld microseconds.\n", (long long)max_ns / 1000);
        }
        if (runs % 4096 == 0) {
            if (interrupt_arrived(watch)) break;
            last_ns = clock_mono_ns();
        }
    }
    double average_ns = (double)(last_ns - start_ns) / (double)runs;
    printf("\n%llu total runs (avg latency: %.4f microseconds / %.2f nanoseconds per run).\n",
           (unsigned long long)runs, average_ns / 1000, average_ns);
    printf("Worst run took %.0fx longer than the average latency.%s\n", (double)max_ns / average_ns,
           state == 0 ? " " : "");
    interrupt_unwatch(watch);
    return 0;
}
