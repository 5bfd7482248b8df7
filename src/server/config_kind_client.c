#include "base/num.h"
#include "server/config_kind.h"
#include "server/config_size.h"

/* --- output buffer limits, one per class of clients --- */

static const struct config_name classes[] = {
    {"normal", CONFIG_CLIENT_NORMAL},
    {"slave", CONFIG_CLIENT_REPLICA},
    {"pubsub", CONFIG_CLIENT_PUBSUB},
    {"replica", CONFIG_CLIENT_REPLICA},
};

static bool find_class(struct str text, int *class)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
        if (!str_is(text, classes[i].name)) continue;
        *class = classes[i].value;
        return true;
    }
    return false;
}

static bool parse_limit(const struct str *words, struct config_output_limit *limit)
{
    int64_t hard, soft, seconds;
    if (config_size_parse(words[0], &hard) != CONFIG_SIZE_GOOD ||
        config_size_parse(words[1], &soft) != CONFIG_SIZE_GOOD ||
        !num_parse_i64(words[2], &seconds) || seconds < 0) {
        return false;
    }
    *limit = (struct config_output_limit){(uint64_t)hard, (uint64_t)soft, seconds};
    return true;
}

static const char *parse_limits(struct config_args args, struct config_output_limit *limits)
{
    if (args.count == 1 && args.list[0].len == 0) return NULL;
    if (args.count % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
    for (size_t i = 0; i < args.count; i += 4) {
        int class;
        if (!find_class(args.list[i], &class)) {
            return "Invalid client class specified in buffer limit configuration.";
        }
        if (!parse_limit(&args.list[i + 1], &limits[class])) {
            return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
        }
    }
    return NULL;
}

static bool parse_output_limits(const struct config_option *option, struct config_args args,
                                void *field, struct buf *reason)
{
    (void)option;
    const char *fault = parse_limits(args, field);
    buf_append_c(reason, fault ? fault : "");
    return !fault;
}

static void format_output_limits(const struct config_option *option, const void *field,
                                 struct buf *out)
{
    (void)option;
    const struct config_output_limit *limits = field;
    for (size_t i = 0; i < CONFIG_CLIENT_CLASSES; i++) {
        buf_printf(out, "%s%s %llu %llu %lld", i ? " " : "", classes[i].name,
                   (unsigned long long)limits[i].hard_bytes,
                   (unsigned long long)limits[i].soft_bytes, (long long)limits[i].soft_s);
    }
}

static void write_output_limits(const struct config_option *option, const void *field,
                                struct buf *out)
{
    const struct config_output_limit *limits = field;
    for (size_t i = 0; i < CONFIG_CLIENT_CLASSES; i++) {
        bool replica = i == CONFIG_CLIENT_REPLICA;
        buf_printf(out, "%s %s ", option->name, replica ? "replica" : classes[i].name);
        config_size_format(out, (int64_t)limits[i].hard_bytes);
        buf_append_char(out, ' ');
        config_size_format(out, (int64_t)limits[i].soft_bytes);
        buf_printf(out, " %lld\n", (long long)limits[i].soft_s);
    }
}

const struct config_kind config_kind_output_limits = {
    .noun = "class, hard limit, soft limit and its seconds, for each class",
    .parse = parse_output_limits,
    .format = format_output_limits,
    .lines = write_output_limits};

/* --- classes of keyspace events, one letter each --- */

/* In the order CONFIG GET shows them; "A" stands for those it covers. */
static const struct {
    char letter;
    int flag;
} letters[] = {
    {'A', CONFIG_NOTIFY_ALL},      {'g', CONFIG_NOTIFY_GENERIC},  {'$', CONFIG_NOTIFY_STRING},
    {'l', CONFIG_NOTIFY_LIST},     {'s', CONFIG_NOTIFY_SET},      {'h', CONFIG_NOTIFY_HASH},
    {'z', CONFIG_NOTIFY_ZSET},     {'x', CONFIG_NOTIFY_EXPIRED},  {'e', CONFIG_NOTIFY_EVICTED},
    {'t', CONFIG_NOTIFY_STREAM},   {'d', CONFIG_NOTIFY_MODULE},   {'n', CONFIG_NOTIFY_NEW},
    {'K', CONFIG_NOTIFY_KEYSPACE}, {'E', CONFIG_NOTIFY_KEYEVENT}, {'m', CONFIG_NOTIFY_KEY_MISS},
};
enum { LETTERS = sizeof(letters) / sizeof(*letters) };

static int flags_of_letter(char letter)
{
    for (size_t i = 0; i < LETTERS; i++) {
        if (letters[i].letter == letter) return letters[i].flag;
    }
    return 0;
}

static bool parse_notify(const struct config_option *option, struct config_args args, void *field,
                         struct buf *reason)
{
    (void)option;
    int flags = 0;
    for (size_t i = 0; i < args.list[0].len; i++) {
        int flag = flags_of_letter(args.list[0].ptr[i]);
        if (flag == 0) {
            buf_append_c(reason, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
            return false;
        }
        flags |= flag;
    }
    *(int *)field = flags;
    return true;
}

static void format_notify(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    int left = *(const int *)field;
    for (size_t i = 0; i < LETTERS; i++) {
        if ((left & letters[i].flag) != letters[i].flag) continue;
        buf_append_char(out, letters[i].letter);
        left &= ~letters[i].flag;
    }
}

const struct config_kind config_kind_notify = {
    .noun = "letters of event classes", .parse = parse_notify, .format = format_notify};
