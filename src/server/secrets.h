/* Which arguments of a request must not be shown: passwords in the slow log and to monitors. */
#ifndef SKEIN_SERVER_SECRETS_H
#define SKEIN_SERVER_SECRETS_H

#include "command/call.h"

#define SECRET_SHOWN STR("(redacted)")

typedef bool secret_rule(const struct call *call, int at);

/* How to tell the secret arguments of this command; NULL when it has none. */
secret_rule *secret_rule_of(const struct call *call);

/* The argument as others may see it. */
static inline struct str secret_arg(secret_rule *rule, const struct call *call, int at)
{
    return rule && rule(call, at) ? SECRET_SHOWN : call_arg(call, at);
}

#endif
