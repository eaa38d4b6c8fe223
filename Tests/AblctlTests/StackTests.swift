import Testing

@testable import Administration

@Suite struct StackTests {
  private static func entries(_ text: String) -> [(number: Int, entry: StackEntry)] {
    StackText.entries(of: Array(text.utf8))
  }

  private static func module(_ line: String) -> StackModule? {
    if case .module(let module) = entries(line).first?.entry { module } else { nil }
  }

  @Test("reads a line as libpam does") func line() throws {
    let module = try #require(
      Self.module("-AUTH\t[success=1  default=ignore] /lib/pam_x.so a [b c\\] d] # e"))
    #expect(module.kind == .auth)
    #expect(module.name == "pam_x")
    #expect(module.arguments.map { String(decoding: $0, as: UTF8.self) } == ["a", "b c] d"])
  }

  @Test("counts lines, through comments and lines that go on") func numbers() {
    let found = Self.entries(
      "# auth required a.so\n\nauth \\\n required b.so\n@include c\nauth include d\n")
    #expect(found.map { $0.number } == [3, 5, 6])
    #expect(found[1].entry == .include(file: "c", kind: nil, isSubstack: false))
    #expect(found[2].entry == .include(file: "d", kind: .auth, isSubstack: false))
  }

  @Test(
    "knows a line that is none",
    arguments: [
      "auth required", "auth", "auht required x.so", "auth requird x.so", "@include",
      "auth [success=0] x.so", "auth [succes=ok] x.so", "auth [success] x.so",
    ])
  func broken(line: String) {
    guard case .broken(_, _) = Self.entries(line).first?.entry else {
      Issue.record("taken for a line: \(line)")
      return
    }
  }

  @Test(
    "knows what a control does with a refusal of ours, and where nothing is blocked",
    arguments: [
      ("required", .bad, .ignore), ("requisite", .die, .ignore), ("optional", .ignore, .ignore),
      ("sufficient", .ignore, .ignore), ("[default=die]", .die, .die),
      ("[auth_err=2 ignore=ignore]", .jump(2), .ignore), ("[success=ok]", .bad, .bad),
    ] as [(String, StackControl.Action, StackControl.Action)])
  func control(word: String, refusal: StackControl.Action, ignore: StackControl.Action) throws {
    let control = try #require(Self.module("auth \(word) x.so")).control
    #expect(control.onRefusal == refusal)
    #expect(control.onIgnore == ignore)
  }

  private static let files = [
    "a":
      "auth required 1.so\naccount required 2.so\nauth substack b\n@include c\nauth required 6.so\n",
    "b": "auth [success=5 default=ignore] 3.so\nauth required 4.so\naccount required 0.so\n",
    "c": "auth required 5.so\npassword required 7.so\n",
    "loop": "auth include loop\n",
  ]

  private static func stack(_ name: String) -> Stack {
    Stack(name) { file in files[file].map { ("/" + file, Array($0.utf8)) } }
  }

  @Test("goes through includes and substacks") func resolved() {
    let lines = Self.stack("a").lines(.auth)
    #expect(lines.map { $0.module.name } == ["1", "3", "4", "5", "6"])
    #expect(lines.map { $0.substacks } == [[], [1], [1], [], []])
    #expect(lines.map { $0.place.text } == ["/a:1", "/b:1", "/b:2", "/c:1", "/a:5"])
    #expect(Self.stack("a").lines(.account).map { $0.module.name } == ["2"])
    #expect(Self.stack("loop").troubles.map { $0.kind } == [.endless])
  }

  @Test("ends where files include each other again and again") func bomb() {
    let stack = Stack("0") { file in
      guard let number = Int(file), number < 40 else { return nil }
      return (file, Array(String(repeating: "@include \(number + 1)\n", count: 9).utf8))
    }
    #expect(stack.lines.isEmpty)
  }

  @Test("follows jumps: a substack counts as one, and none leaves it") func jumps() {
    let lines = Self.stack("a").lines(.auth)
    #expect(lines.jump(from: 0, over: 1, passes: 1))
    #expect(lines.jump(from: 1, over: 5, passes: 2))
    #expect(!lines.jump(from: 1, over: 5, passes: 3))
    #expect(lines.jump(from: 3, over: 1, passes: 4))
    #expect(!lines.jump(from: 3, over: 1, passes: 2))
  }

  @Test("takes of sshd_config what is first, and for all") func server() {
    let text = """
      # UsePAM no
      Match User x
        UsePAM no
      match all
      usepam = "yes"
      UsePAM no
      ChallengeResponseAuthentication no # as it was called
      """
    let configuration = ServerConfiguration(Array(text.utf8), "/x") { _ in [] }
    #expect(configuration["usepam"]?.value == "yes")
    #expect(configuration["usepam"]?.place.line == 5)
    #expect(configuration["kbdinteractiveauthentication"]?.value == "no")
  }
}
