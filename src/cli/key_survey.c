#include "cli/key_survey.h"

#include "base/assert.h"
#include "cli/clock.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <unistd.h>

enum { PAGES_PER_PAUSE = 100, WORDS_MAX = 8 };

void key_survey_begin(struct key_survey *survey, const struct cli_options *options)
{
    struct reply_node reply;
    *survey = (struct key_survey){.start_us = clock_mono_us()};
    cli_session_init(&survey->session, options);
    cli_session_must_connect(&survey->session);
    cli_session_must_succeed(&survey->session, &reply, "DBSIZE", NULL);
    survey->key_count = reply.integer;
    reply_node_clear(&reply);
    key_scan_init(&survey->scan, &survey->session);
    survey->interrupt = interrupt_watch();
    survey->shows_progress = options->output == OUTPUT_TTY && isatty(STDERR_FILENO);
}

static double percent_seen(const struct key_survey *survey)
{
    if (survey->key_count <= 0) return 100;
    double percent = 100.0 * (double)survey->sampled / (double)survey->key_count;
    return percent > 100 ? 100 : percent;
}

static void show_progress(struct key_survey *survey)
{
    int64_t now_us = clock_mono_us();
    if (!survey->shows_progress || now_us - survey->shown_us < 200000) return;
    survey->shown_us = now_us;
    double span_s = clock_seconds_since(survey->start_us);
    fprintf(stderr, "\r%llu keys sampled (%.2f%%, %.0f per second)\x1b[K\r",
            (unsigned long long)survey->sampled, survey->percent,
            (double)survey->sampled / (span_s > 0 ? span_s : 1));
}

bool key_survey_next(struct key_survey *survey)
{
    double pause_s = survey->session.options->interval_s;
    do {
        if (interrupt_arrived(survey->interrupt)) return false;
        if (pause_s > 0 && survey->scan.pages > 0 && survey->scan.pages % PAGES_PER_PAUSE == 0)
            clock_sleep(pause_s);
        output_flush();
        survey->percent = percent_seen(survey);
        if (!key_scan_next(&survey->scan)) return false;
        show_progress(survey);
    } while (survey->scan.keys->count == 0);
    return true;
}

void key_survey_end(struct key_survey *survey)
{
    if (survey->shows_progress) fputs("\r\x1b[K", stderr);
    interrupt_unwatch(survey->interrupt);
    key_scan_deinit(&survey->scan);
    cli_session_deinit(&survey->session);
}

void key_survey_send(struct key_survey *survey, size_t key, struct command_words words,
                     size_t key_at)
{
    struct str list[WORDS_MAX];
    ASSERT(words.count <= WORDS_MAX && key_at < words.count);
    memcpy(list, words.list, words.count * sizeof(*list));
    list[key_at] = reply_text(&survey->scan.keys->items[key]);
    cli_session_queue(&survey->session, (struct command_words){list, words.count});
}
