#include "cli/modes.h"

#include "cli/key_survey.h"

#include <stdlib.h>

enum { HOT_KEYS = 16 };

struct hot_key {
    struct buf name; /* quoted */
    int64_t counter;
};

/* Ordered, the hottest first. */
struct hot_keys {
    struct hot_key list[HOT_KEYS];
    size_t count;
};

/* Returns true when the key belongs to the hottest so far. Of equals the one seen first stays. */
static bool add_key(struct hot_keys *hot, struct str key, int64_t counter)
{
    size_t at = hot->count;
    while (at > 0 && hot->list[at - 1].counter < counter) at--;
    if (at == HOT_KEYS) return false;
    if (hot->count == HOT_KEYS)
        buf_deinit(&hot->list[HOT_KEYS - 1].name);
    else
        hot->count++;
    memmove(&hot->list[at + 1], &hot->list[at], (hot->count - at - 1) * sizeof(hot->list[0]));
    hot->list[at] = (struct hot_key){.counter = counter};
    buf_append_quoted(&hot->list[at].name, key);
    return true;
}

static void receive_counter(struct key_survey *survey, size_t key, struct hot_keys *hot)
{
    struct reply_node reply;
    cli_session_must_receive(&survey->session, &reply);
    if (reply.type == REPLY_ERROR) {
        fprintf(stderr, "Error: %.*s\n", STR_ARG(buf_str(&reply.text)));
        exit(1);
    }
    int64_t counter = reply.type == REPLY_INTEGER ? reply.integer : 0;
    reply_node_clear(&reply);
    struct str name = reply_text(&survey->scan.keys->items[key]);
    survey->sampled++;
    if (counter <= 0 || !add_key(hot, name, counter)) return;
    struct buf quoted = {0};
    buf_append_quoted(&quoted, name);
    printf("[%05.2f%%] Hot key '%.*s' found so far with counter %lld\n", survey->percent,
           STR_ARG(buf_str(&quoted)), (long long)counter);
    buf_deinit(&quoted);
}

static void measure_page(struct key_survey *survey, struct hot_keys *hot)
{
    for (size_t i = 0; i < survey->scan.keys->count; i++) {
        struct str words[] = {STR("OBJECT"), STR("FREQ"), {0}};
        key_survey_send(survey, i, (struct command_words){words, 3}, 2);
    }
    for (size_t i = 0; i < survey->scan.keys->count; i++) receive_counter(survey, i, hot);
}

int mode_hotkeys(const struct cli_options *options)
{
    struct key_survey survey;
    struct hot_keys hot = {0};
    printf("\n# Asking every key's access counter; Ctrl-C stops early and still sums up.\n"
           "# -i 0.1 pauses for 0.1 seconds after each 100 pages of the scan.\n\n");
    key_survey_begin(&survey, options);
    while (key_survey_next(&survey)) measure_page(&survey, &hot);
    printf("\n-------- summary -------\n\nSampled %llu keys in the keyspace!\n",
           (unsigned long long)survey.sampled);
    for (size_t i = 0; i < hot.count; i++) {
        printf("hot key found with counter: %lld\tkeyname: %.*s\n", (long long)hot.list[i].counter,
               STR_ARG(buf_str(&hot.list[i].name)));
        buf_deinit(&hot.list[i].name);
    }
    key_survey_end(&survey);
    return 0;
}
