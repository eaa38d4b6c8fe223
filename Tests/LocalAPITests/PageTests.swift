import BlockList
import Harness
import Platform
import Policy
import Testing
import Upkeep

@testable import Administration
@testable import LocalAPI

@Suite struct PageTests {
  /// What would do harm in a page, were it ever taken for a part of it.
  private static let names = [
    "<script>alert(1)</script>", "\" onload=\"x", "'><img src=x>", "&lt;b&gt;", "</style><b>",
    "\u{202E}evil", "<!--", "]]>",
  ]

  private let home: TemporaryDirectory
  private let blockList: BlockList
  private let now = Timestamp(seconds: Clock.now)

  init() throws {
    home = try TemporaryDirectory()
    var configuration = Configuration()
    configuration.databaseHome = Name(Array(home.file("db").path.utf8))
    configuration.runHome = Name(Array(home.file("run").path.utf8))
    configuration.hostRule = try Rule(parsing: Array("*:3/1h".utf8)[...])
    configuration.userRule = try Rule(parsing: Array("*:3/1h".utf8)[...])
    blockList = BlockList(configuration)
  }

  private func fail(_ user: String, _ address: String, times: Int = 1) throws {
    let attempt = Attempt(
      user: Name(Array(user.utf8)), host: Host(Array(address.utf8)[...]), service: "nginx")
    for _ in 0..<times { try blockList.fileFailure(of: attempt, at: now) }
  }

  private func page() throws -> String {
    let overview = try Overview(blockList, "/nonexistent/pam_abl.conf", at: now)
    return Page(overview, name: "<machine>").document.text
  }

  @Test("hostile names are text", arguments: PageTests.names) func hostileNames(name: String) throws
  {
    try fail(name, "192.0.2.7", times: 4)
    let page = try page()
    #expect(!page.contains(name), "\(page)")
    #expect(page.contains("blocked now") || page.contains("Blocked now"))
    // Only the tags of its own.
    #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("<machine"))
    #expect(page.components(separatedBy: "<style").count == 2)
  }

  @Test("loads nothing from anywhere") func nothingFromElsewhere() throws {
    try fail("root", "192.0.2.7")
    let page = try page()
    for sign in ["src=", "url(", "@import", "http:", "https:", "//", "<link", "<form", "style=\""] {
      #expect(!page.contains(sign), "\(sign)")
    }
  }

  @Test("tells who is blocked, and what was busy") func content() throws {
    try fail("root", "192.0.2.7", times: 4)
    try fail("admin", "2001:db8:1:2::9")
    let page = try page()
    for text in [
      "192.0.2.7", "*:3/1h", "192.0.2.0/24", "2001:db8:1:2::/64", "admin", "nginx", "in 1 h",
    ] { #expect(page.contains(text), "\(text)") }
  }

  @Test("an empty store is no error") func empty() throws {
    #expect(try page().contains("No host and no user is blocked."))
  }

  @Test("lets nothing run, load or frame it") func policy() throws {
    let overview = try Overview(blockList, "/nonexistent/pam_abl.conf", at: now)
    let headers = Page(overview, name: "x").response.headers
    let policy = try #require(headers.first(name: "content-security-policy"))
    for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"] {
      #expect(policy.contains(part))
    }
    #expect(headers.first(name: "x-frame-options") == "DENY")
    let other = Page(overview, name: "x").response.headers.first(name: "content-security-policy")
    #expect(policy != other)
  }
}
