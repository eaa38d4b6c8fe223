import Foundation
import Harness
import Platform
import Testing

@Suite struct ProcessSketchTests {
  @Test("sees this process, its name and when it began") func own() throws {
    let sketch = ProcessSketch(getpid())
    #expect(sketch.condition == .alive)
    #expect(!sketch.name.isEmpty)
    let age = Clock.now - (try #require(sketch.started))
    #expect((-2...86_400).contains(age))
  }

  @Test("sees that a process is gone") func gone() {
    #expect(ProcessSketch(Int32.max).condition == .gone)
    #expect(ProcessSketch(Int32.max).started == nil)
  }

  @Test("tells who has a lock, and nobody when it is free or was never there") func holders() throws
  {
    let temporary = try TemporaryDirectory()
    let directory = try File(Path(Array(temporary.url.path.utf8)), .directory)
    #expect(try FileLock.holders(of: "lock", in: directory) == [])
    do {
      let lock = try FileLock(
        "lock", in: directory, .exclusive, until: Deadline(milliseconds: 1000))
      #expect(try FileLock.holders(of: "lock", in: directory) == [getpid()])
      withExtendedLifetime(lock) {}
    }
    #expect(try FileLock.holders(of: "lock", in: directory) == [])
  }

  @Test("lists the names of a directory that begin alike, in order") func names() throws {
    let temporary = try TemporaryDirectory()
    for name in ["b2", "a", "b1", "c", "b"] { try Data().write(to: temporary.file(name)) }
    let directory = try File(Path(Array(temporary.url.path.utf8)), .directory)
    #expect(try directory.names(beginningWith: Array("b".utf8)) == ["b", "b1", "b2"])
    #expect(try directory.names(beginningWith: []).count == 7)
  }
}
