import Policy
import Testing

@Suite("Mistakes in limits")
struct LimitMistakesTests {
  @Test(
    "complains about the limits of a rule",
    arguments: Complaint.all(
      in: #"""
        abl.conf:1:13: error: expected a number of failures, as in '10/1h'
        host_rule=*:
                    ^

        abl.conf:1:14: error: expected '/' and a length of time, as in '10/1h'
        host_rule=*:5
                     ^

        abl.conf:1:15: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        host_rule=*:5/
                      ^

        abl.conf:1:13: error: expected a number of failures, as in '10/1h'
        host_rule=*:/10s
                    ^~~~

        abl.conf:1:14: error: expected '/' and a length of time, as in '10/1h'
        host_rule=*:5x/10s
                     ^~~~~

        abl.conf:1:14: error: expected '/' and a length of time, as in '10/1h'
        host_rule=*:5-10s
                     ^~~~

        abl.conf:1:13: error: expected a number of failures, as in '10/1h'
        host_rule=*:-5/10s
                    ^~~~~~

        abl.conf:1:15: error: expected a length of time, like '90s', '15m', '1h' or '2d'
        host_rule=*:5/-10s
                      ^~~~

        abl.conf:1:17: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:5/10x
                        ^

        abl.conf:1:17: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:5/10ss
                        ^~

        abl.conf:1:17: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:5/10s;1/1s
                        ^~~~~~

        abl.conf:1:17: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:5/10s:1/1s
                        ^~~~~~

        abl.conf:1:16: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:5/1w
                       ^

        abl.conf:1:16: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:5/1H
                       ^

        abl.conf:1:16: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:5/1h30m
                       ^~~~

        abl.conf:1:13: error: expected a number of failures, as in '10/1h'
        host_rule=*:x,5/10s
                    ^

        abl.conf:1:20: error: expected a number of failures, as in '10/1h'
        host_rule=*:99/10s,,5/10s
                           ^

        abl.conf:1:18: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:99/10sfoo,5/10s
                         ^~~~

        abl.conf:1:19: error: expected a number of failures, as in '10/1h'
        host_rule=*:5/10s,
                          ^

        abl.conf:1:23: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:10/1h,30/1day
                              ^~~

        abl.conf:1:13: error: expected a number of failures, as in '10/1h'
        host_rule=*:x,5/10s,0/1s,3/1y *:,
                    ^
        abl.conf:1:21: error: the number of failures must be at least 1
        host_rule=*:x,5/10s,0/1s,3/1y *:,
                            ^
        abl.conf:1:29: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:x,5/10s,0/1s,3/1y *:,
                                    ^
        abl.conf:1:33: error: expected a number of failures, as in '10/1h'
        host_rule=*:x,5/10s,0/1s,3/1y *:,
                                        ^
        abl.conf:1:34: error: expected a number of failures, as in '10/1h'
        host_rule=*:x,5/10s,0/1s,3/1y *:,
                                         ^

        abl.conf:1:13: error: the number of failures must be at least 1
        host_rule=*:0/1s
                    ^

        abl.conf:1:15: error: the length of time must be at least one second
        host_rule=*:1/0s
                      ^~

        abl.conf:1:13: error: number too large; at most 10000 failures are kept
        host_rule=*:10001/1h
                    ^~~~~

        abl.conf:1:13: error: number too large; at most 10000 failures are kept
        host_rule=*:4294967301/10s
                    ^~~~~~~~~~

        abl.conf:1:13: error: number too large
        host_rule=*:18446744073709551621/10s
                    ^~~~~~~~~~~~~~~~~~~~

        abl.conf:1:15: error: number too large
        host_rule=*:5/99999999999999999999d
                      ^~~~~~~~~~~~~~~~~~~~

        abl.conf:1:16: error: number too large
        host_rule=*:10/49711d
                       ^~~~~~

        abl.conf:1:13: error: expected a number of failures, as in '10/1h'
        host_rule=*: 5/10s
                    ^
        abl.conf:1:19: error: expected ':' and a limit, like ':10/1h'
        host_rule=*: 5/10s
                          ^

        abl.conf:1:19: error: expected a number of failures, as in '10/1h'
        host_rule=*:10/1h, 5/10s
                          ^
        abl.conf:1:25: error: expected ':' and a limit, like ':10/1h'
        host_rule=*:10/1h, 5/10s
                                ^

        abl.conf:1:11: error: quotes are no part of a value here; write it without
        host_rule="*:1/1h"
                  ^

        abl.conf:1:16: error: expected a number of failures, as in '10/1h'
        host_rule=2001:db8::zz:5/10s
                       ^~~~~~~~~~~~~

        abl.conf:1:17: error: unknown unit; use 's', 'm', 'h' or 'd'
        host_rule=*:10/1wöche
                        ^~~~~

        abl.conf:1:18: error: unknown unit; use 's', 'm', 'h' or 'd'
        user_rule=жук:5/1x
                         ^
        """#))
  func limitMistakes(_ complaint: Complaint) {
    #expect(complaint.answer == complaint.expected)
  }

  @Test(
    "keeps the limits that are right, and drops a clause that has none",
    arguments: [
      ("*:10/1h,30/1day", "*:10/1h"),
      ("*:30/1day,10/1h", "*:10/1h"),
      ("*:x,5/10s,0/1s,3/1y *:2/1m", "*:5/10s *:2/1m"),
      ("root:99999/1h,5/-1s *:2/1m", "*:2/1m"),
      ("*:10/1h, 5/10s", "*:10/1h"),
      ("*:,", ""),
      ("!root|bob:1/1s,1/1s!", "!root|bob:1/1s"),
    ])
  func rightLimits(_ text: String, _ kept: String) throws {
    var mistakes: [SyntaxError] = []
    let rule = Rule(recovering: text.bytes, mistakes: &mistakes)
    #expect(rule.text.description == kept)
    #expect(throws: try #require(mistakes.first)) { try Rule(parsing: text.bytes) }
  }
}
