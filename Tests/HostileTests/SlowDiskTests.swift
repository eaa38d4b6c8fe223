import Harness
import Testing

/// A disk that is slow, and a crowd.
///
/// Who didn't get the lock in time was once judged and never counted: with syncs of 200 ms 66 of a
/// crowd of 128 at a store that didn't exist yet, 40 of 40 beside others with a command.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct SlowDiskTests {
  private static let script = """
    drive() { # HOST USER OPTION...
      "$ABL_SUPPORT/pamdrive" --no-delay --quiet --service libpam --rhost "$1" --user "$2" "${@:3}" auth:wrong
    }
    begin() { # STORE COMMAND
      rm -rf /var/lib/abl/* /run/abl/*
      : >"$ABL_TEST_DIR/judged"
      forget_syslog
      install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'user_rule = *:10/1h' "$2"
      protect requisite testcheck libpam
      [ "$1" = none ] || drive 10.9.9.9 earlier
    }
    end() {
      wait
      slow_disk 0
      local uncounted
      uncounted=$(syslog_lines 'letting the stack|cannot|failures (take|wait)' | wc -l)
      echo "judged $(judged 'target wrong') recorded $(recorded target) uncounted $uncounted"
    }

    """

  private static let syncs = Effort.isLong ? [0, 20, 200, 1000] : [200]
  private static let commands = ["#", "host_block_cmd = [/bin/true] [%h]"]

  @Test("64 guesses at once: ten are judged, and all of these counted", arguments: syncs, commands)
  func crowd(sync: Int, command: String) throws {
    let run = try Sandbox.run(
      Self.script + """
        for store in none there; do
          begin $store '\(command)'
          slow_disk \(sync)
          for number in {1..8}; do drive 10.0.0.$number target --parallel 8 & done
          end
          begin $store '\(command)'
          slow_disk \(sync)
          for number in {1..64}; do drive 10.0.0.$number target & done
          end
        done
        """, patience: 600)
    let expected = Array(repeating: "judged 10 recorded 10 uncounted 0", count: 4)
    #expect(run.lines == expected, "\(run)")
  }

  @Test(
    "beside 200 other guessers it is ten, too; those are all counted, and wait for nobody",
    .enabled(if: Effort.isLong, "takes long: make test-long"), arguments: syncs, commands)
  func others(sync: Int, command: String) throws {
    let run = try Sandbox.run(
      Self.script + """
        begin none '\(command)'
        counter() { ablctl store --json | sed "s/.*\\"$1\\":\\([0-9]*\\),.*/\\1/"; }
        slow_disk \(sync)
        for number in {1..200}; do drive 10.1.0.$number other$number --attempts 3 & done
        wait
        echo "they waited $(counter waits) times"
        for number in {1..200}; do drive 10.1.0.$number other$number --attempts 3 & done
        for number in {1..40}; do drive 10.2.0.$number target & done
        end
        echo "others: judged $(judged 'other[0-9]* wrong'), six of each $(ablctl list users --json | grep -c 'other.*"failures":6,')"
        """, patience: 900)
    #expect(
      run.lines == [
        "they waited 0 times", "judged 10 recorded 10 uncounted 0",
        "others: judged 1200, six of each 200",
      ], "\(run)")
  }
}
