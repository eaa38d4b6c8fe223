import Harness
import Testing

/// A way to start su that might keep a failure from being counted, as suclient.py has it.
struct Conditions: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let all: [String]

  init(_ description: String, _ all: [String]) {
    (testDescription, self.all) = (description, all)
  }
}

/// What became of twelve wrong passwords under one condition, with a limit of ten.
private struct Row {
  let condition: String
  let judged: Int
  let counted: Int
  /// Whether its caller can tell a right password from a wrong one.
  let tells: Bool
  /// How su ends for who types the right password on an ordinary terminal then.
  let after: String

  init?(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 4).map(String.init)
    guard words.count == 5, let judged = Int(words[1]), let counted = Int(words[2]) else {
      return nil
    }
    (condition, self.judged, self.counted) = (words[0], judged, counted)
    (tells, after) = (words[3] == "tells", words[4])
  }
}

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct LimitTests {
  private static let script = """
    install_abl "$ABL_BUILD"
    quick_su
    protect requisite testcheck su
    syslog_through_pipe
    judged_through_pipe
    row() { # CONDITION
      local right wrong judged after tells=tells
      ablctl unblock --all >/dev/null
      : >"$ABL_TEST_DIR/judged.log"
      right=$(suclient guess "$1" target right 1)
      wrong=$(suclient guess "$1" target wrong 12)
      judged=$(judged wrong)
      if grep -qxF -- "$right" <<<"$wrong"; then tells=hides; fi
      # Whoever looks next writes what a su could not; so it comes before the count.
      after=$(suclient guess - target right 1)
      echo "$1 $judged $(recorded target) $tells $after"
    }

    """

  @Test(
    "no guess goes uncounted",
    arguments: [
      Conditions(
        "whatever size a file may have",
        ["-"]
          + ["0", "1K", "2K", "16K", "32K"].flatMap { ["fsize=\($0)", "fsize=\($0)+ignore=XFSZ"] }
          + ["fsize=0+block=XFSZ", "fsize=16K+block=XFSZ+raise=XFSZ", "block=XFSZ+raise=XFSZ"]),
      Conditions("however few files may be open", (3...20).map { "nofile=\($0)" }),
      Conditions(
        "however little memory there is",
        [1, 2, 3, 4, 8, 16, 64, 70, 72, 74, 96].map { "as=\($0)M" } + ["as=71800K", "as=73500K"]
          + ["0", "128K", "332K", "512K", "2M", "3600K", "4M"].map { "data=\($0)" }
          + ["16K", "24K", "64K", "256K"].map { "stack=\($0)" }),
      Conditions(
        "whichever of its standard files are closed",
        ["0", "1", "2", "01", "02", "12", "012"].map { "close=\($0)" }
          + ["close=012+nofile=8", "close=2+nofile=7", "close=12+fsize=0+ignore=XFSZ"]),
      Conditions(
        "whatever else it inherits",
        [
          "umask=0", "umask=777", "cwd=gone", "env=hostile", "nproc=0", "nice", "cpu=1",
          "ignore=ALL",
          "block=ALL", "raise=ALL", "cwd=gone+umask=777+env=hostile+nproc=0+ignore=ALL+block=ALL",
        ]),
    ])
  func counting(_ conditions: Conditions) throws {
    let rows = conditions.all.map { "row \($0)\n" }.joined()
    let run = try Sandbox.run(Self.script + rows)
    try look(at: run, conditions.all.count)
  }

  @Test("a line on trial counts however few files may be open: the trial isn't over by that")
  func trial() throws {
    let onTrial = """
      boot=$(cat /proc/sys/kernel/random/boot_id)
      sed -i "s/pam_abl.so .*/& trial=$boot:9999999999/" /etc/pam.d/su

      """
    let rows = (3...12).map { "row nofile=\($0)\n" }.joined()
    let run = try Sandbox.run(Self.script + onTrial + rows)
    try look(at: run, 10)
  }

  private func look(at run: Ended, _ count: Int) throws {
    #expect(run.lines.count == count, "\(run)")
    for line in run.lines {
      let row = try #require(Row(line), "\(run)")
      // Where su dies of it, whatever the password is, nobody has learned anything.
      if row.tells { #expect(row.counted == row.judged && row.judged <= 10, "\(line)") }
      // One that was answered and ended before its verdict is a failure, too.
      #expect(row.judged <= row.counted && row.judged <= 10, "\(line)")
      #expect(
        row.after == (row.counted < 10 ? "exit 0 pty-42" : "exit 1 su: Authentication failure"),
        "\(line)")
    }
    #expect(run.lines.contains { Row($0)?.counted == 10 }, "some do reach the limit: \(run)")
  }

  @Test("a timer that ends su at any moment spares no guess that was answered")
  func alarm() throws {
    let run = try Sandbox.run(
      Self.script + """
        echo 'user_rule = *:1000/1h' >>$ABL_CONFIGURATION
        for microseconds in {1000..31000..150}; do
          suclient guess alarm=$microseconds target wrong 1
        done >"$ABL_TEST_DIR/results"
        echo "said $(grep -c failure "$ABL_TEST_DIR/results")"
        echo "then $(suclient guess - target right 1)"
        echo "judged $(judged wrong) counted $(recorded target)"
        syslog_lines 'pam_abl'
        """)
    let numbers = run.output.split { !$0.isNumber }.compactMap { Int($0) }
    try #require(run.lines.count == 3, "\(run)")
    // said, exit, 42, judged, counted
    let (said, judged, counted) = (numbers[0], numbers[3], numbers[4])
    // One that was answered and ended before the judge wrote it down is a failure, too: on a busy
    // machine there are some.
    #expect(said <= judged && judged <= counted && counted <= 201, "\(run)")
    #expect(run.lines[1] == "then exit 0 pty-42")
  }

  @Test(
    "whatever the umask of the first caller is, the files are root's alone",
    arguments: ["0", "777"])
  func modes(umask: String) throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = *:2/1h' 'db_home = /var/lib/abl/store' 'run_home = /run/abl/in'
      quick_su
      protect requisite testcheck su
      suclient guess umask=\(umask) target wrong 2
      cd /
      stat -c '%a %U %n' var/lib/abl/store{,/data.mdb,/failures,/lock} run/abl/in{,/in-flight*} | sed "s/-[0-9]*-[0-9a-f]*$/-N/"
      """)
    #expect(
      run.lines.dropFirst(2) == [
        "700 root var/lib/abl/store", "600 root var/lib/abl/store/data.mdb",
        "600 root var/lib/abl/store/failures", "600 root var/lib/abl/store/lock",
        "700 root run/abl/in",
        "600 root run/abl/in/in-flight-N",
      ], "\(run)")
  }
}
