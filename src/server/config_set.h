/* CONFIG SET as a transaction: all options change and take effect, or none does.
 *
 * Values are parsed into place one by one, the old ones kept aside. Then the server makes each kind
 * of change effective once, whatever number of options asked for it. The first refusal puts all old
 * values back and tells the server again, so that it returns to where it was. */
#ifndef SKEIN_SERVER_CONFIG_SET_H
#define SKEIN_SERVER_CONFIG_SET_H

#include "server/config_option.h"

struct config_hooks {
    void *ctx;
    /* The fields hold the new values. May refuse with a reason; the old values come back then and
     * the hook is called again, its reason ignored. */
    bool (*apply)(void *ctx, enum config_change change, struct buf *reason);
};

struct config_assignment {
    struct str name, value;
};

struct config_request {
    const struct config_assignment *list;
    size_t count;
    bool local; /* the client may change protected options if "local" clients may */
};

struct config_failure {
    bool unknown;       /* no such option; there is no reason then */
    struct str culprit; /* as the request spelled it */
    struct buf reason;
};

/* `failure` must be zeroed; its reason belongs to the caller. */
bool config_set(struct config *config, const struct config_hooks *hooks,
                const struct config_request *request, struct config_failure *failure);

#endif
