#include "command/help.h"

static void title(struct call *call)
{
    struct buf text = {0};
    const char *name = call->container ? call->container->name : call->command->name;
    for (; *name; name++) {
        bool lower = *name >= 'a' && *name <= 'z';
        buf_append_char(&text, lower ? (char)(*name - ('a' - 'A')) : *name);
    }
    buf_append_c(&text, " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    reply_status_str(call->reply, buf_str(&text));
    buf_deinit(&text);
}

void help_reply(struct call *call, const char *const *lines)
{
    size_t count = 0;
    while (lines[count]) count++;
    reply_array(call->reply, count + 3);
    title(call);
    for (size_t i = 0; i < count; i++) reply_status(call->reply, lines[i]);
    reply_status(call->reply, "HELP");
    reply_status(call->reply, "    Prints this help.");
}
