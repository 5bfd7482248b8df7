#include "server/notify.h"

struct letter {
    char letter;
    uint32_t class;
};

/* In the order they are written. */
static const struct letter letters_of_all[] = {
    {'g', EVENT_GENERIC},
    {'$', EVENT_STRING},
    {'l', EVENT_LIST},
    {'s', EVENT_SET},
    {'h', EVENT_HASH},
    {'z', EVENT_ZSET},
    {'x', EVENT_EXPIRED},
    {'e', EVENT_EVICTED},
    {'t', EVENT_STREAM},
    {'d', EVENT_MODULE},
    {0, 0},
};
/* A new key and a miss happen too often to be part of 'A'; 'n' is only written when 'A' is not. */
static const struct letter letters_apart[] = {
    {'K', EVENT_KEYSPACE},
    {'E', EVENT_KEYEVENT},
    {'m', EVENT_KEY_MISS},
    {0, 0},
};
static const struct letter letter_new = {'n', EVENT_NEW};

static uint32_t all_classes(void)
{
    uint32_t all = 0;
    for (const struct letter *at = letters_of_all; at->letter; at++) all |= at->class;
    return all;
}

static uint32_t class_in(const struct letter *table, char letter)
{
    while (table->letter && table->letter != letter) table++;
    return table->class;
}

static uint32_t class_of(char letter)
{
    if (letter == 'A') return all_classes();
    if (letter == letter_new.letter) return letter_new.class;
    uint32_t class = class_in(letters_of_all, letter);
    return class ? class : class_in(letters_apart, letter);
}

bool notify_parse(struct str letters, uint32_t *classes)
{
    *classes = 0;
    for (size_t i = 0; i < letters.len; i++) {
        uint32_t class = class_of(letters.ptr[i]);
        if (class == 0) return false;
        *classes |= class;
    }
    return true;
}

static void format_table(const struct letter *table, uint32_t classes, struct buf *out)
{
    for (; table->letter; table++) {
        if (classes & table->class) buf_append_char(out, table->letter);
    }
}

void notify_format(uint32_t classes, struct buf *out)
{
    uint32_t all = all_classes();
    if ((classes & all) == all) {
        buf_append_char(out, 'A');
    } else {
        format_table(letters_of_all, classes, out);
        if (classes & letter_new.class) buf_append_char(out, letter_new.letter);
    }
    format_table(letters_apart, classes, out);
}

static void tell(struct pubsub *pubsub, struct buf *channel, struct str payload)
{
    pubsub_publish(pubsub,
                   &(struct pubsub_message){.channel = buf_str(channel), .payload = payload});
}

void notify(struct pubsub *pubsub, uint32_t classes, const struct notification *notification)
{
    if (!(classes & (uint32_t)notification->what)) return;
    struct str event = str_from_c(notification->event);
    struct buf channel = {0};
    if (classes & EVENT_KEYSPACE) {
        buf_printf(&channel, "__keyspace@%d__:", notification->db);
        buf_append_str(&channel, notification->key);
        tell(pubsub, &channel, event);
    }
    if (classes & EVENT_KEYEVENT) {
        buf_clear(&channel);
        buf_printf(&channel, "__keyevent@%d__:", notification->db);
        buf_append_str(&channel, event);
        tell(pubsub, &channel, notification->key);
    }
    buf_deinit(&channel);
}
