import Policy
import Testing

@testable import LocalAPI

/// What each of four users may do: root, www-data (33) for nginx and apache2, prometheus (120) to look,
/// and joe (1000).
@Suite struct RightsTests {
  private static let grants: Grants = {
    var grants = Grants()
    grants.allow(33, toReportFor: "nginx")
    grants.allow(33, toReportFor: "apache2")
    grants.allowToLook(120)
    return grants
  }()

  private static let address = Host(Array("192.0.2.7".utf8)[...])

  struct Row: CustomStringConvertible, Sendable {
    let what: String
    let deed: Deed
    /// Who of root, www-data, prometheus, joe.
    let allowed: Set<UInt32>

    var description: String { what }
  }

  private static let rows: [Row] = [
    Row(what: "look", deed: .look, allowed: [0, 120]),
    Row(
      what: "ask about a host", deed: .ask(host: address, user: nil, service: nil),
      allowed: [0, 120]),
    Row(
      what: "ask about a host at nginx", deed: .ask(host: address, user: nil, service: "nginx"),
      allowed: [0, 33, 120]),
    Row(
      what: "ask about a host at sshd", deed: .ask(host: address, user: nil, service: "sshd"),
      allowed: [0, 120]),
    Row(
      what: "ask about oneself", deed: .ask(host: nil, user: "joe", service: nil),
      allowed: [0, 120, 1000]),
    Row(
      what: "ask about root", deed: .ask(host: nil, user: "root", service: nil), allowed: [0, 120]),
    Row(
      what: "report oneself", deed: .report(host: nil, user: "joe", service: "i3lock"),
      allowed: [0, 1000]),
    Row(
      what: "report oneself at a service of another",
      deed: .report(host: nil, user: "joe", service: "nginx"), allowed: [0, 33]),
    Row(
      what: "report oneself from a host",
      deed: .report(host: address, user: "joe", service: "i3lock"), allowed: [0]),
    Row(
      what: "report a host alone", deed: .report(host: address, user: nil, service: "i3lock"),
      allowed: [0]),
    Row(
      what: "report root", deed: .report(host: nil, user: "root", service: "i3lock"), allowed: [0]),
    Row(
      what: "report anybody at nginx",
      deed: .report(host: address, user: "root", service: "nginx"), allowed: [0, 33]),
    Row(
      what: "report at sshd", deed: .report(host: address, user: "root", service: "sshd"),
      allowed: [0]),
    Row(
      what: "settle what www-data reserved", deed: .settle(reservedBy: 33), allowed: [0, 33]),
    Row(what: "settle what root reserved", deed: .settle(reservedBy: 0), allowed: [0]),
    Row(what: "settle what joe reserved", deed: .settle(reservedBy: 1000), allowed: [0, 1000]),
  ]

  @Test("may do what stands in the table, and nothing else", arguments: rows)
  func table(row: Row) {
    for (user, account): (UInt32, Name?) in [
      (0, "root"), (33, "www-data"), (120, "prometheus"), (1000, "joe"),
    ] {
      let rights = Rights(user: user, account: account, grants: Self.grants)
      let objection = rights.objection(to: row.deed)
      #expect(
        (objection == nil) == row.allowed.contains(user), "\(user): \(row): \(objection ?? "")")
    }
  }

  @Test("a uid without an account may do nothing") func noAccount() {
    let rights = Rights(user: 4711, account: nil, grants: Self.grants)
    for row in Self.rows { #expect(rights.objection(to: row.deed) != nil, "\(row)") }
  }

  @Test("the service is left out by a user who has one only") func onlyService() {
    var grants = Grants()
    grants.allow(7, toReportFor: "dovecot")
    #expect(Rights(user: 7, account: nil, grants: grants).onlyService == "dovecot")
    #expect(Rights(user: 33, account: nil, grants: Self.grants).onlyService == nil)
  }
}

@Suite struct GrantsTests {
  private func number(_ name: String) -> UInt32? { ["www-data": 33, "mail": 8][name] }

  @Test("reads who may report for which services") func reporters() throws {
    var grants = Grants()
    try grants.addReporters(" www-data : nginx, apache2 ;mail:dovecot; ", number: number)
    #expect(grants.services(of: 33) == ["nginx", "apache2"])
    #expect(grants.services(of: 8) == ["dovecot"])
    #expect(grants.isGranted("dovecot") && !grants.isGranted("sshd"))
  }

  @Test("reads numbers, too") func numbers() throws {
    var grants = Grants()
    try grants.addLookers("4711; mail", number: number)
    #expect(grants.mayLook(4711) && grants.mayLook(8) && grants.mayLook(0) && !grants.mayLook(33))
  }

  @Test(
    "says what is wrong",
    arguments: [
      ("www-data", "expected USER:SERVICE[,SERVICE...], not 'www-data'"),
      ("nobody-here:nginx", "there is no user 'nobody-here'"),
      ("www-data:", "expected USER:SERVICE[,SERVICE...], not 'www-data:'"),
      ("www-data:a b", "'www-data' needs the names of services behind the colon"),
    ])
  func mistakes(value: String, message: String) {
    var grants = Grants()
    #expect(throws: GrantError(message: message)) {
      try grants.addReporters(value, number: number)
    }
  }
}
