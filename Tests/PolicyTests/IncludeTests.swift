import Policy
import Testing

/// Reads words of a PAM line, and the files that they and other files name.
private func read(
  _ words: [String], files: [String: String]
) -> (configuration: Configuration, complaints: [String]) {
  let reader = ConfigurationReader()
  for (index, word) in words.enumerated() {
    reader.read(argument: Array(word.utf8), number: index + 1)
    while let include = reader.nextInclude() {
      guard let text = files[include.file.description] else {
        reader.report("cannot read '\(include.path.escaped)'", about: include)
        continue
      }
      reader.read(Array(text.utf8), file: include.file)
    }
  }
  let configuration = reader.finish()
  return (configuration, reader.diagnostics.map(\.headline.description))
}

@Suite("A configuration in several files")
struct IncludeTests {
  @Test("reads a file in the place where it is named")
  func order() {
    let files = [
      "/a": "host_purge=2h\nuser_purge=2h\nconfig=/b\nhost_purge=4h\nlimits=4-4",
      "/b": "host_purge=3h\nuser_purge=3h",
    ]
    let (configuration, complaints) = read(["limits=2-2", "config=/a", "limits=5-5"], files: files)
    #expect(complaints == [])
    #expect(configuration.hostPurge == 4 * 3600)
    #expect(configuration.userPurge == 3 * 3600)
    #expect(configuration.limits.lower == 5)
  }

  @Test("goes on after a file that can't be read")
  func missingFile() {
    let (configuration, complaints) = read(
      ["config=/a"], files: ["/a": "config=/none\nhost_purge=4h"])
    #expect(complaints == ["/a:1:8: error: cannot read '/none'"])
    #expect(configuration.hostPurge == 4 * 3600)
  }

  @Test("reads no file twice, not even itself")
  func repeatedFile() {
    let files = ["/a": "config=/b\nconfig=/a", "/b": "config=/a\ndebug"]
    let (configuration, complaints) = read(["config=/a", "config=/b"], files: files)
    #expect(
      complaints == [
        "/b:1:8: error: this file is read already",
        "/a:2:8: error: this file is read already",
        "pam argument:2:8: error: this file is read already",
      ])
    #expect(configuration.isDebugging)
  }

  @Test("reads at most eight files")
  func manyFiles() {
    let text = (1...10).map { "config=/\($0)" }.joined(separator: "\n")
    var files = ["/0": text]
    for number in 1...10 { files["/\(number)"] = "lock_timeout=\(number)" }
    let (configuration, complaints) = read(["config=/0"], files: files)
    #expect(configuration.lockTimeout == 7)
    #expect(
      complaints == [8, 9, 10].map { "/0:\($0):8: error: too many files; at most 8 are read" })
  }

  @Test("says so if nobody reads a file, and reads the rest")
  func unreadFile() {
    let reader = ConfigurationReader()
    reader.read(Array("config=/b\ndebug".utf8), file: "/a")
    #expect(reader.finish().isDebugging)
    #expect(
      reader.diagnostics.map(\.headline.description) == ["/a:1:8: error: this file was not read"])
  }
}
