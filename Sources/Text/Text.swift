/// A text for people, as UTF-8.
///
/// The core makes its messages of these, not of `String`: in Embedded Swift each piece of a
/// `String` interpolation is a hundred bytes of code in place, and the rest of `String` comes
/// along; a fifth of the module was that.
public struct Text: Equatable, Sendable {
  public private(set) var bytes: [UInt8]

  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  public init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

  /// What stands before the NUL.
  public init(cString text: UnsafePointer<CChar>) {
    var bytes: [UInt8] = []
    var next = unsafe text
    while unsafe next.pointee != 0 {
      unsafe bytes.append(UInt8(bitPattern: next.pointee))
      unsafe next += 1
    }
    self.bytes = bytes
  }

  /// Calls `body` with the text as C has it.
  public func withCString<Result, Failure>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let terminated = terminated
    return try unsafe terminated.withUnsafeBufferPointer { (buffer) throws(Failure) in
      // The array is never empty: it holds the NUL.
      try unsafe body(buffer.baseAddress.unsafelyUnwrapped)
    }
  }

  /// With a NUL at its end; apart, since the call above is compiled anew for each of its uses.
  private var terminated: [CChar] {
    @inline(never) get {
      var terminated = [CChar](repeating: 0, count: bytes.count + 1)
      for place in bytes.indices { terminated[place] = CChar(bitPattern: bytes[place]) }
      return terminated
    }
  }

  /// A number in decimal.
  public init(_ number: some FixedWidthInteger) {
    self.init(Int64(clamping: number))
  }

  /// A number in decimal.
  public init(_ number: Int64) {
    let digits = Text(number.magnitude, radix: 10)
    self.init(number < 0 ? [UInt8(ascii: "-")] + digits.bytes : digits.bytes)
  }

  /// A number in decimal.
  public init(_ number: UInt64) { self.init(number, radix: 10) }

  /// - Parameter radix: 2 to 10.
  public init(_ number: UInt64, radix: UInt64) {
    var digits: [UInt8] = []
    var rest = number
    repeat {
      digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % radix))
      rest /= radix
    } while rest > 0
    digits.reverse()
    bytes = digits
  }

  public var isEmpty: Bool { bytes.isEmpty }

  @inline(never)
  public static func += (text: inout Text, other: Text) { text.bytes += other.bytes }

  @inline(never)
  public static func + (text: Text, other: Text) -> Text { Text(text.bytes + other.bytes) }
}

extension Text: ExpressibleByStringInterpolation {
  @inline(never)
  public init(stringLiteral literal: StaticString) {
    bytes = unsafe Array(
      UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  @inline(never)
  public init(stringInterpolation pieces: Pieces) { bytes = pieces.text.bytes }

  public typealias StringInterpolation = Pieces

  /// The pieces of an interpolation, put together.
  public struct Pieces: StringInterpolationProtocol {
    fileprivate var text = Text()

    public init(literalCapacity: Int, interpolationCount: Int) {}

    @inline(never)
    public mutating func appendLiteral(_ literal: StaticString) {
      text += Text(stringLiteral: literal)
    }

    @inline(never)
    public mutating func appendInterpolation(_ piece: Text) { text += piece }

    @inline(never)
    public mutating func appendInterpolation(_ number: Int64) { text += Text(number) }

    public mutating func appendInterpolation(_ number: UInt64) { text += Text(number) }

    public mutating func appendInterpolation(_ number: Int) { appendInterpolation(Int64(number)) }

    public mutating func appendInterpolation(_ number: Int32) { appendInterpolation(Int64(number)) }

    public mutating func appendInterpolation(_ number: UInt32) {
      appendInterpolation(Int64(number))
    }
  }
}

#if !hasFeature(Embedded)
  extension Text: CustomStringConvertible {
    public var description: String { String(decoding: bytes, as: UTF8.self) }
  }
#endif
