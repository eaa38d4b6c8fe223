/// Finds values by reads of the pages on the way to them, without LMDB: a login that changes
/// nothing needs no map and no environment, and no page can harm it.
///
/// The file must not change meanwhile.
public struct PageLookup {
  /// The tree that is searched: of all databases at first.
  private var tree: Tree

  /// - Parameters:
  ///   - size: of the file, in bytes.
  ///   - read: gives so many bytes at an offset, fewer at the end of the file.
  public init(size: Int, _ read: Preflight.Read) throws(Preflight.Finding) {
    tree = try Preflight(read(Preflight.headLength, 0), size: size).meta.main
  }

  /// The same in the database `name`.
  @inline(never)
  public func database(
    _ name: [UInt8], _ read: Preflight.Read
  ) throws(Preflight.Finding) -> PageLookup {
    guard let node = try node(for: name, read), node.isTree, node.stored == Tree.length else {
      throw .foreign
    }
    var found = self
    found.tree = Tree(node.page, at: node.value)
    // Else a branch that leads to itself is walked down 65 535 times.
    guard found.tree.depth <= Tree.deepest else { throw .badPage(node.page.number) }
    return found
  }

  /// What stands for `key`; nil if nothing does.
  @inline(never)
  public func value(
    for key: [UInt8], _ read: Preflight.Read
  ) throws(Preflight.Finding) -> [UInt8]? {
    guard let node = try node(for: key, read) else { return nil }
    guard node.isLarge else { return Array(node.page.bytes[node.value..<node.value + node.size]) }
    let first = node.page[node.value, 8]
    _ = try page(first, .overflow, read)
    let value = read(node.size, Int(first) * Page.size + Page.headerLength)
    guard value.count == node.size else { throw .badPage(first) }
    return value
  }

  /// The node of `key` on its leaf.
  @inline(never)
  private func node(
    for key: [UInt8], _ read: Preflight.Read
  ) throws(Preflight.Finding) -> Node? {
    var (number, height) = (tree.root, tree.depth)
    while number != Tree.emptyRoot, height > 0 {
      let page = try page(number, height > 1 ? .branch : .leaf, read)
      // Of a branch the first key is never read: it is below all.
      var (low, high) = (height > 1 ? 1 : 0, (page.short(12) - Page.headerLength) / 2)
      // All below `low` are not above the key, and all from `high` on are.
      while low < high {
        let middle = (low + high) / 2
        let node = try page.node(middle, number)
        if precedes(key[...], node.key) { high = middle } else { low = middle + 1 }
      }
      guard low > 0 else { return nil }
      let node = try page.node(low - 1, number)
      guard height > 1 else { return precedes(node.key, key[...]) ? nil : node }
      number = node.child
      height -= 1
    }
    return nil
  }

  @inline(never)
  private func page(
    _ number: UInt64, _ kind: Page.Kind, _ read: Preflight.Read
  ) throws(Preflight.Finding) -> Page {
    guard number <= UInt64(UInt32.max) else { throw .badPage(number) }
    let page = Page(bytes: read(Page.size, Int(number) * Page.size))
    guard page.bytes.count == Page.size, page.number == number, page.kind == kind else {
      throw .badPage(number)
    }
    return page
  }
}

/// Whether `one` comes before `other` in the order of LMDB: by bytes, and the shorter one first.
@inline(never)
func precedes(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
  var (left, right) = (one.startIndex, other.startIndex)
  while right < other.endIndex {
    if left == one.endIndex { return true }
    if one[left] != other[right] { return one[left] < other[right] }
    (left, right) = (left + 1, right + 1)
  }
  return false
}
