import Foundation
import Harness
import Testing

/// nginx as Debian has it, with the files of conf/nginx and a password for joe, behind a socket of Unix.
private final class Nginx {
  let api: Server
  private let directory: String
  private var process: Child?
  private var web: String { directory + "/web.sock" }

  static let isThere = access("/usr/sbin/nginx", X_OK) == 0

  /// - Parameter hurry: whether the times are those of conf/nginx; else nginx and the API have all the
  ///   time that a busy machine may need.
  init(_ rules: String, hurry: Bool = false) throws {
    let user = geteuid() == 0 ? "www-data" : String(geteuid())
    let words = ["report=\(user):nginx", "look=\(geteuid())"]
    api = try Server(rules, words + ["look-ms=\(hurry ? 120 : 20_000)"])
    directory = api.directory
    try files(hurry)
    process = try Child(["/usr/sbin/nginx", "-c", directory + "/nginx.conf", "-g", "daemon off;"])
    try waitUntil("nginx listens") { (try? Client(web)) != nil }
  }

  deinit { process?.endAll() }

  private func files(_ hurry: Bool) throws {
    for name in ["abl-http", "abl-server", "abl-request"] {
      var text = try Repository.text(of: "conf/nginx/\(name).conf")
        .replacingOccurrences(of: "/run/abld/api.sock", with: api.socket)
        .replacingOccurrences(of: "/etc/nginx/snippets", with: directory)
      if !hurry {
        for time in ["400ms", "100ms", "80ms"] {
          text = text.replacingOccurrences(of: "timeout \(time)", with: "timeout 30s")
        }
        if name == "abl-request" { text += "proxy_set_header X-Abl-Wait 10000;\n" }
      }
      try write(name + ".conf", text)
    }
    mkdir(directory + "/html", 0o755)
    for number in 0..<100 { try write("html/asset-\(number)", "asset") }
    try write("html/index.html", "welcome")
    try write("htpasswd", "joe:{PLAIN}right\n")
    try write("nginx.conf", configuration)
  }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: directory + "/" + name, atomically: false, encoding: .utf8)
    chmod(directory + "/" + name, 0o644)
  }

  private var configuration: String {
    """
    \(geteuid() == 0 ? "user www-data;" : "")
    worker_processes 2;
    pid \(directory)/nginx.pid;
    error_log \(directory)/error.log info;
    events { worker_connections 1024; }
    http {
      access_log off;
      client_body_temp_path \(directory)/t1; proxy_temp_path \(directory)/t2;
      fastcgi_temp_path \(directory)/t3; uwsgi_temp_path \(directory)/t4; scgi_temp_path \(directory)/t5;
      include \(directory)/abl-http.conf;
      # Where a request comes from is what the test says.
      set_real_ip_from unix:;
      real_ip_header X-Real-IP;
      server {
        listen unix:\(web);
        include \(directory)/abl-server.conf;
        location / {
          auth_request /_abl/reserve;
          auth_request_set $abl_attempt $upstream_http_x_abl_attempt;
          try_files /.abl @judged;
        }
        location @judged {
          auth_basic "Password";
          auth_basic_user_file \(directory)/htpasswd;
          error_page 401 = /_abl/failed;
          auth_request /_abl/passed;
          root \(directory)/html;
        }
      }
    }
    """
  }

  /// How many of `count` requests at one time were answered with each status.
  func crowd(
    _ count: Int, _ login: String, from address: String = "192.0.2.7",
    _ path: String = "/index.html"
  ) throws -> [String: Int] {
    let words = [web, String(count), login, address, path]
    let run = try Command(Repository.file("Tests/Support/webcrowd"), words).run()
    let pairs = run.lines.map { $0.split(separator: " ").map(String.init) }
    return Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], Int($0[1]) ?? 0) })
  }

  /// The answer to one request, but for what is different each time.
  func answer(_ login: String?, from address: String = "192.0.2.7") throws -> (Int, String) {
    let credentials = login.map {
      "Authorization: Basic \(Data($0.utf8).base64EncodedString())\r\n"
    }
    let client = try Client(web)
    try client.send(
      "GET /index.html HTTP/1.1\r\nHost: localhost\r\nX-Real-IP: \(address)\r\n\(credentials ?? "")\r\n"
    )
    let answer = try client.answer()
    let headers = answer.headers.filter { $0.key != "date" }.sorted { $0.key < $1.key }
    return (answer.status, "\(headers) \(answer.body)")
  }

  /// How many failures are on record.
  var failures: Int {
    get throws {
      let lines = try api.ask("GET", "/metrics").body.split(separator: "\n")
      let line = lines.first { $0.hasPrefix(#"abl_attempts{state="failed"}"#) }
      return Int(line?.split(separator: " ").last ?? "") ?? -1
    }
  }
}

@Suite(.enabled(if: Nginx.isThere, "needs nginx: apt-get install nginx-light"))
struct NginxTests {
  @Test("lets the right password in, and counts the wrong one") func oneEach() throws {
    let nginx = try Nginx("host_rule = *:3/1h\n")
    #expect(try nginx.answer("joe:right").0 == 200)
    #expect(try nginx.answer("joe:wrong").0 == 401)
    #expect(try nginx.answer("joe:wrong").1.contains("Password"))
    #expect(try nginx.failures == 2)
    #expect(try nginx.answer("joe:right").0 == 200)
    #expect(try nginx.failures == 2)
  }

  @Test("a browser that hasn't been asked for a password yet is no guesser") func noPassword()
    throws
  {
    let nginx = try Nginx("host_rule = *:3/1h\n")
    for _ in 0..<10 { #expect(try nginx.answer(nil).0 == 401) }
    #expect(try nginx.failures == 0)
  }

  @Test("once it is blocked, right and wrong look alike, and so does an unknown name")
  func blocked()
    throws
  {
    let nginx = try Nginx("host_rule = *:3/1h\n")
    for _ in 0..<3 { #expect(try nginx.answer("joe:wrong").0 == 401) }
    let answers = try ["joe:right", "joe:wrong", "eve:x"].map { try nginx.answer($0) }
    #expect(answers.map { $0.0 } == [403, 403, 403])
    #expect(Set(answers.map { $0.1 }).count == 1, "\(answers)")
    #expect(try nginx.answer("joe:right", from: "192.0.2.8").0 == 200)
  }

  @Test("of 64 wrong ones at once exactly ten are judged") func wrongCrowd() throws {
    let nginx = try Nginx("host_rule = *:10/1h\n")
    for address in ["192.0.2.1", "192.0.2.2"] {
      #expect(try nginx.crowd(64, "joe:wrong", from: address) == ["401": 10, "403": 54])
    }
    #expect(try nginx.failures == 20)
  }

  @Test("of 64 wrong ones from 64 hosts at one user exactly ten are judged") func userCrowd() throws
  {
    let nginx = try Nginx("user_rule = *:10/1h\n")
    #expect(try nginx.crowd(64, "joe:wrong", from: "192.0.2.%d") == ["401": 10, "403": 54])
  }

  @Test("of 64 right ones at once, and of a page with 100 assets, none is refused")
  func rightCrowd()
    throws
  {
    let nginx = try Nginx("host_rule = *:10/1h\nuser_rule = *:10/1h\n")
    #expect(try nginx.crowd(64, "joe:right") == ["200": 64])
    #expect(try nginx.crowd(100, "joe:right", "/asset-%d") == ["200": 100])
    #expect(try nginx.failures == 0)
  }

  @Test("where the API is absent, stopped, or knows of no rights, all is as without it")
  func absent()
    throws
  {
    let nginx = try Nginx("host_rule = *:1/1h\n", hurry: true)
    func expectOpen() throws {
      #expect(try nginx.answer("joe:right").0 == 200)
      #expect(try nginx.answer("joe:wrong").0 == 401)
      #expect(try nginx.answer(nil).0 == 401)
    }
    nginx.api.process?.stop()
    try expectOpen()
    nginx.api.process?.resume()
    nginx.api.kill()
    try expectOpen()
    unlink(nginx.api.socket)
    try expectOpen()
    try nginx.api.start()
    try waitUntil("it counts again") { try nginx.answer("joe:wrong").0 == 403 }
  }

  @Test("a name that would end a line of a header tells abld nothing") func injection() throws {
    let nginx = try Nginx("host_rule = *:100/1h\n")
    for name in [
      "joe\r\nX-Abl-Host: 198.51.100.1", "joe\nX-Abl-Service: sshd", "joe\u{0}", "\u{1}",
      "x\r\n\r\nPOST /v1/fail HTTP/1.1\r\nHost: abl",
    ] { #expect(try nginx.answer(name + ":wrong").0 == 401, "\(name)") }
    let blocks = try nginx.api.ask("GET", "/").body
    #expect(!blocks.contains("198.51.100.1") && !blocks.contains("sshd"))
    #expect(try nginx.failures == 5)
  }
}
