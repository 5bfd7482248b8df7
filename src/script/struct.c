#include "script/struct.h"

#include "script/engine.h"

#include <lauxlib.h>
#include <math.h>

enum { INTEGER_MAX = 32, ALIGN_NATIVE = 8 };

/* A format on its way: one option at a time. */
struct layout {
    lua_State *lua;
    const char *next;
    bool big_endian;
    size_t align;
    /* The current option. */
    char option;
    size_t size;
    size_t pad; /* before it */
};

static size_t read_number(struct layout *layout, size_t otherwise)
{
    if (*layout->next < '0' || *layout->next > '9') return otherwise;
    size_t number = 0;
    while (*layout->next >= '0' && *layout->next <= '9') {
        size_t digit = (size_t)(*layout->next++ - '0');
        if (number > (INT32_MAX - digit) / 10) luaL_error(layout->lua, "integral size overflow");
        number = number * 10 + digit;
    }
    return number;
}

static size_t read_integer_size(struct layout *layout)
{
    size_t size = read_number(layout, sizeof(int));
    if (size > INTEGER_MAX) {
        luaL_error(layout->lua, "integral size %d is larger than limit of %d", (int)size,
                   INTEGER_MAX);
    }
    return size;
}

static size_t size_of(struct layout *layout)
{
    switch (layout->option) {
    case 'b':
    case 'B':
    case 'x':
        return 1;
    case 'h':
    case 'H':
        return sizeof(short);
    case 'l':
    case 'L':
        return sizeof(long);
    case 'T':
        return sizeof(size_t);
    case 'f':
        return sizeof(float);
    case 'd':
        return sizeof(double);
    case 'c':
        return read_number(layout, 1);
    case 'i':
    case 'I':
        return read_integer_size(layout);
    default:
        return 0;
    }
}

/* Byte order and alignment are no values; false for anything that is one. */
static bool read_control(struct layout *layout)
{
    switch (layout->option) {
    case '<':
    case '>':
        layout->big_endian = layout->option == '>';
        return true;
    case '!':
        layout->align = read_number(layout, ALIGN_NATIVE);
        if (layout->align == 0 || (layout->align & (layout->align - 1))) {
            luaL_error(layout->lua, "alignment %d is not a power of 2", (int)layout->align);
        }
        return true;
    case ' ':
        return true;
    default:
        return false;
    }
}

static bool is_value(char option)
{
    return strchr("bBhHlLTiIfdcsx", option) != NULL;
}

/* Reads the next option and its padding at offset `total`; false at the end. */
static bool next_option(struct layout *layout, size_t total)
{
    do {
        if (*layout->next == 0) return false;
        layout->option = *layout->next++;
    } while (read_control(layout));
    if (!is_value(layout->option)) {
        luaL_argerror(layout->lua, 1,
                      lua_pushfstring(layout->lua, "invalid format option '%c'", layout->option));
    }
    layout->size = size_of(layout);
    size_t align = layout->size < layout->align ? layout->size : layout->align;
    bool is_aligned = layout->option != 'c' && layout->option != 'x' && layout->option != 's';
    layout->pad = align > 1 && is_aligned ? (align - (total & (align - 1))) & (align - 1) : 0;
    return true;
}

static struct layout begin(lua_State *lua)
{
    return (struct layout){.lua = lua, .next = luaL_checkstring(lua, 1), .align = 1};
}

/* --- pack --- */

/* Beyond 64 bits the sign is not continued: the upper bytes are zero. */
static void put_integer(const struct layout *layout, struct buf *out, uint64_t number)
{
    for (size_t i = 0; i < layout->size; i++) {
        size_t byte = layout->big_endian ? layout->size - 1 - i : i;
        buf_append_char(out, (char)(byte < 8 ? number >> (8 * byte) & 0xFF : 0));
    }
}

static uint64_t to_bits(double number)
{
    if (number >= -9223372036854775808.0 && number < 9223372036854775808.0) {
        return (uint64_t)(int64_t)number;
    }
    return number >= 0 && number < 18446744073709551616.0 ? (uint64_t)number : 0;
}

static void put_float(const struct layout *layout, struct buf *out, double number)
{
    uint64_t bits = 0;
    float single = (float)number;
    if (layout->size == sizeof(float))
        memcpy(&bits, &single, sizeof(single));
    else
        memcpy(&bits, &number, sizeof(number));
    put_integer(layout, out, bits);
}

static void put_string(const struct layout *layout, struct buf *out, int at)
{
    struct str s;
    s.ptr = luaL_checklstring(layout->lua, at, &s.len);
    size_t len = layout->size == 0 ? s.len : layout->size;
    luaL_argcheck(layout->lua, s.len >= len, at + 1, "string too short");
    buf_append(out, s.ptr, len);
    if (layout->option == 's') buf_append_char(out, 0);
}

/* Writes the current option; returns how many arguments it took. */
static int put_option(const struct layout *layout, struct buf *out, int at)
{
    switch (layout->option) {
    case 'x':
        buf_append_char(out, 0);
        return 0;
    case 'f':
    case 'd':
        put_float(layout, out, luaL_checknumber(layout->lua, at));
        return 1;
    case 'c':
    case 's':
        put_string(layout, out, at);
        return 1;
    default:
        put_integer(layout, out, to_bits(luaL_checknumber(layout->lua, at)));
        return 1;
    }
}

