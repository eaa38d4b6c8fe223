import Foundation
import Harness

/// A server of Tests/Support/courier_servers.py.
final class CourierServer {
  let port: Int
  private let child: Child

  init(_ words: [String]) throws {
    let script = Repository.file("Tests/Support/courier_servers.py")
    child = try Child(["/usr/bin/python3", script] + words)
    guard let port = child.line().flatMap({ Int($0) }) else { throw Trouble("no server: \(words)") }
    self.port = port
  }

  /// The next request; nil if none comes.
  func request(patience: Int32 = 30) -> String? { child.line(patience: patience) }
}

/// A server of mail, and what it was given.
final class MailServer {
  private let server: CourierServer
  private let directory: TemporaryDirectory

  init(_ mode: String = "right") throws {
    directory = try TemporaryDirectory()
    server = try CourierServer(["smtp", directory.url.path, mode])
  }

  /// As courier.conf has it.
  var address: String { "127.0.0.1:\(server.port)" }

  /// The mails, in their order.
  var mails: [String] {
    var mails: [String] = []
    while let data = try? Data(contentsOf: directory.file("\(mails.count + 1).eml")) {
      mails.append(String(decoding: data, as: UTF8.self))
    }
    return mails
  }
}
