"""The state of a connection: protocol, name, database, tracking, quitting."""

NAME = "connection"
NEEDS = ["HELLO", "PING"]
CONNECTIONS = 2
EVENTS = True
GRAMMAR = """
 3 PING [<value>]
 3 ECHO <value>
 4 HELLO [2|3] [SETNAME <name>]   => kind
 2! HELLO (1|4|x|-1|99999999999999999999|"")
 1! HELLO 3 (AUTH default nopw|AUTH nobody x|AUTH x|SETNAME|<junk>)   => kind
 1 AUTH (x|default x|nobody x|a b c)
 2 SELECT <db>
 1 SELECT <baddb>
 1 QUIT
 2 RESET
 3 CLIENT SETNAME <name>
 3 CLIENT GETNAME
 1 CLIENT ID   => kind
 2 CLIENT NO-EVICT (on|off|<junk>)
 2 CLIENT REPLY (ON|OFF|SKIP|<junk>)
 1 CLIENT UNPAUSE
 1! CLIENT PAUSE (x|-1|"")
 1! CLIENT PAUSE 0 (ALL|WRITE|<junk>)
 1 CLIENT UNBLOCK (999999|x|-1) [TIMEOUT|ERROR|<junk>]
 1! CLIENT KILL (127.0.0.1:1|ID x|ID 0|ID 99999999|TYPE <junk>|ADDR x|SKIPME maybe|USER \
    nobody|LADDR 1:1|ID)
 1! CLIENT LIST (TYPE <junk>|ID x|ID 999999|<junk>|TYPE|ID)
 2 CLIENT TRACKINGINFO   => unordered
 2 CLIENT TRACKING (on|off) [BCAST] [PREFIX a] [PREFIX ab] [NOLOOP] [OPTIN] [OPTOUT]
 1 CLIENT TRACKING (on REDIRECT 99999999|on REDIRECT x|<junk>|on PREFIX a)
 1 CLIENT CACHING (yes|no|<junk>)
 1 CLIENT GETREDIR
 2! CLIENT <junk>
 1! CLIENT
 2 SET t1 <value>
 2 GET t1
 1 MGET t1 t2 ab
 1 SET ab <value>
 1 DEL t1
 1 READONLY
 1 READWRITE
 1 ASKING
 1 NOSUCHCOMMAND <value> <value>
 1 NOSUCH" " <value>
 1! WAIT (0|x|-1) (x|-1)
 1! WAIT 0 0
 1 COMMAND COUNT   => kind
 1! TIME x
 1 LASTSAVE   => kind
 1 ROLE   => kind
"""
DOMAINS = {
    "name": [b"alice", b"", b"with space", b"new\nline", b"\xc3\xa9", b"x" * 64, b"a{b}"],
    "value": [b"v", b"", b"\x00\xff\r\n", b"x" * 200, b'it\'s "quoted"'],
}
