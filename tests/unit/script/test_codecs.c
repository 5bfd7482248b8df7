/* cjson, cmsgpack and struct: the bytes scripts rely on, inputs that try to leave the bounds. */
#include "unit/script/world.h"

#define HEX(e)                                                                                     \
    "return (string.gsub(" e ", '.', function(c) return string.format('%02x', c:byte()) end))"

static void json_is_encoded_as_scripts_expect(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h, {"return cjson.encode({1,2,nil,4})", "$12\r\n[1,2,null,4]\r\n"},
        {"return cjson.encode({[1]=1,[3]=2})", "$10\r\n[1,null,2]\r\n"},
        {"return cjson.encode({[1]=1,[100]=2})",
         "-ERR user_script:1: Cannot serialise table: excessively sparse array"},
        {"return cjson.encode({})", "$2\r\n{}\r\n"},
        {"return cjson.encode({[1.5]=1})", "$9\r\n{\"1.5\":1}\r\n"},
        {"return cjson.encode({[true]=1})",
         "-ERR user_script:1: Cannot serialise boolean: table key must be a number or string"},
        {"return cjson.encode({function() end})",
         "-ERR user_script:1: Cannot serialise function: type not supported"},
        {"return cjson.encode(0/0)",
         "-ERR user_script:1: Cannot serialise number: must not be NaN or Inf"},
        {"return cjson.encode('a/b\"\\\\\\n\\127\\1')",
         "$24\r\n\"a\\/b\\\"\\\\\\n\\u007f\\u0001\"\r\n"},
        {"return cjson.encode({0.1,1e100,123456789012345678,3.0})",
         "$34\r\n[0.1,1e+100,1.2345678901235e+17,3]\r\n"},
        {"local t={} t.a=t return cjson.encode(t)",
         "-ERR user_script:1: Cannot serialise, excessive nesting (1001)"},
        {"cjson.encode_max_depth(2147483647) local t={} t.a=t return (pcall(cjson.encode,t))",
         "$-1\r\n"},
        {"local a = cjson.encode_number_precision(20)",
         "-ERR user_script:1: bad argument #1 to 'encode_number_precision' (expected integer "
         "between 1 and 14)"},
        {"local a = cjson.encode()",
         "-ERR user_script:1: bad argument #1 to 'encode' (expected 1 argument)"},
        {"return cjson.encode(cjson.null)", "$4\r\nnull\r\n"});
    world_deinit(&h);
}

#define JSON_ERROR_IS(text_, error_)                                                               \
    {                                                                                              \
        "return cjson.decode('" text_ "')", "-ERR user_script:1: " error_                          \
    }

static void json_is_decoded_or_refused(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h, {"return cjson.decode('{\"a\":[1,{\"b\":null}]}').a[1]", ":1\r\n"},
        {"return cjson.decode('[null]')[1] == cjson.null", ":1\r\n"},
        {"return cjson.decode('\"\\\\u00e9\\\\ud83d\\\\ude00\"')",
         "$6\r\n\xc3\xa9\xf0\x9f\x98\x80\r\n"},
        {"return cjson.decode('[01]')[1]", ":1\r\n"},
        JSON_ERROR_IS("", "Expected value but found T_END at character 1"),
        JSON_ERROR_IS("[1,", "Expected value but found T_END at character 4"),
        JSON_ERROR_IS("[1}", "Expected comma or array end but found T_OBJ_END at character 3"),
        JSON_ERROR_IS("nul", "Expected value but found invalid token at character 1"),
        JSON_ERROR_IS("{1:2}", "Expected object key string but found T_NUMBER at character 2"),
        JSON_ERROR_IS("{\"a\" 2}", "Expected colon but found T_NUMBER at character 6"),
        JSON_ERROR_IS("\"a", "Expected value but found unexpected end of string at character 3"),
        JSON_ERROR_IS("\"\\\\q\"", "Expected value but found invalid escape code at character 2"),
        JSON_ERROR_IS("\"\\\\ud83d\"",
                      "Expected value but found invalid unicode escape code at character 2"),
        JSON_ERROR_IS("1 2", "Expected the end but found T_NUMBER at character 3"),
        JSON_ERROR_IS("-", "Expected value but found invalid number at character 1"),
        {"return cjson.decode(string.rep('[',1001))",
         "-ERR user_script:1: Found too many nested data structures (1001) at character "
         "1001"},
        {"cjson.decode_max_depth(2147483647) return (pcall(cjson.decode, "
         "string.rep('[', 1000000)))",
         "$-1\r\n"});
    world_deinit(&h);
}

