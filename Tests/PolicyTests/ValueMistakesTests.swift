import Policy
import Testing

@Suite("Mistakes in values")
struct ValueMistakesTests {
  @Test(
    "complains about another value",
    arguments: Complaint.all(
      in: #"""
        abl.conf:1:9: error: expected an absolute path
        db_home=
                ^

        abl.conf:1:9: error: expected an absolute path
        db_home=var/lib/abl
                ^~~~~~~~~~~

        abl.conf:1:10: error: expected an absolute path
        run_home=abl
                 ^~~

        abl.conf:1:8: error: expected an absolute path
        socket=api.sock
               ^~~~~~~~

        abl.conf:1:12: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        host_purge=
                   ^

        abl.conf:1:13: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_purge=1x
                    ^

        abl.conf:1:13: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_purge=1h30m
                    ^~~~

        abl.conf:1:12: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        host_purge=-1
                   ^~

        abl.conf:1:14: error: unexpected text after the value
        host_purge=2d 3d
                     ^~~

        abl.conf:1:14: error: unexpected text after the value
        host_purge=2d,
                     ^

        abl.conf:1:12: error: number too large
        host_purge=49711d
                   ^~~~~~

        abl.conf:1:14: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_purge=60m30
                     ^~~

        abl.conf:1:12: warning: raised to 1h, the least
        host_purge=3599
                   ^~~~

        abl.conf:1:12: warning: raised to 1h, the least
        user_purge=0
                   ^

        abl.conf:1:12: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        host_block=
                   ^

        abl.conf:1:16: error: the length of time must be at least one second
        host_block=10m,0s
                       ^~

        abl.conf:1:19: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        network_block=10m,
                          ^

        abl.conf:1:13: error: unknown unit; use 's', 'm', 'h' or 'd'
        user_block=1w
                    ^

        abl.conf:1:14: error: unexpected text after the value
        user_block=1h 2h
                     ^~~

        abl.conf:1:12: error: number too large
        user_block=49711d
                   ^~~~~~

        abl.conf:1:16: error: unknown unit; use 's', 'm', 'h' or 'd'
        network_purge=2w
                       ^

        abl.conf:1:15: warning: raised to 1h, the least
        network_purge=60
                      ^~

        abl.conf:1:12: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        user_known=
                   ^

        abl.conf:1:12: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        user_known=ever
                   ^~~~

        abl.conf:1:14: error: unknown unit; use 's', 'm', 'h' or 'd'
        user_known=30days
                     ^~~~

        abl.conf:1:15: error: unexpected text after the value
        user_known=30d 24
                      ^~~

        abl.conf:1:13: error: expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'
        host_prefix=
                    ^

        abl.conf:1:13: error: expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'
        host_prefix=64
                    ^~

        abl.conf:1:16: error: expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'
        host_prefix=32:
                       ^

        abl.conf:1:13: error: expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'
        host_prefix=7:64
                    ^~~~

        abl.conf:1:13: error: expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'
        host_prefix=33:64
                    ^~~~~

        abl.conf:1:13: error: expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'
        host_prefix=32:129
                    ^~~~~~

        abl.conf:1:13: error: expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'
        host_prefix=/32:/64
                    ^~~~~~~

        abl.conf:1:14: error: expected the bits of a user's network, of IPv4 8 to 32, and of IPv6 16 to 128, like '24:48'
        known_prefix=24:15
                     ^~~~~

        abl.conf:1:19: error: unexpected text after the value
        known_prefix=24:48:1
                          ^~

        abl.conf:1:8: error: expected 'lower-upper', like '1000-1200'
        limits=
               ^

        abl.conf:1:8: error: expected 'lower-upper', like '1000-1200'
        limits=1000
               ^~~~

        abl.conf:1:8: error: expected 'lower-upper', like '1000-1200'
        limits=1000 - 1200
               ^~~~~~~~~~~

        abl.conf:1:13: error: expected 'lower-upper', like '1000-1200'
        limits=1000-
                    ^

        abl.conf:1:8: error: expected 'lower-upper', like '1000-1200'
        limits=-1200
               ^~~~~

        abl.conf:1:8: error: the lower limit is above the upper one
        limits=1200-1000
               ^~~~~~~~~

        abl.conf:1:8: error: the lower limit must be at least 2
        limits=0-100
               ^~~~~

        abl.conf:1:8: error: the lower limit must be at least 2
        limits=1-1
               ^~~

        abl.conf:1:17: error: unexpected text after the value
        limits=1000-1200x
                        ^

        abl.conf:1:8: warning: lowered to 10000, the most that is kept
        limits=1000-20000
               ^~~~~~~~~~

        abl.conf:1:8: error: number too large
        limits=99999999999999999999-1
               ^~~~~~~~~~~~~~~~~~~~

        abl.conf:1:14: error: expected a number
        lock_timeout=
                     ^

        abl.conf:1:14: error: out of range; expected 1ms to 60s
        lock_timeout=0
                     ^

        abl.conf:1:15: error: unknown unit; use 'ms' or 's'
        lock_timeout=1m
                      ^

        abl.conf:1:14: error: out of range; expected 1ms to 60s
        lock_timeout=61s
                     ^~~

        abl.conf:1:15: error: unknown unit; use 'ms' or 's'
        lock_timeout=1.5s
                      ^~~

        abl.conf:1:14: error: expected a number
        lock_timeout=fast
                     ^~~~

        abl.conf:1:14: error: out of range; expected 0ms to 60s
        pending_wait=60001ms
                     ^~~~~~~

        abl.conf:1:12: error: unknown unit; use 'K', 'M' or 'G'
        max_size=64MB
                   ^~

        abl.conf:1:12: error: unknown unit; use 'K', 'M' or 'G'
        max_size=64m
                   ^

        abl.conf:1:10: error: out of range; expected 1M to 1024G
        max_size=1K
                 ^~

        abl.conf:1:10: error: out of range; expected 1M to 1024G
        max_size=2048G
                 ^~~~~

        abl.conf:1:10: error: number too large
        max_size=99999999999G
                 ^~~~~~~~~~~~

        abl.conf:1:11: error: expected 'lapse' or 'count'
        abandoned=
                  ^

        abl.conf:1:11: error: expected 'lapse' or 'count'
        abandoned=forget
                  ^~~~~~

        abl.conf:1:11: error: expected 'keep' or 'ignore'
        user_case=lower
                  ^~~~~

        abl.conf:1:15: error: expected 'count' or 'once'
        same_password=1
                      ^

        abl.conf:1:13: error: expected 'keep' or 'strip'
        user_domain=CORP
                    ^~~~

        abl.conf:1:10: error: expected 'allow' or 'deny'
        on_error=Deny
                 ^~~~

        abl.conf:1:10: error: expected 'allow' or 'deny'
        on_error=allow deny
                 ^~~~~~~~~~

        abl.conf:1:8: error: expected an absolute path
        config=pam_abl.conf
               ^~~~~~~~~~~~

        abl.conf:1:8: error: expected an absolute path
        config=
               ^
        """#))
  func valueMistakes(_ complaint: Complaint) {
    #expect(complaint.answer == complaint.expected)
  }
}
