import Harness
import Testing

/// No room for what is written down.
///
/// With a full /run all of 30 guesses were once judged, none was on record, and su was refused.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct FullDiskTests {
  private static let script = """
    install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'user_rule = *:10/1h' 'max_size = 1M'
    protect requisite testcheck libpam su
    drive() { # USER HOST OPTION...
      "$ABL_SUPPORT/pamdrive" --no-delay --quiet --service libpam --user "$1" --rhost "$2" "${@:3}" auth:wrong
    }
    : >"$ABL_TEST_DIR/judged"
    small() { # SIZE DIRECTORY...
      local size=$1 directory
      shift
      for directory in "$@"; do mount -t tmpfs -o "size=$size,mode=700" tmpfs "$directory"; done
    }
    warm() { for number in {1..20}; do drive early$number 10.0.0.$number; done; }
    fill() { # DIRECTORY...
      local directory
      for directory in "$@"; do dd if=/dev/zero of="$directory/fill" bs=4k status=none 2>/dev/null || true; done
    }
    guess() {
      for number in {1..30}; do drive guest 192.0.2.9; done
      drive target 192.0.2.10 --parallel 30
      echo "judged $(judged 'guest wrong') $(judged 'target wrong')"
    }
    counts() {
      echo "recorded $(recorded guest) $(recorded target)"
      echo "su $(try su caller right) sshd $(try libpam caller right)"
    }

    """

  @Test(
    "of 30 guesses ten are judged and counted, and others log in",
    arguments: [
      // Before the first login, and when all files are there.
      "small 2m /run/abl; fill /run/abl", "small 2m /run/abl; warm; fill /run/abl",
      "small 8m /run/abl; warm; fill /run/abl",
      "small 2m /var/lib/abl; fill /var/lib/abl", "small 2m /var/lib/abl; warm; fill /var/lib/abl",
      "small 8m /run/abl /var/lib/abl; warm; fill /run/abl /var/lib/abl",
    ])
  func full(how: String) throws {
    let run = try Sandbox.run(Self.script + "\(how)\nguess\ncounts\n")
    #expect(run.lines == ["judged 10 10", "recorded 10 10", "su ok sshd ok"], "\(how): \(run)")
  }

  @Test("with no room for anything, anywhere, 'on_error' decides, and that is logged")
  func nowhere() throws {
    let run = try Sandbox.run(
      Self.script + """
        small 2m /run/abl /var/lib/abl
        fill /run/abl /var/lib/abl
        guess
        syslog_lines 'cannot count a failure: cannot write .*No space left' | wc -l
        echo 'on_error = deny' >>"$ABL_CONFIGURATION"
        guess
        rm /run/abl/fill /var/lib/abl/fill
        """)
    #expect(run.lines == ["judged 30 30", "60", "judged 30 30"], "\(run)")
  }
}