static void messages_are_packed_as_small_as_they_can_be(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h,
        {HEX("cmsgpack.pack(-1,-33,127,128,256,65536,4294967296,-129,-32769,-2147483649)"),
         "$80\r\nffd0df7fcc80cd0100ce00010000cf0000000100000000d1ff7fd2ffff7fffd3ffffffff7fffffff"
         "\r\n"},
        {HEX("cmsgpack.pack(1.5, 0.1)"), "$28\r\nca3fc00000cb3fb999999999999a\r\n"},
        {HEX("cmsgpack.pack(1e19)"), "$18\r\ncb43e158e460913d00\r\n"},
        {HEX("cmsgpack.pack({1,2},{},{a=1})"), "$16\r\n9201029081a16101\r\n"},
        {HEX("cmsgpack.pack({1,nil,3})"), "$10\r\n8201010303\r\n"},
        {HEX("cmsgpack.pack(true,false,cjson.null)"), "$6\r\nc3c2c0\r\n"},
        {"local t={} t[1]=t return #cmsgpack.pack(t)", ":17\r\n"},
        {"return {cmsgpack.unpack('\\1\\2\\3')}", "*3\r\n:1\r\n:2\r\n:3\r\n"},
        {"return {cmsgpack.unpack_one('\\1\\2\\3',1)}", "*2\r\n:2\r\n:2\r\n"},
        {"return {cmsgpack.unpack_limit('\\1\\2\\3',2)}", "*3\r\n:2\r\n:1\r\n:2\r\n"},
        {"return cmsgpack.unpack_one('\\1',-1)",
         "-ERR user_script:1: Invalid request to unpack with offset of -1 and limit of 1."},
        {"return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
         "-ERR user_script:1: Missing bytes in input."},
        {"return cmsgpack.unpack('\\219\\255\\255\\255\\255x')",
         "-ERR user_script:1: Missing bytes in input."},
        {"return cmsgpack.unpack('\\193')", "-ERR user_script:1: Bad data format in input."},
        {"return (pcall(cmsgpack.unpack, string.rep('\\145', 1000000)))", "$-1\r\n"});
    world_deinit(&h);
}

static void records_stay_in_their_bytes(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(&h, {HEX("struct.pack('>I2<i4', 258, -5)"), "$12\r\n0102fbffffff\r\n"},
                 {HEX("struct.pack('Bc0', 3, 'abc')"), "$8\r\n03616263\r\n"},
                 {HEX("struct.pack('!4bi4', 1, 2)"), "$16\r\n0100000002000000\r\n"},
                 {HEX("struct.pack('I8', 2^63)"), "$16\r\n0000000000000080\r\n"},
                 {"return struct.size('!8bi8')", ":16\r\n"},
                 {"return {struct.unpack('Bc0', '\\3abcd')}", "*2\r\n$3\r\nabc\r\n:5\r\n"},
                 {"return {struct.unpack('s', 'ab\\0c')}", "*2\r\n$2\r\nab\r\n:4\r\n"},
                 {"local a = struct.unpack('s', 'abc') return a",
                  "-ERR user_script:1: unfinished string in data"},
                 {"local a = struct.unpack('c0', 'abcd') return a",
                  "-ERR user_script:1: format 'c0' needs a previous size"},
                 {"local a = struct.unpack('bc0', '\\255abcd') return a",
                  "-ERR user_script:1: bad argument #2 to 'unpack' (data string too short)"},
                 {"local a = struct.unpack('i4', 'abc') return a",
                  "-ERR user_script:1: bad argument #2 to 'unpack' (data string too short)"},
                 {"local a = struct.unpack('c2147483647c2147483647', 'abc') return a",
                  "-ERR user_script:1: bad argument #2 to 'unpack' (data string too short)"},
                 {"local a = struct.unpack('b', 'a', 5) return a",
                  "-ERR user_script:1: bad argument #2 to 'unpack' (data string too short)"},
                 {"local a = struct.unpack('b', 'a', 0) return a",
                  "-ERR user_script:1: bad argument #3 to 'unpack' (offset must be 1 or greater)"},
                 {"local a = struct.pack('i33', 1) return a",
                  "-ERR user_script:1: integral size 33 is larger than limit of 32"},
                 {"local a = struct.pack('i99999999999', 1) return a",
                  "-ERR user_script:1: integral size overflow"},
                 {"local a = struct.pack('!3b', 1) return a",
                  "-ERR user_script:1: alignment 3 is not a power of 2"},
                 {"local a = struct.pack('c5', 'abc') return a",
                  "-ERR user_script:1: bad argument #3 to 'pack' (string too short)"},
                 {"local a = struct.pack('q', 1) return a",
                  "-ERR user_script:1: bad argument #1 to 'pack' (invalid format option 'q')"});
    world_deinit(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_encoded_as_scripts_expect),
        cmocka_unit_test(json_is_decoded_or_refused),
        cmocka_unit_test(messages_are_packed_as_small_as_they_can_be),
        cmocka_unit_test(records_stay_in_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
