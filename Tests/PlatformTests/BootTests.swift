import Foundation
import Platform
import Testing

@Suite("The boot")
struct BootTests {
  @Test("the boot has the name that the kernel says")
  func boot() throws {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    #expect(Boot.id == Array((text ?? "").utf8.prefix(36)))
    #expect([0, 36].contains(Boot.id.count))
  }
}
