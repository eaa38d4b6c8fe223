import Harness
import Testing

/// A way to try passwords, by itself or in turn with others.
enum Way: String, CaseIterable {
  case password = "pw"
  case keyboardInteractive = "kbd"
  case bothMethods = "pw kbd"
  case su, sudo, login, libpam

  /// Whether it tells where it comes from, so that its host is blocked, and not the one who is
  /// guessed.
  var hasHost: Bool { self == .password || self == .keyboardInteractive || self == .bothMethods }

  /// Defines the function `guess NUMBER PASSWORD`, and who it is that guesses: `$subject`.
  var script: String {
    // Of a host, another user at each guess: none of those is blocked.
    let user = hasHost ? "user-$1" : self == .sudo ? "caller" : "target"
    return """
      ways=(\(rawValue))
      subject='\(hasHost ? "-H 127.0.0.2" : "-U \(user)")'
      guess() { try "${ways[$1 % ${#ways[@]}]}" \(user) "$2" 127.0.0.2; }

      """
  }
}

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct TenGuessesTests {
  @Test("ten wrong passwords are judged, and the eleventh try is refused", arguments: Way.allCases)
  func eleventhIsRefused(way: Way) throws {
    let run = try Sandbox.run(
      way.script + """
        install_abl "$ABL_BUILD"
        protect requisite testcheck sshd su sudo login libpam
        guard_sshd
        for number in {1..10}; do
          echo "$number $(guess $number wrong) $(judged wrong) $(standing $subject)"
        done
        echo "right $(guess 11 right) $(judged) $(standing $subject)"
        ablctl list --json
        """)
    let clear = (1...9).map { "\($0) denied \($0) clear" }
    #expect(
      Array(run.lines.prefix(11)) == clear + ["10 denied 10 blocked", "right denied 10 blocked"],
      "\(run)")
    let blocked = try run.listed(after: 11).filter { $0.blocked }
    #expect(blocked.map { $0.failures } == [10])
    #expect(blocked.map { $0.rule } == [way.hasHost ? "*:10/1h" : "!root:10/1h"])
  }

  @Test("a blocked host leaves others alone, and may try again after an hour")
  func hostMayTryAgain() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck sshd
      guard_sshd
      for number in {1..10}; do ablctl fail -H 127.0.0.2 -U user-$number -s sshd; done
      echo "there $(try pw guest right 127.0.0.2) $(try kbd guest right 127.0.0.2)"
      echo "elsewhere $(try pw guest right 127.0.0.3) $(try kbd guest right 127.0.0.3)"
      advance_clock 3500
      echo "soon $(standing -H 127.0.0.2)"
      advance_clock 101
      echo "after $(standing -H 127.0.0.2)"
      echo "there $(try pw guest right 127.0.0.2) $(try kbd guest right 127.0.0.2)"
      """)
    #expect(
      run.lines == [
        "there denied denied", "elsewhere ok ok", "soon blocked", "after clear", "there ok ok",
      ], "\(run)")
  }

  @Test("thirty failures in a day block for longer than the hour that ten do")
  func secondLimitBlocks() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck libpam
      for hour in 1 2 3; do
        for number in {1..10}; do ablctl fail -U target -s sshd; done
        standing -U target
        advance_clock 3601
      done
      standing -U target
      try libpam target right
      advance_clock 82800
      standing -U target
      try libpam target right
      """)
    #expect(
      run.lines == [
        "blocked", "blocked", "blocked", "blocked", "denied", "clear", "ok",
      ], "\(run)")
  }
}

extension Ended {
  /// What `ablctl list --json` printed, behind `count` other lines.
  func listed(after count: Int) throws -> [ListedSubject] {
    let lines = lines.dropFirst(count).joined(separator: "\n")
    return try JSONLines.decode(ListedSubject.self, from: lines)
  }
}
