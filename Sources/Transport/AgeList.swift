/// Slots in the order in which their requests started. With one timeout for all, the oldest is the next to expire:
/// no heap and no timer per request. All operations take constant time and allocate nothing.
struct AgeList {
    private static let none: Int32 = -1

    private var older: [Int32]
    private var newer: [Int32]
    private(set) var count = 0
    private var head = none
    private var tail = none

    init(capacity: Int) {
        older = Array(repeating: Self.none, count: capacity)
        newer = older
    }

    var oldest: Int? { head == Self.none ? nil : Int(head) }

    mutating func append(_ slot: Int) {
        older[slot] = tail
        newer[slot] = Self.none
        if tail == Self.none { head = Int32(slot) } else { newer[Int(tail)] = Int32(slot) }
        tail = Int32(slot)
        count += 1
    }

    /// - Precondition: the slot is in the list.
    mutating func remove(_ slot: Int) {
        let (before, after) = (older[slot], newer[slot])
        if before == Self.none { head = after } else { newer[Int(before)] = after }
        if after == Self.none { tail = before } else { older[Int(after)] = before }
        count -= 1
    }
}
