"""Positions on the globe, stored in sorted sets."""

NAME = "geo"
NEEDS = ["GEOADD", "GEOSEARCH"]
GRAMMAR = """
 9 GEOADD <key> (<lon> <lat> <member>)+
 3 GEOADD <key> [NX|XX] [CH] (<lon> <lat> <member>)+
 1 GEOADD <key> (NX XX 1 1 a|<lon> <lat>|CH)
 3 GEOPOS <key> <member>+
 4 GEODIST <key> <member> <member> [<unit>]
 3 GEOHASH <key> <member>+
 6 GEOSEARCH <key> FROMMEMBER <member> BYRADIUS <radius> <unit> [ASC|DESC] [WITHCOORD] \
    [WITHDIST] [WITHHASH]
 6 GEOSEARCH <key> FROMLONLAT <lon> <lat> BYBOX <radius> <radius> <unit> (ASC|DESC) [COUNT \
    <count>] [WITHCOORD] [WITHDIST]
 3 GEOSEARCH <key> FROMLONLAT <lon> <lat> BYRADIUS <radius> <unit> (ASC|DESC) COUNT <count>
 2 GEOSEARCH <key> FROMMEMBER <member> BYRADIUS <radius> <unit> COUNT <count> ANY
 1 GEOSEARCH <key> (FROMMEMBER a|BYRADIUS 1 m|FROMMEMBER a FROMLONLAT 1 1 BYRADIUS 1 \
    m|FROMMEMBER a BYRADIUS 1 m ANY|<junk>)
 4 GEOSEARCHSTORE <key> <key> FROMMEMBER <member> BYRADIUS <radius> <unit> [STOREDIST]
 2 GEOSEARCHSTORE <key> <key> FROMLONLAT <lon> <lat> BYBOX <radius> <radius> <unit> (ASC|DESC) \
    COUNT 2
 1 GEOSEARCHSTORE <key> <key> FROMMEMBER <member> BYRADIUS <radius> <unit> WITHDIST
 3 GEORADIUS <key> <lon> <lat> <radius> <unit> (ASC|DESC) [WITHDIST] [WITHCOORD] [COUNT <count>]
 2 GEORADIUS <key> <lon> <lat> <radius> <unit> (STORE|STOREDIST) <key>
 2 GEORADIUSBYMEMBER <key> <member> <radius> <unit> (ASC|DESC) [WITHDIST] [WITHHASH]
 1 GEORADIUS_RO <key> <lon> <lat> <radius> <unit> ASC
 1 GEORADIUSBYMEMBER_RO <key> <member> <radius> <unit> ASC
 1 GEORADIUS_RO <key> <lon> <lat> <radius> <unit> STORE <key>
 2 GEORADIUS <key> <lon> <lat> <radius> <unit> (ASC|DESC) COUNT <count> ANY (STORE|STOREDIST) <key>
 2 GEORADIUSBYMEMBER <key> <member> <radius> <unit> [DESC] (STORE|STOREDIST) <key> [WITHDIST]
 2 GEORADIUSBYMEMBER <key> <member> <radius> <unit> STORE <key> STOREDIST <key> [<junk>]
 1 GEOSEARCH <key> (BYBOX <radius> <radius> <unit>|BYRADIUS <radius> <unit>)+ FROMMEMBER <member>
 2 ZADD <key> (-1|inf|-inf|0.5|1e18|9007199254740992) <member>
 1 ZREM <key> <member>
 2 ZRANGE <key> 0 -1 WITHSCORES
 1 DEL <key>
 1 SET <key> v
"""
DOMAINS = {
    "key": [b"g1", b"g2"],
    "member": [b"Palermo", b"Catania", b"x", b"north", b"a", b""],
    "lon": [b"13.361389", b"15.087269", b"0", b"-122.4", b"179.99", b"-180", b"181", b"x", b"2.35"]
    + [b"180", b"13.5"],
    "lat": [b"38.115556", b"37.502669", b"0", b"85", b"-85.05", b"86", b"nan", b"48.85"]
    + [b"85.05112878", b"-85.05112878", b"38"],
    "radius": [b"100", b"200.5", b"0", b"20000", b"-1", b"x", b"1", b"5000000", b"inf", b"1e-3"],
    "unit": [b"m", b"km", b"ft", b"mi", b"KM", b"bad"],
    "count": [1, 2, 3, 0, -1, b"x"],
}
