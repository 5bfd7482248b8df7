/* What --bigkeys, --memkeys and --hotkeys share: a walk over all keys that can be interrupted
 * with Ctrl-C, which tells on a terminal how far it got. */
#ifndef SKEIN_CLI_KEY_SURVEY_H
#define SKEIN_CLI_KEY_SURVEY_H

#include "cli/key_scan.h"

struct key_survey {
    struct cli_session session;
    struct key_scan scan;
    int64_t key_count; /* DBSIZE at the start */
    uint64_t sampled;
    double percent; /* of the keyspace that was seen before this page */
    int interrupt;
    bool shows_progress;
    int64_t start_us, shown_us;
};

void key_survey_begin(struct key_survey *survey, const struct cli_options *options);
/* The next page with at least one key is in survey->scan.keys; false at the end or after Ctrl-C. */
bool key_survey_next(struct key_survey *survey);
void key_survey_end(struct key_survey *survey);
/* Sends a command about one key of the page, which takes the place `key_at` among the words. */
void key_survey_send(struct key_survey *survey, size_t key, struct command_words words,
                     size_t key_at);

#endif