static int pack(lua_State *lua)
{
    struct layout layout = begin(lua);
    struct buf *out = script_scratch(lua);
    int at = 2;
    lua_pushnil(lua); /* a missing argument is nil, not none */
    while (next_option(&layout, out->len)) {
        for (size_t i = 0; i < layout.pad; i++) buf_append_char(out, 0);
        at += put_option(&layout, out, at);
        script_scratch_check(lua, out);
    }
    lua_pushlstring(lua, out->len ? out->ptr : "", out->len);
    return 1;
}

/* --- unpack --- */

static void push_integer(const struct layout *layout, const unsigned char *bytes)
{
    uint64_t number = 0;
    size_t used = layout->size < 8 ? layout->size : 8;
    for (size_t i = 0; i < used; i++) {
        size_t at = layout->big_endian ? layout->size - 1 - i : i;
        number |= (uint64_t)bytes[at] << (8 * i);
    }
    bool is_signed = strchr("bhli", layout->option) != NULL;
    if (!is_signed) {
        lua_pushnumber(layout->lua, (double)number);
        return;
    }
    unsigned unused = (unsigned)(64 - 8 * used);
    int64_t value = used ? (int64_t)(number << unused) >> unused : 0;
    lua_pushnumber(layout->lua, (double)value);
}

static void push_float(const struct layout *layout, const unsigned char *bytes)
{
    unsigned char ordered[sizeof(double)];
    float single;
    double number;
    for (size_t i = 0; i < layout->size; i++) {
        ordered[i] = bytes[layout->big_endian ? layout->size - 1 - i : i];
    }
    if (layout->size == sizeof(float)) {
        memcpy(&single, ordered, sizeof(single));
        number = (double)single;
    } else {
        memcpy(&number, ordered, sizeof(number));
    }
    lua_pushnumber(layout->lua, number);
}

/* The length of "c0" is the number unpacked before it, which it replaces. */
static size_t take_length(lua_State *lua, int values)
{
    if (values == 0 || !lua_isnumber(lua, -1)) luaL_error(lua, "format 'c0' needs a previous size");
    double size = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    luaL_argcheck(lua, size >= 0 && size < 4294967296.0, 2, "data string too short");
    return (size_t)size;
}

static size_t find_end(lua_State *lua, struct str rest)
{
    const char *end = rest.len ? memchr(rest.ptr, 0, rest.len) : NULL;
    if (end == NULL) luaL_error(lua, "unfinished string in data");
    return (size_t)(end - rest.ptr);
}

/* Pushes the value of the current option that begins `rest`, if it has one; returns the bytes it
 * took. */
static size_t take_option(struct layout *layout, struct str rest, int *values)
{
    lua_State *lua = layout->lua;
    const unsigned char *bytes = (const unsigned char *)rest.ptr;
    size_t size = layout->size;
    if (layout->option == 's') {
        size = find_end(lua, rest);
        lua_pushlstring(lua, rest.ptr, size);
        ++*values;
        return size + 1;
    }
    if (layout->option == 'c' && size == 0) {
        size = take_length(lua, (*values)--);
    }
    luaL_argcheck(lua, size <= rest.len, 2, "data string too short");
    if (layout->option == 'x') return size;
    if (layout->option == 'c')
        lua_pushlstring(lua, rest.ptr, size);
    else if (layout->option == 'f' || layout->option == 'd')
        push_float(layout, bytes);
    else
        push_integer(layout, bytes);
    ++*values;
    return size;
}

static int unpack(lua_State *lua)
{
    struct layout layout = begin(lua);
    struct str data;
    data.ptr = luaL_checklstring(lua, 2, &data.len);
    double start = luaL_optnumber(lua, 3, 1);
    luaL_argcheck(lua, !(start > -1 && start < 1), 3, "offset must be 1 or greater");
    size_t at = start >= 1 && start <= (double)data.len + 1 ? (size_t)start - 1 : data.len + 1;
    int values = 0;
    lua_settop(lua, 2);
    while (next_option(&layout, at)) {
        at += layout.pad;
        luaL_argcheck(lua, at <= data.len, 2, "data string too short");
        luaL_checkstack(lua, 4, "too many results");
        at += take_option(&layout, str_from(data, at), &values);
    }
    lua_pushinteger(lua, (lua_Integer)at + 1);
    return values + 1;
}

static int size(lua_State *lua)
{
    struct layout layout = begin(lua);
    size_t total = 0;
    while (next_option(&layout, total)) {
        if (layout.option == 's')
            luaL_argerror(lua, 1, "option 's' has no fixed size");
        else if (layout.option == 'c' && layout.size == 0)
            luaL_argerror(lua, 1, "option 'c0' has no fixed size");
        total += layout.pad + layout.size;
    }
    lua_pushnumber(lua, (double)total);
    return 1;
}

void struct_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"pack", pack}, {"unpack", unpack}, {"size", size}, {NULL, NULL}};
    lua_newtable(lua);
    luaL_register(lua, NULL, functions);
}
