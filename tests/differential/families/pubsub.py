"""Publishing, subscribing and the order of what arrives, three clients."""

NAME = "pubsub"
NEEDS = ["SUBSCRIBE", "PUBLISH"]
CONNECTIONS = 3
EVENTS = True
GRAMMAR = """
 6 SUBSCRIBE <channel>+
 3 UNSUBSCRIBE <channel>*   => detached
 6 PSUBSCRIBE <glob>+
 3 PUNSUBSCRIBE <glob>*   => detached
 4 SSUBSCRIBE <channel>
 1 SSUBSCRIBE <channel> <channel>
 2 SUNSUBSCRIBE <channel>*   => detached
 8 PUBLISH <channel> <value>
 4 SPUBLISH <channel> <value>
 2 PUBSUB CHANNELS [<glob>]   => unordered
 2 PUBSUB NUMSUB <channel>*
 2 PUBSUB NUMPAT
 2 PUBSUB SHARDCHANNELS [<glob>]   => unordered
 2 PUBSUB SHARDNUMSUB <channel>*
 1 PUBSUB <junk>
 2 PING [<value>]
 1 GET k
 1 SET k v
 1 RESET
 1 QUIT
 1 HELLO (2|3)   => kind
 1 CLIENT GETNAME
"""
DOMAINS = {
    "channel": [b"a", b"ab", b"news.it"],
    "glob": [b"a*", b"news.*", b"?"],
    "value": [b"hello", b"", b"\x00\xff\r\n"],
}
