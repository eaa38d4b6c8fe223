/// Measurements as OpenMetrics has them, in text; Prometheus' own older format takes it, too.
struct OpenMetrics {
  private var lines: [String] = []

  enum Kind: String {
    case gauge, counter
  }

  /// Adds a family with one value; nothing without one.
  mutating func add(_ family: MetricFamily, _ value: Int?) {
    guard let value else { return }
    add(family, [("", value)])
  }

  /// Adds a family with a value for each of two or more labels.
  mutating func add(_ family: MetricFamily, _ label: String, _ values: [(String, Int)]) {
    add(family, values.map { (#"{\#(label)="\#($0)"}"#, $1) })
  }

  private mutating func add(_ family: MetricFamily, _ samples: [(labels: String, value: Int)]) {
    lines.append("# TYPE \(family.name) \(family.kind.rawValue)")
    if let unit = family.unit { lines.append("# UNIT \(family.name) \(unit)") }
    lines.append("# HELP \(family.name) \(family.help)")
    let suffix = family.kind == .counter ? "_total" : ""
    for (labels, value) in samples { lines.append("\(family.name)\(suffix)\(labels) \(value)") }
  }

  /// All of it, with its end.
  var text: String { (lines + ["# EOF"]).joined(separator: "\n") }
}

/// What is measured; neither a name nor a text of it is a stranger's.
struct MetricFamily {
  let kind: OpenMetrics.Kind
  /// Ends in the unit, if there is one.
  let name: String
  let unit: String?
  let help: String

  init(_ kind: OpenMetrics.Kind, _ name: String, unit: String? = nil, _ help: String) {
    (self.kind, self.name, self.unit, self.help) = (kind, name, unit, help)
  }
}
