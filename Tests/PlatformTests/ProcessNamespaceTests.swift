import Foundation
import Platform
import Testing

@Suite("The namespace of a process")
struct ProcessNamespaceTests {
  @Test("is the number that the kernel shows of it")
  func processNamespace() throws {
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    #expect(link == "pid:[\(ProcessNamespace.current)]")
    #expect(ProcessNamespace.current == ProcessNamespace.current)
  }
}
