import Foundation
import Harness
import Testing

/// docs/openapi.yaml; `make fuzz-api` holds the server to all that it says.
@Suite struct DocumentTests {
  private static let hasValidator =
    (try? Command("python3", ["-c", "import openapi_spec_validator"]).run().status) == 0

  @Test(
    "is an OpenAPI document",
    .enabled(if: hasValidator, "needs openapi-spec-validator: pip install openapi-spec-validator"))
  func isValid() throws {
    let file = Repository.file("docs/openapi.yaml")
    let run = try Command("python3", ["-m", "openapi_spec_validator", file]).run()
    #expect(run.status == 0, "\(run)")
  }

  @Test("names what there is, and no more") func paths() throws {
    let server = try Server()
    let text = try Repository.text(of: "docs/openapi.yaml")
    let paths = text.split(separator: "\n").filter { $0.hasPrefix("  /") }
      .map { $0.dropFirst(2).dropLast() }
    #expect(paths.count == 10)
    for path in paths {
      // Each has other methods than this one.
      let answer = try server.ask("PATCH", path.replacingOccurrences(of: "{attempt}", with: "1"))
      #expect(answer.status == 405, "\(path)")
      for method in (answer.headers["allow"] ?? "").components(separatedBy: ", ")
      where method != "HEAD" {
        let part =
          text.components(separatedBy: "\n  \(path):\n").last?
          .components(separatedBy: "\n  /").first ?? ""
        #expect(("\n" + part).contains("\n    \(method.lowercased()):"), "\(method) \(path)")
      }
    }
  }
}
