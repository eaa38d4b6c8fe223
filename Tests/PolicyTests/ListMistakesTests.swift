import Policy
import Testing

@Suite("Mistakes in allow lists")
struct ListMistakesTests {
  @Test(
    "complains about a list or a command",
    arguments: Complaint.all(
      in: #"""
        abl.conf:1:24: error: expected a prefix length from 0 to 32
        host_whitelist=1.1.1.1/33
                               ^~

        abl.conf:1:24: error: expected a prefix length from 0 to 32
        host_whitelist=1.1.1.1/
                               ^

        abl.conf:1:24: error: expected a prefix length from 0 to 32
        host_whitelist=1.1.1.1/-1
                               ^~

        abl.conf:1:24: error: expected a prefix length from 0 to 32
        host_whitelist=1.1.1.1/pol
                               ^~~

        abl.conf:1:24: error: expected a prefix length from 0 to 32
        host_whitelist=1.1.1.1/24/8
                               ^~~~

        abl.conf:1:16: error: expected an address before '/'
        host_whitelist=/24
                       ^

        abl.conf:1:16: error: expected an address before '/'
        host_whitelist=example.com/24
                       ^~~~~~~~~~~

        abl.conf:1:16: error: expected a host name, an address or a network; ';' separates them
        host_whitelist=10.0.0.1 10.0.0.2
                       ^~~~~~~~~~~~~~~~~

        abl.conf:1:16: error: expected a host name, an address or a network; ';' separates them
        host_whitelist=10.0.0.1, 10.0.0.2
                       ^~~~~~~~~~~~~~~~~~

        abl.conf:1:16: error: expected a host name, an address or a network; ';' separates them
        host_whitelist=1.1.1.1:2
                       ^~~~~~~~~

        abl.conf:1:16: error: expected a host name, an address or a network; ';' separates them
        host_whitelist=1.1.11
                       ^~~~~~

        abl.conf:1:16: error: expected a host name, an address or a network; ';' separates them
        host_whitelist=1.1.1.256
                       ^~~~~~~~~

        abl.conf:1:27: error: expected a prefix length from 0 to 128
        host_whitelist=2001:db8::/129
                                  ^~~

        abl.conf:1:16: error: expected a host name, an address or a network; ';' separates them
        host_whitelist=2001:db8:::1
                       ^~~~~~~~~~~~

        abl.conf:1:32: error: expected a prefix length from 96 to 128
        host_whitelist=::ffff:10.0.0.0/24
                                       ^~

        abl.conf:1:16: error: expected a host name, an address or a network; ';' separates them
        host_whitelist=*.example.com
                       ^~~~~~~~~~~~~

        abl.conf:1:38: error: expected a prefix length from 0 to 32
        host_whitelist=10.0.0.0/8 ; 10.0.0.0/99 ; localhost
                                             ^~

        abl.conf:1:17: error: expected an absolute path; no PATH is searched
        host_block_cmd=[logger] [block] [host] [%h]
                        ^~~~~~

        abl.conf:1:16: error: expected '[/path/to/program] [argument]'
        host_block_cmd=/usr/bin/logger block
                       ^~~~~~~~~~~~~~~~~~~~~

        abl.conf:1:16: error: expected ']'
        host_block_cmd=[/usr/bin/logger
                       ^~~~~~~~~~~~~~~~

        abl.conf:1:33: error: '[' inside an argument; write '\['
        host_block_cmd=[/usr/bin/logger [x]
                                        ^

        abl.conf:1:33: error: ']' without '['
        host_block_cmd=[/usr/bin/logger]]
                                        ^

        abl.conf:1:17: error: expected an absolute path; no PATH is searched
        host_block_cmd=[]
                        ^

        abl.conf:1:17: error: expected an absolute path; no PATH is searched
        host_block_cmd=[] [/bin/true]
                        ^

        abl.conf:1:17: error: expected an absolute path; no PATH is searched
        host_block_cmd=[%u]
                        ^~

        abl.conf:1:17: error: the program must not depend on the attempt
        host_block_cmd=[/usr/bin/%s] [x]
                        ^~~~~~~~~~~

        abl.conf:1:32: error: unknown placeholder; use '%h', '%u', '%s' or '%%'
        host_block_cmd=[/bin/echo] [100%]
                                       ^

        abl.conf:1:30: error: unknown placeholder; use '%h', '%u', '%s' or '%%'
        host_block_cmd=[/bin/date] [+%Y]
                                     ^~

        abl.conf:1:28: error: expected ']'
        host_block_cmd=[/bin/echo] [a\]
                                   ^~~~

        abl.conf:1:17: error: expected an absolute path; no PATH is searched
        host_clear_cmd=[ipset] [del] [%h]
                        ^~~~~

        abl.conf:1:16: error: expected ']'
        user_block_cmd=[/bin/mail root
                       ^~~~~~~~~~~~~~~

        abl.conf:1:17: error: the program must not depend on the attempt
        user_clear_cmd=[/home/%u/clear]
                        ^~~~~~~~~~~~~~
        """#))
  func listMistakes(_ complaint: Complaint) {
    #expect(complaint.answer == complaint.expected)
  }
}
