/// The lines that libpam goes through for a service, from all the files that they stand in.
struct Stack {
  let service: String
  private(set) var lines: [Line] = []
  private(set) var troubles: [Trouble] = []
  private var substackCount = 0
  private var includeCount = 0
  /// How many files are read for one stack, each time that one is included.
  private static let mostIncludes = 1000

  struct Line {
    let module: StackModule
    let place: StackPlace
    /// The numbers of the substacks that it stands in, the outermost first.
    let substacks: [Int]
  }

  /// Why libpam refuses every login that comes by.
  struct Trouble {
    let kind: Kind
    let place: StackPlace
    let text: String
    /// The line names our module.
    var isOurs = false

    enum Kind { case broken, missing, endless }
  }

  /// - Parameter file: what is in the file of that name, and its path; nil if there is none.
  init(_ service: String, file: (String) -> (path: String, text: [UInt8])?) {
    self.service = service
    if let found = file(service) { read(found, nil, within: [], inside: [], file) }
  }

  private mutating func read(
    _ found: (path: String, text: [UInt8]), _ kind: StackKind?, within substacks: [Int],
    inside outer: [String],
    _ file: (String) -> (path: String, text: [UInt8])?
  ) {
    for (number, entry) in StackText.entries(of: found.text) {
      let place = StackPlace(file: found.path, line: number)
      switch entry {
      case .module(let module):
        guard kind == nil || module.kind == kind else { continue }
        lines.append(Line(module: module, place: place, substacks: substacks))
      case .broken(let why, let isOurs):
        troubles.append(Trouble(kind: .broken, place: place, text: why, isOurs: isOurs))
      case .include(let name, let only, let isSubstack):
        if let kind, let only, kind != only { continue }
        guard let next = file(name) else {
          troubles.append(Trouble(kind: .missing, place: place, text: name))
          continue
        }
        let files = outer + [found.path]
        includeCount += 1
        guard includeCount <= Self.mostIncludes else { return }
        guard !files.contains(next.path) else {
          troubles.append(Trouble(kind: .endless, place: place, text: name))
          continue
        }
        if isSubstack { substackCount += 1 }
        let inner = isSubstack ? substacks + [substackCount] : substacks
        read(next, only ?? kind, within: inner, inside: files, file)
      }
    }
  }

  func lines(_ kind: StackKind) -> [Line] { lines.filter { $0.module.kind == kind } }
}

extension [Stack.Line] {
  /// Whether a jump over `count` modules from the one at `index` also passes over that at `target`.
  ///
  /// A substack counts as one, and none is left by a jump.
  func jump(from index: Int, over count: Int, passes target: Int) -> Bool {
    let home = self[index].substacks
    var (next, left) = (index + 1, count)
    while left > 0, next < self.count, self[next].substacks.starts(with: home) {
      let unit = self[next].substacks.prefix(home.count + 1)
      repeat {
        if next == target { return true }
        next += 1
      } while unit.count > home.count && next < self.count
        && self[next].substacks.starts(with: unit)
      left -= 1
    }
    return false
  }

  /// Whether the end of what `index` stands in, the stack or a substack, is behind `target`.
  func shareEnd(_ index: Int, _ target: Int) -> Bool {
    self[target].substacks.starts(with: self[index].substacks)
  }
}

/// A line of a file.
struct StackPlace: Hashable {
  let file: String
  /// From 1; 0 is the whole file.
  let line: Int
}
