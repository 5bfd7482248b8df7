#include "sim/writes.h"

#include <stdio.h>

enum { KEYS = 24 };

static unsigned key(void)
{
    return (unsigned)sim_below(KEYS);
}

static unsigned number(void)
{
    return (unsigned)sim_below(1000000);
}

static void set(struct sim_client *client)
{
    sim_client_send(client, "SET s:%u %u", key(), number());
}

static void set_with_expiry(struct sim_client *client)
{
    sim_client_send(client, "SET e:%u %u PX %u", key(), number(), 1 + (unsigned)sim_below(4000));
}

static void expire(struct sim_client *client)
{
    sim_client_send(client, "PEXPIRE s:%u %u", key(), (unsigned)sim_below(4000));
}

static void read_expired(struct sim_client *client)
{
    sim_client_send(client, "GET e:%u", key());
}

static void increment(struct sim_client *client)
{
    sim_client_send(client, "INCR n:%u", key());
}

static void increment_float(struct sim_client *client)
{
    sim_client_send(client, "INCRBYFLOAT f:%u 0.%u", key(), number());
}

static void push(struct sim_client *client)
{
    sim_client_send(client, "RPUSH l:%u %u %u", key(), number(), number());
}

static void pop(struct sim_client *client)
{
    sim_client_send(client, "LPOP l:%u", key());
}

static void add(struct sim_client *client)
{
    sim_client_send(client, "SADD m:%u %u %u %u", key(), number(), number(), number());
}

static void pop_any(struct sim_client *client)
{
    sim_client_send(client, "SPOP m:%u", key());
}

static void set_field(struct sim_client *client)
{
    sim_client_send(client, "HSET h:%u f%u %u", key(), key(), number());
}

static void set_score(struct sim_client *client)
{
    sim_client_send(client, "ZADD z:%u %u m%u", key(), number(), key());
}

static void add_entry(struct sim_client *client)
{
    sim_client_send(client, "XADD x:%u MAXLEN ~ 20 * f %u", key(), number());
}

static void delete (struct sim_client *client)
{
    static const char kinds[] = "senflmhzx";
    sim_client_send(client, "DEL %c:%u", kinds[sim_below(sizeof(kinds) - 1)], key());
}

static void write_pair(struct sim_client *client)
{
    unsigned value = number();
    /* A connection that was cut takes the transaction with it: on the next one there is none. */
    bool is_begun = sim_client_send(client, "MULTI") &&
                    sim_client_send(client, "SET pair:a %u", value) &&
                    sim_client_send(client, "INCR n:%u", key()) &&
                    sim_client_send(client, "SET pair:b %u", value);
    if (is_begun) sim_client_send(client, "EXEC");
}

/* One script that writes to two keys, with a number nobody else could repeat. */
static void run_script(struct sim_client *client)
{
    static const char script[] =
        "local\tv=redis.call('TIME')[2];redis.call('SET','pair:a',v);redis.call('SET','pair:b',v)";
    sim_client_send(client, "EVAL %s 0", script);
}

/* It stays there, so that who joins meanwhile must be told where the stream is. */
static void select_any(struct sim_client *client)
{
    sim_client_send(client, "SELECT %u", (unsigned)sim_below(2));
    set(client);
}

static void move(struct sim_client *client)
{
    sim_client_send(client, "RENAME s:%u s:%u", key(), key());
}

static void publish(struct sim_client *client)
{
    sim_client_send(client, "PUBLISH news %u", number());
}

static void empty_database(struct sim_client *client)
{
    if (sim_one_in(10)) sim_client_send(client, "FLUSHALL");
}

static void load_library(struct sim_client *client)
{
    sim_client_send(client,
                    "FUNCTION LOAD REPLACE #!lua\tname=lib%u\nredis.register_function('f%u',"
                    "function()\treturn\t%u\tend)",
                    key(), key(), number());
}

void write_any(struct sim_client *client)
{
    static void (*const writes[])(struct sim_client * client) = {
        set,
        set,
        set,
        set_with_expiry,
        expire,
        read_expired,
        increment,
        increment,
        push,
        pop,
        add,
        pop_any,
        set_field,
        set_score,
        add_entry,
        delete,
        write_pair,
        run_script,
        write_pair,
        select_any,
        move,
        publish,
        increment_float,
        empty_database,
        load_library,
    };
    writes[sim_below(sizeof(writes) / sizeof(writes[0]))](client);
}

void write_big(struct sim_client *client)
{
    char words[64];
    snprintf(words, sizeof(words), "SET big:%u", key() % 8);
    sim_client_send_value(client, words, 1 + sim_below(6000));
}
