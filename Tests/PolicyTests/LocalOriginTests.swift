import Policy
import Testing

private let names: [Name] = ["vm", "Mail.Example.ORG."]

private func origin(_ text: String) -> LocalOrigin? { LocalOrigin(text.bytes, names: names) }

@Suite("This machine as the origin of a login")
struct LocalOriginTests {
  @Test(
    "knows the names of this machine, in any spelling",
    arguments: [
      "vm", "VM", "vm.", "vm.example.org", "Vm.LAN.", "mail.example.org", "mail.example.org.",
      "MAIL", "mail.", "localhost", "LocalHost", "localhost.", "localhost.localdomain",
      "localhost4",
      "localhost6", "localhost6.localdomain6", "localhost4.localdomain4", "ip6-localhost",
      "ip6-loopback", "db.localhost", "a.b.LOCALHOST.",
    ])
  func ownName(text: String) {
    #expect(origin(text) == .machine)
  }

  @Test(
    "knows a display of this machine",
    arguments: [
      ":0", ":0.0", ":10.0", ":1", "unix:0", "UNIX:0.1", "localhost:10.0", "vm:0", "vm/unix:0",
      "/unix:0", "mail.example.org:0",
    ])
  func display(text: String) {
    #expect(origin(text) == .display)
  }

  @Test(
    "takes for remote what may be so",
    arguments: [
      "", "192.0.2.7", "127.0.0.1", "::1", "::", "::ffff:127.0.0.1", "fe80::1%eth0", "vmx", "xvm",
      "mail.example.com", "mail.example.org.evil.example", "localhost.evil.example", "notlocalhost",
      "evil.example", "gate:0", "gate/unix:0", ":", ":0.", ":.0", ":0x", ": 0", ":0:0", "vm:",
      "vm x",
      "unix", "UNKNOWN", ".localhost", ".",
    ])
  func remote(text: String) {
    #expect(origin(text) == nil)
  }

  @Test("knows localhost and displays where the machine's names aren't known")
  func withoutNames() {
    for names in [[], [""], ["."]] as [[Name]] {
      #expect(LocalOrigin("localhost".bytes, names: names) == .machine)
      #expect(LocalOrigin(":0".bytes, names: names) == .display)
      for text in ["vm", "", ".", ".example"] {
        #expect(LocalOrigin(text.bytes, names: names) == nil)
      }
    }
  }
}
