import Foundation
import Harness

extension Machine {
  /// What the module has said at error or warning: each once, and a mistake without its place.
  var complaints: [String] {
    get throws {
      let place = #/^\S+( argument)?:\d+:\d+: (error|warning): /#
      return try log(["<err>", "<warning>"]).map { $0.replacing(place, with: "") }
    }
  }

  /// What it has said of leaving a login to the stack because it has no root's rights: each once.
  var resignations: [String] {
    get throws { try log(["<debug>", "<warning>"]).filter { $0.hasPrefix("not root, ") } }
  }

  /// What it has said at error: each once.
  var errors: [String] {
    get throws { try log(["<err>"]).map { $0.replacing("DIR/", with: "") } }
  }

  private func log(_ priorities: [String]) throws -> [String] {
    var messages: [String] = []
    for line in try lines("syslog") {
      // How a command has ended is told by a process of its own, whenever that is.
      guard priorities.contains(where: { line.hasPrefix($0) }),
        !line.contains("' failed: exit status ")
      else { continue }
      let message = LogNews.message(of: line).replacing(directory, with: "DIR")
        .replacing(/damaged-\d+-\d+/, with: "damaged-…")
      if !messages.contains(message) { messages.append(message) }
    }
    return messages
  }
}
