extension Preflight {
  /// Looks at each page that LMDB could come to read: whether it is what its parent says, its nodes
  /// lie within it, its keys are in order, no page serves twice, and none in use is in the list of
  /// free ones.
  ///
  /// LMDB can read and change a file that passes without a crash or an endless walk; what the
  /// values say is their readers' business.
  ///
  /// - Parameter read: gives so many bytes at an offset, fewer at the end of the file.
  public func checkPages(_ read: Read) throws(Finding) {
    var walk = PageWalk(to: meta)
    try walk.check(meta.main, .main, read)
    try walk.check(meta.free, .free, read)
  }

  /// Reads so many bytes at an offset of the file, fewer at its end.
  public typealias Read = (_ count: Int, _ offset: Int) -> [UInt8]
}

/// A walk over all trees of a file.
private struct PageWalk {
  private let lastPage: UInt64
  private let lastTransaction: UInt64
  /// A bit for each page that has been met.
  private var met: [UInt64]

  /// What a tree holds: numbers of free pages, databases, or what a database holds.
  enum Kind {
    case free, main, named
  }

  init(to meta: Meta) {
    (lastPage, lastTransaction) = (meta.lastPage, meta.transaction)
    met = Array(repeating: 0, count: Int(lastPage / 64) + 1)
  }

  mutating func check(
    _ tree: Tree, _ kind: Kind, _ read: Preflight.Read
  ) throws(Preflight.Finding) {
    // Keys in another order, more than one value for a key: none of ours.
    guard kind == .free || tree.flags & 0x7FFF == 0 else { throw .foreign }
    var walk = TreeWalk(kind)
    if tree.root != Tree.emptyRoot {
      guard 1...Tree.deepest ~= tree.depth else { throw .badPage(tree.root) }
      try visit(tree.root, height: tree.depth, &walk, read)
    }
    let isWhole = walk.pages == tree.pages && walk.entries == tree.entries
    guard isWhole, tree.root != Tree.emptyRoot || tree.depth == 0 else {
      throw .badPage(tree.root)
    }
  }

  private mutating func visit(
    _ number: UInt64, height: UInt64, _ walk: inout TreeWalk, _ read: Preflight.Read
  ) throws(Preflight.Finding) {
    let page = try page(number, height == 1 ? .leaf : .branch, read)
    for (index, place) in try page.nodes(number).enumerated() {
      let node = Node(page: page, place: place)
      if height == 1 {
        try visit(node, on: number, &walk, read)
      } else {
        // The first one's key is never read.
        if index > 0, !walk.separates(at: node.key) { throw .badPage(number) }
        try visit(node.child, height: height - 1, &walk, read)
      }
    }
    if height == 1 { walk.pages.leaf += 1 } else { walk.pages.branch += 1 }
  }

  /// Looks at an entry on a leaf.
  private mutating func visit(
    _ node: Node, on number: UInt64, _ walk: inout TreeWalk, _ read: Preflight.Read
  ) throws(Preflight.Finding) {
    guard !node.key.isEmpty, walk.goesOn(with: node.key) else { throw .badPage(number) }
    if node.isTree {
      guard walk.kind == .main, !node.isLarge, node.size == Tree.length else {
        throw .badPage(number)
      }
      return try check(Tree(node.page, at: node.value), .named, read)
    }
    let run = node.isLarge ? try largeValue(of: node, &walk, read) : nil
    guard walk.kind == .free else { return }
    let value = node.page.bytes[node.value..<node.value + node.stored]
    let list = run.map { read(node.size, Int($0) * Page.size + Page.headerLength) }
    guard node.key.count == 8, 1...max(lastTransaction, 1) ~= node.page[node.place + 8, 8],
      try isFreeList(Page(bytes: list ?? Array(value)), node.size)
    else { throw .badPage(number) }
  }

  /// Meets the pages of a value that is too large for a leaf, and says which is the first.
  private mutating func largeValue(
    of node: Node, _ walk: inout TreeWalk, _ read: Preflight.Read
  ) throws(Preflight.Finding) -> UInt64 {
    let first = node.page[node.value, 8]
    let count = try page(first, .overflow, read)[12, 4]
    let needed = UInt64((Page.headerLength - 1 + node.size) / Page.size + 1)
    guard count >= needed, count - 1 <= lastPage - first else { throw .badPage(first) }
    for next in 1..<max(count, 1) { try meet(first + next) }
    walk.pages.overflow += count
    return first
  }

  /// Whether `list`, of `size` bytes, is a count and as many numbers of pages, from the highest.
  private mutating func isFreeList(_ list: Page, _ size: Int) throws(Preflight.Finding) -> Bool {
    let count = list[0, 8]
    guard size >= 8, list.bytes.count == size, count <= UInt64(size / 8 - 1) else { return false }
    var previous = UInt64.max
    for index in 0..<Int(count) {
      let number = list[8 * (index + 1), 8]
      guard number < previous else { return false }
      try meet(number)
      previous = number
    }
    return true
  }

  private mutating func page(
    _ number: UInt64, _ kind: Page.Kind, _ read: Preflight.Read
  ) throws(Preflight.Finding) -> Page {
    try meet(number)
    let page = Page(bytes: read(Page.size, Int(number) * Page.size))
    guard page.bytes.count == Page.size, page.number == number, page.kind == kind else {
      throw .badPage(number)
    }
    return page
  }

  /// Notes that a page is taken; it can be only once.
  private mutating func meet(_ number: UInt64) throws(Preflight.Finding) {
    guard number >= 2, number <= lastPage else { throw .badPage(number) }
    let (word, bit) = (Int(number / 64), UInt64(1) << (number % 64))
    guard met[word] & bit == 0 else { throw .badPage(number) }
    met[word] |= bit
  }
}

/// What has been seen of one tree so far.
private struct TreeWalk {
  let kind: PageWalk.Kind
  var pages = Tree.Pages()
  var entries: UInt64 = 0
  /// The last key of the leaves so far, and what the next one must not be below.
  private var (last, least): ([UInt8], [UInt8]) = ([], [])

  init(_ kind: PageWalk.Kind) { self.kind = kind }

  /// Whether `key`, on a branch, stands between the last key so far and the next ones.
  mutating func separates(at key: ArraySlice<UInt8>) -> Bool {
    least = ordered(key)
    return precedes(last[...], least[...])
  }

  /// Whether `key` may be the next one, on a leaf.
  mutating func goesOn(with key: ArraySlice<UInt8>) -> Bool {
    let key = ordered(key)
    defer { last = key }
    entries += 1
    return precedes(last[...], key[...]) && !precedes(key[...], least[...])
  }

  /// The keys of the free list are numbers, little-endian.
  private func ordered(_ key: ArraySlice<UInt8>) -> [UInt8] {
    kind == .free ? key.reversed() : Array(key)
  }
}
