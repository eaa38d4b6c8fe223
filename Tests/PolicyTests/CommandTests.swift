import Policy
import Testing

extension Command {
  /// The arguments for a fixed attempt, as text.
  fileprivate func texts(user: String = "bob", host: String = "192.0.2.1") -> [String]? {
    arguments(for: Host(host.bytes), user: Name(user), service: "sshd")?
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

@Suite("A command")
struct CommandTests {
  @Test(
    "is split at its brackets, and filled in",
    arguments: [
      ("[/bin/a]", ["/bin/a"]),
      ("[/bin/a] [b c] [] [d]", ["/bin/a", "b c", "", "d"]),
      ("run [/bin/a] with [b] please", ["/bin/a", "b"]),
      ("[/bin/a][b]", ["/bin/a", "b"]),
      ("[/bin/a] [\\[\\]\\\\\\n]", ["/bin/a", "[]\\n"]),
      ("\\[ \\] [/bin/a] \\", ["/bin/a"]),
      ("[\\/bin/a]", ["/bin/a"]),
      ("[/bin/a] [%h] [%u] [%s] [%%]", ["/bin/a", "192.0.2.1", "bob", "sshd", "%"]),
      ("[/bin/a] [%%h %%%u] [\\%h]", ["/bin/a", "%h %bob", "%h"]),
      ("[/bin/a] [user=%u@%h;]", ["/bin/a", "user=bob@192.0.2.1;"]),
      ("[/bin/100%%]", ["/bin/100%"]),
    ])
  func commandArguments(_ text: String, _ arguments: [String]) throws {
    let command = try #require(try Command.parse(text.bytes))
    #expect(command.texts() == arguments)
  }

  @Test("is none if it is blank", arguments: ["", "  \t"])
  func noCommand(_ text: String) throws {
    #expect(try Command.parse(text.bytes) == nil)
  }

  @Test("keeps its placeholders, to be shown")
  func template() throws {
    let command = try #require(try Command.parse("[/bin/a] [x%h\\]] [%s]".bytes))
    #expect(command.arguments == ["/bin/a", "x%h]", "%s"].map { Array($0.utf8) })
  }

  @Test("doesn't run if a name would be an option")
  func optionInjection() throws {
    let command = try #require(try Command.parse("[/bin/a] [%u]".bytes))
    #expect(command.texts(user: "-rf") == nil)
    #expect(command.texts(user: "r-f") == ["/bin/a", "r-f"])
    let joined = try #require(try Command.parse("[/bin/a] [%u@%h]".bytes))
    #expect(joined.texts(user: "-x") == nil)
    let safe = try #require(try Command.parse("[/bin/a] [--user=%u] [-] [-%u]".bytes))
    #expect(safe.texts(user: "-x") == ["/bin/a", "--user=-x", "-", "--x"])
  }

  @Test("never splits a value, and leaves out what isn't known")
  func values() throws {
    let command = try #require(try Command.parse("[/bin/a] [%u] [%h]".bytes))
    #expect(command.texts(user: "[lol] %h") == ["/bin/a", "[lol] %h", "192.0.2.1"])
    let unknown = command.arguments(for: nil, user: nil, service: nil)
    #expect(unknown == ["/bin/a", "", ""].map { Array($0.utf8) })
  }

  @Test("cuts a value that is too long, and runs all the same")
  func longValue() throws {
    let command = try #require(try Command.parse("[/bin/a] [%u%u]".bytes))
    let arguments = command.texts(user: String(repeating: "x", count: 100_000))
    #expect(arguments?.last?.utf8.count == 510)
  }

  @Test("is never run for a host that is a name, and is never given one")
  func hostNames() throws {
    let command = try #require(try Command.parse("[/bin/a] [%h] [%u] [at %h]".bytes))
    #expect(command.isAllowed(for: .user("evil.example")))
    for address in ["192.0.2.1", "::ffff:192.0.2.1", "2001:DB8::1"] {
      #expect(command.isAllowed(for: .host(try #require(Host(address.bytes)))))
    }
    for name in ["evil.example", "vm", "192.0.2.9 }; flush set inet filter blocked", "$(reboot)"] {
      #expect(!command.isAllowed(for: .host(try #require(Host(name.bytes)))))
      #expect(command.texts(host: name) == ["/bin/a", "", "bob", "at "])
    }
    #expect(
      command.texts(host: "2001:DB8::1") == ["/bin/a", "2001:db8::1", "bob", "at 2001:db8::1"])
  }
}
