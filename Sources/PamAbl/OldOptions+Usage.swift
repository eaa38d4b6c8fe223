extension OldOptions {
  /// What `-h` prints.
  public static let usage = """
    Usage: pam_abl [OPTION] [CONFIG]
    The command of pam_abl, for scripts that know its options; 'ablctl' can do more.
    CONFIG is the configuration (default: /etc/security/pam_abl.conf). Without an
    option, those that have failed to log in are listed, users first.

    MAINTENANCE
      -h, --help              Print this.
      -d, --debugcommand      Print the commands of the configuration, split into
                              arguments.
      -p, --purge             Remove whose attempts have all expired.
      -u, --update            Notice blocks that have ended, and run the commands.
      -v, --verbose           List every attempt; say what is done.
      -r, --relative          With -v: only the age of each attempt, days/HH:MM:SS.

    FOR PROGRAMS WITHOUT PAM
      -f, --fail              Count a failure of a user (-U), a host (-H) or both.
      -c, --check             Exit with 1 if a user or a host is blocked, else 0.
      -w, --whitelist         Forget the attempts of users and hosts.
      -U, --user=NAME         A user; with -w, * is any text and ? any character.
      -H, --host=NAME         A host; likewise.
      -s, --service=SERVICE   With -f: where it failed (default: none). With -c:
                              where to (default: any).
      -R, --reason=REASON     With -f: AUTH (default), HOST, USER or BOTH.
    """
}
