#include "script/function_dump.h"

#include "command/errors.h"
#include "script/library.h"
#include "snapshot/rdb_value.h"

enum { OPCODE_FUNCTION = 245 };

void function_dump(struct call *call)
{
    struct buf payload = {0};
    struct sink sink = sink_to_buf(&payload);
    struct rdb_writer writer = {.sink = &sink, .compress = true};
    struct map_cursor cursor = {0};
    struct str name;
    void *found;
    while (map_next(&call->host->scripts->libraries->libraries, &cursor, &name, &found)) {
        const struct library *library = found;
        rdb_write_byte(&writer, OPCODE_FUNCTION);
        rdb_write_string(&writer, buf_str(&library->code));
    }
    rdb_writer_deinit(&writer);
    rdb_append_footer(&payload, 0);
    reply_bulk(call->reply, buf_str(&payload));
    buf_deinit(&payload);
}

/* Loads what a payload holds into the engine's libraries, which are empty. */
static bool load_all(struct script_engine *engine, struct str body, struct buf *error)
{
    struct source source = source_from_str(&body);
    struct rdb_reader reader = {.source = &source};
    bool ok = true;
    while (ok && source.left > 0) {
        uint8_t opcode;
        struct str code;
        ok = rdb_read_byte(&reader, &opcode) && opcode == OPCODE_FUNCTION &&
             rdb_read_string(&reader, &code);
        if (!ok)
            buf_append_c(error, "ERR failed loading functions payload");
        else
            ok = library_load(engine, code, false, error) != NULL;
    }
    rdb_reader_deinit(&reader);
    return ok;
}

/* The libraries of a payload as a set of their own, NULL with an error when they are not sound. */
static struct library_set *read_payload(struct script_engine *engine, struct str payload,
                                        struct buf *error)
{
    struct str body;
    if (!rdb_check_footer(payload, &body)) {
        buf_append_c(error, ERR_BAD_DUMP);
        return NULL;
    }
    struct library_set *present = engine->libraries, *read = library_set_new();
    engine->libraries = read;
    bool ok = load_all(engine, body, error);
    engine->libraries = present;
    if (ok) return read;
    library_set_free(engine, read);
    return NULL;
}

enum policy { POLICY_APPEND, POLICY_FLUSH, POLICY_REPLACE, POLICY_UNKNOWN };

static enum policy policy_of(const struct call *call)
{
    if (call->argc == 3 || call_is(call, 3, "append")) return POLICY_APPEND;
    if (call_is(call, 3, "flush")) return POLICY_FLUSH;
    return call_is(call, 3, "replace") ? POLICY_REPLACE : POLICY_UNKNOWN;
}

static bool restore(struct call *call, enum policy policy, struct buf *error)
{
    struct script_engine *engine = call->host->scripts;
    struct library_set *read = read_payload(engine, call_arg(call, 2), error);
    if (read == NULL) return false;
    if (policy == POLICY_FLUSH) {
        library_set_replace(engine, read);
        return true;
    }
    if (library_set_merge(engine, read, policy == POLICY_REPLACE, error)) return true;
    library_set_free(engine, read);
    return false;
}

void function_restore(struct call *call)
{
    struct buf error = {0};
    enum policy policy = policy_of(call);
    if (call->argc > 4) {
        reply_error(call->reply, "ERR unknown subcommand or wrong number of arguments for "
                                 "'restore'. Try FUNCTION HELP.");
    } else if (policy == POLICY_UNKNOWN) {
        reply_error(call->reply, "ERR Wrong restore policy given, value should be either FLUSH, "
                                 "APPEND or REPLACE.");
    } else if (restore(call, policy, &error)) {
        call->changes++;
        reply_ok(call->reply);
    } else {
        reply_error_str(call->reply, buf_str(&error));
    }
    buf_deinit(&error);
}
