/* What was refused lately, newest first. Equal refusals within a minute are one entry that counts.
 */
#ifndef SKEIN_SERVER_ACL_LOG_H
#define SKEIN_SERVER_ACL_LOG_H

#include "base/buf.h"
#include "base/list.h"

enum acl_log_reason {
    ACL_LOG_COMMAND,
    ACL_LOG_KEY,
    ACL_LOG_CHANNEL,
    ACL_LOG_AUTH,
    ACL_LOG_REASONS,
};
enum acl_log_context { ACL_LOG_TOPLEVEL, ACL_LOG_MULTI, ACL_LOG_LUA };

/* One refusal. Views are copied. */
struct acl_denial {
    enum acl_log_reason reason;
    enum acl_log_context context;
    struct str object; /* the command, key or channel */
    struct str user;
    struct str client_info;
    int64_t now_ms;
};

struct acl_log_entry {
    struct list link;
    enum acl_log_reason reason;
    enum acl_log_context context;
    struct buf object, user, client_info;
    uint64_t count, id;
    int64_t created_ms, updated_ms;
};

struct acl_log {
    struct list entries; /* struct acl_log_entry */
    size_t len, max_len;
    uint64_t next_id;
    uint64_t denied[ACL_LOG_REASONS]; /* since start, for INFO */
};

void acl_log_init(struct acl_log *log, size_t max_len);
void acl_log_clear(struct acl_log *log);
/* Fewer entries from now on; the oldest go. */
void acl_log_limit(struct acl_log *log, size_t max_len);
void acl_log_add(struct acl_log *log, const struct acl_denial *denial);

const char *acl_log_reason_word(enum acl_log_reason reason);
const char *acl_log_context_word(enum acl_log_context context);

#endif
