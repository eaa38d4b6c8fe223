import Foundation
import Harness

/// A machine that is the same each time, for what commands say of the machine: Debian's stacks of a
/// `RootedMachine`, in mounts, a network, processes and under a host name of its own; no abld, no fleet,
/// and nothing of an abl that is installed here. What is done to it is gone with it.
struct Stage {
  /// Only root can make one.
  static let isAvailable = geteuid() == 0
  static let reason: String = "needs root, for mounts and a network of its own"

  private let machine: RootedMachine

  init(_ changes: [RootedMachine.Change] = []) { machine = RootedMachine(changes) }

  /// What each of `commands` shows on a terminal of so many columns, as a person types them one behind
  /// the other, with its exit status.
  ///
  /// - Parameter preparation: of sh, before the first.
  func transcript(
    on columns: Int, _ preparation: String = "", _ commands: [String]
  ) throws -> String {
    let words = [
      "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
      "--propagation", "private", "/bin/sh", "-euc", Self.set + preparation + Self.play, "stage",
      machine.root, Repository.build.path + "/debug", String(columns),
    ]
    let outcome = try Command("/usr/bin/unshare", words + commands).run()
    guard outcome.status == 0 else { throw Trouble(outcome: outcome) }
    return outcome.output.replacing("\r\n", with: "\n")
  }

  /// The machine could not be set up.
  struct Trouble: Error { let outcome: Ended }

  /// `$1` is the machine's root, `$2` where the programs are. In $STAGE/bin any user may run them.
  private static let set = """
    mount -t tmpfs -o mode=755 tmpfs /run
    STAGE=/run/stage
    mkdir -p $STAGE/bin $STAGE/home
    mkdir -m 700 /run/abl
    for directory in etc var; do
      mkdir -p $STAGE/$directory/up $STAGE/$directory/work
      mount -t overlay overlay -o \
    lowerdir=/$directory,upperdir=$STAGE/$directory/up,workdir=$STAGE/$directory/work /$directory
    done
    rm -rf /etc/pam.d /etc/abl /etc/security/pam_abl.conf /etc/ssh/sshd_config.d /var/lib/abl
    rm -f /etc/hosts.deny /var/log/wtmp /var/log/wtmp.1
    cp -r "$1/etc/." /etc/
    for directory in /usr/lib/pam.d /usr/share/pam.d /usr/etc/pam.d; do
      if [ -d $directory ]; then mount -t tmpfs tmpfs $directory; fi
    done
    for directory in /usr/lib/*/security; do
      mount --bind "$1/usr/lib/x86_64-linux-gnu/security" $directory
    done
    mount --bind "$2" $STAGE/bin
    grep -q '^abl:' /etc/passwd || echo 'abl:x:990:990::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
    grep -q '^abl:' /etc/group || echo 'abl:x:990:' >>/etc/group
    ip link set lo up
    hostname stage
    columns=$3
    shift 3
    cd $STAGE/home
    export PATH=$STAGE/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root LOGNAME=root
    export TZ=UTC LC_ALL=C.UTF-8 TERM=xterm NO_COLOR=1 ABLCTL_PAGER= SHELL=/bin/sh
    unset SSH_CONNECTION SUDO_USER TMPDIR

    """

  private static let play = """

    for command; do
      status=0
      printf '# %s\\n' "$command"
      script -qec "stty cols $columns rows 24 -echo; $command" /dev/null </dev/null || status=$?
      if [ $status != 0 ]; then echo "exit status $status"; fi
      echo
    done
    """
}
