import Foundation
import Platform
import Policy
import Testing

import class Harness.TemporaryDirectory

@testable import BlockList

extension TemporaryDirectory {
  fileprivate func write(_ text: String, to name: String = "abl.conf", mode: mode_t = 0o600) throws
  {
    try Data(text.utf8).write(to: file(name))
    #expect(chmod(file(name).path, mode) == 0)
  }

  fileprivate func path(_ name: String = "abl.conf") -> String { file(name).path }

  /// Reads a file of it.
  fileprivate func loaded(_ name: String = "abl.conf") -> LoadedConfiguration {
    LoadedConfiguration(file: Path(Array(file(name).path.utf8)))
  }
}

private func load(_ words: String...) -> LoadedConfiguration {
  LoadedConfiguration(arguments: words.map { Array($0.utf8) })
}

extension LoadedConfiguration {
  fileprivate var complaints: [String] { diagnostics.map { $0.headline.description } }
}

@Suite("The configuration of a login")
struct LoadedConfigurationTests {
  @Test("reads a file")
  func file() throws {
    let directory = try TemporaryDirectory()
    try directory.write("host_rule = *:10/1h\nuser_rule = *:5/1x\ndebug\n", mode: 0o644)
    let loaded = directory.loaded()
    #expect(loaded.failure == nil)
    #expect(loaded.configuration.hostRule.text == "*:10/1h")
    #expect(loaded.configuration.isDebugging)
    #expect(
      loaded.complaints == [
        "\(directory.path()):2:18: error: unknown unit; use 's', 'm', 'h' or 'd'"
      ])
  }

  @Test("follows a link that leads to the file")
  func linkedFile() throws {
    let directory = try TemporaryDirectory()
    try directory.write("debug", to: "real")
    #expect(symlink("real", directory.path()) == 0)
    #expect(directory.loaded().failure == nil)
    #expect(directory.loaded().configuration.isDebugging)
  }

  @Test("has the defaults, and says why, where there is no file")
  func missingFile() throws {
    let directory = try TemporaryDirectory()
    let loaded = directory.loaded()
    #expect(
      loaded.failure?.message.description
        == "cannot open '\(directory.path())': No such file or directory")
    #expect(loaded.configuration.hostRule == Rule())
    #expect(loaded.diagnostics.isEmpty)
  }

  @Test("refuses a file that others may write to", arguments: ["660", "606", "666", "622"])
  func writableFile(_ mode: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("debug", mode: try #require(mode_t(mode, radix: 8)))
    let loaded = directory.loaded()
    #expect(
      loaded.failure?.message.description
        == "cannot trust '\(directory.path())': owner \(geteuid()), mode \(mode); "
        + "it must be root's and nobody else may write to it")
    #expect(!loaded.configuration.isDebugging)
  }

  @Test("refuses a file that is somebody else's", .enabled(if: geteuid() == 0))
  func foreignFile() throws {
    let directory = try TemporaryDirectory()
    try directory.write("debug")
    #expect(chown(directory.path(), 12345, 0) == 0)
    #expect(
      directory.loaded().failure?.message.description
        == "cannot trust '\(directory.path())': owner 12345, mode 600; "
        + "it must be root's and nobody else may write to it")
  }

  @Test("says so if a file can't be read", .enabled(if: geteuid() != 0))
  func unreadableFile() throws {
    let directory = try TemporaryDirectory()
    try directory.write("debug", mode: 0)
    #expect(
      directory.loaded().failure?.message.description
        == "cannot open '\(directory.path())': Permission denied")
  }

  @Test("refuses what is no file, and doesn't hang at it", .timeLimit(.minutes(20)))
  func noFile() throws {
    let directory = try TemporaryDirectory()
    #expect(mkfifo(directory.path("fifo"), 0o600) == 0)
    #expect(
      directory.loaded("fifo").failure?.message.description
        == "cannot trust '\(directory.path("fifo"))': owner \(geteuid()), "
        + "it is no ordinary file or directory; it must be root's and nobody else may write to it")
    try FileManager.default.createDirectory(
      at: directory.file("directory"), withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    #expect(
      directory.loaded("directory").failure?.message.description.hasPrefix(
        "cannot trust '\(directory.path("directory"))': ") == true)
  }

  @Test("complains about a file that is too long, and doesn't use half of it")
  func longFile() throws {
    let directory = try TemporaryDirectory()
    let comments = String(repeating: "# comment\n", count: 104_858)
    try directory.write("debug\n" + comments)
    let loaded = directory.loaded()
    #expect(
      loaded.complaints == ["\(directory.path()):1:1: error: file too long; at most 1 MiB is read"])
    #expect(!loaded.configuration.isDebugging)
    try directory.write("debug\n" + comments.prefix((1 << 20) - 6))
    #expect(directory.loaded().complaints == [])
    #expect(directory.loaded().configuration.isDebugging)
  }

  @Test("reads a file that another names, in its place")
  func include() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      "host_purge=2h\nuser_purge=2h\nconfig=\(directory.path("more"))\nhost_purge=4h")
    try directory.write("host_purge=3h\nuser_purge=3h", to: "more")
    let loaded = directory.loaded()
    #expect(loaded.failure == nil && loaded.complaints == [])
    #expect(loaded.configuration.hostPurge == 4 * 3600)
    #expect(loaded.configuration.userPurge == 3 * 3600)
  }

  @Test("reads on behind a file that can't be read, and says where it is named")
  func missingInclude() throws {
    let directory = try TemporaryDirectory()
    try directory.write("host_purge=2h\nconfig=\(directory.path("none"))\nuser_purge=4h")
    let loaded = directory.loaded()
    let message = "cannot open '\(directory.path("none"))': No such file or directory"
    #expect(loaded.complaints == ["\(directory.path()):2:8: error: \(message)"])
    // A mistake like others: what parses stays in force.
    #expect(loaded.failure == nil)
    #expect(loaded.configuration.hostPurge == 7200)
    #expect(loaded.configuration.userPurge == 4 * 3600)
  }

  @Test("trusts no file more because a trusted one names it")
  func writableInclude() throws {
    let directory = try TemporaryDirectory()
    try directory.write("config=\(directory.path("more"))")
    try directory.write("debug", to: "more", mode: 0o666)
    let loaded = directory.loaded()
    #expect(loaded.complaints.count == 1)
    #expect(loaded.complaints.first?.contains("cannot trust") == true)
    #expect(!loaded.configuration.isDebugging)
  }

  @Test(
    "with 'on_error = deny', before it or behind, one that is there and can't be read is a failure")
  func neededInclude() throws {
    let directory = try TemporaryDirectory()
    try directory.write("user_rule = *:3/1h", to: "more", mode: 0o666)
    try FileManager.default.createDirectory(
      at: directory.file("directory"), withIntermediateDirectories: false)
    for name in ["more", "directory"] {
      let include = "config=\(directory.path(name))\n"
      for text in ["on_error=deny\n" + include, include + "on_error=deny\n"] {
        try directory.write(text)
        let loaded = directory.loaded()
        #expect(loaded.failure?.message.description.contains("cannot trust") == true, "\(text)")
        #expect(loaded.configuration.onError == .deny)
        #expect(loaded.complaints.count == 1)
      }
      try directory.write("on_error=allow\n" + include)
      #expect(directory.loaded().failure == nil)
    }
    try directory.write("on_error=deny\nconfig=\(directory.path("none"))")
    #expect(directory.loaded().failure == nil)
    #expect(directory.loaded().complaints.count == 1)
  }

  @Test("lets the words of a stack override the file where they stand behind it")
  func arguments() throws {
    let directory = try TemporaryDirectory()
    try directory.write("host_purge=2h\nuser_purge=2h\nhost_rule=*:10/1h")
    let loaded = load("host_purge=5h", "config=\(directory.path())", "user_purge=3h", "debug")
    #expect(loaded.failure == nil && loaded.complaints == [])
    #expect(loaded.configuration.hostPurge == 2 * 3600)
    #expect(loaded.configuration.userPurge == 3 * 3600)
    #expect(loaded.configuration.hostRule.text == "*:10/1h")
    #expect(loaded.configuration.isDebugging)
  }

  @Test("complains about a word of a stack by its number")
  func badArgument() throws {
    let directory = try TemporaryDirectory()
    try directory.write("")
    let loaded = load("config=\(directory.path())", "debgu", "config=\(directory.path("none"))")
    #expect(
      loaded.complaints == [
        "pam argument:2:1: error: unknown key; did you mean 'debug'?",
        "pam argument:3:8: error: cannot open '\(directory.path("none"))': No such file or directory",
      ])
    #expect(loaded.failure != nil)
  }

  @Test("says so if the file that a word names isn't there")
  func missingNamedFile() throws {
    let directory = try TemporaryDirectory()
    let loaded = load("config=\(directory.path())", "host_rule=*:1/1h")
    #expect(
      loaded.failure?.message.description
        == "cannot open '\(directory.path())': No such file or directory")
    #expect(loaded.configuration.hostRule.text == "*:1/1h")
  }
}
