import Foundation
import Harness

/// The part of JSON Schema that docs/ablctl.schema.json is written in. It is stricter in one point:
/// an object may have no member that the schema doesn't name.
struct JSONSchema {
  let definitions: [String: [String: Any]]
  let version: Int?

  init() throws {
    let file = URL(fileURLWithPath: Repository.file("docs/ablctl.schema.json"))
    let text = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    let all = text as? [String: Any] ?? [:]
    definitions = all["$defs"] as? [String: [String: Any]] ?? [:]
    version = all["version"] as? Int
  }

  /// What is wrong with a line, by the definition of that name.
  func faults(of line: some StringProtocol, _ name: String) -> [String] {
    guard let schema = definitions[name] else { return ["no definition of \(name)"] }
    let value = try? JSONSerialization.jsonObject(with: Data(line.utf8), options: .fragmentsAllowed)
    guard let value else { return ["no JSON: \(line)"] }
    return faults(of: value, schema, at: name)
  }

  private func faults(of value: Any, _ schema: [String: Any], at path: String) -> [String] {
    if let reference = schema["$ref"] as? String {
      let name = String(reference.dropFirst("#/$defs/".count))
      guard let target = definitions[name] else { return ["\(path): no definition of \(name)"] }
      return faults(of: value, target, at: path)
    }
    if let choices = schema["anyOf"] as? [[String: Any]] {
      let all = choices.map { self.faults(of: value, $0, at: path) }
      return all.contains([]) ? [] : all[0]
    }
    var faults: [String] = []
    if let choices = schema["enum"] as? [Any], !choices.contains(where: { isEqual($0, value) }) {
      faults.append("\(path): \(value) is none of \(choices)")
    }
    let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
    if !types.isEmpty, !types.contains(type(of: value)) {
      return faults + ["\(path): \(value) is no \(types.joined(separator: " or "))"]
    }
    if let text = value as? String, schema["format"] as? String == "date-time",
      !(text.count == 20 && text.hasSuffix("Z"))
    {
      faults.append("\(path): \(text) is no time")
    }
    if let object = value as? [String: Any] {
      faults += self.faults(of: object, schema, at: path)
    }
    if let items = value as? [Any], let schema = schema["items"] as? [String: Any] {
      for (index, item) in items.enumerated() {
        faults += self.faults(of: item, schema, at: "\(path)[\(index)]")
      }
    }
    return faults
  }

  private func faults(
    of object: [String: Any], _ schema: [String: Any], at path: String
  ) -> [String] {
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    let missing = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }
    var faults = missing.map { "\(path): there is no \($0)" }
    for (key, value) in object.sorted(by: { $0.key < $1.key }) {
      guard let schema = properties[key] else {
        faults.append("\(path): \(key) is not documented")
        continue
      }
      faults += self.faults(of: value, schema, at: path + "." + key)
    }
    return faults
  }

  private func isEqual(_ one: Any, _ other: Any) -> Bool {
    if one is NSNull || other is NSNull { return one is NSNull && other is NSNull }
    return (one as? String) == (other as? String)
  }

  private func type(of value: Any) -> String {
    switch value {
    case is NSNull: "null"
    case is String: "string"
    case is [Any]: "array"
    case is [String: Any]: "object"
    case let number as NSNumber:
      isBoolean(number)
        ? "boolean"
        : number.doubleValue.rounded() == number.doubleValue
          ? "integer" : "number"
    default: "unknown"
    }
  }

  /// Whether a number was written as true or false.
  private func isBoolean(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
  }
}
