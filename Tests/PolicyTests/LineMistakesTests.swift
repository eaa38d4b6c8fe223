import Policy
import Testing

@Suite("Mistakes in lines")
struct LineMistakesTests {
  @Test(
    "complains about a line",
    arguments: Complaint.all(
      in: #"""
        abl.conf:1:10: error: expected 'key = value'
        host_rule
                 ^

        abl.conf:1:11: error: expected 'key = value'
        host_rule *:10/1h
                  ^~~~~~~

        abl.conf:1:1: error: expected 'key = value'
        = *:10/1h
        ^

        abl.conf:1:1: error: unknown key
        hello
        ^~~~~

        abl.conf:1:1: error: unknown key
        hello=world
        ^~~~~

        abl.conf:1:1: error: unknown key
        purge = 2d
        ^~~~~

        abl.conf:1:1: error: expected 'only=' and one service in small letters, like 'only=sshd', on a PAM line
        only = sshd
        ^~~~~~~~~~~

        abl.conf:1:2: error: unknown key
        	purge = 2d
        	^~~~~

        abl.conf:1:1: error: unknown key; did you mean 'host_rule'?
        Host_Rule=*:10/1h
        ^~~~~~~~~

        abl.conf:1:1: error: unknown key; did you mean 'host_rule'?
        hostrule=*:10/1h
        ^~~~~~~~

        abl.conf:1:1: error: unknown key; did you mean 'host_rule'?
        host_rul=*:10/1h
        ^~~~~~~~

        abl.conf:1:1: error: unknown key; did you mean 'db_home'?
        db_hom=/var/lib/abl
        ^~~~~~

        abl.conf:1:1: error: unknown key; did you mean 'limits'?
        limit=1000-1200
        ^~~~~

        abl.conf:1:1: error: unknown key; did you mean 'on_error'?
        on-error=deny
        ^~~~~~~~

        abl.conf:1:1: error: unknown key; did you mean 'debug'?
        debgu
        ^~~~~

        abl.conf:1:6: error: this word takes no value
        debug=1
             ^~

        abl.conf:1:7: error: this word takes no value
        debug yes
              ^~~

        abl.conf:1:11: error: this word takes no value
        check_both=
                  ^

        abl.conf:1:8: error: this word takes no value
        no_warn=1
               ^~

        abl.conf:1:8: error: expected 'key = value'
        db_home
               ^

        abl.conf:1:8: error: expected 'key = value'
        host_db
               ^

        abl.conf:1:10: error: expected 'key = value'
        db_module
                 ^

        abl.conf:1:15: error: expected 'key = value'
        user_whitelist
                      ^

        abl.conf:1:9: error: expected 'key = value'
        user_db /var/lib/abl/users.db
                ^~~~~~~~~~~~~~~~~~~~~

        abl.conf:1:1: error: unknown key; did you mean 'host_purge'?
        host_purge: 2d
        ^~~~~~~~~~~

        abl.conf:1:11: error: this word takes no value
        check_user=yes
                  ^~~~

        abl.conf:1:11: error: this word takes no value
        check_host=yes
                  ^~~~

        abl.conf:1:9: error: this word takes no value
        log_user=yes
                ^~~~

        abl.conf:1:9: error: this word takes no value
        log_host=yes
                ^~~~

        abl.conf:1:9: error: this word takes no value
        log_both=yes
                ^~~~

        abl.conf:1:15: error: this word takes no value
        expose_account=yes
                      ^~~~

        abl.conf:1:15: error: this word takes no value
        try_first_pass=yes
                      ^~~~

        abl.conf:1:15: error: this word takes no value
        use_first_pass=yes
                      ^~~~

        abl.conf:1:16: error: this word takes no value
        use_mapped_pass=yes
                       ^~~~

        abl.conf:1:1: warning: deprecated, ignoring; use 'host_block_cmd'
        host_blk_cmd=[/bin/true]
        ^~~~~~~~~~~~

        abl.conf:1:1: warning: deprecated, ignoring; use 'host_clear_cmd'
        host_clr_cmd=iptables -D INPUT -s %h
        ^~~~~~~~~~~~

        abl.conf:1:1: warning: deprecated, ignoring; use 'user_block_cmd'
        user_blk_cmd=
        ^~~~~~~~~~~~

        abl.conf:1:1: warning: deprecated, ignoring; use 'user_clear_cmd'
        user_clr_cmd = x
        ^~~~~~~~~~~~

        abl.conf:1:1: error: unknown key; did you mean 'user_rule'?
        USER_RULE = *:5/1h
        ^~~~~~~~~

        abl.conf:1:1: error: expected 'config=' in front of the path of a configuration
        /etc/security/pam_abl.conf
        ^~~~~~~~~~~~~~~~~~~~~~~~~~

        abl.conf:1:19: error: another setting begins here, and is not read; give it a line of its own
        host_rule=*:10/1h user_rule=*:30/1h
                          ^~~~~~~~~

        abl.conf:1:21: error: another setting begins here, and is not read; give it a line of its own
        user_whitelist=root	limits = 2-2
                           	^~~~~~

        abl.conf:1:28: error: another setting begins here, and is not read; give it a line of its own
        host_clear_cmd = [/bin/x=] config=/y
                                   ^~~~~~

        abl.conf:1:19: error: no name has '='; give each setting a line of its own
        host_rule=*:10/1h usr_rule=*:30/1h
                          ^~~~~~~~~~

        abl.conf:1:14: error: quotes are no part of a value here; write it without
        host_purge = '2d'
                     ^

        abl.conf:1:1: error: unknown key
        größe=1 host_rule=*:5/1h
        ^~~~~
        """#))
  func lineMistakes(_ complaint: Complaint) {
    #expect(complaint.answer == complaint.expected)
  }
}
