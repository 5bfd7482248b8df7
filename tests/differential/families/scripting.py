"""Scripts: conversions of values both ways, errors, the script cache, functions."""

NAME = "scripting"
NEEDS = ["EVAL", "SCRIPT LOAD"]
SCRIPTS = [
    b"return 1", b"return 'x'", b"return {1,2,'a',{3}}", b"return nil", b"return true",
    b"return false", b"return 3.99",
    b"return {ok='fine'}", b"return {err='MY bad'}", b"return {err='bad'}", b"return {double=3.5}",
    b"return {map={a=1}}", b"return {set={a=true}}", b"return {big_number='123'}",
    b"return {verbatim_string={string='hi', format='txt'}}", b"return {1,nil,3}", b"return {}",
    b"return KEYS",
    b"return ARGV", b"return #KEYS + #ARGV", b"return redis.call('get', KEYS[1])",
    b"return redis.call('set', KEYS[1], ARGV[1])", b"return redis.pcall('incr', KEYS[1])",
    b"return redis.call('incr', KEYS[1])",
    b"redis.call('set', KEYS[1], 'a') return redis.call('lpush', KEYS[1], 1)",
    b"return redis.call('nosuch')", b"return redis.pcall('get')", b"return redis.call()",
    b"error('boom')",
    b"error({err='CUSTOM text'})", b"return redis.error_reply('OOPS x')",
    b"return redis.error_reply('x')",
    b"return redis.status_reply('good')", b"return redis.sha1hex('a')", b"x = 1", b"return x",
    b"syntax error here",
    b"redis.setresp(3); return redis.call('config','get','nosuch')", b"redis.setresp(4)",
    b"return type(redis.call)",
    b"return cjson.encode({1,2,3})", b"return cjson.decode('[1,{\"a\":null}]')[1]",
    b"return cmsgpack.pack(1)",
    b"return struct.pack('>I2', 258)", b"return bit.band(7, 12)", b"return tostring(1e15)",
    b"return 2^53",
    b"return redis.pcall('eval','return 1',0)", b"return string.format('%d', 7)",
    b"return {tostring(nil)}",
    b"local t = redis.call('mget', KEYS[1], 'none'); return type(t[2])",
    b"return redis.REDIS_VERSION_NUM ~= nil",
    b"#!lua flags=no-writes\nreturn redis.call('set', KEYS[1], 1)", b"#!lua\nreturn 1",
    b"#!lua flags=bad\nreturn 1",
    b"#!python\nreturn 1", b"return -0", b"return 1/0", b"return '\\0\\255'",
    b"return math.floor(3.7)",
    b"return redis.log(redis.LOG_DEBUG, 'x')", b"return loadstring('return 5')()",
    b"return os.clock ~= nil",
    b"return redis.acl_check_cmd('get', 'k')",
    b"return pcall(function() return redis.call('nosuch') end)",
]  # fmt: skip
GRAMMAR = """
 12 EVAL <script> 2 <key> <key> <value>*
 3 EVAL_RO <script> 1 <key> <value>
 1 EVAL <script> (x|-1|5|99999999999999999999)
 4 EVALSHA <sha> 1 <key> <value>
 2 SCRIPT LOAD <script>
 2 SCRIPT EXISTS <sha>+
 1 SCRIPT FLUSH [SYNC|ASYNC]
 1 SCRIPT (<junk>|KILL|FLUSH x|EXISTS)
 3 FUNCTION LOAD [REPLACE] <library>
 3 FCALL <function> 1 <key> <value>
 2 FCALL_RO <function> 1 <key> <value>
 1! FUNCTION LIST LIBRARYNAME <libname>
 1 FUNCTION DELETE <libname>
 1 FUNCTION FLUSH [SYNC]
 1 FUNCTION (<junk>|KILL|STATS)
 3 SET <key> <value>
 1 LPUSH <key> a
 2 GET <key>
 1 MULTI
 1 EXEC
"""
DOMAINS = {
    "script": SCRIPTS,
    "key": [b"k1", b"k2", b"k3"],
    "value": [b"1", b"a", b""],
    "sha": [b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
        b"E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", b"x", b"0" * 40],
    "library": [
        b"#!lua name=one\nredis.register_function('f1', function(keys, args) return keys[1] end)",
        b"#!lua name=two\nredis.register_function{function_name='f2', "
        b"callback=function() return 2 end, flags={'no-writes'}}",
        b"#!lua name=three\nredis.register_function('f1', function() return 3 end)",
        b"return 1", b"#!lua\nreturn 1", b"#!lua name=bad name\n", b"#!lua name=four\n",
        b"#!lua name=five\nsyntax error",
        b"#!lua name=six\nredis.register_function('f3', "
        b"function(k, a) return redis.call('set', k[1], a[1]) end)",
    ],
    "libname": [b"one", b"two", b"nosuch"],
    "function": [b"f1", b"f2", b"f3", b"nosuch"],
}  # fmt: skip


def is_fair(step, known):
    """Scripts call commands too, which may not exist yet."""
    return "LPUSH" in known or not any(b"lpush" in arg for arg in step.args)


def restore(client, _):
    client("SCRIPT", "FLUSH")
    client("FUNCTION", "FLUSH")
