#include "base/mem.h"
#include "base/num.h"
#include "server/config_kind.h"
#include "server/config_words.h"

/* --- replicaof --- */

static bool parse_address(struct config_args args, struct config_master *master, struct buf *reason)
{
    int64_t port;
    struct str host = args.list[0];
    if (!num_parse_i64(args.list[1], &port) || port < 1 || port > 65535) {
        buf_append_c(reason, "Invalid master port");
        return false;
    }
    for (size_t i = 0; i < host.len; i++) {
        if ((unsigned char)host.ptr[i] > ' ') continue;
        host.len = 0;
    }
    if (host.len == 0) {
        buf_append_c(reason, "Invalid master host");
        return false;
    }
    config_set_text(&master->host, host);
    master->port = (int)port;
    return true;
}

static bool parse_master(const struct config_option *option, struct config_args args, void *field,
                         struct buf *reason)
{
    (void)option;
    struct config_master *master = field;
    if (args.count != 2) {
        buf_append_c(reason, "wrong number of arguments");
        return false;
    }
    if (!str_is(args.list[0], "no") || !str_is(args.list[1], "one")) {
        return parse_address(args, master, reason);
    }
    config_set_text(&master->host, STR(""));
    return true;
}

static void format_master(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    const struct config_master *master = field;
    if (!master->host || !*master->host) return;
    buf_printf(out, "%s %d", master->host, master->port);
}

static void write_master_line(const struct config_option *option, const void *field,
                              struct buf *out)
{
    const struct config_master *master = field;
    if (!master->host || !*master->host) return;
    buf_printf(out, "%s ", option->name);
    config_append_word(out, str_from_c(master->host));
    buf_printf(out, " %d\n", master->port);
}

static void copy_master(void *to, const void *from)
{
    const struct config_master *master = from;
    *(struct config_master *)to = (struct config_master){
        .host = mem_strdup(master->host ? master->host : ""), .port = master->port};
}

static void clear_master(void *field)
{
    struct config_master *master = field;
    mem_free(master->host);
    *master = (struct config_master){0};
}

const struct config_kind config_kind_master = {.noun = "host and port",
                                               .parse = parse_master,
                                               .format = format_master,
                                               .lines = write_master_line,
                                               .copy = copy_master,
                                               .clear = clear_master};

/* --- user lines --- */

static void add_user(struct config_users *users, struct config_words line)
{
    users->lines = mem_realloc(users->lines, (users->count + 1) * sizeof(*users->lines));
    users->lines[users->count++] = line;
}

static bool parse_user(const struct config_option *option, struct config_args args, void *field,
                       struct buf *reason)
{
    (void)option;
    struct str name = args.list[0];
    for (size_t i = 0; i < args.list[0].len; i++) {
        if ((unsigned char)name.ptr[i] <= ' ') name.len = 0;
    }
    if (name.len == 0) {
        buf_append_c(reason, "User names can't be empty or contain spaces");
        return false;
    }
    add_user(field, config_words_new(args));
    return true;
}

static void write_user_lines(const struct config_option *option, const void *field, struct buf *out)
{
    const struct config_users *users = field;
    for (size_t i = 0; i < users->count; i++) {
        buf_append_c(out, option->name);
        config_words_write(&users->lines[i], out);
        buf_append_char(out, '\n');
    }
}

static void copy_users(void *to, const void *from)
{
    const struct config_users *users = from;
    struct config_users copy = {0};
    for (size_t i = 0; i < users->count; i++) {
        add_user(&copy, config_words_copy(&users->lines[i]));
    }
    *(struct config_users *)to = copy;
}

static void clear_users(void *field)
{
    struct config_users *users = field;
    for (size_t i = 0; i < users->count; i++) config_words_clear(&users->lines[i]);
    mem_free(users->lines);
    *users = (struct config_users){0};
}

const struct config_kind config_kind_users = {.noun = "user name and ACL rules",
                                              .parse = parse_user,
                                              .format = write_user_lines,
                                              .lines = write_user_lines,
                                              .copy = copy_users,
                                              .clear = clear_users};

/* --- rename-command --- */

static void add_rename(struct config_renames *renames, struct str from, struct str to)
{
    renames->items = mem_realloc(renames->items, (renames->count + 1) * sizeof(*renames->items));
    struct config_rename *item = &renames->items[renames->count++];
    item->from = mem_strndup(from.ptr, from.len);
    item->to = mem_strndup(to.len ? to.ptr : "", to.len);
}

static bool parse_rename(const struct config_option *option, struct config_args args, void *field,
                         struct buf *reason)
{
    (void)option;
    if (args.count != 2 || args.list[0].len == 0) {
        buf_append_c(reason, "wrong number of arguments");
        return false;
    }
    add_rename(field, args.list[0], args.list[1]);
    return true;
}

static void write_rename_lines(const struct config_option *option, const void *field,
                               struct buf *out)
{
    const struct config_renames *renames = field;
    for (size_t i = 0; i < renames->count; i++) {
        buf_printf(out, "%s ", option->name);
        config_append_word(out, str_from_c(renames->items[i].from));
        buf_append_char(out, ' ');
        config_append_word(out, str_from_c(renames->items[i].to));
        buf_append_char(out, '\n');
    }
}

static void copy_renames(void *to, const void *from)
{
    const struct config_renames *renames = from;
    struct config_renames copy = {0};
    for (size_t i = 0; i < renames->count; i++) {
        add_rename(&copy, str_from_c(renames->items[i].from), str_from_c(renames->items[i].to));
    }
    *(struct config_renames *)to = copy;
}

static void clear_renames(void *field)
{
    struct config_renames *renames = field;
    for (size_t i = 0; i < renames->count; i++) {
        mem_free(renames->items[i].from);
        mem_free(renames->items[i].to);
    }
    mem_free(renames->items);
    *renames = (struct config_renames){0};
}

const struct config_kind config_kind_renames = {.noun = "command and its new name",
                                                .parse = parse_rename,
                                                .format = write_rename_lines,
                                                .lines = write_rename_lines,
                                                .copy = copy_renames,
                                                .clear = clear_renames};

/* --- directives without a value to keep --- */

static bool accept_any(const struct config_option *option, struct config_args args, void *field,
                       struct buf *reason)
{
    (void)option;
    (void)args;
    (void)field;
    (void)reason;
    return true;
}

static bool refuse_any(const struct config_option *option, struct config_args args, void *field,
                       struct buf *reason)
{
    (void)args;
    (void)field;
    buf_printf(reason, "%s is not possible: %s", option->name, option->not_yet);
    return false;
}

static void write_nothing(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    (void)field;
    (void)out;
}

const struct config_kind config_kind_ignored = {
    .noun = "anything", .parse = accept_any, .format = write_nothing, .lines = write_nothing};
const struct config_kind config_kind_refused = {
    .noun = "nothing", .parse = refuse_any, .format = write_nothing, .lines = write_nothing};
