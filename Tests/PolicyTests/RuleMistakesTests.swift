import Policy
import Testing

@Suite("Mistakes in rules")
struct RuleMistakesTests {
  @Test(
    "complains about the patterns of a rule",
    arguments: Complaint.all(
      in: #"""
        abl.conf:1:15: error: expected ':' and a limit, like ':10/1h'
        host_rule=root
                      ^

        abl.conf:1:20: error: expected ':' and a limit, like ':10/1h'
        host_rule=root/sshd
                           ^

        abl.conf:1:17: error: expected ':' and a limit, like ':10/1h'
        host_rule=*5/10s
                        ^

        abl.conf:1:11: error: expected a name
        host_rule=:5/10s
                  ^~~~~~

        abl.conf:1:12: error: expected a name
        host_rule=!:5/10s
                   ^~~~~~

        abl.conf:1:11: error: expected a name
        host_rule=/sshd:5/10s
                  ^~~~~~~~~~~

        abl.conf:1:15: error: expected a service
        host_rule=bob/:5/10s
                      ^~~~~~

        abl.conf:1:19: error: expected ':' and a limit, like ':10/1h'
        host_rule=bob/sshd/x:5/10s
                          ^~~~~~~~

        abl.conf:1:15: error: expected a name
        host_rule=bob|:5/10s
                      ^~~~~~

        abl.conf:1:11: error: expected a name
        host_rule=|bob:5/10s
                  ^~~~~~~~~~

        abl.conf:1:15: error: expected a name
        host_rule=bob||x:5/10s
                      ^~~~~~~~

        abl.conf:1:12: error: expected ':' and a limit, like ':10/1h'
        host_rule=* :5/10s
                   ^
        abl.conf:1:13: error: expected a name
        host_rule=* :5/10s
                    ^~~~~~

        abl.conf:1:11: error: a rule takes no network, and no service is a number
        host_rule=10.0.0.0/24:5/10s
                  ^~~~~~~~~~~

        abl.conf:1:11: error: a rule takes no network, and no service is a number
        host_rule=2001:db8::/32:5/10s
                  ^~~~~~~~~~~~~

        abl.conf:1:11: error: expected an address in brackets, like '[2001:db8::1]'
        host_rule=[2001:db8::1:5/10s
                  ^~~~~~~~~~~~~~~~~~

        abl.conf:1:11: error: expected an address in brackets, like '[2001:db8::1]'
        host_rule=[router]:5/10s
                  ^~~~~~~~

        abl.conf:1:11: error: expected an address in brackets, like '[2001:db8::1]'
        host_rule=[]:5/10s
                  ^~

        abl.conf:1:23: error: expected ':' and a limit, like ':10/1h'
        host_rule=fe80::1%eth0]:5/10s
                              ^~~~~~~

        abl.conf:1:18: error: expected ':' and a limit, like ':10/1h'
        user_rule=garbage *:5/10s
                         ^

        abl.conf:1:14: error: expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6
        network_rule=10.0.0.0/24:50/1h
                     ^~~~~~~~~~~~~~~~~

        abl.conf:1:14: error: expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6
        network_rule=*:50/1h
                     ^~~~~~~

        abl.conf:1:14: error: expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6
        network_rule=!/24:50/1h
                     ^~~~~~~~~~

        abl.conf:1:14: error: expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6
        network_rule=/7:50/1h
                     ^~

        abl.conf:1:18: error: expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6
        network_rule=/24|/65:50/1h
                         ^~~

        abl.conf:1:14: error: expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6
        network_rule=::/15:50/1h
                     ^~~~~

        abl.conf:1:15: error: expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6
        network_rule=/:50/1h
                      ^~~~~~

        abl.conf:1:22: error: expected a service
        network_rule=/24|/48/:50/1h
                             ^~~~~~

        abl.conf:1:17: error: expected ':' and a limit, like ':10/1h'
        network_rule=/24
                        ^

        abl.conf:1:20: error: the number of failures must be at least 1
        network_rule=?@/24:0/1h
                           ^

        abl.conf:1:13: error: expected '*' or the number of a user, as 'id -u' prints it
        caller_rule=alice:10/1h
                    ^~~~~

        abl.conf:1:15: error: expected '*' or the number of a user, as 'id -u' prints it
        caller_rule=*|bob:10/1h
                      ^~~

        abl.conf:1:13: error: expected '*' or the number of a user, as 'id -u' prints it
        caller_rule=-1:10/1h
                    ^~

        abl.conf:1:14: error: expected '*' or the number of a user, as 'id -u' prints it
        caller_rule=!root:10/1h
                     ^~~~

        abl.conf:1:13: error: expected '*' or the number of a user, as 'id -u' prints it
        caller_rule=root@*:10/1h
                    ^~~~~~
        """#))
  func patternMistakes(_ complaint: Complaint) {
    #expect(complaint.answer == complaint.expected)
  }
}
