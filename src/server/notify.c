#include "server/notify.h"

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
